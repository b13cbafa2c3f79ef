// Every call of @segment/analytics-node, to the host and with the key of the command line.
import { Analytics } from "@segment/analytics-node";

const [host, writeKey] = process.argv.slice(2);
const analytics = new Analytics({ host, writeKey, maxRetries: 0 });
analytics.on("error", (error) => {
  console.error(error);
  process.exitCode = 1;
});

analytics.track({
  userId: "u1",
  event: "Signed up",
  properties: { plan: "pro", seats: 3 },
  timestamp: new Date("2026-01-02T03:04:05.678Z"),
  messageId: "m1",
});
analytics.identify({ userId: "u1", anonymousId: "a1", traits: { email: "u1@acme.test" } });
analytics.page({
  userId: "u1",
  category: "Docs",
  name: "Home",
  properties: { url: "https://acme.test/docs?utm_source=hn" },
});
analytics.screen({ userId: "u1", name: "Start" });
analytics.group({ userId: "u1", groupId: "77", traits: { name: "Acme" } });
analytics.alias({ userId: "u1", previousId: "a0" });
await analytics.closeAndFlush();

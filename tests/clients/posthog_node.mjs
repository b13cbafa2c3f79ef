// Every call of posthog-node, to the host and with the key of the command line; prints the flags it finds.
import { PostHog } from "posthog-node";

const [host, key] = process.argv.slice(2);
const client = new PostHog(key, { host, fetchRetryCount: 0 });
client.on("error", (error) => {
  console.error(error);
  process.exitCode = 1;
});

client.capture({
  distinctId: "u1",
  event: "Signed up",
  properties: { plan: "pro", seats: 3, $set: { email: "u1@acme.test" }, $set_once: { first: "docs" } },
  groups: { company: "acme" },
  timestamp: new Date("2026-01-02T03:04:05.678Z"),
  uuid: "018f0000-0000-7000-8000-000000000001",
});
client.capture({
  distinctId: "u1",
  event: "$pageview",
  properties: { $current_url: "https://acme.test/docs?utm_source=hn" },
});
client.identify({ distinctId: "u1", properties: { plan: "pro", $anon_distinct_id: "a1" } });
client.alias({ distinctId: "a0", alias: "u1" });
client.groupIdentify({ groupType: "company", groupKey: "acme", properties: { name: "Acme" }, distinctId: "u1" });
client.captureException(new Error("wrong"), "u1");
console.log(JSON.stringify(await client.getAllFlags("u1")));
await client.shutdown();

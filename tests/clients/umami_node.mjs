// Every call of @umami/node, to the host and with the website of the command line; prints the answers.
import { Umami } from "@umami/node";

const [hostUrl, websiteId, userAgent] = process.argv.slice(2);
const umami = new Umami({ hostUrl, websiteId, userAgent });
const answers = [];
const told = async (sending) => answers.push(await (await sending).json());

await told(umami.track({ url: "/docs?utm_source=hn", hostname: "acme.test", title: "Docs", language: "de" }));
await told(umami.track("Signed up", { plan: "pro", seats: 3 }));
await told(umami.identify({ email: "u1@acme.test" }));
await told(umami.send({ website: websiteId, id: "u1", data: { plan: "pro" } }, "identify"));
await told(umami.send({ website: websiteId, lcp: 1200.5 }, "performance"));
console.log(JSON.stringify(answers));

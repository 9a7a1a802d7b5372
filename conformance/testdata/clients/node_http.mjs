// Two requests on one connection of node:http: the second after a line on stdin.
import http from "node:http";
import https from "node:https";
import readline from "node:readline";

const url = process.argv[2];
const from = url.startsWith("https:") ? https : http;
const agent = new from.Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });

function get() {
  return new Promise((resolve, reject) => {
    let hints = 0;
    const req = from.get(url, { agent }, (res) => {
      let body = "";
      res.on("data", (b) => (body += b));
      res.on("end", () => resolve([res.statusCode, body.trim(), `hints=${hints}`, `reused=${req.reusedSocket}`].join(" ")));
      res.on("error", reject);
    });
    req.on("information", (info) => { if (info.statusCode === 103) hints++; });
    req.on("error", reject);
  });
}

console.log(await get());
for await (const _ of readline.createInterface({ input: process.stdin })) break;
console.log(await get());
process.exit(0);

// Two requests of fetch: the second after a line on stdin.
import readline from "node:readline";

process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
process.removeAllListeners("warning");

async function get() {
  const res = await fetch(process.argv[2]);
  return `${res.status} ${(await res.text()).trim()}`;
}

console.log(await get());
for await (const _ of readline.createInterface({ input: process.stdin })) break;
console.log(await get());
process.exit(0);

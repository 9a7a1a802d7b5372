// Prints a line of live.js again and again, until its standard input ends:
// node node_live.cjs ws|own URL [LAG]
// Each turn of its event loop takes LAG milliseconds longer.
const live = require("./live.js");
const [kind, base, lag] = process.argv.slice(2);
const own = kind === "own";
function AnyCertificate(url) {
	return new (require("eventsource"))(url, { rejectUnauthorized: false, https: { rejectUnauthorized: false } });
}
const c = live(own ? WebSocket : require("ws"), own ? EventSource : AnyCertificate, base,
	["gorilla", "coder", "gobwas", "gws", "xnet", "gorilla"], ["events", "events"]);
setInterval(() => console.log(c.report()), 20);
if (lag) {
	const never = new Int32Array(new SharedArrayBuffer(4));
	const wait = () => { Atomics.wait(never, 0, 0, Number(lag)); setImmediate(wait); };
	wait();
}
process.stdin.resume();
process.stdin.on("end", () => { c.close(); process.exit(0); });

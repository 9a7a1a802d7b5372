// Prints a line of live.js again and again, until its standard input ends:
// node node_live.cjs ws|own URL
const live = require("./live.js");
const [kind, base] = process.argv.slice(2);
const own = kind === "own";
function AnyCertificate(url) {
	return new (require("eventsource"))(url, { rejectUnauthorized: false, https: { rejectUnauthorized: false } });
}
const c = live(own ? WebSocket : require("ws"), own ? EventSource : AnyCertificate, base,
	["gorilla", "coder", "gobwas", "gws", "xnet", "gorilla"], ["events", "events"]);
setInterval(() => console.log(c.report()), 20);
process.stdin.resume();
process.stdin.on("end", () => { c.close(); process.exit(0); });

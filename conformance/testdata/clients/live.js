// Clients as a browser has them: WebSockets that say "c 1", "c 2" and so on, each when
// the echo of the one before has come, and event streams. What comes is counted, so
// that nothing is missing, comes twice or out of order; no client connects again.
function live(WebSocket, EventSource, base, sockets, streams) {
	const clients = [], errors = [], closing = [];
	let over = false, opens = 0;

	const begin = (name) => {
		const c = { name, got: 0, pushed: 0 };
		c.fail = (why) => { if (!over) errors.push(name + ": " + why); };
		c.opened = () => { opens++; };
		clients.push(c);
		return c;
	};

	for (const path of sockets) {
		const c = begin(path), ws = new WebSocket(base.replace(/^http/, "ws") + path);
		const say = () => {
			const n = c.got + 1;
			ws.send("c " + n + "x".repeat(n % 7 ? 0 : n * 37 % 9000));
		};
		ws.onopen = () => { c.opened(); say(); };
		ws.onerror = (e) => c.fail("error " + (e.message || ""));
		ws.onclose = (e) => c.fail("closed with " + e.code);
		ws.onmessage = (e) => {
			const kind = e.data[0], n = parseInt(e.data.slice(2));
			if (kind === "s" && n === ++c.pushed) return;
			if (kind !== "e" || n !== ++c.got) return c.fail("got " + e.data.slice(0, 20) + " after echo " + c.got + ", push " + c.pushed);
			setTimeout(say, 1);
		};
		closing.push(() => ws.close());
	}
	for (const path of streams) {
		const c = begin(path), es = new EventSource(base + path);
		es.onopen = c.opened;
		es.onerror = (e) => c.fail("error " + (e.message || ""));
		es.onmessage = (e) => {
			if (parseInt(e.lastEventId) !== ++c.got) c.fail("event " + e.lastEventId + ", want " + c.got);
		};
		closing.push(() => es.close());
	}
	return {
		// report says how far the slowest client is, how often one was opened, which the
		// slowest is and how many pushes it has got, and what went wrong.
		report: () => {
			const slow = clients.reduce((a, c) => (c.got < a.got ? c : a));
			return [slow.got, opens, slow.name + ":" + slow.pushed, errors.join("; ")].join(" ");
		},
		close: () => { over = true; closing.forEach((f) => f()); },
	};
}
if (typeof module !== "undefined") module.exports = live;

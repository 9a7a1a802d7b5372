"use strict";
const $ = id => document.getElementById(id);
// el builds an element; text is always text.
const el = (tag, attrs, ...kids) => {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attrs || {})) if (v !== undefined && v !== false) e.setAttribute(k, v === true ? "" : v);
  e.append(...kids.flat(9).filter(k => k !== undefined && k !== null && k !== "" && k !== false));
  return e;
};
const svg = (tag, attrs, ...kids) => {
  const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [k, v] of Object.entries(attrs)) e.setAttribute(k, v);
  e.append(...kids);
  return e;
};
// show replaces what is in an element if it is another thing, so that focus and selection stay.
const shown = new Map();
const show = (id, key, build) => {
  const k = JSON.stringify(key);
  if (shown.get(id) === k) return;
  shown.set(id, k);
  $(id).replaceChildren(...build().flat(9).filter(x => x));
};
const put = (id, text, cls) => { const e = $(id); if (e.textContent !== text) e.textContent = text; if (cls !== undefined && e.className !== cls) e.className = cls; };
const span = ns => {
  const s = ns / 1e9;
  if (s < 0.001) return Math.round(ns / 1e3) + " µs";
  if (s < 1) return (ns / 1e6).toFixed(s < 0.01 ? 1 : 0) + " ms";
  if (s < 60) return s.toFixed(1) + " s";
  if (s < 3600) return Math.floor(s / 60) + " min " + Math.floor(s % 60) + " s";
  if (s < 86400) return Math.floor(s / 3600) + " h " + Math.floor(s % 3600 / 60) + " min";
  return Math.floor(s / 86400) + " d " + Math.floor(s % 86400 / 3600) + " h";
};
const count = (n, one, many) => n + " " + (n === 1 ? one : many || one + "s");
const clock = t => new Date(t).toLocaleTimeString([], { hour12: false });
// when is a time in milliseconds, with the fraction that Date.parse cuts off.
const when = t => { const m = /^(.{19})(\.\d+)?(.*)$/.exec(t); return Date.parse(m[1] + m[3]) + (m[2] ? +("0" + m[2]) * 1000 : 0); };
const tone = { ready: "good", starting: "warn", draining: "warn", stopping: "warn", failed: "bad" };
const mark = { ready: "●", starting: "◐", draining: "◑", stopping: "◑", failed: "✕", stopped: "○" };

let token = sessionStorage.getItem("token") || "";
if (location.hash.startsWith("#token=")) {
  token = location.hash.slice(7);
  sessionStorage.setItem("token", token);
  history.replaceState(null, "", location.pathname);
}
const ask = (path, opts = {}) => fetch(path, { ...opts, headers: { ...opts.headers, ...(token && { Authorization: "Bearer " + token }) } });

let again = () => {}; // a token was given
let last = null, lastEvent = 0, events = [], steps = [], past = [], onDisk = null, busy = false, denied = false, live = false;
const seen = new Map(JSON.parse(sessionStorage.getItem("seen") || "[]")); // generations that this page has watched, by process

// ---- numbers
const labelOf = (f, name) => { const l = f.labels || [], i = l.findIndex((x, i) => i % 2 === 0 && x === name); return i < 0 ? "" : l[i + 1]; };
const figure = (st, name, label, value) => (st.figures || []).filter(f => f.name === name && (!label || labelOf(f, label) === value)).reduce((a, f) => a + f.value, 0);
const conns = st => { const n = s => figure(st, "http_connections", "state", s); return { active: n("active"), idle: n("idle") + n("new"), open: n("hijacked"), moving: n("moving") }; };
const requestOf = r => { const name = r.route || r.path; return name.startsWith(r.method + " ") ? name : r.method + " " + name; };
const oldest = st => (st.in_flight || []).slice(0, 1).map(r => span(r.for_ns) + " " + requestOf(r))[0];
const series = {}, previous = {};
let hour = []; // the server's samples of it, over generations
// pastOf is the last hour of a number, and now; the last minute as this page has seen it until there is more.
const pastOf = (key, now, seen) => hour.length > 12 ? [...hour.map(s => key === "heap" ? s[key] / 1048576 : s[key]), now] : seen;
const push = (name, v) => { const s = series[name] ||= []; s.push(v); if (s.length > 60) s.shift(); return s; };
function spark(...all) {
  const top = Math.max(1, ...all.flat()) * 1.08, n = all[0].length, room = Math.max(60, n), x = i => ((i + room - n) * 100 / (room - 1)).toFixed(2);
  const at = s => s.map((y, i) => x(i) + " " + (45 - y * 43 / top).toFixed(2)).join(" L");
  return svg("svg", { viewBox: "0 0 100 46", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("path", { class: "area", d: "M" + x(0) + " 46 L" + at(all[0]) + " L100 46 Z" }), ...all.map((s, i) => svg("path", { class: i ? "line quiet" : "line", d: "M" + at(s) })));
}
// latency is of the last ten seconds, if something measures requests: within which limit of the histogram so many of them were.
const looks = [];
function latency(st, at) {
  const limits = (st.figures || []).filter(f => f.name === "http_latency_bucket_total").map(f => [labelOf(f, "le") === "+Inf" ? Infinity : +labelOf(f, "le"), f.value]).sort((a, b) => a[0] - b[0]);
  if (!limits.length) return null;
  if (looks.length && looks[0].pid !== st.pid) looks.length = 0;
  const now = { at, pid: st.pid, limits: new Map(limits), errors: figure(st, "http_latency_errors_total") };
  looks.push(now);
  while (looks.length > 2 && at - looks[1].at > 1e4) looks.shift();
  const then = looks[0], taken = (le, n) => n - (then.limits.get(le) || 0), all = taken(Infinity, now.limits.get(Infinity) || 0);
  const within = share => (limits.find(([le, n]) => taken(le, n) >= all * share) || [Infinity])[0];
  return { all, errors: now.errors - then.errors, total: now.errors, half: within(0.5), most: within(0.99) };
}
const atMost = s => s === Infinity ? "∞" : span(s * 1e9);
function numbers(st) {
  const at = Date.parse(st.started) + st.uptime_ns / 1e6, total = figure(st, "http_requests_total");
  if (previous.pid === st.pid && at - previous.at < 300) return;
  const rate = previous.pid === st.pid && at > previous.at ? Math.max(0, (total - previous.total) * 1000 / (at - previous.at)) : 0;
  const first = previous.pid !== st.pid;
  Object.assign(previous, { at, total, pid: st.pid });
  const slow = latency(st, at), c = conns(st), old = oldest(st), heap = figure(st, "go_heap_bytes") / 1048576, cut = figure(st, "http_requests_aborted_total"), rates = first && !series.rate ? (series.rate = []) : first ? series.rate : push("rate", rate);
  const tile = (name, v, unit, more, ...lines) => el("div", { class: "number", role: "group", "aria-label": name }, el("span", {}, name), el("b", {}, v, unit ? el("small", {}, unit) : ""), el("span", { class: "dim cut" }, more), lines[0].length ? spark(...lines) : "");
  $("numbers").replaceChildren(
    tile("Requests", first ? "–" : rate < 10 ? rate.toFixed(1) : rate.toFixed(0), "per second", total.toLocaleString() + " since the start" + (cut ? ", " + cut + " cut" : ""), pastOf("requests", rate, rates)),
    tile("In flight", String(c.active), c.active === 1 ? "request" : "requests", old ? "oldest " + old : c.active ? "" : "nobody waits", pastOf("active", c.active, push("active", c.active))),
    tile("Connections", String(c.active + c.idle + c.open), "open", c.idle + " idle" + (c.open ? ", " + c.open + " upgraded" : "") + (c.moving ? ", " + c.moving + " moving" : ""), ...(hour.length > 12 ? [pastOf("open", c.active + c.idle + c.open)] : [push("all", c.active + c.idle + c.open), push("idle", c.idle)])),
    tile("Memory", heap.toFixed(heap < 10 ? 1 : 0), "MiB heap", count(figure(st, "go_goroutines"), "goroutine"), pastOf("heap", heap, push("heap", heap))),
    slow ? tile("Latency", slow.all ? slow.most === Infinity ? "∞" : "≤ " + span(slow.most * 1e9) : "–", slow.all ? "p99" : "", slow.all ? "p50 ≤ " + atMost(slow.half) + (slow.errors ? ", " + count(slow.errors, "error") : "") : slow.total ? count(slow.total, "error") + " since the start" : "no requests for ten seconds", push("slow", slow.all && slow.most < Infinity ? slow.most * 1e3 : 0)) : "");
}

// ---- the cards
const list = pairs => el("dl", {}, ...pairs.filter(p => p).map(([k, ...v]) => [el("dt", {}, k), el("dd", {}, ...v)]));
const place = p => p.source || (p.file || "") + (p.line ? ":" + p.line + ":" + (p.col || 1) : "");
const problems = r => (r.problems || []).length ? el("ul", {}, ...r.problems.map(p => el("li", {}, el("code", { class: "bad" }, place(p)), " ", el("code", {}, p.key || ""), el("br"), p.reason + (p.hint ? " (" + p.hint + ")" : "")))) : "";
const change = c => el("div", { class: "change" }, el("code", {}, c.key), " ", el("span", { class: "dim" }, c.source), el("div", { class: "mono bad" }, el("span", {}, "−"), el("span", {}, c.old)), el("div", { class: "mono good" }, el("span", {}, "+"), el("span", {}, c.new)));
const diff = r => [...(r.changed || []), ...(r.pending_restart || [])].map(change);
const buildText = b => [b.version !== "(devel)" && b.version, b.revision && b.revision.slice(0, 12) + (b.modified ? " and changes" : ""), b.go].filter(x => x).join(" · ");
const keptText = k => !k ? "" : ", " + k.moved + " in the middle of a request (paused for " + span(k.pause_ns || 0) + " at most)" + Object.entries(k.stayed || {}).map(([reason, n], i) => (i ? ", " : "; stayed: ") + n + " " + reason.replaceAll("_", " ")).join("");
const upgradeText = u => u.from + " → " + u.to + (u.by ? " by " + u.by : "") + (u.took_ns ? ", took " + span(u.took_ns) : "") + (u.connections && !(u.error && !u.connections.handed && !u.connections.taken_back && !u.connections.cut) ? ", " + u.connections.handed + " connections handed, " + u.connections.taken_back + " taken back, " + u.connections.cut + " cut" + keptText(u.connections.kept) : u.draining ? ", the old process still drains" : "") + (u.waiting ? "; the old process waits for " + u.waiting : "") + (u.error ? ": " + u.error : "");
// moved is what became of the connections at an upgrade.
const moved = u => {
  const c = u.connections, k = c && c.kept;
  return c ? list([["handed over", String(c.handed)], c.taken_back && ["taken back", String(c.taken_back)], c.cut && ["cut", String(c.cut)],
    k && ["amid a request", k.moved + " moved" + (k.pause_ns ? ", paused for " + span(k.pause_ns) + " at most" : "")], ...Object.entries(k && k.stayed || {}).map(([why, n]) => ["stayed", n + ": " + why.replaceAll("_", " ")])]) : "";
};
function status(st) {
  const other = !last || last.pid !== st.pid;
  if (last && other) { steps = []; events.push({ at: new Date().toISOString(), level: "info", text: "now watching process " + st.pid + ", generation " + st.generation }); journal(); }
  const changed = other || last.state !== st.state || last.config.revision !== st.config.revision || last.config.drift !== st.config.drift || (last.answers || []).length !== (st.answers || []).length;
  seen.set(st.pid, { generation: st.generation, started: st.started, build: buildText(st.build), end: st.successor ? "replaced by process " + st.successor : st.stop ? "stopping" : "" });
  for (const [pid, g] of seen) if (pid !== st.pid && (!g.end || g.end === "stopping")) g.end = "ended";
  while (seen.size > 20) seen.delete(seen.keys().next().value);
  if (other || st.stop) sessionStorage.setItem("seen", JSON.stringify([...seen]));
  last = st;
  document.title = st.app + " · " + st.state;
  put("app", st.app);
  put("state", (mark[st.state] || "") + " " + st.state, "state " + (tone[st.state] || ""));
  put("ready", st.readiness.ready ? "gets requests" : "gets no requests: " + st.readiness.text.replace(/^(draining|stopping|starting): /, ""), st.readiness.ready ? "dim" : "warn");
  put("who", "generation " + st.generation + " · pid " + st.pid + " · up " + span(st.uptime_ns));
  put("build", buildText(st.build));
  numbers(st);
  $("graph").hidden = !st.graph;
  $("look").hidden = st.access !== "look";
  waiting(st);
  settingsCard(st.config);
  show("process", [st.upgrades, st.process, st.addresses, (st.answers || []).slice(-4), st.reason, [...seen]], () => [
    el("table", {}, el("thead", {}, el("tr", {}, ...["", "Process", "Started", "State"].map(h => el("th", { scope: "col" }, h)))), el("tbody", {}, ...[...seen].reverse().slice(0, 8).map(([pid, g]) =>
      el("tr", {}, el("th", { scope: "row", class: "n" }, String(g.generation)), el("td", { class: "n" }, String(pid)), el("td", { class: "n" }, clock(g.started)), el("td", {}, g.end || el("span", { class: "good" }, "in charge")))))),
    st.reason ? el("p", {}, el("h3", {}, "Stops because"), (st.reason.by || st.reason.kind) + (st.reason.text ? ": " + st.reason.text : "") + (st.reason.error ? ": " + st.reason.error : "")) : "",
    (st.upgrades || []).map(u => el("p", {}, el("h3", {}, u.error ? "Failed upgrade" : "Last upgrade"), upgradeText(u), u.error ? "" : el("div", { class: "moved" }, moved(u)))),
    el("h3", {}, "Program"), list([st.process && st.process.executable && ["runs", el("code", {}, st.process.executable)], st.process && st.process.dir && ["in", el("code", {}, st.process.dir)], st.process && ["as", st.process.user]]),
    el("h3", {}, "Listening"), list((st.addresses || []).map(a => [a.server, el("code", {}, a.addr)])),
    (st.answers || []).length ? [el("h3", {}, "Last answers"), ...st.answers.slice(-4).reverse().map(a => el("p", {}, el("span", { class: a.outcome === "done" || a.outcome === "unchanged" ? "good" : "warn" }, a.command + " " + a.outcome), el("span", { class: "dim" }, " " + clock(a.at) + " by " + a.by), el("br"), a.text))] : "",
  ]);
  const op = st.operation;
  if (op && op.progress && busy) say(op.kind + ": " + op.progress);
  if (other && st.state === "ready" || changed) load();
  enable();
}
function settingsCard(c) {
  const r = c.rejected;
  show("config", [c, past, onDisk], () => [
    list([["Revision", String(c.revision) + ", since " + clock(c.at)], ["From", c.files.length ? c.files.join(", ") : "defaults and environment; there is no file"], ["Hash", el("code", {}, c.hash.slice(0, 12))]]),
    r ? el("div", { class: "problem", role: "group", "aria-label": "Rejected configuration" }, el("p", {}, el("b", { class: "bad" }, r.vetoed_by ? "Vetoed by " + r.vetoed_by : "Rejected"), " at " + clock(r.at) + "; revision " + c.revision + " stays in force" + (r.vetoed_by ? ": " + r.reason : "")), problems(r)) : "",
    !r && c.drift ? el("p", { class: "warn" }, "What is on disk is not in force:") : "", !r && c.drift && onDisk ? diff(onDisk) : "",
    (c.pending || []).length ? [el("h3", {}, "After a restart"), ...c.pending.map(change)] : "",
    past.length && (past[0].changed || []).length ? [el("h3", {}, "Revision " + past[0].revision + " changed, " + clock(past[0].at)), past[0].changed.map(change)] : "",
    past.length > 1 ? el("details", {}, el("summary", {}, "History of " + past.length), ...past.map(r => el("div", {}, el("h3", {}, clock(r.at) + " · revision " + r.revision + " · " + r.result), el("p", { class: "dim" }, "by " + r.trigger), diff(r), problems(r)))) : "",
  ]);
}
const plan = { up: ["observe", "bind", "resources", "tasks", "serve"], down: ["announce", "lame duck", "unbind", "drain", "tasks", "resources", "final"] };
function waiting(st) {
  const on = !!st.stop || st.state === "starting";
  $("drain").hidden = !on;
  if (!on) return;
  const now = Date.parse(st.started) + st.uptime_ns / 1e6, waits = st.waiting || [], phases = plan[st.stop ? "down" : "up"], c = conns(st);
  const done = steps.filter(s => s.way === (st.stop ? "down" : "up")).map(s => phases.indexOf(s.phase)), at = waits.length ? phases.indexOf(waits[0].phase) : Math.max(-1, ...done);
  const box = (name, big, ...more) => el("div", {}, el("span", { class: "dim" }, name), el("b", {}, big), ...more);
  const begin = st.stop ? Date.parse(st.stop.began) : 0, end = st.stop ? Date.parse(st.stop.requests_deadline || st.stop.deadline) : 0;
  $("drain-body").replaceChildren(
    el("ol", { class: "phases", "aria-label": "Phases" }, ...phases.map((p, i) => el("li", { class: i === at ? "now" : i < at ? "past" : "", "aria-current": i === at ? "step" : undefined }, p))),
    el("div", { class: "waits" },
      ...(waits.length ? waits : [{ phase: "", name: "nothing: it is between two steps", for_ns: 0 }]).map(w => box(w.phase || "now", w.name, el("span", { class: "dim" }, w.for_ns ? "for " + span(w.for_ns) : "", w.source ? " · " + w.source : ""))),
      st.stop ? box("still in flight", count(c.active, "request"), el("ol", {}, ...(st.in_flight || []).map(r => el("li", {}, requestOf(r), el("span", { class: "dim" }, " for " + span(r.for_ns))))), el("span", { class: "dim" }, c.idle + " idle" + (c.open ? ", " + c.open + " upgraded" : ""))) : "",
      end > begin ? box(st.stop.requests_deadline ? "requests get at most" : "over in at most", span(Math.max(0, end - now) * 1e6), el("progress", { max: end - begin, value: Math.min(now, end) - begin, "aria-label": "Time of the stop that is used up" })) : ""));
}
function waterfall() {
  show("steps", steps, () => {
    if (!steps.length) return [el("p", { class: "dim" }, "nothing yet")];
    return ["up", "down"].map(way => {
      const mine = steps.filter(s => s.way === way);
      if (!mine.length) return "";
      const from = Math.min(...mine.map(s => when(s.began))), to = Math.max(...mine.map(s => when(s.began) + s.took_ns / 1e6)), whole = Math.max(to - from, 0.001);
      return [el("h3", {}, (way === "up" ? "Start" : "Stop") + ", " + span(whole * 1e6)), el("ol", { class: "steps" }, ...mine.map(s => {
        const x = Math.min((when(s.began) - from) * 100 / whole, 99.3), w = Math.max(s.took_ns / 1e4 / whole, 0.7), ok = s.outcome === "done", said = s.outcome + ": " + (s.error || "");
        return el("li", {}, el("span", { class: "phase dim" }, s.phase), el("span", { class: ok ? "cut" : "cut bad", title: s.name }, s.name),
          svg("svg", { viewBox: "0 0 100 12", preserveAspectRatio: "none", "aria-hidden": "true" }, svg("rect", { x, width: Math.min(w, 100 - x), height: 12, class: ok ? "" : "bad" })),
          el("span", { class: "t n" }, span(s.took_ns)), el("span", { class: ok ? "wide dim cut" : "bad", title: s.source || "" }, ok ? s.source || "" : said));
      }))];
    });
  });
}
const ranks = ["debug", "info", "warn", "error"];
function journal() {
  const min = ranks.indexOf($("min").value), want = $("filter").value.toLowerCase();
  const lines = events.filter(e => ranks.indexOf(e.level) >= min).map(e => ({ ...e, line: e.text + (e.error ? ": " + e.error : "") + Object.entries(e.attrs || {}).map(([k, v]) => "  " + k + "=" + v).join("") }))
    .filter(e => !want || e.line.toLowerCase().includes(want)).slice(-200).reverse();
  show("journal", lines.map(e => [e.at, e.line]), () => lines.length ? lines.map(e => el("li", {}, el("span", { class: "dim" }, clock(e.at)), el("span", { class: "dim wide", title: "generation" }, e.generation || ""), el("span", { class: "level " + ({ warn: "warn", error: "bad" }[e.level] || "dim") }, e.level), el("span", { class: { warn: "warn", error: "bad", debug: "dim" }[e.level] }, e.line))) : [el("li", {}, el("span", { class: "dim" }, "nothing"))]);
}
// logLine takes a line of JSON apart; any other stays as it is.
function logLine(text) {
  let v;
  try { v = JSON.parse(text); } catch { /* of the format console, or another's */ }
  if (!v || typeof v !== "object" || !v.time) return el("li", {}, text);
  const { time, level, msg, stack, ...rest } = v, more = Object.entries(rest).map(([k, x]) => k + "=" + (typeof x === "string" ? x : JSON.stringify(x))).join("  ");
  const cls = { warn: "warn", error: "bad", dpanic: "bad", panic: "bad", fatal: "bad" }[level] || "dim";
  return el("li", {}, el("span", { class: "dim" }, clock(time)), " ", el("span", { class: cls }, level || ""), " ", msg || "", more && "  ", more && el("span", { class: "dim" }, more), stack && el("pre", {}, stack));
}
async function log() {
  if (!live || last && last.access === "look") return;
  const r = await ask("/v1/log").catch(() => null), open = $("log-open").open;
  $("log").hidden = !r || !r.ok;
  if (!r || !r.ok || !open) return;
  const want = $("log-filter").value.toLowerCase(), lines = (await r.json()).filter(l => l.toLowerCase().includes(want)).slice(-300).reverse();
  show("log-lines", lines, () => lines.length ? lines.map(logLine) : [el("li", { class: "dim" }, "nothing")]);
}
const json = async path => { const r = await ask(path); return r.ok ? r.json() : null; };
async function load() {
  try {
    const drift = last && last.config.drift && !last.config.rejected;
    const [r, h, d, c, s] = await Promise.all([json("/v1/report"), json("/v1/config/history"), drift ? json("/v1/config/diff") : null, json("/v1/commands"), json("/v1/series")]);
    if (c) commands(c);
    log();
    if (s) hour = s;
    if (!r || !h) return;
    steps = r.steps; past = h.filter(x => x.result === "applied" || x.result === "initial" || x.revision).reverse(); onDisk = d;
    waterfall();
    if (last) settingsCard(last.config);
    if ($("settings").open) settings();
  } catch { /* the stream says it */ }
}
// commands are those of the application: the others have buttons above.
function commands(all) {
  const own = all.filter(c => !words[c.name]);
  $("commands").hidden = !own.length;
  show("commands-list", own, () => own.map(c => el("form", { class: "command", "data-command": c.name }, el("div", { class: "row" }, el("button", c.shows ? { "data-shows": "1" } : {}, c.name), el("span", { class: "dim" }, c.text)),
    (c.args || []).length ? el("div", { class: "row" }, ...c.args.map(a => el("label", { title: a.text }, a.name, el("input", { name: a.name, placeholder: a.text || "" })))) : "")));
  enable();
}
const grid = (heads, rows) => el("table", {}, el("thead", {}, el("tr", {}, ...heads.map((h, i) => el("th", { scope: "col", class: i > 2 ? "wide" : "" }, h)))), el("tbody", {}, ...rows));
async function settings() {
  const all = await json("/v1/config");
  if (all) show("settings-list", all, () => [grid(["Setting", "Value", "From", "Meaning"], all.map(s => el("tr", {}, el("th", { scope: "row" }, el("code", {}, s.key)), el("td", {}, el("code", {}, s.value)), el("td", { class: s.source === "default" ? "dim" : "" }, s.source), el("td", { class: "dim wide" }, s.doc || ""))))]);
}
// parts reads fx's own words for its graph: a cluster is a constructor with what it gives, an arrow is what it needs.
async function parts() {
  const r = await ask("/v1/graph");
  if (!r.ok) return;
  const all = new Map(), clean = t => t.replace(/^\[type=(.*) group=(.*)\]$/, "$1 of $2").replace(/\[group=[^\]]*\]\d*$/, "");
  let pkg = "", part = null;
  for (const line of (await r.text()).split("\n")) {
    let m;
    if (m = /^\s*label = "(.*)";/.exec(line)) pkg = m[1];
    else if (m = /^\s*(constructor_\d+) \[.*label="(.*)"\]/.exec(line)) all.set(m[1], part = { name: pkg + "." + m[2], pkg, gives: [], needs: [] });
    else if (m = /^\s*(constructor_\d+) -> "(.*)" \[/.exec(line)) all.get(m[1]) && all.get(m[1]).needs.push(clean(m[2]));
    else if ((m = /^\s*"(.*)" \[label=/.exec(line)) && part) part.gives.push(clean(m[1]));
  }
  const rows = [...all.values()].filter(p => p.pkg !== "reflect" && p.pkg !== "go.uber.org/fx");
  show("parts-list", rows, () => [grid(["Gives", "Needs", "Made by"], rows.map(p => el("tr", {}, el("th", { scope: "row" }, el("code", {}, p.gives.join(", "))), el("td", {}, el("code", {}, p.needs.join(", ") || "nothing")), el("td", { class: "dim" }, p.name))))]);
}

// ---- operations
const words = {
  reload: ["Read the configuration again? A mistake in it changes nothing.", "Reload"],
  upgrade: ["Start the program anew and hand over to it? If it fails, this process goes on.", "Upgrade"],
  drain: ["Stop this process? It answers the requests it has, and ends. This cannot be taken back.", "Drain and stop", true],
  stop: ["Stop this process? It answers the requests it has, and ends. This cannot be taken back.", "Stop", true],
  now: ["Do not wait for the clients that are left? Their requests are cut.", "Stop now", true],
  "log-level": ["How much shall the log say? It lasts until the configuration changes log.level, or the process ends.", "Set"],
};
function enable() {
  const stopping = !!last && !!last.stop;
  for (const b of document.querySelectorAll("#tools button, #commands button")) b.disabled = denied || !live || !last || last.access === "look" && b.dataset.op !== "check" && !b.dataset.shows || !(stopping && b.id === "stop") && (busy || stopping);
  put("stop", stopping ? "Stop now" : "Stop");
  $("stop").dataset.op = stopping ? "now" : "stop";
}
async function confirmed(op, other) {
  const known = words[op] || other && [other, "Run"];
  if (!known) return true;
  const [text, yes, danger] = known, d = $("ask");
  put("ask-text", text); put("ask-yes", yes, danger ? "danger" : "");
  $("ask-level").hidden = op !== "log-level";
  d.returnValue = "no";
  d.showModal();
  $(op === "log-level" ? "ask-level" : "ask-no").focus();
  await new Promise(done => d.addEventListener("close", done, { once: true }));
  return d.returnValue === "yes";
}
const say = (kids, cls) => { const o = $("outcome"); o.hidden = false; o.className = cls || ""; o.replaceChildren(...[kids].flat(9).filter(x => x)); };
$("tools").addEventListener("click", async e => {
  const op = e.target.dataset.op;
  if (!op || !await confirmed(op)) return;
  busy = true; enable();
  say(op + " …");
  try {
    const body = op === "log-level" ? { level: $("ask-level").value } : op === "now" ? { now: true } : {};
    const r = op === "check" ? await ask("/v1/config/diff") : await ask("/v1/" + (op === "now" ? "stop" : op), { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
    const v = await r.json(), report = op === "check" ? v : op === "reload" ? v.detail : null, wrong = !r.ok || report && (report.problems || []).length > 0;
    say([v.error || (op === "check" ? wrong ? "check: a reload would be " + v.result : "check: " + ((v.changed || []).length ? "a reload would change" : "a reload would change nothing") : op + " " + v.outcome + (v.text ? ": " + v.text : "")), ...(report ? [diff(report), problems(report)] : [])], wrong ? "bad" : "good");
  } catch (err) { say(op + ": the connection ended before the answer; see what the page says now", "warn"); }
  busy = false; enable(); load();
  if (e.target.isConnected && !e.target.disabled) e.target.focus();
});
$("commands").addEventListener("submit", async e => {
  e.preventDefault();
  const name = e.target.dataset.command, args = Object.fromEntries([...new FormData(e.target)].filter(([, v]) => v));
  if (!await confirmed("", "Run " + name + Object.entries(args).map(([k, v]) => " " + k + "=" + v).join("") + " in the process?")) return;
  busy = true; enable();
  say(name + " …");
  try {
    const r = await ask("/v1/commands/" + encodeURIComponent(name), { method: "POST", body: JSON.stringify({ args }), headers: { "Content-Type": "application/json" } }), v = await r.json();
    say([v.error || name + " " + v.outcome + (v.text ? ": " + v.text : ""), v.detail ? el("pre", {}, typeof v.detail === "string" ? v.detail : JSON.stringify(v.detail, null, 2)) : ""], r.ok ? "good" : "bad");
  } catch { say(name + ": the connection ended before the answer; see what the page says now", "warn"); }
  busy = false; enable(); load();
});
setInterval(async () => { if (live) try { hour = await json("/v1/series") || hour; } catch { /* the stream says it */ } }, 10000);
$("dot").addEventListener("click", async () => {
  const r = await ask("/v1/graph");
  if (!r.ok) return;
  const a = el("a", { href: URL.createObjectURL(await r.blob()), download: (last ? last.app : "app") + ".dot" });
  a.click();
  URL.revokeObjectURL(a.href);
});
$("min").addEventListener("change", journal);
$("filter").addEventListener("input", journal);
$("log-open").addEventListener("toggle", log);
$("log-filter").addEventListener("input", log);
setInterval(() => $("log-open").open && log(), 2000);
$("settings").addEventListener("toggle", () => $("settings").open && settings());
$("parts").addEventListener("toggle", () => $("parts").open && parts());
$("login-form").addEventListener("submit", e => { e.preventDefault(); token = $("token").value.trim(); sessionStorage.setItem("token", token); $("login").hidden = true; again(); });

// ---- the stream; not EventSource, which cannot send a token
const linked = (on, text) => { live = on; put("link", text, on ? "good" : "warn"); enable(); };
function step(s) { if (!steps.some(o => o.began === s.began && o.name === s.name && o.way === s.way)) steps = [...steps, s]; waterfall(); }
function message(kind, data) {
  const v = JSON.parse(data);
  if (kind === "status") {
    // Ids grow over generations: a process that is started afresh begins again.
    if (last && last.pid !== v.pid && lastEvent && v.generation <= last.generation) { lastEvent = 0; status(v); return false; }
    status(v);
  } else if (kind === "event") {
    lastEvent = Math.max(lastEvent, v.id);
    if (!v.generation || !last || v.generation === last.generation) { if (v.step) step(v.step); }
    events.push(v);
    if (events.length > 500) events.splice(0, events.length - 500);
    journal();
  }
  return true;
}
async function follow() {
  const r = await ask("/v1/events", { headers: lastEvent ? { "Last-Event-ID": String(lastEvent) } : {} });
  if (r.status === 401 || r.status === 403) { denied = true; $("login").hidden = r.status !== 401; linked(false, r.status === 401 ? "a token is needed" : "not allowed"); return; }
  if (!r.ok) throw new Error(r.status);
  denied = false;
  linked(true, "live");
  const reader = r.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = "", kind = ""; ;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith("event: ")) kind = line.slice(7);
      else if (line.startsWith("data: ") && !message(kind, line.slice(6))) { await reader.cancel(); return; }
    }
  }
}
(async () => {
  for (let wait = 250; ;) {
    try { await follow(); wait = 250; } catch { wait = Math.min(wait * 2, 4000); }
    if (denied && !$("login").hidden) { await new Promise(r => again = r); continue; }
    if (!denied) linked(false, "not connected, trying again");
    await new Promise(r => setTimeout(r, denied ? 10000 : wait));
  }
})();

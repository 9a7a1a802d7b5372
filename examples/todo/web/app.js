'use strict'

const $ = id => document.getElementById(id)

// What is known of the list. Ids are never given twice, so what is gone stays gone, whatever answer is still under way.
const todos = new Map()
const gone = new Set()
let next = '' // where the list goes on, '' at its end

// --- what the service says ---------------------------------------------------------------------------------------

// listen keeps one stream of events open for ever; an upgrade goes unnoticed. When the service was away the browser
// connects again by itself and sends the id of the last event it has seen. Only an answer that is no stream ends that.
function listen() {
	const events = new EventSource('/api/events')
	events.onopen = () => live(true, 'live')
	events.onerror = () => {
		live(false, 'reconnecting')
		if (events.readyState === EventSource.CLOSED) setTimeout(listen, 1000)
	}
	const on = (name, act) => events.addEventListener(name, event => act(JSON.parse(event.data)))
	on('status', showStatus)
	on('reset', reload)
	on('created', put)
	on('changed', put)
	on('deleted', drop)
}

function put(todo) {
	const known = todos.get(todo.id)
	if (gone.has(todo.id) || known && known.version >= todo.version) return
	todos.set(todo.id, todo)
	render()
}

function drop(todo) {
	gone.add(todo.id)
	todos.delete(todo.id)
	render()
}

async function reload() {
	todos.clear()
	gone.clear()
	next = '/api/todos?limit=500'
	while (!await more());
}

async function more() {
	const answer = await send('GET', next)
	if (!answer) return false
	next = /<([^>]*)>; rel="next"/.exec(answer.headers.get('Link'))?.[1] ?? ''
	for (const todo of await answer.json()) {
		if (!gone.has(todo.id) && !(todos.get(todo.id)?.version >= todo.version)) todos.set(todo.id, todo)
	}
	render()
	return true
}

// --- what the person does ----------------------------------------------------------------------------------------

$('add').onsubmit = async event => {
	event.preventDefault()
	const title = $('new').value.trim()
	if (!title) return
	$('new').value = ''
	const answer = await send('POST', '/api/todos', {title}, {'Idempotency-Key': crypto.getRandomValues(new Uint32Array(4)).join('-')})
	if (answer) put(await answer.json())
	else if (!$('new').value) $('new').value = title
}

async function toggle(id, done) {
	const answer = await send('PATCH', `/api/todos/${id}`, {done}, {'If-Match': `"${todos.get(id).version}"`}, 412)
	if (answer?.ok) return put(await answer.json())
	if (answer) { // 412: somebody was faster, or a first try got through and only its answer was lost
		const now = await send('GET', `/api/todos/${id}`)
		if (now) put(await now.json())
	}
	if (todos.get(id)?.done === !done) notice('That was changed elsewhere.')
	render()
}

async function remove(id) {
	const row = document.querySelector(`li[data-id="${id}"]`)
	const neighbour = row.nextElementSibling ?? row.previousElementSibling
	const answer = await send('DELETE', `/api/todos/${id}`, null, {}, 404)
	if (!answer) return
	drop({id})
	;(neighbour?.isConnected ? neighbour.querySelector('input') : $('new')).focus()
}

// send repeats a request that found nobody, or nobody ready, for some ten seconds: all of them are made so that a second
// time does no harm. It returns an answer that is good or has the status expected, or null after telling the person why.
async function send(method, path, body, headers = {}, expected = 0) {
	const request = {method, headers: {...headers}}
	if (body) {
		request.body = JSON.stringify(body)
		request.headers['Content-Type'] = 'application/json'
	}
	for (let pause = 100; ; pause *= 2) {
		const answer = await fetch(path, request).catch(() => null)
		if (answer?.ok || answer?.status === expected) return answer
		const later = !answer || [429, 502, 503, 504].includes(answer.status)
		if (later && pause < 6000) {
			await new Promise(resolve => setTimeout(resolve, pause))
			continue
		}
		const problem = await answer?.json().catch(() => null)
		notice(problem?.detail ?? 'The service cannot be reached.')
		return null
	}
}

// --- what is shown -----------------------------------------------------------------------------------------------

const show = () => document.querySelector('[name=show]:checked').value
$('filter').onchange = render
$('more').onclick = more

const rows = new Map() // kept, so that the focus stays where it is

function render() {
	const kind = show()
	const all = [...todos.values()].sort((a, b) => b.id - a.id)
	const wanted = all.filter(todo => kind === 'all' || todo.done === (kind === 'done'))

	for (const [id, row] of rows) {
		if (!todos.has(id)) {
			row.remove()
			rows.delete(id)
		}
	}
	wanted.forEach((todo, i) => {
		const row = rows.get(todo.id) ?? newRow(todo.id)
		row.querySelector('span').textContent = todo.title
		row.querySelector('input').checked = todo.done
		row.querySelector('button').setAttribute('aria-label', `Delete ${todo.title}`)
		if ($('list').children[i] !== row) $('list').insertBefore(row, $('list').children[i] ?? null)
	})
	while ($('list').children.length > wanted.length) $('list').lastChild.remove()

	const open = all.filter(todo => !todo.done).length
	$('count').textContent = all.length === 0 ? '' : open === 0 ? 'all done' : `${open}${next ? '+' : ''} to do`
	$('empty').hidden = wanted.length > 0
	$('empty').textContent = all.length === 0 ? 'Nothing to do. Enjoy the day.' : `Nothing is ${kind}.`
	$('more').hidden = !next
	$('list').ariaBusy = 'false'
}

// newRow builds a row from nodes, never from markup: a title cannot become anything but text.
function newRow(id) {
	const row = document.createElement('li')
	const label = document.createElement('label')
	const box = document.createElement('input')
	const cross = document.createElement('button')
	row.dataset.id = id
	box.type = 'checkbox'
	box.onchange = () => toggle(id, box.checked)
	cross.textContent = '×'
	cross.onclick = () => remove(id)
	label.append(box, document.createElement('span'))
	row.append(label, cross)
	rows.set(id, row)
	return row
}

function showStatus(status) {
	$('title').textContent = document.title = status.title
	for (const part of ['generation', 'pid', 'revision']) {
		const news = $(part).textContent && $(part).textContent !== String(status[part])
		$(part).textContent = status[part]
		if (!news) continue
		$(part).classList.remove('news')
		void $(part).offsetWidth // lets the animation begin anew
		$(part).classList.add('news')
	}
	$('badge').hidden = false
}

function live(on, text) {
	$('live').classList.toggle('on', on)
	$('live').lastChild.textContent = text
}

let hide
function notice(text) {
	$('notice').textContent = text[0].toUpperCase() + text.slice(1)
	$('notice').hidden = false
	clearTimeout(hide)
	hide = setTimeout(() => { $('notice').hidden = true }, 6000)
}

listen()

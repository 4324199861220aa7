// SPDX-License-Identifier: GPL-2.0
//
// The page of results. page.py makes the data. The table rows of a section exist only while it is
// open, and details are built on demand.
"use strict";

(() => {
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);

// Worst first; a mark shows the outcome without colour.
const OUTCOMES = [
	["crash", "C", "the kernel or the program died while the case ran"],
	["timeout", "T", "the case hung"],
	["fail", "F", "the promise is broken"],
	["broken", "B", "the case could not be set up"],
	["incomplete", "?", "not run: the kernel or the program had died"],
	["xpass", "P", "passed unexpectedly"],
	["changed", "~", "differs, and is not promised"],
	["xfail", "x", "failed as expected: a known bug"],
	["pass", "\u00b7", "the promise is kept"],
	["skip", "\u2013", "not run: not supported by kernel, configuration or server"],
	["none", "", "no result"],
];
const RANK = Object.fromEntries(OUTCOMES.map(([word], i) => [word, i]));
const MARK = Object.fromEntries(OUTCOMES.map(([word, mark]) => [word, mark]));
const QUICK = 25000; // cells that are built without noticeable delay
const NONE = ["none", "", "", ""];

// --- data --------------------------------------------------------------------

const columnNumbers = new Map(data.columns.map((pair, column) => [pair.join(), column]));
const byServer = [...data.columns.keys()].sort((a, b) => data.columns[a][1] - data.columns[b][1] || a - b);
const results = data.results.map((numbers) => numbers.map((number) => data.texts[number]));
const kinds = results.map(([outcome]) => kind(outcome));
const spreads = data.spreads.map(spreadOut);
const cases = [];
for (const section of data.sections) {
	section.numbers = section.cases.map((fields) => cases.push(unpack(fields, section)) - 1);
	delete section.cases;
}

// Which of its results a case has in each column.
function spreadOut(runs) {
	const which = new Int16Array(data.columns.length);
	let at = 0;

	for (let i = 0; i < runs.length; i += 2)
		for (let left = runs[i + 1]; left; left--)
			which[byServer[at++]] = runs[i];
	return which;
}

function unpack([name, promise, title, since, needs, abilities, numbers, spread, evidence, level], section) {
	return {
		name, promise, title, since, needs, abilities, evidence, section, level,
		number: cases.length,
		results: numbers.map((number) => results[number]),
		kinds: numbers.map((number) => kinds[number]),
		which: spreads[spread],
	};
}

function kind(outcome) {
	return outcome.startsWith("skip") ? "skip" : outcome in RANK ? outcome : "broken";
}

function resultAt(c, column) {
	return c.results[c.which[column]] || NONE;
}

function kindAt(c, column) {
	return c.kinds[c.which[column]] || "none";
}

// In milliseconds; undefined if no run told.
function durationAt(c, column) {
	const duration = (data.durations[column] || [])[c.number];

	return duration >= 0 ? duration : undefined;
}

function timeText(milliseconds) {
	if (milliseconds < 1)
		return "< 1 ms";
	return milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}

// The worst of some columns, and the first column that has it.
function worstOf(c, columns) {
	let best = columns[0];
	for (const column of columns)
		if (RANK[kindAt(c, column)] < RANK[kindAt(c, best)])
			best = column;
	return best;
}

function columnOf(kernel, server) {
	return columnNumbers.get(`${kernel},${server}`) ?? -1;
}

const unsupported = new Set(data.columns.flatMap((pair, column) => (isUnsupported(column) ? [column] : [])));

// --- state -------------------------------------------------------------------

const form = byId("filter");
const fields = form.elements;
const pressed = new Set();
let open = new Set();
let shown = [];   // columns of the table: {kernel, server, columns}
let matching = []; // case numbers

const many = data.kernels.length > 1;
const narrow = window.matchMedia("(max-width: 700px)");
const usual = {
	columns: data.columns.length > 12 ? "worst" : "every",
	differences: many,
};

function setUsual() {
	fields.q.value = "";
	fields.section.value = "";
	fields.columns.value = usual.columns;
	fields.differences.checked = usual.differences;
	pressed.clear();
}

function readHash() {
	const hash = new URLSearchParams(location.hash.slice(1));

	setUsual();
	if (hash.has("q"))
		fields.q.value = hash.get("q");
	for (const name of ["columns", "section"])
		if ([...fields[name].options].some((option) => option.value === hash.get(name)))
			fields[name].value = hash.get(name);
	if (hash.has("differences"))
		fields.differences.checked = hash.get("differences") === "1";
	for (const word of (hash.get("outcome") || "").split(","))
		if (word in RANK)
			pressed.add(word);
	return hash;
}

function writeHash(more) {
	const hash = new URLSearchParams();

	if (fields.q.value)
		hash.set("q", fields.q.value);
	if (fields.section.value)
		hash.set("section", fields.section.value);
	if (fields.columns.value !== usual.columns)
		hash.set("columns", fields.columns.value);
	if (fields.differences.checked !== usual.differences)
		hash.set("differences", fields.differences.checked ? "1" : "0");
	if (pressed.size)
		hash.set("outcome", [...pressed].join(","));
	for (const [name, value] of Object.entries(more || {}))
		hash.set(name, value);
	history.replaceState(null, "", "#" + hash);
}

// --- filter ------------------------------------------------------------------

function chooseColumns() {
	const how = fields.columns.value;

	shown = [];
	// On a narrow screen the newest come first: the others are out of sight.
	const kernels = [...data.kernels.keys()];
	for (const kernel of narrow.matches ? kernels.reverse() : kernels) {
		const columns = data.columns.flatMap(([k], column) => (k === kernel ? [column] : []));
		if (how === "worst")
			shown.push({kernel, columns});
		else
			for (const column of columns) {
				const server = data.columns[column][1];
				if (how === "every" || data.servers[server] === how)
					shown.push({kernel, server, columns: [column]});
			}
	}
	for (const column of shown)
		column.unsupported = column.columns.every((number) => unsupported.has(number));
}

function kindsOf(c) {
	return shown.map(({columns}) => kindAt(c, worstOf(c, columns)));
}

// Between kernels, with the same server; with one kernel, between servers. That a kernel or a
// library without passthrough skips nearly everything says nothing of a case.
function differs(kinds) {
	const first = new Map();

	return kinds.some((word, i) => {
		if (word === "none" || shown[i].unsupported)
			return false;
		const among = many ? shown[i].server : 0;
		if (!first.has(among))
			first.set(among, word);
		return first.get(among) !== word;
	});
}

// A kernel or a library that lacks what more than half of all cases are about.
function isUnsupported(column) {
	const kinds = cases.map((c) => kindAt(c, column)).filter((word) => word !== "none");

	return kinds.filter((word) => word === "skip").length * 2 > kinds.length;
}

function says(c, words) {
	c.text ||= [c.name, c.promise, c.title, ...c.results.map((result) => result[3])].join("\n").toLowerCase();
	return words.every((word) => c.text.includes(word));
}

function isFiltered() {
	return Boolean(fields.q.value.trim() || pressed.size || fields.differences.checked || fields.section.value);
}

function filter() {
	const words = fields.q.value.toLowerCase().split(/\s+/).filter(Boolean);
	const counts = {};

	matching = [];
	cases.forEach((c, number) => {
		const kinds = kindsOf(c);
		if ((fields.section.value && c.section.id !== fields.section.value) || !says(c, words) ||
		    (fields.differences.checked && !differs(kinds)))
			return;
		for (const word of kinds)
			counts[word] = (counts[word] || 0) + 1;
		if (!pressed.size || kinds.some((word) => pressed.has(word)))
			matching.push(number);
	});
	showLegend(counts);
}

function update() {
	chooseColumns();
	filter();
	open = new Set(isFiltered() && matching.length * shown.length < QUICK ?
		data.sections.map((section) => section.id) : []);
	showTable();
	writeHash();
}

// --- table -------------------------------------------------------------------

const table = byId("matrix");

function escaped(text) {
	return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
}

// A long name breaks at its dots.
function breakable(name) {
	return escaped(name).replace(/\./g, ".<wbr>");
}

function columnName({kernel, server}) {
	return data.kernels[kernel] + (server === undefined ? "" : " " + data.servers[server]);
}

function showHead() {
	const withServers = fields.columns.value === "every";
	const spans = new Map();
	let html = "";

	for (const column of shown)
		spans.set(column.kernel, (spans.get(column.kernel) || 0) + 1);
	html += `<tr><th class="corner" scope="col"${withServers ? ' rowspan="2"' : ""}>Case</th>`;
	for (const [kernel, span] of spans) {
		const columns = shown.filter((column) => column.kernel === kernel);
		const note = columns.every((column) => column.unsupported) ? " <small>unsupported</small>" : "";
		html += `<th class="${span > 2 ? "" : "up"}${span > 1 ? " new-kernel" : ""}" scope="colgroup" colspan="${span}"><span>` +
			escaped(data.kernels[kernel]) + note + "</span></th>";
	}
	html += "</tr>";
	if (withServers)
		html += "<tr>" + shown.map((column, i) => `<th class="up server${edge(i)}" scope="col"><span>` +
			escaped(data.servers[column.server]) + "</span></th>").join("") + "</tr>";
	table.tHead.innerHTML = html;
}

// The first of several servers of a kernel.
function edge(i) {
	const begins = !i || shown[i].kernel !== shown[i - 1].kernel;

	return begins && i + 1 < shown.length && shown[i + 1].kernel === shown[i].kernel ? " new-kernel" : "";
}

function showTable() {
	const matches = new Set(matching);
	let group = table.querySelector("colgroup");

	if (!group) {
		group = document.createElement("colgroup");
		table.prepend(group);
	}
	group.innerHTML = '<col class="name">' + '<col class="cell">'.repeat(shown.length);
	showHead();
	for (const body of [...table.tBodies])
		body.remove();
	for (const section of data.sections) {
		section.matching = section.numbers.filter((number) => matches.has(number));
		if (!section.matching.length)
			continue;
		section.body = table.createTBody();
		section.body.dataset.section = section.id;
		showSection(section);
	}
	byId("nothing").hidden = matching.length > 0;
	byId("counted").textContent = `${matching.length} of ${cases.length} cases, ` +
		`${data.kernels.length} ${many ? "kernels" : "kernel"}, ${data.servers.length} ` +
		(data.servers.length === 1 ? "server" : "servers");
	const first = table.querySelector("tbody button");
	if (first)
		first.tabIndex = 0;
}

function showSection(section) {
	const isOpen = open.has(section.id);
	let html = `<tr class="section"><th scope="rowgroup"><button type="button" tabindex="-1" aria-expanded="${isOpen}">` +
		`${escaped(section.id)}: ${escaped(section.title)} <span class="n">${section.matching.length}</span></button></th>`;

	html += shown.map((column, i) => sectionCell(section, column, i)).join("") + "</tr>";
	if (isOpen)
		html += section.matching.map(caseRow).join("");
	section.body.innerHTML = html;
}

// The number of matching cases of the section with its worst outcome.
function sectionCell(section, column, i) {
	const counts = {};
	let worst = "none";

	for (const number of section.matching) {
		const word = kindAt(cases[number], worstOf(cases[number], column.columns));
		counts[word] = (counts[word] || 0) + 1;
		if (RANK[word] < RANK[worst])
			worst = word;
	}
	const all = OUTCOMES.filter(([word]) => counts[word]).map(([word]) => `${counts[word]} ${word}`).join(", ");
	const text = RANK[worst] < RANK.pass ? counts[worst] : MARK[worst];
	return `<td class="${worst}${edge(i)}" title="${escaped(columnName(column))}: ${all}" aria-label="${all}">${text}</td>`;
}

function caseRow(number) {
	const c = cases[number];
	let html = `<tr class="case" data-case="${number}"><th scope="row" title="${escaped(c.title)}">` +
		`<span class="promise">${escaped(c.promise)}</span>${breakable(c.name)}</th>`;

	shown.forEach((column, i) => {
		const word = kindAt(c, worstOf(c, column.columns));
		html += `<td class="${word}${edge(i)}" aria-label="${word}">${MARK[word]}</td>`;
	});
	return html + "</tr>";
}

function toggle(section, way) {
	const was = open.has(section.id);

	if (way === was)
		return;
	was ? open.delete(section.id) : open.add(section.id);
	showSection(section);
}

function sectionOf(element) {
	const id = element.closest("tbody").dataset.section;
	return data.sections.find((section) => section.id === id);
}

function activate(cell) {
	const tr = cell.parentElement;

	if (tr.className === "section") {
		const at = cell.cellIndex;
		const section = sectionOf(cell);
		toggle(section);
		focusCell(section.body.rows[0].cells[at]);
		return;
	}
	const c = cases[tr.dataset.case];
	const columns = cell.cellIndex ? shown[cell.cellIndex - 1].columns : shown.flatMap((column) => column.columns);
	showDetails(c, worstOf(c, columns));
}

// --- keys: one cell is in the tab order, arrows move --------------------------

function focusable(cell) {
	return cell.querySelector("button") || cell;
}

function focusCell(cell) {
	for (const old of table.querySelectorAll("[tabindex='0']"))
		old.tabIndex = -1;
	const target = focusable(cell);
	target.tabIndex = 0;
	target.focus({preventScroll: true});
	scrollTo(cell);
}

// Not below the head or the names, which do not scroll.
function scrollTo(cell) {
	const main = byId("scroller");
	const frame = main.getBoundingClientRect();
	const box = cell.getBoundingClientRect();
	const top = frame.top + table.tHead.offsetHeight;
	const left = frame.left + table.rows[0].cells[0].offsetWidth;

	if (box.top < top)
		main.scrollTop -= top - box.top;
	else if (box.bottom > frame.bottom)
		main.scrollTop += box.bottom - frame.bottom + 20;
	if (cell.cellIndex && box.left < left)
		main.scrollLeft -= left - box.left;
	else if (cell.cellIndex && box.right > frame.right)
		main.scrollLeft += box.right - frame.right + 20;
}

function move(cell, down, right) {
	const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
	const clamp = (n, most) => Math.max(0, Math.min(most, n));
	const row = rows[clamp(rows.indexOf(cell.parentElement) + down, rows.length - 1)];

	focusCell(row.cells[clamp(cell.cellIndex + right, row.cells.length - 1)]);
}

const MOVES = {
	ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
	PageUp: [-15, 0], PageDown: [15, 0], Home: [0, -1e6], End: [0, 1e6],
};

table.addEventListener("keydown", (event) => {
	const cell = event.target.closest("tbody td, tbody th");

	if (!cell || event.altKey || event.ctrlKey || event.metaKey)
		return;
	if (event.key in MOVES)
		move(cell, ...MOVES[event.key]);
	else if (event.key === "Enter" || event.key === " ")
		activate(cell);
	else
		return;
	event.preventDefault();
});

table.addEventListener("click", (event) => {
	const cell = event.target.closest("tbody td, tbody th");

	if (!cell)
		return;
	focusCell(cell);
	activate(cell);
});

// Describes the cell under the pointer.
table.addEventListener("pointerover", (event) => {
	const cell = event.target.closest("tr.case td");

	if (cell && !cell.title)
		cell.title = `${columnName(shown[cell.cellIndex - 1])}: ${cell.getAttribute("aria-label")}`;
});

// --- legend ------------------------------------------------------------------

function showLegend(counts) {
	byId("legend").innerHTML = OUTCOMES.filter(([word]) => counts[word] || pressed.has(word) || word !== "none")
		.map(([word, mark, meaning]) =>
			`<button type="button" data-word="${word}" title="${meaning}" aria-pressed="${pressed.has(word)}"` +
			`${counts[word] || pressed.has(word) ? "" : " disabled"}><span class="mark ${word}" aria-hidden="true">` +
			`${mark}</span>${word === "none" ? "no result" : word} <span class="n">${counts[word] || 0}</span></button>`).join("");
}

byId("legend").addEventListener("click", (event) => {
	const button = event.target.closest("button");

	if (!button)
		return;
	const word = button.dataset.word;
	pressed.has(word) ? pressed.delete(word) : pressed.add(word);
	update();
	byId("legend").querySelector(`[data-word=${word}]`).focus();
});

// --- details -----------------------------------------------------------------

const dialog = byId("details");

function element(tag, properties, ...children) {
	const made = Object.assign(document.createElement(tag), properties);

	made.append(...children.filter((child) => child !== null));
	return made;
}

function definitions(pairs) {
	return element("dl", {}, ...pairs.filter(([, value]) => value && value !== "-").flatMap(([name, value]) =>
		[element("dt", {}, name), element("dd", {}, value)]));
}

// A case can be less than its promise.
function levelText(level, ofPromise, why) {
	return level === ofPromise ? `${level}: ${why}` : `${level}, although the promise is ${ofPromise}: ${why}`;
}

function showDetails(c, column) {
	const [kernel, server] = data.columns[column];
	const [outcome, observed, requests, note] = resultAt(c, column);
	const [promise, ref, ...level] = data.promises[c.promise] || ["", "", ""];
	const word = kind(outcome);
	const where = `${data.kernels[kernel]} / ${data.servers[server]}`;
	const duration = durationAt(c, column);

	byId("details-name").innerHTML = breakable(c.name);
	byId("details-body").replaceChildren(
		element("p", {className: "title"}, c.title || "This case is no longer in the suite."),
		definitions([
			["promise", promise && `${c.promise}: ${promise}`],
			["level", promise && levelText(c.level, ...level)],
			["decided by", ref],
			["holds since", c.since],
			["needs", c.needs.replaceAll(",", ", ")],
			["server abilities", c.abilities.replaceAll(",", ", ")],
		]),
		element("h3", {}, where),
		definitions([
			["outcome", element("span", {className: `word ${word}`}, `${MARK[word]} ${outcome}`)],
			["note", note],
			["observed", observed && element("code", {}, observed)],
			["requests", requests && element("code", {}, requests)],
			["duration", duration !== undefined && timeText(duration)],
		]),
		element("h3", {}, "History"),
		element("div", {className: "scrolls"}, strip(c, column)),
		...changes(c, server),
		evidence(c, column, word));
	if (!dialog.open) {
		dialog.showModal();
		dialog.scrollTop = 0;
	}
	showCurrent();
	writeHash({case: c.name, on: `${data.kernels[kernel]}/${data.servers[server]}`});
}

// --- history: one strip of kernels for each server ------------------------------

function strip(c, current) {
	const head = element("tr", {}, element("td", {}), ...data.kernels.map((name) =>
		element("th", {scope: "col"}, element("span", {}, name))));
	const made = element("table", {className: "strip"}, head, ...data.servers.map((_, server) =>
		stripRow(c, server, current)).filter(Boolean));

	made.setAttribute("aria-label", "Outcome on each kernel, by server");
	made.addEventListener("keydown", moveInStrip);
	const first = made.querySelector("[aria-current]") || made.querySelector("button");
	if (first)
		first.tabIndex = 0;
	return made;
}

function stripRow(c, server, current) {
	const spans = spansOf(c, server);
	const differs = new Set(spans.slice(1).map(({from}) => from));

	return spans.length ? element("tr", {}, element("th", {scope: "row"}, data.servers[server]),
		...data.kernels.map((_, kernel) => stripCell(c, columnOf(kernel, server), current, differs.has(kernel)))) : null;
}

function stripCell(c, column, current, differs) {
	const [outcome] = column < 0 ? NONE : resultAt(c, column);

	if (outcome === "none")
		return element("td", {});
	const word = kindAt(c, column);
	const [kernel, server] = data.columns[column];
	const button = element("button", {type: "button", tabIndex: -1}, MARK[word]);

	button.setAttribute("aria-label", `${data.servers[server]} on ${data.kernels[kernel]}: ${outcome}` +
		(differs ? ", differs" : ""));
	button.title = `${data.kernels[kernel]}: ${outcome}`;
	if (column === current)
		button.setAttribute("aria-current", "true");
	button.addEventListener("click", () => {
		showDetails(c, column);
		dialog.querySelector("[aria-current]").focus();
	});
	return element("td", {className: differs ? `${word} differs` : word}, button);
}

function showCurrent() {
	const button = dialog.querySelector("[aria-current]");
	const frame = dialog.querySelector(".scrolls");

	if (button)
		frame.scrollLeft = button.parentElement.offsetLeft - frame.clientWidth / 2;
}

function moveInStrip(event) {
	const [down, right] = MOVES[event.key] || [];
	const cell = event.target.closest("td");

	if (down === undefined || event.altKey || event.ctrlKey || event.metaKey)
		return;
	event.preventDefault();
	const rows = [...cell.closest("table").rows];
	const line = down ? rows.map((row) => row.cells[cell.cellIndex]) : [...cell.parentElement.cells];
	const buttons = line.map((other) => other.querySelector("button")).filter(Boolean);
	const at = buttons.indexOf(event.target.closest("button")) + (down || right);
	const next = buttons[Math.max(0, Math.min(buttons.length - 1, at))];

	event.target.tabIndex = -1;
	next.tabIndex = 0;
	next.focus();
}

// Kernels one after the other, of those with a result, that have the same one.
function spansOf(c, server) {
	const spans = [];

	data.kernels.forEach((_, kernel) => {
		const column = columnOf(kernel, server);
		const number = column < 0 ? -1 : c.which[column];
		const last = spans.at(-1);
		if (number < 0)
			return;
		if (last && last.number === number)
			Object.assign(last, {to: kernel, count: last.count + 1});
		else
			spans.push({number, from: kernel, to: kernel, count: 1});
	});
	return spans;
}

// The servers with the same history together, those of the selected one first.
function changes(c, selected) {
	const groups = new Map();

	for (const server of [selected, ...data.servers.keys()]) {
		const spans = spansOf(c, server);
		const key = JSON.stringify(spans);
		if (!spans.length)
			continue;
		if (!groups.has(key))
			groups.set(key, {servers: new Set(), spans});
		groups.get(key).servers.add(data.servers[server]);
	}
	return [...groups.values()].flatMap(({servers, spans}) => [
		element("h4", {}, [...servers].join(", ")),
		element("ol", {className: "changes"}, ...spans.map((span, i) => spanItem(c, span, spans[i - 1]))),
	]);
}

function spanItem(c, {number, from, to, count}, before) {
	const [outcome, observed, requests, note] = c.results[number];
	const old = before && c.results[before.number];
	const kernels = data.kernels[from] + (count === 1 ? "" : ` to ${data.kernels[to]} (${count} kernels)`);
	const word = c.kinds[number];
	const bothRan = old && word !== "skip" && c.kinds[before.number] !== "skip";
	const differences = bothRan ? [["observed", old[1], observed], ["requests", old[2], requests]]
		.filter(([, was, is]) => was !== is) : [];

	return element("li", {}, `${kernels}: `, element("span", {className: `word ${word}`}, `${MARK[word]} ${outcome}`),
		note ? ` ${note}` : null,
		...differences.map(([name, was, is]) =>
			element("div", {}, `${name}: `, element("code", {}, was || "nothing"), " \u2192 ", element("code", {}, is || "nothing"))));
}

// --- evidence ----------------------------------------------------------------

function evidence(c, column, word) {
	const lines = data.evidence[c.evidence[column]];
	const items = document.createDocumentFragment();

	if (word === "pass" || word === "skip" || word === "none")
		return items;
	items.append(element("h3", {}, "Steps and expectations"));
	if (lines) {
		let steps = 0;
		items.append(element("ol", {className: "steps"}, ...lines.map((line) =>
			evidenceLine(line, line[0] === "s" ? ++steps : steps))));
	} else {
		items.append(element("p", {}, "This page was made without the evidence of that run."));
	}
	return items;
}

function evidenceLine([type, ...values], number) {
	if (type === "s") {
		const [who, what, result] = values;
		return element("li", {value: number}, `${who}: ${what} = ${result}`);
	}
	if (type === "e") {
		const [ok, what, observed, wanted, where] = values;
		return element("li", {className: `expect ${ok ? "good" : "bad"}`},
			ok ? `${what}: ${observed}` : `${where}: ${what}: got ${observed}, wanted ${wanted}`);
	}
	return element("li", {className: "said"}, values.filter(Boolean).join(": "));
}

for (const box of document.querySelectorAll("dialog")) {
	box.querySelector(".close").addEventListener("click", () => box.close());
	box.addEventListener("click", (event) => event.target === box && box.close());
}
dialog.addEventListener("close", () => writeHash());

// --- durations ---------------------------------------------------------------

const MOST_SLOW = 100;
const durations = slowestCases();
let sortedBy = "slowest";

// The slowest cases, each with the column where it took longest.
function slowestCases() {
	const columns = Object.keys(data.durations);

	return cases.flatMap((c) => {
		const known = columns.filter((column) => durationAt(c, column) !== undefined);
		if (!known.length)
			return [];
		const column = Number(known.reduce((a, b) => (durationAt(c, b) > durationAt(c, a) ? b : a)));
		return [{c, column, slowest: durationAt(c, column), total: known.reduce((sum, one) => sum + durationAt(c, one), 0)}];
	}).sort((a, b) => b.slowest - a.slowest).slice(0, MOST_SLOW);
}

const ORDERS = {
	name: ["ascending", (a, b) => (a.c.name < b.c.name ? -1 : 1)],
	slowest: ["descending", (a, b) => b.slowest - a.slowest],
	total: ["descending", (a, b) => b.total - a.total],
};

function showSlowest() {
	durations.sort(ORDERS[sortedBy][1]);
	byId("slowest-rows").replaceChildren(...durations.map(slowRow));
	for (const button of byId("slowest").querySelectorAll("[data-order]")) {
		const order = button.dataset.order;
		button.closest("th").setAttribute("aria-sort", order === sortedBy ? ORDERS[order][0] : "none");
	}
}

function slowRow({c, column, slowest, total}) {
	const [kernel, server] = data.columns[column];
	const button = element("button", {type: "button"});

	button.innerHTML = breakable(c.name);
	button.addEventListener("click", () => {
		byId("slowest").close();
		showDetails(c, column);
	});
	return element("tr", {},
		element("th", {scope: "row"}, button),
		element("td", {}, timeText(slowest), element("small", {}, `${data.kernels[kernel]} / ${data.servers[server]}`)),
		element("td", {}, timeText(total)));
}

byId("slowest-open").hidden = !durations.length;
byId("slowest-open").addEventListener("click", () => {
	showSlowest();
	byId("slowest").showModal();
	byId("slowest").scrollTop = 0;
});
byId("slowest").addEventListener("click", (event) => {
	const button = event.target.closest("[data-order]");

	if (!button)
		return;
	sortedBy = button.dataset.order;
	showSlowest();
});

// --- what changed and is not promised ------------------------------------------

const differences = cases.flatMap((c) => c.results.flatMap(([, , , what], number) =>
	c.kinds[number] === "changed" ? [{c, what, columns: columnsOf(c, number)}] : []));

function columnsOf(c, number) {
	return [...data.columns.keys()].filter((column) => c.which[column] === number);
}

function differenceRow({c, what, columns}) {
	const button = element("button", {type: "button"});

	button.innerHTML = `${escaped(c.promise)} ${breakable(c.name)}`;
	button.addEventListener("click", () => {
		byId("changed").close();
		showDetails(c, columns[0]);
	});
	return element("tr", {},
		element("th", {scope: "row"}, button),
		element("td", {}, what),
		element("td", {}, ...columns.map((column) => {
			const [kernel, server] = data.columns[column];
			return element("small", {}, `${data.kernels[kernel]} / ${data.servers[server]}`);
		})));
}

byId("changed-open").hidden = !differences.length;
byId("changed-open").addEventListener("click", () => {
	byId("changed-rows").replaceChildren(...differences.map(differenceRow));
	byId("changed").showModal();
	byId("changed").scrollTop = 0;
});

// --- begin -------------------------------------------------------------------

function fillSelects() {
	fields.columns.add(new Option("worst of each kernel", "worst"));
	fields.columns.add(new Option("every server", "every"));
	for (const name of data.servers)
		fields.columns.add(new Option(name, name));
	for (const {id, title} of data.sections)
		fields.section.add(new Option(`${id}: ${title}`, id));
}

function begin() {
	const hash = readHash();
	const [kernel, server] = (hash.get("on") || "").split("/");
	const c = cases.find(({name}) => name === hash.get("case"));
	const column = columnOf(data.kernels.indexOf(kernel), data.servers.indexOf(server));

	update();
	if (c && column >= 0)
		showDetails(c, column);
}

let waiting = 0;
form.addEventListener("input", () => {
	cancelAnimationFrame(waiting);
	waiting = requestAnimationFrame(update);
});
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", (event) => {
	event.preventDefault();
	setUsual();
	update();
});
byId("open-all").addEventListener("click", () => data.sections.forEach((section) => section.body && section.body.isConnected && toggle(section, true)));
byId("close-all").addEventListener("click", () => data.sections.forEach((section) => section.body && section.body.isConnected && toggle(section, false)));
window.addEventListener("hashchange", begin);

fillSelects();
narrow.addEventListener("change", update);
if (narrow.matches)
	byId("controls").open = false;
begin();
})();

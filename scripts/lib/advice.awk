# SPDX-License-Identifier: GPL-2.0
#
# Says in one paragraph what the author of a file system should know of a run on it;
# called by run.sh --mount. -v NAME=what it is called. Input, with tabs between columns:
#
#   kind=cases    program, name, row, since, needs, can, title  (cases.tsv of the run)
#   kind=results  case, server, outcome, observed, requests, note    (its TSV)

BEGIN {
	FS = "\t"
	# What decides first: EIO, what is held, and only then what may follow from them.
	split("A5 A6 A8 A9 A1 A2 A3 A4 A7 A10 A11", by_weight, " ")
	for (i in by_weight)
		weight[by_weight[i]] = i
	n_kinds = split("read opened created tmpfile", kinds, " ")
	said["read"] = "opens for reading"
	said["opened"] = "opens for writing"
	said["created"] = "creates"
	said["tmpfile"] = "makes by O_TMPFILE"
}

kind == "cases" {
	row[$2] = $3
	title[$2] = $7
}

kind == "results" && FNR > 1 {
	if ($3 == "pass")
		n_kept++
	else if ($3 == "broken" || $3 == "incomplete")
		note_broken($6)
	else if ($3 ~ /^skip/ && $6 ~ / has no [a-zA-Z_]+$/)
		note_lack($6)
	else if ($3 !~ /^skip/)
		note_unkept($1, row[$1], title[$1], $3, $6)
	if (row[$1] == "A1")
		note_use($1, $3, $6)
}

END {
	print "\nWhat the author of " NAME " should know: " use() unkept_text() broken_text() kept_text()
}

function joined(list, glue, item)
{
	return list == "" ? item : list glue item
}

# Each kind of file has cases of its own: program.fixture.KIND.name
function note_use(name, outcome, note,    part)
{
	split(name, part, ".")
	if (outcome == "pass")
		used[part[3]] = 1
	else if (note ~ / does not pass through /)
		unused[part[3]] = 1
	else if (outcome ~ /^skip/ && note !~ / has no [a-zA-Z_]+$/)
		reason = note
}

function note_lack(note)
{
	sub(/.* has no /, "", note)
	if (!(note in lacked))
		lacks = joined(lacks, ", ", note)
	lacked[note] = 1
}

# What has the same advice is one thing to look at, and so is every open that fails where the case about
# replies has found why.
function note_unkept(name, row, title, outcome, note,    at, advice)
{
	at = index(note, "advice: ")
	if (at) {
		advice = substr(note, at + length("advice: "))
		note = substr(note, 1, at - 1)
		sub(/; $/, "", note)
	}
	if (name ~ /^replies\./ && advice != "") {
		cause = advice
		heaviest[advice] = 0
	} else if (note ~ /got EIO, wanted positive|^open for |^no open fails|_open_errors\(/) {
		of_eio[++n_of_eio] = row SUBSEP title SUBSEP outcome SUBSEP note SUBSEP advice
		return
	}
	add_unkept(advice, row, title, outcome, note)
}

function add_unkept(advice, row, title, outcome, note)
{
	if (advice == "")
		advice = "without advice " row
	if (!(advice in n_of)) {
		advices[++n_advices] = advice
		if (!(advice in heaviest))
			heaviest[advice] = weight[row]
	}
	if (weight[row] < heaviest[advice])
		heaviest[advice] = weight[row]
	if (!n_of[advice]++) {
		sub(/^what holds the backing file: got /, "it is held by ", note)
		sub(/, wanted nothing$/, "", note)
		sub(/^A[0-9]+: /, "", title)
		example[advice] = row " (" outcome "), \"" title "\"" (note == "" ? "" : ": " note)
	}
	if (!((advice, row) in broken_row))
		rows[advice] = joined(rows[advice], " ", row)
	broken_row[advice, row] = 1
}

function sort_out_eio(    i, part)
{
	for (i = 1; i <= n_of_eio; i++) {
		split(of_eio[i], part, SUBSEP)
		add_unkept(cause == "" ? part[5] : cause, part[1], part[2], part[3], part[4])
	}
}

# The next of those that were not said.
function heaviest_left(    i, best)
{
	for (i = 1; i <= n_advices; i++)
		if (!(advices[i] in said_of) && (best == "" || heaviest[advices[i]] < heaviest[best]))
			best = advices[i]
	said_of[best] = 1
	return best
}

# The last of several after @word.
function listed(set, word,    i, text, last)
{
	for (i = 1; i <= n_kinds; i++) {
		if (!(kinds[i] in set))
			continue
		if (last != "")
			text = joined(text, ", ", last)
		last = said[kinds[i]]
	}
	return joined(text, " " word " ", last)
}

function use(    kind, text)
{
	for (kind in used)
		delete unused[kind]
	if (listed(used) != "")
		text = "it passes through files that it " listed(used, "and") \
			(listed(unused) == "" ? "" : ", not those that it " listed(unused, "or"))
	else if (listed(unused) != "")
		text = "it does not use passthrough: nothing that it " listed(unused, "or") \
			" is read without it"
	else
		return reason == "" ? "" : reason ". "
	return text (lacks == "" ? ". " : "; it has no " lacks ". ")
}

function note_broken(note)
{
	sub(/; advice: .*/, "", note)
	if (!n_broken++)
		broken = note
}

function broken_text()
{
	return n_broken ? n_broken " cases could not be tried: " broken ". " : ""
}

function unkept_text(    i, advice, text)
{
	sort_out_eio()
	for (i = 1; i <= n_advices; i++) {
		advice = heaviest_left()
		text = text "Not kept is " example[advice] \
			(n_of[advice] > 1 ? "; with it " n_of[advice] - 1 " more of " rows[advice] : "") ". " \
			(advice ~ /^without advice / ? "" : "So look at this: " advice ". ")
	}
	return text
}

function kept_text()
{
	return n_kept + 0 " cases found what they expect."
}

# SPDX-License-Identifier: GPL-2.0
#
# Prints one paragraph of advice for the author of an external file system; called by
# run.sh --mount. -v NAME=its name. Input, separated by tabs:
#
#   kind=cases    program, name, promise, since, needs, abilities, title  (cases.tsv of the run)
#   kind=results  case, server, outcome, observed, requests, note         (its TSV)

BEGIN {
	FS = "\t"
	# EIO and what is pinned first, then what may follow from them.
	split("A5 A6 A8 A9 A1 A2 A3 A4 A7 A10 A11", by_weight, " ")
	for (i in by_weight)
		weight[by_weight[i]] = i
	n_kinds = split("open_rdonly open_rdwr o_creat o_tmpfile", kinds, " ")
	verb["open_rdonly"] = "opens for reading"
	verb["open_rdwr"] = "opens for writing"
	verb["o_creat"] = "creates"
	verb["o_tmpfile"] = "opens with O_TMPFILE"
}

kind == "cases" {
	promise[$2] = $3
	title[$2] = $7
}

kind == "results" && FNR > 1 {
	if ($3 == "pass")
		n_passed++
	else if ($3 == "broken" || $3 == "incomplete")
		note_broken($6)
	else if ($3 ~ /^skip/ && $6 ~ / has no [a-zA-Z_]+$/)
		note_lack($6)
	else if ($3 !~ /^skip/)
		note_failure($1, promise[$1], title[$1], $3, $6)
	if (promise[$1] == "A1")
		note_use($1, $3, $6)
}

END {
	print "\nAdvice for the author of " NAME ": " use() failure_text() broken_text() passed_text()
	if (cause != "" || n_of_eio)
		print "See fixtures/servers/EIO.md for every reason why open(2) fails with EIO."
}

function joined(list, glue, item)
{
	return list == "" ? item : list glue item
}

# The cases for a kind of open are program.fixture.KIND.name.
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

# Failures with the same advice are reported once, and so are all failed opens if the case about
# replies has found the reason.
function note_failure(name, promise, title, outcome, note,    at, advice)
{
	at = index(note, "advice: ")
	if (at) {
		advice = substr(note, at + length("advice: "))
		note = substr(note, 1, at - 1)
		sub(/; $/, "", note)
	}
	if (name ~ /^open_replies\./ && advice != "") {
		cause = advice
		heaviest[advice] = 0
	} else if (note ~ /got EIO, wanted positive|^open for |^opens that fail with EIO|_open_errors\(/) {
		of_eio[++n_of_eio] = promise SUBSEP title SUBSEP outcome SUBSEP note SUBSEP advice
		return
	}
	add_failure(advice, promise, title, outcome, note)
}

function add_failure(advice, promise, title, outcome, note)
{
	if (advice == "")
		advice = "without advice " promise
	if (!(advice in n_of)) {
		advices[++n_advices] = advice
		if (!(advice in heaviest))
			heaviest[advice] = weight[promise]
	}
	if (weight[promise] < heaviest[advice])
		heaviest[advice] = weight[promise]
	if (!n_of[advice]++) {
		sub(/^what holds the backing file: got /, "it is held by ", note)
		sub(/, wanted nothing$/, "", note)
		sub(/^A[0-9]+: /, "", title)
		example[advice] = promise " (" outcome "), \"" title "\"" (note == "" ? "" : ": " note)
	}
	if (!((advice, promise) in counted))
		promises[advice] = joined(promises[advice], " ", promise)
	counted[advice, promise] = 1
}

function sort_out_eio(    i, part)
{
	for (i = 1; i <= n_of_eio; i++) {
		split(of_eio[i], part, SUBSEP)
		add_failure(cause == "" ? part[5] : cause, part[1], part[2], part[3], part[4])
	}
}

# The heaviest advice that was not printed yet.
function heaviest_left(    i, best)
{
	for (i = 1; i <= n_advices; i++)
		if (!(advices[i] in printed) && (best == "" || heaviest[advices[i]] < heaviest[best]))
			best = advices[i]
	printed[best] = 1
	return best
}

# The members of @set, separated by commas and, before the last, @word.
function listed(set, word,    i, text, last)
{
	for (i = 1; i <= n_kinds; i++) {
		if (!(kinds[i] in set))
			continue
		if (last != "")
			text = joined(text, ", ", last)
		last = verb[kinds[i]]
	}
	return joined(text, " " word " ", last)
}

function use(    kind, text)
{
	for (kind in used)
		delete unused[kind]
	if (listed(used) != "")
		text = "it uses passthrough for files that it " listed(used, "and") \
			(listed(unused) == "" ? "" : ", not those that it " listed(unused, "or"))
	else if (listed(unused) != "")
		text = "it does not use passthrough: reads of files that it " listed(unused, "or") \
			" reach it"
	else
		return reason == "" ? "" : reason ". "
	return text (lacks == "" ? ". " : "; it does not support " lacks ". ")
}

function note_broken(note)
{
	sub(/; advice: .*/, "", note)
	if (!n_broken++)
		broken = note
}

function broken_text()
{
	return n_broken ? n_broken (n_broken == 1 ? " case" : " cases") " could not be tried: " broken ". " : ""
}

function failure_text(    i, advice, text)
{
	sort_out_eio()
	for (i = 1; i <= n_advices; i++) {
		advice = heaviest_left()
		text = text "Broken: " example[advice] \
			(n_of[advice] > 1 ? "; and " n_of[advice] - 1 " more of " promises[advice] : "") ". " \
			(advice ~ /^without advice / ? "" : "Check this: " advice ". ")
	}
	return text
}

function passed_text()
{
	return n_passed + 0 (n_passed == 1 ? " case" : " cases") " passed."
}

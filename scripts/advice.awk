# SPDX-License-Identifier: GPL-2.0
#
# Says in one paragraph what the author of a file system should know of a run on it;
# called by run.sh --mount. -v NAME=what it is called. Input, with tabs between columns:
#
#   kind=cases    program, name, row, since, needs, can, title  (cases.tsv of the run)
#   kind=results  case, server, outcome, observed, ops, note    (its TSV)

BEGIN {
	FS = "\t"
	MOST_SHOWN = 6
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
		note_unkept(row[$1], title[$1], $3, $6)
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

function note_unkept(row, title, outcome, note,    at)
{
	if (++n_unkept > MOST_SHOWN)
		return
	at = index(note, "advice: ")
	if (at) {
		if (!(substr(note, at) in advised))
			advice = joined(advice, "; ", substr(note, at + length("advice: ")))
		advised[substr(note, at)] = 1
		note = substr(note, 1, at - 1)
		sub(/; $/, "", note)
	}
	sub(/^what holds the backing file: got /, "it is held by ", note)
	sub(/, wanted nothing$/, "", note)
	sub(/^A[0-9]+: /, "", title)
	unkept = joined(unkept, "; ", row " (" outcome "), \"" title "\"" (note == "" ? "" : ": " note))
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

function unkept_text()
{
	return (unkept == "" ? "" : "Not kept is " unkept \
		(n_unkept > MOST_SHOWN ? "; and " n_unkept - MOST_SHOWN " more, see above. " : ". ")) \
		(advice == "" ? "" : "So look at this: " advice ". ")
}

function kept_text()
{
	return n_kept + 0 " cases found what they expect."
}

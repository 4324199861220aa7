#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2016 # what sh -c is given expands there
#
# The list of cases is the written contract: complete, unique, and readable.
set -eu
# shellcheck source=scripts/tests/tap.inc
. "$(dirname "$0")/tap.inc"

for program in "$built"/cases/* "$built"/external/*; do
	"$program" --list
done >"$tmp/list"

check "every promise has a case, and every case a promise" \
	env OUTPUT="$built" sh -c '"$1" 2>&1 >/dev/null' sh "$scripts/contract.sh"
check "case names are unique" sh -c '! cut -f1 "$1" | sort | uniq -d | grep .' sh "$tmp/list"
check "every line has name, promise, since, needs, abilities, title and level" sh -c \
	'! grep -vP "^[\w.]+\t[A-Z]\d+\t(\d+\.\d+|any)\t[\w,-]+\t[\w,-]+\t[^\t]{20,}\t(must|today)$" "$1"' sh "$tmp/list"

# --- language --------------------------------------------------------------------

# What no name, title or promise says, with what it says instead.
cat >"$tmp/never" <<'END'
behind the end	past EOF
who asks	the caller
mended	fixed
(the|this) machine	the host
a crowd|as good|by and by	plain English
lets? go	releases
(is|are) noted	is recorded
is (told|said)	is reported
gives (0|E[A-Z]+)	returns
is E[A-Z][A-Z]+	fails with
goes on	continues
journal	request log, steps
sabotage	fault
mistake	fault, mutation
registrar	registering task
accused	suspect
backend	server under test
contract row|plan row	promise, open rule
rows?	promise, open rule
plan	script
ops	request log
seed	pattern seed, backing-id library
noticed before|beats	takes precedence over
gives	returns, reads
vectored|positioned|spliced	readv, pread, splice
for ever	forever
END

# said LINES: prints each field, of lines "NAME<tab>TEXT", that says what it never should.
said()
{
	{
		grep -P '^(\w+)\.\1(\.|\t)' "$1" | sed 's/	.*/: the subject repeats its program/'
		grep -P '^\S+\.\S+\t.{101}' "$1" | sed 's/	/: longer than 100 characters: /'
		grep -P '^(\S+\.)?(is|of|that|goes)_' "$1" | sed 's/	.*/: a part begins with is_, of_, that_ or goes_/'
		grep -P '\.$' "$1" | sed 's/	/: a trailing period: /'
		while IFS='	' read -r word instead; do
			grep -E "(^|[^A-Za-z_])($word)(\$|[^A-Za-z])" "$1" | sed "s/	\(.*\)/: \"\1\": $instead/"
		done <"$tmp/never"
	} | sort -u
}
cut -f 1,6 "$tmp/list" >"$tmp/texts"
"$built/cases/drop" --promises | cut -f 1,4 >>"$tmp/texts"
said "$tmp/texts" >"$tmp/said_so"
same "names, titles and promises are plain English" /dev/null "$tmp/said_so"
printf '%s\n' 'a.is_open.eio	open fails with EIO' 'a.a.eio	open fails with EIO' 'a.b.eio	open is EIO' \
	'a.b.eio	open fails.' 'E1	nobody lets go' "a.b.c	$(printf '%0101d' 0)" >"$tmp/bad"
said "$tmp/bad" >"$tmp/said_so"
check "each other one is found" test "$(wc -l <"$tmp/said_so")" -eq 6

OUTPUT="$built" "$scripts/run.sh" --smoke --list >"$tmp/smoke"
grep -vP '\tA\d+\t' "$tmp/list" | grep -P '\t([EC]\d+|R1|O1|N1|D1)\t' >"$tmp/wanted"
same "--smoke has the cases of E, C, R1, O1, N1 and D1" "$tmp/wanted" "$tmp/smoke"
printf '%s\n' drop.late.next_open_eio drop.late >"$tmp/names"
"$built/cases/drop" --list --only "$tmp/names" | cut -f 1 >"$tmp/only"
head -n 1 "$tmp/names" >"$tmp/wanted"
same "--only selects by whole names" "$tmp/wanted" "$tmp/only"
"$built/cases/drop" --list --only "$tmp/names" --except "$tmp/names" >"$tmp/only"
same "--except takes precedence over --only" /dev/null "$tmp/only"
"$built/cases/drop" --list --only /dev/null >"$tmp/only"
same "--only with an empty file selects nothing" /dev/null "$tmp/only"

for program in "$built"/cases/* "$built"/external/*; do
	"$program" --json
done >"$tmp/json"
json_fields case promise since needs abilities title level <"$tmp/json" >"$tmp/from_json"
same "--json prints what --list prints" "$tmp/list" "$tmp/from_json"

for program in "$built"/cases/* "$built"/external/*; do
	"$program" --promises
done | sort -u | sort -t '	' -k 1.1,1.1 -k 1.2,1n >"$tmp/all_promises"
"$built/cases/drop" --promises >"$tmp/promises"
sort -t '	' -k 1.1,1.1 -k 1.2,1n "$tmp/promises" >"$tmp/sorted_promises"
same "all programs have the same contract" "$tmp/sorted_promises" "$tmp/all_promises"
check "every promise has ID, level, reference and text; a heading has no level and no reference" sh -c \
	'! grep -vP "^[A-Z](\t-\t-|\d+\t(must|today)\t((drivers|fs|include|io_uring|kernel|mm|security|fixtures)/|libfuse |go-fuse |fuser )[^\t]+\.(c|h|cc|go|rs): [^\t\"\\\\]+)\t[^\t\"\\\\]{8,}(\t[^\t\"\\\\]{1,150}){2}$" "$1"' \
	sh "$tmp/promises"
# Those of a section may stand under several headings.
numbered()
{
	section='' number=0
	while IFS='	' read -r id _ reference _; do
		[ "$reference" != - ] || continue
		[ "${id%%[0-9]*}" = "$section" ] || { section=${id%%[0-9]*} number=0; }
		number=$((number + 1))
		[ "$id" = "$section$number" ] || { echo "$id, wanted $section$number" && return 1; }
	done <"$tmp/sorted_promises"
}
check "promises of a section are numbered from 1" numbered
headed()
{
	section=
	while IFS='	' read -r id _ reference _; do
		[ "$reference" != - ] || section=$id
		[ "${id%%[0-9]*}" = "$section" ] || { echo "$id is below the heading $section" && return 1; }
	done <"$tmp/promises"
}
check "each follows a heading of its section" headed

finish

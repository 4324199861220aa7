#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2016 # what sh -c is given expands there
#
# The list of cases is the written contract: complete, unique, and readable.
set -eu
# shellcheck source=scripts/tests/tap.inc
. "$(dirname "$0")/tap.inc"

rows_of()
{
	seq -f "$1%g" "$2"
}

for program in "$built"/cases/*; do
	"$program" --list
done >"$tmp/list"

cut -f2 "$tmp/list" | sort -u >"$tmp/rows"
for section in "O 14" "C 7" "I 4" "N 8" "E 10"; do
	# shellcheck disable=SC2086 # two words
	rows_of $section
done | sort >"$tmp/wanted"

check "every row of sections O, C, I, N and E has a case" \
	sh -c '! comm -13 "$1" "$2" | grep .' sh "$tmp/rows" "$tmp/wanted"
check "no case is about a row that the contract has not" \
	sh -c '! comm -23 "$1" "$2" | grep .' sh "$tmp/rows" "$tmp/wanted"
check "a case's name stands once" sh -c '! cut -f1 "$1" | sort | uniq -d | grep .' sh "$tmp/list"
check "every line has name, row, since, needs and title" \
	sh -c '! grep -vP "^[\w.]+\t[A-Z]\d+\t(\d+\.\d+|any)\t[\w,-]+\t[^\t]{20,}$" "$1"' sh "$tmp/list"
for program in "$built"/cases/*; do
	"$program" --json
done >"$tmp/json"
jq -r '[.case, .row, .since, .needs, .title] | @tsv' <"$tmp/json" >"$tmp/from_json"
same "--json says what --list says" "$tmp/list" "$tmp/from_json"

finish

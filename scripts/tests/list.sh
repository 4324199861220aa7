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
check "every line has name, promise, since, needs, abilities and title" sh -c \
	'! grep -vP "^[\w.]+\t[A-Z]\d+\t(\d+\.\d+|any)\t[\w,-]+\t[\w,-]+\t[^\t]{20,}$" "$1"' sh "$tmp/list"
for program in "$built"/cases/* "$built"/external/*; do
	"$program" --json
done >"$tmp/json"
jq -r '[.case, .promise, .since, .needs, .abilities, .title] | @tsv' <"$tmp/json" >"$tmp/from_json"
same "--json prints what --list prints" "$tmp/list" "$tmp/from_json"

for program in "$built"/cases/* "$built"/external/*; do
	"$program" --promises
done | sort -u | sort -t '	' -k 1.1,1.1 -k 1.2,1n >"$tmp/all_promises"
"$built/cases/drop" --promises >"$tmp/promises"
sort -t '	' -k 1.1,1.1 -k 1.2,1n "$tmp/promises" >"$tmp/sorted_promises"
same "all programs have the same contract" "$tmp/sorted_promises" "$tmp/all_promises"
check "every promise has ID, reference and text; a heading has no reference" sh -c \
	'! grep -vP "^[A-Z](\t-|\d+\t((fs|mm|kernel|include|io_uring|fixtures)/|libfuse |go-fuse )[^\t]+\.(c|h|cc|go): [^\t\"\\\\]+)\t[^\t\"\\\\]{8,}$" "$1"' \
	sh "$tmp/promises"
check "promises of a section are numbered from 1, after its heading" awk -F '\t' '
	$2 == "-" { section = $1; number = 0; next }
	$1 != section (++number) { print; bad = 1 }
	END { exit bad }' "$tmp/promises"

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2016 # what sh -c is given expands there
#
# scripts/mutate.sh without a kernel: its messages, and the headers of the mutations. Building
# kernels takes too long here.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

mutate=$scripts/mutate.sh
mutations=$scripts/../fixtures/kernels/mutations

exits "--help" 0 "$mutate" --help
says "--help shows the usage" "$tmp/out" "usage: scripts/mutate.sh .*"
exits "an unknown option" 1 "$mutate" --fast
says "an unknown option: points to --help" "$tmp/err" "mutate: unknown option --fast, see --help"
exits "an unknown mutation" 1 "$mutate" no-such-mutation
says "an unknown mutation: points to --list" "$tmp/err" "mutate: no mutation 'no-such-mutation', see --list"
exits "--list" 0 "$mutate" --list
(cd "$mutations" && ls -- *.cocci) | sed 's/\.cocci$//' >"$tmp/names"
cut -f 1 "$tmp/out" >"$tmp/listed"
same "--list shows all mutations" "$tmp/names" "$tmp/listed"
check "--list: each has promises and a sentence" sh -c \
	'! grep -vP "^[a-z0-9-]+\t[\w.*,-]+\t[\w/][^\t]{20,}\.$" "$1"' sh "$tmp/out"
check "each names its files and cases that must detect it" sh -c 'cd "$1" && ! grep -L "^// file: fs/" -- *.cocci | grep . &&
	! grep -L "^// red: " -- *.cocci | grep .' sh "$mutations"

mkdir -p "$tmp/bin"
for tool in bash cat dirname env nproc realpath; do
	ln -s "$(command -v $tool)" "$tmp/bin/$tool"
done
exits "no spatch" 4 env PATH="$tmp/bin" "$mutate"
says "no spatch: says what to install" "$tmp/err" "mutate: no spatch: install coccinelle, .*"

# Each pattern matches a case's name or one of its promises.
all_select()
{
	missed=0
	while read -r pattern; do
		# shellcheck disable=SC2254 # it is a pattern
		while IFS='	' read -r case_name promises _; do
			case $case_name,$promises, in
			$pattern,* | *,$pattern,*) continue 2 ;;
			esac
		done <"$tmp/list"
		echo "$pattern selects no case"
		missed=1
	done <"$tmp/promises"
	return $missed
}

if [ -x "$built/servers/raw" ]; then
	"$scripts/run.sh" --list >"$tmp/list"
	cut -f 1 "$tmp/list" | sort >"$tmp/cases"
	sed -n 's,^// red: *,,p' "$mutations"/*.cocci | sort -u >"$tmp/red"
	sed -n 's,^// promises: *,,p' "$mutations"/*.cocci | tr , '\n' | sort -u >"$tmp/promises"
	check "each promise and pattern selects a case" all_select
	check "the cases that must detect them exist" sh -c '! comm -13 "$1" "$2" | grep .' sh "$tmp/cases" "$tmp/red"
fi

if command -v spatch >/dev/null; then
	check "spatch can read them" sh -c 'cd "$1" && for file in *.cocci; do
		spatch --parse-cocci "$file" >"$2" 2>&1 || { echo "$file:"; cat "$2"; exit 1; }
	done' sh "$mutations" "$tmp/parsed"
fi

finish

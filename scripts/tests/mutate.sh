#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2016 # what sh -c is given expands there
#
# scripts/mutate.sh without a kernel: what it says, and that its mutations are whole. With one
# it takes too long for this.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

mutate=$scripts/mutate.sh
mutations=$scripts/../fixtures/kernels/mutations

exits "--help" 0 "$mutate" --help
says "--help shows the use" "$tmp/out" "usage: scripts/mutate.sh .*"
exits "an unknown option" 1 "$mutate" --fast
says "an unknown option: says where they are" "$tmp/err" "mutate: unknown option --fast, see --help"
exits "an unknown mutation" 1 "$mutate" no-such-mutation
says "an unknown mutation: says where they are" "$tmp/err" "mutate: no mutation 'no-such-mutation', see --list"
exits "--list" 0 "$mutate" --list
(cd "$mutations" && ls -- *.cocci) | sed 's/\.cocci$//' >"$tmp/names"
cut -f 1 "$tmp/out" >"$tmp/listed"
same "--list shows them all" "$tmp/names" "$tmp/listed"
check "--list: each has rows and a sentence" sh -c \
	'! grep -vP "^[a-z0-9-]+\t[\w.*,-]+\t[\w/][^\t]{20,}\.$" "$1"' sh "$tmp/out"
check "each names its files, and cases that must see it" sh -c 'cd "$1" && ! grep -L "^// file: fs/" -- *.cocci | grep . &&
	! grep -L "^// red: " -- *.cocci | grep .' sh "$mutations"

mkdir -p "$tmp/bin"
for tool in bash cat dirname env nproc realpath; do
	ln -s "$(command -v $tool)" "$tmp/bin/$tool"
done
exits "no spatch" 4 env PATH="$tmp/bin" "$mutate"
says "no spatch: says how to get it" "$tmp/err" "mutate: no spatch: install coccinelle, .*"

# judges CASES OUTCOME...: what mutate.awk says of a, b and c, which passed without the mutation.
judges()
{
	cases=$1
	shift
	printf 'case\tserver\toutcome\n%s\traw\tpass\n%s\traw\tpass\n%s\traw\tpass\n' a b c >"$tmp/without"
	printf 'case\tserver\toutcome\na\traw\t%s\nb\traw\t%s\nc\traw\t%s\n' "$@" >"$tmp/with"
	awk -F '\t' -v must="$cases" -f "$scripts/lib/mutate.awk" "$tmp/without" "$tmp/with"
}
exits "seen by the case that must" 0 judges a fail pass pass
says "seen: says by which" "$tmp/out" "seen by 1 case: a (fail)"
exits "seen by a crash and a timeout" 0 judges "a b" crash timeout pass
exits "not seen by a case that is broken" 1 judges a broken pass pass
says "not seen: says so" "$tmp/out" "seen by 0 cases; not by a (without the mutation: pass)"
exits "seen by another case than must" 1 judges a pass fail pass

if [ -x "$built/servers/raw" ]; then
	"$scripts/run.sh" --list | cut -f 1 | sort >"$tmp/cases"
	sed -n 's,^// red: *,,p' "$mutations"/*.cocci | sort -u >"$tmp/red"
	check "the cases that must see them exist" sh -c '! comm -13 "$1" "$2" | grep .' sh "$tmp/cases" "$tmp/red"
fi

if command -v spatch >/dev/null; then
	check "spatch can read them" sh -c 'cd "$1" && for file in *.cocci; do
		spatch --parse-cocci "$file" >"$2" 2>&1 || { echo "$file:"; cat "$2"; exit 1; }
	done' sh "$mutations" "$tmp/parsed"
fi

finish

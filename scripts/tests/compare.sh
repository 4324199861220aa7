#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Every kind of change, between data/compare/old and new.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

compare=$scripts/compare.sh
data=$tests/data/compare
cd "$data"

exits "folders, with regressions" 1 "$compare" old new
same "what changed" "$data/expected" "$tmp/out"
exits "nothing changed" 0 "$compare" old old
exits "files, with regressions" 1 "$compare" old/raw.tsv new/raw.tsv

# Without the lines that regress.
grep -v 'breaks' old/raw.tsv >"$tmp/old.tsv"
grep -v 'breaks' new/raw.tsv >"$tmp/new.tsv"
exits "changes without a regression" 0 "$compare" --allow-vanished "$tmp/old.tsv" "$tmp/new.tsv"
says "are counted" "$tmp/out" '0 regressed, 3 fixed, 3 now skipped, 1 now run, 5 changed, 2 new, 2 vanished'
exits "vanished cases are a failure" 1 "$compare" "$tmp/old.tsv" "$tmp/new.tsv"
grep -v 'gone' "$tmp/old.tsv" >"$tmp/all.tsv"
exits "no vanished case" 0 "$compare" "$tmp/all.tsv" "$tmp/new.tsv"
says "other changes do not fail" "$tmp/out" '0 regressed, 3 fixed, 3 now skipped, 1 now run, 5 changed, 2 new, 0 vanished'
exits "a regression beside allowed ones" 1 "$compare" --allow-vanished old new
exits "two servers, by case" 0 "$compare" --allow-vanished old/raw.tsv old/libfuse.tsv
says "differ" "$tmp/out" '  a.f.same: pass, observed EIO / OPEN -> 0 / OPEN'

exits "help" 0 "$compare" --help
exits "one result" 1 "$compare" old
says "is reported" "$tmp/err" 'compare.sh: give two results, OLD and NEW, see --help'
exits "an unknown option" 1 "$compare" --fast old new
says "is reported" "$tmp/err" 'compare.sh: unknown option --fast, see --help'
exits "a missing result" 1 "$compare" old gone
says "is reported" "$tmp/err" 'compare.sh: cannot read gone: .*'
exits "a file and a folder" 1 "$compare" old new/raw.tsv
says "are refused" "$tmp/err" 'compare.sh: old and new/raw.tsv are a file and a folder: .*'
exits "a file that is not a result" 1 "$compare" old/raw.tsv expected
says "is reported" "$tmp/err" 'compare.sh: expected:1: not a result, .*'
: >"$tmp/nothing.tsv"
exits "an empty file" 1 "$compare" old/raw.tsv "$tmp/nothing.tsv"
says "is refused" "$tmp/err" 'compare.sh: .*/nothing.tsv:1: not a result, .*'
head -n 1 old/raw.tsv >"$tmp/caseless.tsv"
exits "a file without cases" 1 "$compare" "$tmp/caseless.tsv" new/raw.tsv
says "is refused" "$tmp/err" 'compare.sh: .*/caseless.tsv:1: incomplete result, it has no case'

# Replaces the fourth line of raw.tsv by a malformed one; for the two commands that read results.
malformed() # NAME LINE MESSAGE; "|" for tabs
{
	rm -rf "$tmp/folder"
	mkdir -p "$tmp/folder/k"
	{ head -n 3 old/raw.tsv && echo "$2" | tr '|@' '\t\0' && tail -n +5 old/raw.tsv; } >"$tmp/folder/k/raw.tsv"
	for first in "$tmp/folder/k/raw.tsv old/raw.tsv" "old/raw.tsv $tmp/folder/k/raw.tsv"; do
		# shellcheck disable=SC2086 # two words
		exits "$1" 1 "$compare" --allow-vanished $first
		says "is refused" "$tmp/err" "compare.sh: .*/raw.tsv:4: $3"
	done
	exits "$1" 1 "$scripts/report.sh" --results "$tmp/folder"
	says "is refused by report.sh, too" "$tmp/err" "report.sh: .*/raw.tsv:4: $3"
}
malformed "an unknown outcome" 'a.f.x|raw|passed|||' "'passed' is not an outcome"
malformed "a skip of no class" 'a.f.x|raw|skip:moon|||' "'skip:moon' is not an outcome"
malformed "a case twice" 'a.f.same|raw|pass|||' 'case a.f.same is also in line 2'
malformed "a NUL byte" 'a.f.x|raw|pass|@||' 'not a result, it has a control character'
malformed "free text" 'these are my results' 'not a line of a result: 6 columns expected, got 1'
malformed "a line too long" 'a.f.x|raw|pass||||' 'not a line of a result: 6 columns expected, got 7'
malformed "an empty line" '' 'not a line of a result: 6 columns expected, got 0'
malformed "another server" 'a.f.x|libfuse|pass|||' 'server libfuse, but .*'
malformed "no server" 'a.f.x||pass|||' "'' is not the name of a server"
malformed "a case without a name" '|raw|pass|||' "'' is not the name of a case"
head -c -4 old/raw.tsv >"$tmp/folder/k/raw.tsv"
exits "a file truncated in a line" 1 "$compare" old/raw.tsv "$tmp/folder/k/raw.tsv"
says "is refused" "$tmp/err" 'compare.sh: .*/raw.tsv:21: not a line of a result: .*'
head -c -1 old/raw.tsv >"$tmp/folder/k/raw.tsv"
exits "a file without its last newline" 1 "$compare" old/raw.tsv "$tmp/folder/k/raw.tsv"
says "is refused" "$tmp/err" 'compare.sh: .*/raw.tsv:21: incomplete result, its last line has no newline'
head -n 9 old/raw.tsv >"$tmp/folder/k/raw.tsv"
exits "a file truncated between two lines" 1 "$compare" old/raw.tsv "$tmp/folder/k/raw.tsv"
says "has lost cases" "$tmp/out" '0 regressed, .* 12 vanished'

cp -R old new "$tmp"
mkdir "$tmp/of=them"
mv "$tmp/old" "$tmp/new" "$tmp/of=them"
cd "$tmp"
exits "a path with =" 1 "$compare" of=them/old of=them/new
sed 's,of=them/,,' "$tmp/out" >"$tmp/got"
same "is a path" "$data/expected" "$tmp/got"
cd "$data"
mkdir "$tmp/empty"
exits "folders without a common server" 1 "$compare" old "$tmp/empty"
says "are refused" "$tmp/err" 'compare.sh: no server has a TSV in both .*'

# Versions of a library.
mkdir "$tmp/versions" "$tmp/version"
cp old/raw.tsv "$tmp/versions/raw.tsv"
for version in 3.9.1 3.18.3 3.19.0; do
	sed "s/	libfuse	/	libfuse-$version	/" old/libfuse.tsv >"$tmp/versions/libfuse-$version.tsv"
done
nearest_version() # NAME OTHER
{
	rm -f "$tmp/version"/*
	sed "s/	libfuse	/	$1	/" new/libfuse.tsv >"$tmp/version/$1.tsv"
	exits "$1" 1 "$compare" "$tmp/versions" "$tmp/version"
	grep nearest "$tmp/out" >"$tmp/nearest" || :
	echo "${2:+$tmp/versions has no $1; compared with $2, the nearest version}" | grep . >"$tmp/expected" || :
	same "is compared with ${2:-itself}" "$tmp/expected" "$tmp/nearest"
	says "by its cases" "$tmp/out" "  $1 a[.]f[.]lib: pass -> crash"
}
nearest_version libfuse-3.18.3
nearest_version libfuse-3.18.2 libfuse-3.9.1
nearest_version libfuse-3.19.0-rc1 libfuse-3.18.3
nearest_version libfuse-3.20.0 libfuse-3.19.0
nearest_version libfuse-3.8.0 libfuse-3.9.1
nearest_version libfuse-unknown libfuse-3.19.0
sed "s/	libfuse	/	libfuse-mt-3.18.3	/" old/libfuse.tsv >"$tmp/version/libfuse-mt-3.18.3.tsv"
exits "another server on the library" 1 "$compare" "$tmp/versions" "$tmp/version"
says "is not compared with it" "$tmp/out" "only in $tmp/version: libfuse-mt-3.18.3.tsv"

# Folders of kernels.
results=$tmp/results
mkdir -p "$results/6.12.9" "$results/7.3-rc2" "$results/7.3" "$results/notes" "$tmp/new"
for kernel in 6.12.9 7.3-rc2 7.3; do
	cp old/*.tsv "$results/$kernel"
done
nearest() # NAME [OTHER]
{
	rm -rf "$tmp/new"
	mkdir -p "$tmp/new/$1"
	cp old/*.tsv "$tmp/new/$1"
	exits "a result of $1" 0 "$compare" "$results" "$tmp/new/$1"
	if [ -n "${2-}" ]; then
		says "is compared with the nearest older kernel" "$tmp/out" "$results has no $1; compared with $2, the nearest older kernel"
	else
		says "is compared with its own" "$tmp/out" '0 regressed, 0 fixed, .*'
		check "and nothing else is printed" test "$(wc -l <"$tmp/out")" -eq 1
	fi
}
nearest 6.12.9
nearest 6.12.10 6.12.9
nearest 7.3-rc1 6.12.9
nearest 7.3-rc2
nearest 7.3-rc3 7.3-rc2
nearest 7.3
nearest 7.3.1 7.3
mv "$results/7.3" "$results/7.3.1"
nearest 7.3 7.3-rc2
mv "$results/7.3.1" "$results/7.3"
nearest 7.4-rc1 7.3
mkdir "$tmp/new/6.12.9" "$tmp/new/6.1"
cp new/*.tsv "$tmp/new/6.12.9"
cp old/*.tsv "$tmp/new/6.1"
exits "one of several kernels regressed" 1 "$compare" "$results" "$tmp/new"
says "is reported" "$tmp/out" "== $tmp/new/6.12.9"
says "the others are compared, too" "$tmp/out" "$results has no 7.4-rc1; compared with 7.3, .*"
says "a kernel without an older one is reported" "$tmp/err" "compare.sh: $results has no results of 6.1 or an older kernel: check .*"
exits "a file with folders of kernels" 1 "$compare" "$results" old/raw.tsv
says "is refused" "$tmp/err" 'compare.sh: old/raw.tsv is a file: give the folder of a kernel, .*'

finish

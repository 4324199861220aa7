#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# scripts/export-kselftest.sh: what a kernel tree gets, and that it builds there without a warning. With --all,
# which takes an hour or more: in trees of Debian's kernels, see export-all.inc.
#
#	scripts/tests/export.sh --all [VERSION...]
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
selftests=tools/testing/selftests
target=filesystems/fuse_passthrough
folder=$selftests/$target
export=$scripts/export-kselftest.sh
export LC_ALL=C
unset MAKEFLAGS MAKELEVEL MFLAGS OUTPUT # of a make that runs this

# quiet_make ARGUMENT...: succeeds, and prints nothing but what lib.mk says of each file.
quiet_make()
{
	make -sj"$(nproc)" "$@" >"$tmp/made" 2>&1 || { cat "$tmp/made"; return 1; }
	! grep -v '^  [A-Z]' "$tmp/made"
}

# by_key FILE: as netdev's CI wants it sorted
by_key()
{
	sed 's/=.*//; s/_//g' "$1" | sort -c
}

# git_in DIR ARGUMENT...: with an identity
git_in()
{
	git -C "$1" -c user.name=Tester -c user.email=tester@example.org "${@:2}"
}

if [ "${1-}" = --all ]; then
	shift
	# shellcheck source-path=SCRIPTDIR source=export-all.inc
	. "$tests/export-all.inc"
	all_trees "$@"
	finish
	exit
fi

[ -f "$built/kselftest/lib.mk" ] || skip_all "config: no $built/kselftest (run scripts/setup.sh)"
need_built cases/drop

# As much of a kernel tree as is needed.
tree=$tmp/tree
mkdir -p "$tree/$selftests"
cp -R "$built/kselftest/." "$tree/$selftests"
printf '%s\n' 'FUSE FILESYSTEM' 'F:	fs/fuse/' '' 'FUSE FILESYSTEM [PASSTHROUGH]' 'F:	fs/fuse/backing.c' \
	'F:	fs/fuse/passthrough.c' '' 'FUTEX SUBSYSTEM' 'F:	kernel/futex/*' >"$tree/MAINTAINERS"
printf 'TARGETS += %s\n' fchmodat2 filesystems filesystems/fat filesystems/openat2 filesystems/fuse filesystems/xattr \
	firmware >"$tree/$selftests/Makefile"
git init -q "$tree"
git_in "$tree" add -A
git_in "$tree" commit -qm tree
base=$(git_in "$tree" rev-parse HEAD)

# --- what is exported ------------------------------------------------------------

exits "an export" 0 "$export" "$tree"
mv "$tmp/out" "$tmp/lines.patch"
says "reports its size" "$tmp/err" ".*/$folder: [0-9]* files, [0-9]* lines: build [0-9]*, fixtures [0-9]*, harness [0-9]*, cases [0-9]*"
files=$(find "$tree/$folder" -type f | wc -l) lines=$(find "$tree/$folder" -type f -exec cat {} + | wc -l)
says "which is that of the files" "$tmp/err" ".* $files files, $lines lines: .*"

git_in "$tree" apply "$tmp/lines.patch"
git_in "$tree" diff -U1 | grep '^[-+ ]' | grep -v '^[-+][-+]' >"$tmp/lines"
printf '%s\n' ' F:	fs/fuse/passthrough.c' "+F:	$folder/" ' ' \
	' TARGETS += filesystems/fuse' "+TARGETS += $target" ' TARGETS += filesystems/xattr' >"$tmp/wanted"
same "prints a patch of the lines in MAINTAINERS and TARGETS" "$tmp/wanted" "$tmp/lines"

cd "$tree/$folder"
find . -type f | sed 's,^\./,,; s,[^/]*\.\([a-z]*\)$,*.\1,' | sort -u >"$tmp/kinds"
cat >"$tmp/wanted" <<-END
	*.gitignore
	Makefile
	cases/*.c
	config
	fixtures/backing_id/*.c
	fixtures/backing_id/*.h
	fixtures/client/*.c
	fixtures/client/*.def
	fixtures/client/*.h
	fixtures/programs/*.c
	fixtures/servers/*.md
	fixtures/servers/common/*.c
	fixtures/servers/common/*.h
	fixtures/servers/raw/*.c
	fixtures/servers/raw/*.h
	fixtures/shared/*.c
	fixtures/shared/*.def
	fixtures/shared/*.h
	fixtures/world/*.c
	fixtures/world/*.h
	harness/*.c
	harness/*.h
	harness/*.md
	settings
END
same "exports these, and nothing else" "$tmp/wanted" "$tmp/kinds"
check "and none of libraries, external file systems and the explorer" sh -c '! grep -lE "^CASE.*\"[AFGSU][0-9]+\"|library_calls.h" -r .'

# unknown_files: prints what sources name in their own rooms, or in scripts/, that is not there.
unknown_files()
{
	grep -rohE --include='*.[ch]' --include=Makefile '\b(cases|fixtures|harness|scripts)/[a-z_/]+\.(c|h|def|md|sh|py)\b|[A-Z]+\.md\b|\b[a-z-]+\.(sh|py)\b' . |
		sort -u | while read -r name; do
		[ -e "$name" ] || [ -n "$(find . -name "$name")" ] || echo "$name"
	done
}
unknown_files >"$tmp/unknown"
same "files that the sources name are there" /dev/null "$tmp/unknown"
# Texts that a failure shows are in one piece; by checkpatch nothing else may be longer.
# shellcheck disable=SC2016 # expands there
check "only texts go past column 100" sh -c '! find . -name "*.[ch]" -exec expand -t 8 {} + | grep -E "^.{101}" | grep -v "\""'
check "config is sorted" by_key config
check ".gitignore is sorted" sort -c <(sed 1d .gitignore)

for program in cases/*.c; do
	[ "$program" = cases/contract.c ] || "$built/${program%.c}" --list
done | cut -f 2 | sort -u >"$tmp/tested"
sed -nE 's/^\t\{ "([A-Z][0-9]+)", .*/\1/p' cases/contract.c | sort >"$tmp/promised"
same "its promises are those that its cases test" "$tmp/promised" "$tmp/tested"

# --- it builds -------------------------------------------------------------------

# All that programs have in common, the servers, and programs of cases that use most of it.
programs="raw idle drop io_flags open_reply"
[ ! -x "$built/servers/raw-uring" ] || programs="$programs raw-uring"
find . -type f | sort >"$tmp/files"
# shellcheck disable=SC2086,SC2046 # words
check "builds without a warning" quiet_make KHDR_INCLUDES="-isystem $built/uapi" USERCFLAGS=-O0 \
	$(printf "$PWD/%s " $programs)
# shellcheck disable=SC2086 # words
check "its programs are ignored" git check-ignore $programs obj
check "make clean" make -s clean
find . -type f | sort >"$tmp/left"
same "leaves nothing" "$tmp/files" "$tmp/left"
cd "$tmp"

# --- a series --------------------------------------------------------------------

git_in "$tree" config user.name Tester
git_in "$tree" config user.email tester@example.org
mv "$tree/$folder" "$tmp/exported"
git_in "$tree" diff >"$tmp/lines.diff"
git_in "$tree" checkout -q .
exits "a series" 0 "$export" --series "$tmp/series" "$tree"
check "leaves the tree as it is" test -z "$(git_in "$tree" status --porcelain)"
check "has a cover letter" grep -q "^Subject: \[PATCH 0*/[0-9]*\] selftests/fuse_passthrough: " "$tmp/series/0000-cover-letter.patch"
check "applies" git_in "$tree" am -q "$tmp"/series/*-selftests-*.patch
check "and comes to the same files" diff -r "$tmp/exported" "$tree/$folder"
git_in "$tree" diff "$base" -- MAINTAINERS "$selftests/Makefile" >"$tmp/series.diff"
same "and lines" "$tmp/lines.diff" "$tmp/series.diff"
git_in "$tree" log --format=%B >"$tmp/changelogs"
"$built/cases/drop" --promises | cut -f 1,4 | grep -P '^[^AFGSU]\d' | sed 's/\t.*//' | while read -r id; do
	grep -q "^  $id: " "$tmp/changelogs" || echo "$id"
done >"$tmp/unsaid"
same "its changelogs say each promise" /dev/null "$tmp/unsaid"

# --- wrong use -------------------------------------------------------------------

exits "a tree that has it" 1 "$export" "$tree"
says "is refused" "$tmp/err" "export-kselftest.sh: .*/$folder exists: remove it first"
exits "what is no kernel's tree" 1 "$export" "$tmp/series"
says "is refused" "$tmp/err" "export-kselftest.sh: .*/series is not the source tree of a kernel"
git_in "$tree" checkout -q "$base"
exits "a series into a directory with files" 1 "$export" --series "$tmp/series" "$tree"
says "is refused" "$tmp/err" "export-kselftest.sh: .*/series is not empty: give a new directory"
git_in "$tree" config --unset user.email
exits "a series of nobody" 1 env HOME="$tmp" XDG_CONFIG_HOME="$tmp" GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null \
	"$export" --series "$tmp/other" "$tree"
says "is refused" "$tmp/err" "export-kselftest.sh: git has no user.email: set it.*"
check "and creates nothing" test ! -e "$tmp/other"

mkdir -p "$tree/$folder"
cp "$tests/../../Makefile" "$tests/../../tests.mk" "$tree/$folder"
exits "a checkout below the selftests" 2 make -C "$tree/$folder"
says "says what to do" "$tmp/err" ".*a checkout is no kselftest: .* scripts/export-kselftest.sh TREE.*"

finish

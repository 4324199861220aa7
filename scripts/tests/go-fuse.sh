#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The server on go-fuse, if scripts/go-fuse.sh has fetched library and compiler: the sources are
# gofmt-clean, the server follows the protocol, and the cases of promises G pass.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built probe

exits "--help" 0 "$scripts/go-fuse.sh" --help
exits "an unknown option" 1 "$scripts/go-fuse.sh" --fast
says "an unknown option: names it" "$tmp/err" "go-fuse.sh: unknown option --fast, see --help"
exits "two versions" 1 "$scripts/go-fuse.sh" 2.9.0 2.8.0
says "two versions: names the second" "$tmp/err" "go-fuse.sh: unexpected argument '2.8.0', see --help"

cache=${FPT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/fuse-passthrough-tests}/go
gofmt=$(find "$cache" -path '*/usr/lib/go-*/bin/gofmt' 2>/dev/null | sort -V | tail -n 1)
library=$(find "$cache" -maxdepth 1 -name 'go-fuse-*' 2>/dev/null | sort -V | tail -n 1)

leave_out() # NAME
{
	n=$((n + 1))
	echo "ok $n - $1 # SKIP config: library and compiler are not fetched (run scripts/go-fuse.sh)"
}

formatted()
{
	local unlike

	unlike=$("$gofmt" -l "$scripts"/../fixtures/servers/go-fuse)
	[ -z "$unlike" ] || { echo "gofmt changes: $unlike"; return 1; }
}

if [ -z "$gofmt" ] || [ -z "$library" ]; then
	leave_out "the server on go-fuse"
	finish
	exit
fi

check "the sources are gofmt-clean" formatted
version=${library##*/go-fuse-}
OUTPUT="$built" exits "the server is built" 0 "$scripts/go-fuse.sh" "$version"
says "its path is printed" "$tmp/out" ".*/servers/go-fuse-$version"

exits "no such tree" 1 "$scripts/go-fuse.sh" "$tmp/none"
says "is reported" "$tmp/err" "go-fuse.sh: no directory '$tmp/none'"
exits "another tree" 1 "$scripts/go-fuse.sh" "$tmp"
says "is refused" "$tmp/err" "go-fuse.sh: '$tmp' has no go.mod: it is not the library's source"
git_in_tree()
{
	git -C "$tmp/tree" -c user.name=nobody -c user.email=n@example.org -c init.defaultBranch=main "$@"
}
if command -v git >/dev/null; then
	cp -R "$library/usr/share/gocode/src/github.com/hanwen/go-fuse" "$tmp/tree"
	git_in_tree init -q
	git_in_tree add .
	git_in_tree commit -qm one
	git_in_tree tag v2.99.0
	rm "$tmp/tree/go.mod"
	OUTPUT="$built" exits "the server on a revision of a tree is built" 0 "$scripts/go-fuse.sh" "$tmp/tree@v2.99.0"
	says "its name has the version by git" "$tmp/out" ".*/servers/go-fuse-2.99.0"
	check "its hello has it, too" grep -q ' server go-fuse version 2[.]99[.]0 ' <(timeout 10 "$(cat "$tmp/out")" </dev/null)
	exits "a missing revision" 1 "$scripts/go-fuse.sh" "$tmp/tree@v3"
	says "is reported" "$tmp/err" "go-fuse.sh: $tmp/tree has no revision 'v3' .*"
	rm -f "$built/servers/go-fuse-2.99.0"
fi

if [ "$(id -u)" -eq 0 ] && [ -c /dev/fuse ]; then
	export OUTPUT="$built"
	unset FPT_FAULT
	status=0
	"$scripts/run.sh" --server "go-fuse-$version" --probe >"$tmp/out" 2>"$tmp/err" || status=$?
	cp "$tmp/out" "$tmp/both"
	if [ "$status" -ne 4 ]; then
		check "it follows the protocol" exited "$status" 0
		exits "promises G" 0 "$scripts/run.sh" --strict --server "go-fuse-$version" --filter 'G[0-9]*' \
			--run-dir "$tmp/run"
		says "promises G: all cases ran" "$tmp/out" "go-fuse-$version 10 passed, 0 failed, 0 skipped  (1 xfail)"
	fi
fi

finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every script: --help, wrong use, and calls by a link, sh and POSIX mode.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built contain
export OUTPUT="$built"
mkdir "$tmp/links" "$tmp/scripts"
# CDPATH finds this directory scripts, which is the wrong one.
export CDPATH="$tmp"
cd "$tmp/links"

revision=$(git -C "$scripts/.." describe --always --dirty 2>/dev/null) || revision=
version="fuse-passthrough-tests $(cat "$scripts/../VERSION")${revision:+ ($revision)}"

check "make version" test "$(make -sC "$scripts/.." version)" = "$version"
for script in "$scripts"/*.sh; do
	each=${script##*/}
	exits "$each --help" 0 "$script" --help
	check "$each --help: is on standard output only" test -s "$tmp/out" -a ! -s "$tmp/err"
	mv "$tmp/out" "$tmp/help"
	exits "$each --version" 0 "$script" --version
	check "$each --version: prints VERSION and revision" test "$(cat "$tmp/both")" = "$version"
	exits "$each: an unknown option" 1 "$script" --no-such-option
	check "$each: an unknown option is reported on standard error only" test -s "$tmp/err" -a ! -s "$tmp/out"
	ln -s "$script" "$each"
	exits "$each called by a link" 0 "./$each" --help
	same "$each: prints the same help" "$tmp/help" "$tmp/out"
	for shell in sh "bash --posix"; do
		# shellcheck disable=SC2086 # words
		exits "$each called by $shell" 0 $shell "$script" --help
		same "$each: prints the same help" "$tmp/help" "$tmp/out"
	done
done
finish

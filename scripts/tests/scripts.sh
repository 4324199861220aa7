#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every script: help, wrong use, and whatever way it is called.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built contain
export OUTPUT="$built"
mkdir "$tmp/links" "$tmp/scripts"
# A folder that is found by CDPATH instead of the one beside.
export CDPATH="$tmp"
cd "$tmp/links"

for script in "$scripts"/*.sh; do
	each=${script##*/}
	exits "$each --help" 0 "$script" --help
	check "$each: is told on standard output" test -s "$tmp/out" -a ! -s "$tmp/err"
	mv "$tmp/out" "$tmp/help"
	exits "$each: an unknown option" 1 "$script" --no-such-option
	check "$each: it is said, and nothing else" test -s "$tmp/err" -a ! -s "$tmp/out"
	ln -s "$script" "$each"
	exits "$each by a link" 0 "./$each" --help
	same "$each: is the same" "$tmp/help" "$tmp/out"
	for shell in sh "bash --posix"; do
		# shellcheck disable=SC2086 # words
		exits "$each by $shell" 0 $shell "$script" --help
		same "$each: is the same" "$tmp/help" "$tmp/out"
	done
done
finish

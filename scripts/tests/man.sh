#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Man pages, made of --help by help2man: they format without warnings and have what --help has.
set -eu
# shellcheck source=scripts/tests/tap.inc
. "$(dirname "$0")/tap.inc"

need_built contain
command -v help2man >/dev/null || skip_all "config: no help2man (run scripts/setup.sh --check)"
export OUTPUT="$built"
export LC_ALL=C.UTF-8 MANWIDTH=100

# words_of: prints the words of a text, sorted, without the marks of its form.
words_of()
{
	tr '[:upper:]' '[:lower:]' | tr -cs '[:alnum:]_-' '\n' | sort -u
}

for command in "$scripts"/*.sh; do
	each=${command##*/}
	exits "$each: a page is made" 0 "$scripts/lib/man.sh" "$command"
	mv "$tmp/out" "$tmp/$each.1"
	man --local-file --warnings --no-hyphenation --no-justification "$tmp/$each.1" >"$tmp/page" 2>"$tmp/warnings"
	same "$each: formats without warnings" /dev/null "$tmp/warnings"
	says "$each: has a name and what it does" "$tmp/page" " *$each - [a-z].*"
	says "$each: has a synopsis" "$tmp/page" "SYNOPSIS"
	# shellcheck disable=SC2016 # expands there
	check "$each: has no mark of help2man's form" sh -c '! grep -nE "^ *(\*|usage:|environment:)" "$1"' sh "$tmp/page"
	"$command" --help | sed 's,scripts/\([a-z-]*\.sh\),\1,g; s/^usage: //' | words_of >"$tmp/help"
	sed 's,scripts/\([a-z-]*\.sh\),\1,g' "$tmp/page" | words_of >"$tmp/words"
	comm -23 "$tmp/help" "$tmp/words" >"$tmp/missing"
	same "$each: has every word of --help" /dev/null "$tmp/missing"
done

finish

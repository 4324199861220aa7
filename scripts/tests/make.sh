#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How make is called: how much it does at once, paths that it would take apart, and what it counts.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
cd "$tests/../.."
unset OUTPUT MAKEFLAGS MAKELEVEL MFLAGS

# --- at once -------------------------------------------------------------------

at_once() # NAME WANTED COMMAND...: the command is to say, by $show, what make passes on
{
	"${@:3}" | grep -oE -- '-j[0-9]+' >"$tmp/got" || :
	echo "-j$2" >"$tmp/expected"
	same "$1" "$tmp/expected" "$tmp/got"
}

# shellcheck disable=SC2016,SC2089,SC2090 # make's
export show='show: ; @echo "flags: $$MAKEFLAGS"'
processors=$(nproc)
at_once "make alone: as much at once as there are processors" "$processors" make --eval "$show" show
at_once "-j3 is taken as it is" 3 make -j3 --eval "$show" show
at_once "-j1, too" 1 make -j1 --eval "$show" show
at_once "and that of the environment" 3 env MAKEFLAGS=-j3 make --eval "$show" show
# shellcheck disable=SC2016 # make's
printf '%s\n' 'all:' '	@$(MAKE) --eval "$$show" show' >"$tmp/outer.mk"
at_once "below another make it takes part in what that does" 3 make -j3 -f "$tmp/outer.mk"
check "without a warning" test -z "$(make -j3 -f "$tmp/outer.mk" 2>&1 | grep -i warning)"

# --- paths ---------------------------------------------------------------------

in_one_line() # FILE
{
	line_in "$1" '.*has characters that are special to make or shells.*' && [ "$(wc -l <"$1")" -eq 1 ]
}

for odd in ' ' $'\t' '$' '#' ':' '%' \' '"' \\ '*' ';' '&' '=' '(' '{'; do
	path="$tmp/a${odd}b"
	exits "make OUTPUT=a${odd@Q}b" 2 make OUTPUT="$path"
	check "is refused" in_one_line "$tmp/err"
	exits "setup.sh" 1 env OUTPUT="$path" scripts/setup.sh
	check "is refused" in_one_line "$tmp/err"
	check "and nothing is made there" test ! -e "$path"
done

exits "make install there" 2 make install INSTALL_PATH="$tmp/a b"
says "is refused" "$tmp/err" ".*INSTALL_PATH '$tmp/a b' has characters that are special to make .*"

path=$tmp/a$'\n'b
mkdir "$path"
cp -R Makefile tests.mk settings scripts "$path"
for path in "$path" "$tmp/a b"; do
	[ -e "$path" ] || mv "$tmp"/a*b "$path"
	exits "make in such a checkout" 2 make -s -C "$path"
	says "is refused" "$tmp/err" ".*has characters that are special to make or shells: move it.*"
	for script in setup run vm matrix libfuse fuser go-fuse kernel mutate; do
		exits "$script.sh there" 1 "$path/scripts/$script.sh"
		check "is refused" in_one_line "$tmp/err"
	done
done
exits "such a cache" 1 env FPT_CACHE="$path/cache" scripts/debian-kernel.sh 6.12
check "is refused" in_one_line "$tmp/err"

# --- what make check counts --------------------------------------------------------

printf '#!/bin/sh\n%s\n' 'echo 1..0 "# SKIP config: nothing here"' >"$tmp/skipped"
printf '#!/bin/sh\n%s\n' 'echo 1..1; echo ok 1; exit 3' >"$tmp/dies"
chmod +x "$tmp/skipped" "$tmp/dies"
exits "a test that is skipped whole" 0 scripts/check.sh "$tmp/skipped"
says "is counted" "$tmp/out" '0 passed, 0 failed, 1 skipped'
exits "one that ends with 3" 1 scripts/check.sh "$tmp/dies"
says "has failed once" "$tmp/out" '1 passed, 1 failed, 0 skipped'

finish

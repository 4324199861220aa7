#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How make runs: the number of parallel jobs, paths that it would split, and what make check counts.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
cd "$tests/../.."
unset OUTPUT MAKEFLAGS MAKELEVEL MFLAGS

# --- parallel jobs -------------------------------------------------------------

passes_on() # NAME JOBS COMMAND...: COMMAND runs make on the target show
{
	"${@:3}" | grep -oE -- '-j[0-9]+' >"$tmp/got" || :
	echo "-j$2" >"$tmp/expected"
	same "$1" "$tmp/expected" "$tmp/got"
}

# shellcheck disable=SC2016,SC2089,SC2090 # make's
export show='show: ; @echo "flags: $$MAKEFLAGS"'
processors=$(nproc)
passes_on "make alone: one job per processor" "$processors" make --eval "$show" show
passes_on "-j3 is kept" 3 make -j3 --eval "$show" show
passes_on "-j1 is kept" 1 make -j1 --eval "$show" show
passes_on "-j3 in MAKEFLAGS is kept" 3 env MAKEFLAGS=-j3 make --eval "$show" show
# shellcheck disable=SC2016 # make's
printf '%s\n' 'all:' '	@$(MAKE) --eval "$$show" show' >"$tmp/outer.mk"
passes_on "below another make it uses its job server" 3 make -j3 -f "$tmp/outer.mk"
check "and make prints no warning" test -z "$(make -j3 -f "$tmp/outer.mk" 2>&1 | grep -i warning)"

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
	check "and creates nothing" test ! -e "$path"
done

exits "make install in a path with a space" 2 make install INSTALL_PATH="$tmp/a b"
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
exits "a cache in such a path" 1 env FPT_CACHE="$path/cache" scripts/debian-kernel.sh 6.12
check "is refused" in_one_line "$tmp/err"

# --- a build that moves ------------------------------------------------------------

exits "make of an object" 0 make -s OUTPUT="$tmp/before" "$tmp/before/obj/fixtures/model/content.o"
mv "$tmp/before" "$tmp/after"
object=$tmp/after/obj/fixtures/model/content.o
exits "moved, it is up to date" 0 make -q OUTPUT="$tmp/after" "$object"
exits "but not if a header is newer" 1 make -q OUTPUT="$tmp/after" -W fixtures/model/model.h "$object"

# --- what make check counts, and shows --------------------------------------------------------

printf '#!/bin/sh\n%s\n' 'echo 1..0 "# SKIP config: nothing here"' >"$tmp/skipped"
printf '#!/bin/sh\n%s\n' 'echo 1..1; echo ok 1; exit 3' >"$tmp/dies"
chmod +x "$tmp/skipped" "$tmp/dies"
exits "a test that is skipped as a whole" 0 scripts/check.sh "$tmp/skipped"
says "counts as one" "$tmp/out" '0 passed, 0 failed, 1 skipped'
exits "a test that exits with 3 after a passed check" 1 scripts/check.sh "$tmp/dies"
says "counts as one failure" "$tmp/out" '1 passed, 1 failed, 0 skipped'
cat >"$tmp/fails" <<'END'
#!/bin/sh
printf '%s\n' 1..3 "# of the first" "ok 1" "# before the failure" "not ok 2 - two" "# after it" "ok 3" "# of the third"
END
chmod +x "$tmp/fails"
exits "a test that fails" 1 scripts/check.sh "$tmp/fails"
sed -n '/^#/p; /not ok/p' "$tmp/out" >"$tmp/shown"
printf '%s\n' "# before the failure" "$tmp/fails: not ok 2 - two" "# after it" >"$tmp/wanted"
same "is shown with the comments on its failure" "$tmp/wanted" "$tmp/shown"

finish

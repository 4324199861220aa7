#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# scripts/ci/: what of it can be checked without the CI. That scripts and options exist is in docs.sh.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
cd "$tests/../.."
unset OUTPUT GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE

if command -v yamllint >/dev/null; then
	check "YAML is clean" yamllint --strict -c scripts/ci/.yamllint scripts/ci
else
	n=$((n + 1))
	echo "ok $n - YAML is clean # SKIP config: no yamllint (run scripts/setup.sh --check)"
fi

# What a CI runs, with a word for each of its own variables.
commands()
{
	sed -nE 's/^ +-( run:)? ((scripts|suite|apt-get|make).*)/\2/p' scripts/ci/*.y*ml | sed 's/\${{[^}]*}}/word/g'
	sed -n 's/^RUN //p; s/^CMD \["\(.*\)"\]/\1/p' scripts/ci/Containerfile
}
commands >"$tmp/commands"
check "commands are found" test "$(wc -l <"$tmp/commands")" -ge 15
if command -v shellcheck >/dev/null; then
	check "commands are shellcheck-clean" shellcheck --shell=sh --exclude=SC2086,SC2154 "$tmp/commands"
fi
sed -n 's/^COPY //p' scripts/ci/Containerfile | sed 's/ [^ ]*$//' | tr ' ' '\n' >"$tmp/copied"
missing=$(xargs ls -d <"$tmp/copied" 2>&1 >/dev/null) || :
check "what the Containerfile copies exists" test -z "$missing"
grep -oE '\$\(wildcard [a-z]+|^include [a-z.]+' Makefile tests.mk | grep -oE '[a-z.]+$' | sort -u >"$tmp/needed"
check "the Containerfile copies what make reads" test -z "$(grep -vxFf "$tmp/copied" "$tmp/needed")"

for page in scripts/ci/*; do
	check "README.md names ${page##*/}" test "${page##*/}" = README.md -o -n "$(grep -F "${page##*/}" scripts/ci/README.md)"
done

# --- git bisect run, with scripts that only read a file of the tree ------------------------------

suite=$tmp/suite
mkdir -p "$suite/scripts/lib" "$suite/scripts/ci"
cp scripts/ci/bisect-*.sh "$suite/scripts/ci"
cp scripts/lib/{usual,version}.inc "$suite/scripts/lib"

pretend() # SCRIPT: its text is standard input
{
	{ echo '#!/bin/sh'; cat; } >"$suite/scripts/$1"
	chmod +x "$suite/scripts/$1"
}
pretend kernel.sh <<'END'
[ "$KSRC/state" -ef state ] && ! grep -q unbuildable state
END
pretend vm.sh <<'END'
case " $* " in
*" --bisect --ksrc "*" --server raw --filter drop.late.* --memory 512 "*) ;;
*) exit 128 ;;
esac
! grep -q bad state
END
pretend libfuse.sh <<'END'
grep -q unbuildable state && exit 1
echo /build/servers/"$3"
END
pretend run.sh <<'END'
case "$*" in
"--list --filter drop.late.*") exit ;;
"--list "*) echo "run.sh: no case matches" >&2 && exit 1 ;;
"--strict --server /build/servers/bisect --filter drop.late.* --verbose") ;;
*) exit 128 ;;
esac
grep -q unable state && exit 4
! grep -q bad state
END

tree=$tmp/tree
git_there()
{
	git -C "$tree" -c user.name=nobody -c user.email=n@example.org -c init.defaultBranch=main "$@"
}

# A history of which commit 5 is the first bad one, and 3, in the middle, gives no verdict.
make_tree() # FILE-OF-THE-TREE NO-VERDICT
{
	local i states=(good good good "$2" good bad bad bad)

	rm -rf "$tree"
	mkdir -p "$tree/$(dirname "$1")"
	git_there init -q
	touch "$tree/$1"
	for i in "${!states[@]}"; do
		echo "$i ${states[i]}" >"$tree/state"
		git_there add .
		git_there commit -qm "commit $i"
	done
	git_there bisect start HEAD HEAD~7 >/dev/null
}

finds() # NAME COMMAND...
{
	exits "$1" 0 git_there bisect run "${@:2}"
	check "$1: finds the first bad commit" test "$(git_there log -1 --format=%s refs/bisect/bad)" = "commit 5"
}

for bad in unbuildable unable; do
	[ $bad = unable ] || {
		make_tree Kbuild $bad
		finds "a bisection of a kernel" "$suite/scripts/ci/bisect-kernel.sh" 'drop.late.*' --memory 512
	}
	make_tree include/fuse_lowlevel.h $bad
	finds "a bisection of libfuse, partly $bad" "$suite/scripts/ci/bisect-libfuse.sh" 'drop.late.*' --verbose
done

for which in kernel libfuse; do
	make_tree other good
	exits "bisect-$which.sh in another tree" 128 env -C "$tree" "$suite/scripts/ci/bisect-$which.sh" 'drop.late.*'
	says "is reported" "$tmp/err" "bisect-$which.sh: this is not the tree of .*: run it there"
	touch "$tree/Kbuild"
	mkdir "$tree/include"
	touch "$tree/include/fuse_lowlevel.h"
	exits "bisect-$which.sh with an unknown case" 128 env -C "$tree" "$suite/scripts/ci/bisect-$which.sh" nonsense
	says "is reported" "$tmp/err" "bisect-$which.sh: cannot run nonsense, see above"
done

finish

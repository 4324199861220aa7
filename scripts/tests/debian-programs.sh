#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# lib/debian-programs.sh, which fetches a guest's programs, with a temporary mirror of fake packages.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
# shellcheck source-path=SCRIPTDIR source=mirror.inc
. "$tests/mirror.inc"

programs=$scripts/lib/debian-programs.sh
arch=s390x
names=$(sed -n 's/^packages="\(.*\)"$/\1/p' "$programs")

file usr/lib/libmkfs.so.1 library
package "$pool" trixie libmkfs1 1.0
file usr/bin/python3 interpreter
package "$pool" trixie python3 3.13
file usr/lib/libpython3.so library
package "$pool" trixie libpython3.13 3.13
for name in $names; do
	file "usr/bin/of-$name" program
	depends="libmkfs1, python3, libpython3.13"
	package "$pool" trixie "$name" 1.0
done
publish

exits "without an architecture" 1 "$programs"
exits "an unknown architecture" 1 "$programs" sparc
exits "an architecture that the mirror does not have" 1 "$programs" riscv64
check "an architecture that the mirror does not have: leaves nothing" test ! -e "$FPT_CACHE/programs/riscv64"
exits "an architecture" 0 "$programs" $arch
says "its directory" "$tmp/out" "$FPT_CACHE/programs/$arch"
{
	# shellcheck disable=SC2086 # a list
	printf 'of-%s\n' $names
	echo libmkfs.so.1
} | sort >"$tmp/expected"
find "$FPT_CACHE/programs/$arch" -type f -printf '%f\n' | sort >"$tmp/files"
same "every program and its libraries, and no interpreter" "$tmp/expected" "$tmp/files"
rm -r "$tmp/mirror"
exits "without a mirror: what was fetched" 0 "$programs" $arch
finish

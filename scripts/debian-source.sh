#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/lib/usual.inc"
set -eu
export LC_ALL=C

usage()
{
	cat <<-END
	usage: scripts/debian-source.sh VERSION
	Fetches the source of a kernel of Debian, with Debian's patches, and prints the folder
	where it is: a tree in which nothing was built. Nothing may be built in it, as others
	use it, too: scripts/kernel.sh does not.

	  VERSION    as of scripts/debian-kernel.sh, whose --list shows what there is

	FPT_CACHE, DEBIAN_MIRROR: as of scripts/debian-kernel.sh

	Exit status: 0 here it is, 1 it is not.
	END
}

say()
{
	echo "debian-source.sh: $*" >&2
}

die()
{
	say "$@"
	exit 1
}

case ${1-} in
--help) usage && exit 0 ;;
'' | -*) die "give a version, see --help" ;;
esac
[ $# -eq 1 ] || die "give one version, see --help"

# shellcheck source=scripts/lib/cache.inc
. "$scripts/lib/cache.inc"

# Which one is meant, and apt's lists of it.
chosen=$("$scripts/debian-kernel.sh" --list "$1") || exit 1
IFS=$'\t' read -r release version _ < <(tail -n 1 <<<"$chosen")
package=linux-source-$(cut -d . -f 1,2 <<<"${release%%[~+-]*}")

fetch() # into tree/
{
	say "fetching $package $version, some 160 MB, and unpacking it"
	fetch_source "$package" "$version" || die "cannot fetch $package $version, see above; --list of debian-kernel.sh shows others"
	[ -e tree/Kconfig ] || die "$package holds no kernel tree"
}

need_cache sources
fetch_once "sources/$version" 2500 fetch || exit 1
echo "$cache/sources/$version"

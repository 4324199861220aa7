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
	Fetches the source of a Debian kernel with Debian's patches and prints its directory, a
	clean tree. It is shared: do not build in it. scripts/kernel.sh builds elsewhere.

	  VERSION    as for scripts/debian-kernel.sh, whose --list shows the versions

	FPT_CACHE, DEBIAN_MIRROR: as for scripts/debian-kernel.sh

	Exit status: 0 fetched, 1 not fetched.
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

# Selects the version and keeps apt's lists fresh.
chosen=$("$scripts/debian-kernel.sh" --list "$1") || exit 1
IFS=$'\t' read -r release version _ < <(tail -n 1 <<<"$chosen")
package=linux-source-$(cut -d . -f 1,2 <<<"${release%%[~+-]*}")

fetch() # into tree/
{
	say "fetching and unpacking $package $version (about 160 MB)"
	fetch_source "$package" "$version" || die "cannot fetch $package $version, see above; debian-kernel.sh --list shows others"
	[ -e tree/Kconfig ] || die "$package contains no kernel tree"
}

need_cache sources
fetch_once "sources/$version" 2500 fetch || exit 1
echo "$cache/sources/$version"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
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

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${FPT_CACHE:-${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}/fuse-passthrough-tests}

# Which one is meant, and apt's lists of it.
chosen=$("$scripts/debian-kernel.sh" --list "$1") || exit 1
IFS=$'\t' read -r release version _ < <(tail -n 1 <<<"$chosen")
package=linux-source-$(cut -d . -f 1,2 <<<"${release%%[~+-]*}")
tree=$cache/sources/$version

fetch() # into $tree, in a folder of its own which is moved there when all is in it
(
	new=$cache/sources/.$version.new
	exec {lock}>"$cache/sources/.$version.lock"
	flock "$lock"
	[ ! -e "$tree" ] || exit 0
	rm -rf "$new"
	mkdir -p "$new/tree"
	trap 'rm -rf "$new"' EXIT
	trap 'exit 1' HUP INT TERM
	cd "$new"

	say "fetching $package $version, some 160 MB, and unpacking it"
	flock -s "$cache/apt.lock" env APT_CONFIG="$cache/apt/apt.conf" \
		apt-get -qq -o APT::Sandbox::User=root download "$package=$version" >&2 ||
		die "no suite has $package $version any more; --list of debian-kernel.sh shows others"
	dpkg-deb --fsys-tarfile "$package"_*.deb |
		tar -xO --wildcards -f - "./usr/src/$package.tar.*" |
		xz -dcT0 |
		tar -x --no-same-owner --strip-components=1 -C tree -f -
	[ -e tree/Kconfig ] || die "$package holds no kernel tree"
	mv tree "$tree"
)

mkdir -p "$cache/sources" 2>/dev/null || die "cannot write $cache/sources: set FPT_CACHE"
[ -e "$tree" ] || fetch || exit 1
echo "$tree"

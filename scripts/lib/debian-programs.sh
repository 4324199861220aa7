#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Programs of another architecture for a virtual machine's guest, from Debian's packages: mkfs of the backing
# filesystems, a shell, and their libraries. vm.sh calls it:
#
#	debian-programs.sh ARCH
#
# Prints their directory, in the cache. Exit status: 0 they are there, 1 they are not.

[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/usual.inc"
set -eu
export LC_ALL=C

packages="busybox-static btrfs-progs dosfstools e2fsprogs erofs-utils squashfs-tools xfsprogs"

say()
{
	echo "vm.sh: $*" >&2
}

die()
{
	say "$@"
	exit 1
}

# shellcheck source=scripts/lib/cache.inc
. "$scripts/lib/cache.inc"
# shellcheck source=scripts/lib/architectures.inc
. "$scripts/lib/architectures.inc"

# Prints the names of the packages and of the libraries that they depend on.
with_libraries()
{
	local name

	# shellcheck disable=SC2086 # names
	apt-get -qq --no-install-recommends --print-uris install $packages |
		sed -n "s/^'[^']*' \([^_]*\)_.*/\1/p" | while IFS= read -r name; do
		case $name in
		libpython* | libperl*) ;;
		lib* | zlib1g) echo "$name" ;;
		*) [[ " $packages " != *" $name "* ]] || echo "$name" ;;
		esac
	done
}

fetch() # into tree/
{
	local names

	"$scripts/debian-kernel.sh" --arch "$arch" --list >/dev/null || exit 1 # it refreshes the lists
	exec {lists}>"$cache/apt-$arch.lock"
	lock -s "$lists"
	export APT_CONFIG=$cache/apt-$arch/apt.conf
	mapfile -t names < <(with_libraries)
	[ ${#names[@]} -gt 0 ] || die "the mirror has no $packages for $arch"
	say "fetching mkfs and a shell for $arch"
	download "${names[@]}" && unpack_into tree --exclude=./usr/share
}

[ $# -eq 1 ] || die "debian-programs.sh: only for vm.sh"
choose_architecture "$1"
need_cache programs
command -v apt-get >/dev/null || [ -e "$cache/programs/$arch" ] || die "no apt-get"
fetch_once "programs/$arch" 200 fetch
echo "$cache/programs/$arch"

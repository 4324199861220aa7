#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/lib/usual.inc"
set -eu
shopt -s nullglob
export LC_ALL=C

usage()
{
	cat <<-END
	usage: scripts/debian-kernel.sh [--arch ARCH] [--refresh] VERSION | --list [VERSION]
	Fetches a Debian kernel and prints its directory.

	  VERSION      6.12 selects the newest 6.12 release, 6.12.43 this release,
	               6.12.43-1~bpo12+1 this package
	  --arch ARCH  of this architecture: amd64, i386, arm64, armhf, riscv64, s390x (default:
	               the host's)
	  --list       list the kernels of the host's Debian mirror as TSV: release, package
	               version, package of the image, suites
	  --refresh    read the mirror's lists even if they are less than a day old

	The directory contains vmlinuz, config, lib/modules/<kernel release>/, version (of the
	package) and, if the kernel needs it, append (to its command line). These are Debian's
	"cloud" kernels for virtual machines, where it has them (amd64, arm64), from all suites
	including backports, security and experimental. Needs no root and does not change the
	host's apt configuration. Progress goes to standard error.

	DEBIAN_MIRROR  a URI to use instead of the host's mirrors, optionally preceded by
	               options as in sources.list
	FPT_CACHE      directory of fetched kernels (default: fuse-passthrough-tests in
	               \$XDG_CACHE_HOME or ~/.cache); can be removed at any time

	Exit status: 0 fetched, 1 not fetched.
	END
}

say()
{
	echo "debian-kernel.sh: $*" >&2
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

architecture=
list=
refresh=
wanted=

parse_arguments()
{
	while [ $# -gt 0 ]; do
		case $1 in
		--help)
			usage
			exit 0
			;;
		--list) list=1 ;;
		--refresh) refresh=1 ;;
		--arch)
			[ $# -gt 1 ] || die "--arch needs a value, see --help"
			architecture=$2
			shift
			;;
		-*) die "unknown option $1, see --help" ;;
		*)
			[ -z "$wanted" ] || die "give one version, see --help"
			wanted=$1
			;;
		esac
		shift
	done
	[ -n "$list$wanted" ] || die "give a version, see --help"
	[[ ${wanted:-0} =~ ^[0-9][0-9A-Za-z.+~-]*$ ]] || die "'$wanted' is not a kernel version, see --help"
	wanted=${wanted/-rc/\~rc} # as Debian writes it
}

# Those of the host's architecture have no directory of their own.
choose_places()
{
	choose_architecture "$architecture"
	of_arch=/$arch
	! is_native || of_arch=
	kernels=kernels$of_arch
	lists=apt${of_arch/\//-}
	offered=$cache/offered${of_arch/\//-}.tsv
}

# --- available kernels ---------------------------------------------------------

# Locks the lists for reading (-s) or writing (-x).
lists_lock()
{
	[ -n "${lists_lock_fd-}" ] || exec {lists_lock_fd}>"$cache/$lists.lock"
	lock "$@" "$lists_lock_fd"
}

# The first line of $offered names the mirror.
offered_is_fresh()
{
	[ -n "$(find "$offered" -mmin -1440 2>/dev/null)" ] &&
		[ "$(head -n 1 "$offered")" = "# ${DEBIAN_MIRROR-}" ]
}

was_read=
read_offered()
{
	lists_lock -x
	if [ -n "$refresh" ] || ! offered_is_fresh; then
		say "reading the package lists of the Debian mirror"
		read_lists_to "$lists" --kernels ${of_arch:+--arch "$arch"}
		{
			echo "# ${DEBIAN_MIRROR-}"
			APT_CONFIG=$cache/$lists/apt.conf ask_apt
		} >"$offered.new"
		mv "$offered.new" "$offered"
		give_back "$cache"
		was_read=1
	fi
	lists_lock -s
}

# Prints one line per kernel, oldest first: release, package version, packages (the image first), suites.
ask_apt()
{
	apt-cache pkgnames linux- |
		grep -Ex "linux-(image-[0-9]+[.][0-9]+[.]|(binary|modules|base)-[0-9]).*-$arch_flavour" | grep -v -e -rt- |
		xargs -r apt-cache madison |
		fpt madison kernels |
		sort -t "$(printf '\t')" -k 2,2V
}

# Sets $version and $packages to the newest match of $wanted.
choose()
{
	chosen=$(newest_match "$wanted" "$offered")
	IFS=$'\t' read -r _ version names _ <<<"$chosen"
	read -ra packages <<<"$names"
	[ -n "$version" ]
}

# The cached lists may be outdated: reads them again, once.
read_again()
{
	[ -z "$was_read" ] || return 0
	refresh=1
	read_offered
}

die_with_list()
{
	die "no Debian kernel $wanted; available: $(grep -v '^#' "$offered" | cut -f 1 | uniq | paste -sd ' ')"
}

list()
{
	sed '/^#/d; s/^\([^\t]*\t[^\t]*\t[^ \t]*\)[^\t]*/\1/' "$@"
}

# --- a kernel ------------------------------------------------------------------

# The mirror may still have files that no suite lists, for which apt has no checksum. apt has
# checked the image, which contains the key of its modules' signatures: the kernel checks them.
fetch_unlisted() # URI-OF-IMAGE IMAGE-PACKAGE VERSION
{
	local kernel=${2#linux-binary-} uri=${1%/linux-signed-*/*}/linux kind file

	[ "$kernel" != "$2" ] || return 0
	for kind in modules base; do
		[[ " ${packages[*]} " != *" linux-$kind-"* ]] || continue
		file=linux-$kind-${kernel}_${3}_${arch}.deb
		if /usr/lib/apt/apt-helper download-file "$uri/${file//+/%2b}" "$file" >"$file.log" 2>&1; then
			say "no suite lists $file any more; fetched from the mirror's pool"
			echo module.sig_enforce=1 >tree/append
		else
			say "the mirror no longer has linux-$kind-$kernel"
		fi
	done
}

# Moves FILE to NAME if exactly one is given.
move_only() # NAME FILE...
{
	[ $# -ne 2 ] || mv "$2" "$1"
}

unpack() # into tree/
{
	unpack_into tree --exclude=./usr/share || return
	mkdir -p tree/lib/modules
	cd tree
	move_only vmlinuz boot/vmlinuz-* usr/lib/modules/*/vmlinuz
	move_only config boot/config-* usr/lib/modules/*/config
	if [ -d usr/lib/modules ]; then
		mv usr/lib/modules/* lib/modules
	fi
	rm -rf boot usr
	cd ..
	[ -s tree/vmlinuz ]
}

fetch() # VERSION PACKAGE...: into tree/
{
	local uris bytes quiet=-qq named=("${@/%/=$1}")

	unset "named[0]"
	export APT_CONFIG=$cache/$lists/apt.conf
	uris=$(apt-get download --print-uris "${named[@]}")
	bytes=$(cut -d ' ' -f 3 <<<"$uris" | paste -sd +)
	say "fetching $1 ($(((bytes + 500000) / 1000000)) MB)"
	[ ! -t 2 ] || quiet=-q=0
	download $quiet "${named[@]}" || return
	fetch_unlisted "$(sed -n "1s/^'\([^']*\)' .*/\1/p" <<<"$uris")" "$2" "$1"
	unpack || die "no kernel in the packages ${*:2}"
	echo "$1" >tree/version
}

parse_arguments "$@"
choose_places
need_cache "$kernels"

if [ -z "$list$refresh" ] && [ -e "$cache/$kernels/$wanted/version" ]; then
	echo "$cache/$kernels/$wanted"
	exit 0
fi
{ command -v apt-get && command -v dpkg-deb; } >/dev/null ||
	die "no apt-get: give scripts/vm.sh a kernel with --kernel"
read_offered
if [ -n "$list" ] && [ -z "$wanted" ]; then
	list "$offered"
	exit 0
fi
choose || { read_again && choose; } || die_with_list
if [ -n "$list" ]; then
	list <<<"$chosen"
	exit 0
fi
fetch_kernel()
{
	fetch_once "$kernels/$version" 400 fetch "$version" "${packages[@]}"
}

fetch_kernel || { read_again && { choose || die_with_list; } && fetch_kernel; } ||
	die "cannot fetch $version; --list shows others"
echo "$cache/$kernels/$version"

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
	usage: scripts/debian-kernel.sh [--refresh] VERSION | --list [VERSION]
	Fetches a kernel of Debian and prints the folder where it is.

	  VERSION    6.12 is the newest one that begins so, 6.12.43 is of that release,
	             6.12.43-1~bpo12+1 is that package
	  --list     what the suites of this machine's Debian mirror offer, as TSV: release,
	             package version, package of the image, suites
	  --refresh  read what the mirror has, though that was done within a day

	In the folder are vmlinuz, config, lib/modules/<kernel release>/ and version (that of
	the package); and append, if this kernel wants something on its command line. They are
	Debian's "cloud" kernels, made for virtual machines. All suites are asked, also
	backports, security and experimental. Neither root nor a change to the machine's apt
	configuration is needed. Progress goes to standard error.

	DEBIAN_MIRROR  what to ask instead of the machine's own mirrors: a URI, before which
	               options may stand as in sources.list
	FPT_CACHE      where kernels are kept (default: fuse-passthrough-tests in
	               \$XDG_CACHE_HOME or ~/.cache), may be removed at any time

	Exit status: 0 here it is, 1 it is not.
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
kernels=$cache/kernels
offered=$cache/offered.tsv

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
		-*) die "unknown option $1, see --help" ;;
		*)
			[ -z "$wanted" ] || die "give one version, see --help"
			wanted=$1
			;;
		esac
		shift
	done
	[ -n "$list$wanted" ] || die "give a version, see --help"
	[[ ${wanted:-0} =~ ^[0-9][0-9A-Za-z.+~-]*$ ]] || die "'$wanted' is no version of a kernel, see --help"
	wanted=${wanted/-rc/\~rc} # Debian's way to write it
}

# --- what is offered -----------------------------------------------------------

# Held by whoever reads the lists (-s), or changes them.
lists_lock()
{
	[ -n "${lists_lock_fd-}" ] || exec {lists_lock_fd}>"$cache/apt.lock"
	lock "$@" "$lists_lock_fd"
}

# The first line of $offered says of which mirror it is.
offered_is_new()
{
	[ -n "$(find "$offered" -mmin -1440 2>/dev/null)" ] &&
		[ "$(head -n 1 "$offered")" = "# ${DEBIAN_MIRROR-}" ]
}

was_read=
read_offered()
{
	lists_lock -x
	if [ -n "$refresh" ] || ! offered_is_new; then
		say "reading what the Debian mirror has"
		read_lists_to apt --kernels
		{
			echo "# ${DEBIAN_MIRROR-}"
			APT_CONFIG=$cache/apt/apt.conf ask_apt
		} >"$offered.new"
		mv "$offered.new" "$offered"
		give_back "$cache"
		was_read=1
	fi
	lists_lock -s
}

# One line a kernel, the oldest first: release, package version, packages (that of the image
# first), suites. In Debian's 6.19 linux-image-* became an empty package, which depends on
# those that hold something.
ask_apt()
{
	local arch

	arch=$(dpkg --print-architecture)
	apt-cache pkgnames linux- |
		grep -Ex "linux-(image-[0-9]+[.][0-9]+[.]|(binary|modules|base)-[0-9]).*-cloud-$arch" |
		xargs -r apt-cache madison |
		awk -F ' *[|] *' '
			$NF !~ / Packages$/ {
				next
			}
			{
				sub(/^ */, "", $1)
				match($1, /^linux-[a-z]+-/)
				kind = substr($1, 7, RLENGTH - 7)
				kernel = substr($1, RLENGTH + 1) "\t" $2
				has[kind, kernel] = $1
				kernels[kernel]
				split($3, where, " ")
				sub("/.*", "", where[2])
				if (index(" " suites[kernel] ",", " " where[2] ",") == 0)
					suites[kernel] = suites[kernel] (suites[kernel] == "" ? "" : ",") " " where[2]
			}
			END {
				for (kernel in kernels) {
					image = has["binary", kernel]
					if (image == "")
						image = has["image", kernel]
					if (image == "")
						continue
					version = release = substr(kernel, index(kernel, "\t") + 1)
					sub(/-[^-]*$/, "", release)
					print release "\t" version "\t" image " " has["modules", kernel] " " has["base", kernel] \
						"\t" suites[kernel]
				}
			}' |
		sed 's/, /,/g; s/\t /\t/g; s/  *\t/\t/g' |
		sort -t "$(printf '\t')" -k 2,2V
}

# Sets $version and $packages to the newest that was asked for.
choose()
{
	chosen=$(awk -F '\t' -v wanted="$wanted" '
		$2 == wanted || $1 == wanted || (index($1, wanted) == 1 && substr($1, length(wanted) + 1) ~ /^[.~+]/) {
			line = $0
		}
		END {
			print line
		}' "$offered")
	IFS=$'\t' read -r _ version names _ <<<"$chosen"
	read -ra packages <<<"$names"
	[ -n "$version" ]
}

# What was read within a day may be over: then it is read again.
read_again()
{
	[ -z "$was_read" ] || return 0
	refresh=1
	read_offered
}

or_say_what_there_is()
{
	die "no Debian kernel $wanted; there are $(grep -v '^#' "$offered" | cut -f 1 | uniq | paste -sd ' ')"
}

list()
{
	awk -F '\t' '!/^#/ { split($3, package, " "); print $1 "\t" $2 "\t" package[1] "\t" $4 }' "$@"
}

# --- a kernel ------------------------------------------------------------------

# The mirror may still have files that no list names any more, of which apt has no
# checksum. The kernel's image, which it checked, has the key that its modules are
# signed with; so the kernel is told to check them.
fetch_unlisted() # URI-OF-IMAGE IMAGE-PACKAGE VERSION
{
	local kernel=${2#linux-binary-} uri=${1%/linux-signed-*/*}/linux kind file

	[ "$kernel" != "$2" ] || return 0
	for kind in modules base; do
		[[ " ${packages[*]} " != *" linux-$kind-"* ]] || continue
		file=linux-$kind-${kernel}_${3}_$(dpkg --print-architecture).deb
		if /usr/lib/apt/apt-helper download-file "$uri/${file//+/%2b}" "$file" >"$file.said" 2>&1; then
			say "no suite lists $file any more, but the mirror has it"
			echo module.sig_enforce=1 >tree/append
		else
			say "the mirror has no linux-$kind-$kernel any more"
		fi
	done
}

# Moves the only file or folder of those named, if there is one.
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
	local uris quiet=-qq named=("${@/%/=$1}")

	unset "named[0]"
	export APT_CONFIG=$cache/apt/apt.conf
	uris=$(apt-get download --print-uris "${named[@]}")
	say "fetching $1 ($(awk '{ bytes += $3 } END { printf "%.0f MB", bytes / 1e6 }' <<<"$uris"))"
	[ ! -t 2 ] || quiet=-q=0
	download $quiet "${named[@]}" || return
	fetch_unlisted "$(sed -n "1s/^'\([^']*\)' .*/\1/p" <<<"$uris")" "$2" "$1"
	unpack || die "there is no kernel in the packages ${*:2}"
	echo "$1" >tree/version
}

parse_arguments "$@"
need_cache kernels

if [ -z "$list$refresh" ] && [ -e "$kernels/$wanted/version" ]; then
	echo "$kernels/$wanted"
	exit 0
fi
{ command -v apt-get && command -v dpkg-deb; } >/dev/null ||
	die "there is no apt-get here; elsewhere give scripts/vm.sh a kernel by --kernel"
read_offered
if [ -n "$list" ] && [ -z "$wanted" ]; then
	list "$offered"
	exit 0
fi
choose || { read_again && choose; } || or_say_what_there_is
if [ -n "$list" ]; then
	list <<<"$chosen"
	exit 0
fi
fetch_kernel()
{
	fetch_once "kernels/$version" 400 fetch "$version" "${packages[@]}"
}

fetch_kernel || { read_again && { choose || or_say_what_there_is; } && fetch_kernel; } ||
	die "cannot fetch $version; see --list for others"
echo "$kernels/$version"

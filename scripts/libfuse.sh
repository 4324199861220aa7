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
	usage: scripts/libfuse.sh VERSION|TREE[@REVISION]|installed [OPTION...]
	       scripts/libfuse.sh --bisect TREE GOOD BAD CASE [OPTION...] [-- OPTION-OF-VM.SH...]
	       scripts/libfuse.sh --list
	Builds a libfuse and a server on it. Prints the server's path, \$OUTPUT/servers/NAME:
	scripts/run.sh --server NAME runs the suite on it.

	  VERSION         a Debian version with Debian's patches: 3.17 selects the newest 3.17
	                  release, 3.17.2 this release, 3.17.2-3 this package
	  TREE            a source tree of libfuse; it is not changed
	  TREE@REVISION   a revision of the git repository TREE
	  installed       the libfuse that pkg-config finds as fuse3

	  --name NAME     name of the server (default: libfuse-VERSION)
	  --kind KIND     kind of server: single (default), mt, with the library's threads, or
	                  uring, with the library's FUSE over io_uring
	  --source        only fetch VERSION, and print the directory of its source
	  --example NAME  build this program of libfuse's directory example instead of a server,
	                  and print its path
	  --bisect        find the commit that broke a case, between two revisions of a git
	                  repository of libfuse, which is not changed; prints the commit and its
	                  subject. CASE is a pattern for --filter of run.sh. With options of
	                  vm.sh after --, such as --debian 6.12, cases run in that VM.
	                  A change of what is not promised counts as broken (--strict)
	  --list          list the versions of the host's Debian mirror as TSV: release, package
	                  version, suites
	  --refresh       read the mirror's lists even if they are less than a day old
	  --help          show this text

	A second build of a tree compiles only what changed. libfuse before 3.17 has no
	passthrough API: its server reports that, and nearly all cases are skipped.

	OUTPUT         the build directory (default: build)
	DEBIAN_MIRROR  use this instead of the host's mirrors, as in scripts/debian-kernel.sh
	FPT_CACHE      directory of sources (default: fuse-passthrough-tests in
	               \$XDG_CACHE_HOME or ~/.cache); can be removed at any time

	Exit status: 0 built, 1 not built.
	END
}

say()
{
	echo "libfuse.sh: $*" >&2
}

die()
{
	say "$@"
	exit 1
}

OUTPUT=$(realpath -m "${OUTPUT:-$checkout/build}")
log=

# shellcheck source=scripts/lib/cache.inc
. "$scripts/lib/cache.inc"
plain_paths "${scripts%/*}" "$OUTPUT"
sources=$cache/libfuse
offered=$sources/offered.tsv
# shellcheck source=scripts/lib/packages.inc
. "$scripts/lib/packages.inc"
# shellcheck source=scripts/lib/libfuse.inc
. "$scripts/lib/libfuse.inc"
# shellcheck source=scripts/lib/servers.inc
. "$scripts/lib/servers.inc"
# shellcheck source=scripts/lib/libfuse-bisect.inc
. "$scripts/lib/libfuse-bisect.inc"

make_tmp()
{
	:
}

words=()
vm_options=()
bisect=
name=
kind=single
source_only=
example=
list=
refresh=

parse_arguments()
{
	while [ $# -gt 0 ]; do
		case $1 in
		--)
			shift
			vm_options=("$@")
			break
			;;
		--?*=*)
			set -- "${1%%=*}" "${1#*=}" "${@:2}"
			continue
			;;
		--help)
			usage
			exit 0
			;;
		--source) source_only=1 ;;
		--bisect) bisect=1 ;;
		--list) list=1 ;;
		--refresh) refresh=1 ;;
		--name | --kind | --example)
			[ $# -ge 2 ] || die "$1 needs a value, see --help"
			case $1 in
			--name) name=$2 ;;
			--kind) kind=$2 ;;
			--example) example=$2 ;;
			esac
			shift
			;;
		-*) die "unknown option $1, see --help" ;;
		*) words+=("$1") ;;
		esac
		shift
	done
	what=${words[0]-}
	if [ -n "$bisect" ]; then
		[ ${#words[@]} -eq 4 ] || die "--bisect needs TREE GOOD BAD CASE, see --help"
	elif [ ${#vm_options[@]} -gt 0 ]; then
		die "-- needs --bisect, see --help"
	elif [ -z "$list" ]; then
		[ -n "$what" ] || die "give a libfuse version, a tree or 'installed', see --help"
		[ ${#words[@]} -eq 1 ] || die "unexpected argument '${words[1]}', see --help"
	fi
	case $kind in
	single) program=libfuse ;;
	mt | uring) program=libfuse-$kind ;;
	*) die "--kind is single, mt or uring, not '$kind'" ;;
	esac
	# run.sh accepts only these names.
	[[ $name =~ ^([A-Za-z0-9][A-Za-z0-9._+-]*)?$ ]] || die "--name '$name' must consist of letters, digits and . _ + -"
	[[ " $made_servers " != *" $name "* ]] || die "--name '$name' is the name of a server that make builds: give another"
}

# --- Debian's versions -----------------------------------------------------------

prepare_cache()
{
	need_cache libfuse
	exec {cache_lock}>"$sources/lock"
	lock "$cache_lock"
}

# The first line of $offered names the mirror.
offered_is_fresh()
{
	[ -n "$(find "$offered" -mmin -1440 2>/dev/null)" ] && [ "$(head -n 1 "$offered")" = "# ${DEBIAN_MIRROR-}" ]
}

was_read=
read_offered()
{
	[ -n "$refresh" ] || ! offered_is_fresh || return 0
	command -v apt-get >/dev/null || die "no apt-get: give a libfuse tree"
	say "reading the package lists of the Debian mirror"
	read_lists_to libfuse/apt --sources
	{
		echo "# ${DEBIAN_MIRROR-}"
		APT_CONFIG=$sources/apt/apt.conf apt-cache madison fuse3 2>/dev/null |
			fpt madison sources | sort -t "$(printf '\t')" -k 2,2V
	} >"$offered.new"
	mv "$offered.new" "$offered"
	give_back "$cache"
	was_read=1
}

# Sets $version to the newest package that matches $what.
choose()
{
	IFS=$'\t' read -r _ version _ < <(newest_match "$what" "$offered") || :
	[ -n "$version" ]
}

fetch() # VERSION: into tree/
{
	say "fetching the source of Debian's fuse3 $1"
	APT_CONFIG=$sources/apt/apt.conf meanwhile "fetching" apt-get -qq source --download-only "fuse3=$1" >&2 &&
		tar -x --no-same-owner --strip-components=1 -C tree -f fuse3_*.orig.tar.*z || return
	[ -n "$(libfuse_version tree)" ] || die "the source of fuse3 $1 contains no libfuse"
	patch_as_debian || die "cannot apply Debian's patches to fuse3 $1"
}

# Debian's library has these patches. Lines of the series may have comments and options.
patch_as_debian()
{
	local name debian

	debian=$(find . -name 'fuse3_*.debian.tar.*')
	[ -z "$debian" ] || tar -x --no-same-owner -f "$debian"
	[ -e debian/patches/series ] || return 0
	command -v patch >/dev/null || die "no patch, which Debian's fuse3 needs: install it (package patch)"
	while read -r name _; do
		case $name in
		'' | '#'*) continue ;;
		esac
		patch -d tree -p1 --quiet --force --no-backup-if-mismatch <"debian/patches/$name" >&2 || return
	done <debian/patches/series
}

# Sets $tree to the source of version $what.
find_version()
{
	prepare_cache
	find_in_cache
	flock -u "$cache_lock"
}

find_in_cache()
{
	local version

	if [ -z "$refresh" ] && [ -e "$sources/$what/meson.build" ]; then
		tree=$sources/$what
		return
	fi
	read_offered
	choose || { [ -z "$was_read" ] && refresh=1 && read_offered && choose; } ||
		die "Debian has no libfuse $what; available: $(grep -v '^#' "$offered" | cut -f 1 | uniq | paste -sd ' ')"
	tree=$sources/$version
	fetch_once "libfuse/$version" 150 fetch "$version" || die "cannot fetch fuse3 $version; --list shows others"
}

# --- trees -----------------------------------------------------------------------

# Root may read a repository of another user; the caller may have git variables set.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
git_in() # TREE ARGUMENT...
{
	git -c safe.directory='*' -C "$@"
}

# revision_of TREE REVISION: its hash
revision_of()
{
	command -v git >/dev/null || die "no git: install it, or give a tree without a revision"
	git_in "$1" rev-parse --verify --quiet --end-of-options "$2^{commit}" ||
		die "$1 has no revision '$2' (or is not a git repository)"
}

# Makes $1 a scratch repository with the objects of the repository $2, which is not changed.
make_scratch()
{
	local objects shallow

	objects=$(cd "$2" && realpath "$(git_in . rev-parse --git-path objects)")
	shallow=$(cd "$2" && realpath -m "$(git_in . rev-parse --git-path shallow)")
	[ -e "$1/.git" ] || git init -q "$1"
	echo "$objects" >"$1/.git/objects/info/alternates"
	[ ! -e "$shallow" ] || cp "$shallow" "$1/.git/shallow"
}

# Sets $tree to a checkout of the revision.
find_revision() # TREE REVISION
{
	local hash

	hash=$(revision_of "$1" "$2")
	tree=$made_in/source
	make_scratch "$tree" "$1"
	git_in "$tree" checkout -q --force --detach "$hash"
	described=$(git_in "$1" describe --tags --always --abbrev=10 "$hash")
}

# --- builds ----------------------------------------------------------------------

# Sets $made_in to the build directory of a source, shared by all its servers, and locks it.
use_build_dir() # SOURCE
{
	made_in=$OUTPUT/libfuse/$1
	mkdir -p "$made_in" 2>/dev/null || die "cannot write $OUTPUT: set OUTPUT to another directory"
	log=$made_in/log
	exec {made_lock}>"$made_in/lock"
	lock "$made_lock"
	: >"$log"
}

path_key() # PATH
{
	echo "${1##*/}-$(cksum <<<"$1" | cut -d ' ' -f 1)" | tr -c 'A-Za-z0-9.\n-' _
}

# Sets $made_in, $default_name and, except for "installed", $tree.
find_libfuse()
{
	local described path

	if [ "$what" = installed ]; then
		pkg-config --exists fuse3 2>/dev/null ||
			die "pkg-config finds no libfuse: install libfuse3-dev, or give a version"
		use_build_dir installed
		default_name=installed
	elif [ -d "$what" ]; then
		tree=$(realpath "$what")
		[ -n "$(libfuse_version "$tree")" ] || die "$what is not a libfuse tree"
		use_build_dir "tree-$(path_key "$tree")"
		check_timestamps
		default_name=$(libfuse_version "$tree")-tree
	elif [[ $what = *@* && -d ${what%@*} ]]; then
		path=$(realpath "${what%@*}")
		use_build_dir "git-$(path_key "$path")"
		find_revision "$path" "${what##*@}"
		default_name=${described#fuse-}
	elif [[ $what =~ ^[0-9][0-9A-Za-z.+~-]*$ ]]; then
		find_version
		use_build_dir "${tree##*/}"
		default_name=$(libfuse_version "$tree")
	else
		die "'$what' is neither a libfuse version nor a libfuse tree, see --help"
	fi
}

# ninja does not rebuild a changed file with an old time stamp, such as a moved one: then the build
# starts over.
check_timestamps()
{
	local then=$made_in/files oldest=

	find "$tree" -name .git -prune -o -type f -printf '%T@ %s %p\n' | sort >"$then.new"
	[ ! -e "$then" ] || oldest=$(comm -13 "$then" "$then.new" | sort -n | sed 's/[.].*//; q')
	if [ -n "$oldest" ] && [ "$oldest" -lt "$(stat -c %Y "$then")" ]; then
		rm -rf "$made_in/meson"
	fi
	mv "$then.new" "$then"
}

# Builds incrementally. If that fails, starts over; if that fails too, keeps the old build.
build_or_start_over()
{
	local meson=$made_in/meson had_meson=

	[ ! -e "$meson" ] || had_meson=1
	rm -rf "$made_in/root"
	libfuse_build "$tree" "$meson" "$made_in/root" && return
	[ -n "$had_meson" ] || return
	rm -rf "$meson.old"
	mv "$meson" "$meson.old"
	: >"$log"
	libfuse_build "$tree" "$meson" "$made_in/root" && return
	rm -rf "$meson"
	mv "$meson.old" "$meson"
	return 1
}

build_library()
{
	local version

	if [ "$what" = installed ]; then
		libfuse_use_installed "$made_in/libfuse.mk"
		say "using the installed libfuse $(pkg-config --modversion fuse3)"
		return
	fi
	version=$(libfuse_version "$tree")
	say "building libfuse $version from $tree"
	{ meson_is_there && build_or_start_over; } || die "$why"
	libfuse_use_built "$made_in/libfuse.mk" "$made_in/root" "$version" \
		"remove $made_in, run scripts/libfuse.sh $what"
}

# For make $made_in is a build directory of its own.
build_program()
{
	local headers why

	if [ "$kind" = uring ]; then
		why=$(sed -n 's/^LIBFUSE_URING_WHY := //p' "$made_in/libfuse.mk")
		[ -z "$why" ] || die "no server over io_uring: $why"
	fi
	for headers in uapi kselftest; do
		[ -e "$OUTPUT/$headers" ] || die "no headers in $OUTPUT: run scripts/setup.sh"
		ln -sfn "../../$headers" "$made_in/$headers"
	done
	meanwhile "building" logged env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -C "$checkout" OUTPUT="$made_in" \
		"$made_in/servers/$program" ||
		die "cannot build the server with this libfuse ($(libfuse_error)see $log)"
}

build_server()
{
	local server=$OUTPUT/servers/$name

	say "building $server"
	build_program
	mkdir -p "$OUTPUT/servers"
	cp "$made_in/servers/$program" "$server.new"
	mv "$server.new" "$server"
	give_back "$OUTPUT"
	echo "$server"
}

build_example()
{
	[ -n "${tree-}" ] || die "--example needs a version or a tree"
	{ logged meson configure "$made_in/meson" -Dexamples=true &&
		logged ninja -C "$made_in/meson" "example/$example"; } ||
		die "cannot build libfuse's example $example ($(libfuse_error)see $log; C++ needs g++)"
	echo "$made_in/meson/example/$example"
}

parse_arguments "$@"
if [ -n "$list" ]; then
	prepare_cache
	read_offered
	grep -v '^#' "$offered"
	exit
fi
if [ -n "$source_only" ]; then
	[[ $what =~ ^[0-9][0-9A-Za-z.+~-]*$ ]] || die "--source needs a version, see --help"
	find_version
	echo "$tree"
	exit
fi
if [ -n "$bisect" ]; then
	bisect "${words[@]}"
	exit
fi
find_libfuse
build_library
if [ -n "$example" ]; then
	build_example
	exit
fi
name=${name:-$program-$default_name}
build_server

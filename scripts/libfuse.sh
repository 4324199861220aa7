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
	Builds a libfuse, and a server that stands on it. Prints the server's path, which is
	\$OUTPUT/servers/NAME: scripts/run.sh --server NAME runs the suite on it.

	  VERSION         of Debian: 3.17 is the newest that begins so, 3.17.2 is that release,
	                  3.17.2-3 that package; with Debian's patches
	  TREE            libfuse's source; nothing is written there
	  TREE@REVISION   a revision of the git repository there
	  installed       the one that pkg-config knows as fuse3

	  --name NAME     of the server (default: libfuse-VERSION)
	  --kind KIND     which server: single (default), mt, with the library's threads, or
	                  uring, with its FUSE over io_uring
	  --source        only fetch VERSION, and print the folder where its source is
	  --example NAME  build no server but this program of libfuse's folder example, and
	                  print its path
	  --bisect        find the commit that broke a case, between two revisions of a git
	                  repository of libfuse, which stays as it is; prints that commit and
	                  its subject. CASE is what --filter of run.sh takes. After -- come
	                  options of vm.sh, such as --debian 6.12: it is run there
	  --list          what the suites of this machine's Debian mirror offer, as TSV:
	                  release, package version, suites
	  --refresh       read what the mirror has, though that was done within a day
	  --help          this text

	A tree is built again as far as something in it has changed. libfuse before 3.17 has no
	passthrough API: there is a server, which says so, and nearly all cases are skipped.

	OUTPUT         what was built (default: build)
	DEBIAN_MIRROR  what to ask instead of the machine's own mirrors, as in
	               scripts/debian-kernel.sh
	FPT_CACHE      where sources are kept (default: fuse-passthrough-tests in
	               \$XDG_CACHE_HOME or ~/.cache), may be removed at any time

	Exit status: 0 here it is, 1 it is not.
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
		die "-- is for --bisect, see --help"
	elif [ -z "$list" ]; then
		[ -n "$what" ] || die "give a version of libfuse, a tree or 'installed', see --help"
		[ ${#words[@]} -eq 1 ] || die "give one libfuse, not also '${words[1]}', see --help"
	fi
	case $kind in
	single) program=libfuse ;;
	mt | uring) program=libfuse-$kind ;;
	*) die "--kind is single, mt or uring, not '$kind'" ;;
	esac
	# run.sh wants it so.
	[[ $name =~ ^([A-Za-z0-9][A-Za-z0-9._+-]*)?$ ]] || die "--name '$name' has other characters than letters, digits and . _ + -"
	[[ " raw raw-uring libfuse libfuse-mt libfuse-uring " != *" $name "* ]] || die "--name '$name' is a server of make: give another"
}

# --- what Debian has -------------------------------------------------------------

prepare_cache()
{
	need_cache libfuse
	exec {cache_lock}>"$sources/lock"
	lock "$cache_lock"
}

# The first line of $offered says of which mirror it is.
offered_is_new()
{
	[ -n "$(find "$offered" -mmin -1440 2>/dev/null)" ] && [ "$(head -n 1 "$offered")" = "# ${DEBIAN_MIRROR-}" ]
}

was_read=
read_offered()
{
	[ -n "$refresh" ] || ! offered_is_new || return 0
	command -v apt-get >/dev/null || die "there is no apt-get here; elsewhere give a tree of libfuse"
	say "reading what the Debian mirror has"
	read_lists_to libfuse/apt --sources
	{
		echo "# ${DEBIAN_MIRROR-}"
		APT_CONFIG=$sources/apt/apt.conf apt-cache madison fuse3 2>/dev/null |
			awk -F ' *[|] *' '
				$NF ~ / Sources$/ {
					split($3, where, " ")
					sub("/.*", "", where[2])
					suites[$2] = suites[$2] (suites[$2] == "" ? "" : ",") where[2]
				}
				END {
					for (version in suites) {
						release = version
						sub(/-[^-]*$/, "", release)
						print release "\t" version "\t" suites[version]
					}
				}' | sort -t "$(printf '\t')" -k 2,2V
	} >"$offered.new"
	mv "$offered.new" "$offered"
	give_back "$cache"
	was_read=1
}

# Sets $version, of the newest package that was asked for.
choose()
{
	version=$(awk -F '\t' -v wanted="$what" '
		$2 == wanted || $1 == wanted || (index($1, wanted) == 1 && substr($1, length(wanted) + 1) ~ /^[.~+]/) {
			version = $2
		}
		END {
			print version
		}' "$offered")
	[ -n "$version" ]
}

fetch() # VERSION: into tree/
{
	say "fetching the source of Debian's fuse3 $1"
	APT_CONFIG=$sources/apt/apt.conf meanwhile "fetching" apt-get -qq source --download-only "fuse3=$1" >&2 &&
		tar -x --no-same-owner --strip-components=1 -C tree -f fuse3_*.orig.tar.*z || return
	[ -n "$(libfuse_version tree)" ] || die "the source of fuse3 $1 holds no libfuse"
	patch_as_debian || die "Debian's patches to fuse3 $1 do not apply"
}

# The library that Debian has is the one with these. Lines of the series may have comments and options.
patch_as_debian()
{
	local name debian

	debian=$(find . -name 'fuse3_*.debian.tar.*')
	[ -z "$debian" ] || tar -x --no-same-owner -f "$debian"
	[ -e debian/patches/series ] || return 0
	command -v patch >/dev/null || die "no patch here, which Debian's fuse3 needs: install it (package patch)"
	while read -r name _; do
		case $name in
		'' | '#'*) continue ;;
		esac
		patch -d tree -p1 --quiet --force --no-backup-if-mismatch <"debian/patches/$name" >&2 || return
	done <debian/patches/series
}

# Sets $tree to the source of the version that was asked for.
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
		die "Debian has no libfuse $what; it has $(grep -v '^#' "$offered" | cut -f 1 | uniq | paste -sd ' ')"
	tree=$sources/$version
	fetch_once "libfuse/$version" 150 fetch "$version" || die "cannot fetch fuse3 $version; see --list for others"
}

# --- trees -----------------------------------------------------------------------

# A repository that root reads may belong to somebody; what called this may have another one in mind.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
git_in() # TREE ARGUMENT...
{
	git -c safe.directory='*' -C "$@"
}

# revision_of TREE REVISION: its hash
revision_of()
{
	command -v git >/dev/null || die "no git here: install it, or give a tree without a revision"
	git_in "$1" rev-parse --verify --quiet --end-of-options "$2^{commit}" ||
		die "$1 has no revision '$2' (or is no git repository)"
}

# Makes $1, if it is not there, a repository in which everything is that is in that of the tree
# $2, which stays as it is: where it can be changed and built.
scratch_of()
{
	local objects shallow

	objects=$(cd "$2" && realpath "$(git_in . rev-parse --git-path objects)")
	shallow=$(cd "$2" && realpath -m "$(git_in . rev-parse --git-path shallow)")
	[ -e "$1/.git" ] || git init -q "$1"
	echo "$objects" >"$1/.git/objects/info/alternates"
	[ ! -e "$shallow" ] || cp "$shallow" "$1/.git/shallow"
}

# Sets $tree to where the revision is.
find_revision() # TREE REVISION
{
	local hash

	hash=$(revision_of "$1" "$2")
	tree=$made_in/source
	scratch_of "$tree" "$1"
	git_in "$tree" checkout -q --force --detach "$hash"
	described=$(git_in "$1" describe --tags --always --abbrev=10 "$hash")
}

# --- what is made of one ---------------------------------------------------------

# What belongs to a source, whatever its servers are called.
folder_of() # SOURCE
{
	made_in=$OUTPUT/libfuse/$1
	mkdir -p "$made_in" 2>/dev/null || die "cannot write $OUTPUT: give OUTPUT= another directory"
	log=$made_in/log
	exec {made_lock}>"$made_in/lock"
	lock "$made_lock"
	: >"$log"
}

path_key() # PATH
{
	echo "${1##*/}-$(cksum <<<"$1" | cut -d ' ' -f 1)" | tr -c 'A-Za-z0-9.\n-' _
}

# Sets $tree, unless it is installed, $made_in and $default_name.
find_libfuse()
{
	local described path

	if [ "$what" = installed ]; then
		pkg-config --exists fuse3 2>/dev/null ||
			die "no libfuse is installed that pkg-config knows: install libfuse3-dev, or give a version"
		folder_of installed
		default_name=installed
	elif [ -d "$what" ]; then
		tree=$(realpath "$what")
		[ -n "$(libfuse_version "$tree")" ] || die "$what is no tree of libfuse"
		folder_of "tree-$(path_key "$tree")"
		distrust_dates
		default_name=$(libfuse_version "$tree")-tree
	elif [[ $what = *@* && -d ${what%@*} ]]; then
		path=$(realpath "${what%@*}")
		folder_of "git-$(path_key "$path")"
		find_revision "$path" "${what##*@}"
		default_name=${described#fuse-}
	elif [[ $what =~ ^[0-9][0-9A-Za-z.+~-]*$ ]]; then
		find_version
		folder_of "${tree##*/}"
		default_name=$(libfuse_version "$tree")
	else
		die "'$what' is neither a version nor a tree of libfuse, see --help"
	fi
}

# A file that was changed and is old all the same, as one that was moved there, is not built again
# by ninja. Then everything is.
distrust_dates()
{
	local then=$made_in/files

	find "$tree" -name .git -prune -o -type f -printf '%T@ %s %p\n' | sort >"$then.new"
	if [ -e "$then" ] && comm -13 "$then" "$then.new" | awk -v then="$(stat -c %Y "$then")" '
		$1 < then { old = 1 } END { exit !old }'; then
		rm -rf "$made_in/meson"
	fi
	mv "$then.new" "$then"
}

# What was made of another revision may be in the way, or be of use for the next one.
build_anew_if_need_be()
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
		say "using libfuse $(pkg-config --modversion fuse3), installed"
		return
	fi
	version=$(libfuse_version "$tree")
	say "building libfuse $version of $tree"
	{ meson_is_there && build_anew_if_need_be; } || die "$why"
	libfuse_use_built "$made_in/libfuse.mk" "$made_in/root" "$version" \
		"remove $made_in, run scripts/libfuse.sh $what"
}

# make has a folder of its own for it, which looks to it like build/.
build_program()
{
	local headers why

	if [ "$kind" = uring ]; then
		why=$(sed -n 's/^LIBFUSE_URING_WHY := //p' "$made_in/libfuse.mk")
		[ -z "$why" ] || die "no server over io_uring: $why"
	fi
	for headers in uapi kselftest; do
		[ -e "$OUTPUT/$headers" ] || die "no headers in $OUTPUT: run scripts/setup.sh first"
		ln -sfn "../../$headers" "$made_in/$headers"
	done
	meanwhile "building" logged env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -C "$checkout" OUTPUT="$made_in" \
		"$made_in/servers/$program" ||
		die "the server does not build with this libfuse ($(libfuse_complaint)see $log)"
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
		die "libfuse's example $example does not build here ($(libfuse_complaint)see $log; one in C++ needs g++)"
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

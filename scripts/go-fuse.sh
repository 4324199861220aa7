#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/lib/usual.inc"
set -eu
export LC_ALL=C

oldest=2.8 # the first with all functions that the server calls

usage()
{
	cat <<-END
	usage: scripts/go-fuse.sh [VERSION|TREE[@REVISION]]
	Builds the server on the Go library go-fuse and prints its path,
	\$OUTPUT/servers/go-fuse-VERSION: scripts/run.sh --server go-fuse-VERSION runs the suite
	on it. Library and compiler come from packages of newer Debian suites, which are not
	installed. Takes a minute and, the first time, a download of about 45 MB.

	  VERSION  such as 2.8.0 (default: the newest on the Debian mirror, $oldest or later)
	  TREE     a source tree of go-fuse; it is not changed. The server's version is what
	           git describe says: go-fuse-2.10.1-19-g5104b2cb
	  TREE@REVISION
	           a revision of the git repository TREE, which may be bare
	  --list   list the versions on the mirror
	  --help   show this text

	OUTPUT     the build directory (default: build)
	GO         the go command to use (default: that of the newest package golang-*-go)
	DEBIAN_MIRROR, FPT_CACHE
	           as for scripts/debian-kernel.sh

	Exit status: 0 built, 1 not built.
	END
}

say()
{
	echo "go-fuse.sh: $*" >&2
}

die()
{
	say "$@"
	exit 1
}

wanted=
list=
case ${1-} in
--help) usage && exit 0 ;;
--list) list=1 ;;
-*) die "unknown option $1, see --help" ;;
*) wanted=${1-} ;;
esac
[ $# -le 1 ] || die "unexpected argument '$2', see --help"

source=${scripts%/*}/fixtures/servers/go-fuse
OUTPUT=$(realpath -m "${OUTPUT:-${scripts%/*}/build}")
# shellcheck source=scripts/lib/cache.inc
. "$scripts/lib/cache.inc"
plain_paths "${scripts%/*}" "$OUTPUT"
# shellcheck source=scripts/lib/source-tree.inc
. "$scripts/lib/source-tree.inc"
library=golang-github-hanwen-go-fuse-dev
sys=golang-golang-x-sys-dev

# --- Debian's versions -------------------------------------------------------------

read_lists()
{
	{ command -v apt-get && command -v dpkg-deb; } >/dev/null ||
		die "no apt-get to fetch library and compiler"
	use_lists
}

# versions_of PACKAGE: newest first
versions_of()
{
	apt-cache madison "$1" | cut -d '|' -f 2 | tr -d ' ' | sort -rVu
}

# Converts package versions to the library's, keeping suffixes of snapshots and candidates.
release()
{
	sed 's/-[^-]*$//; s/[+]\(ds\|dfsg\)[0-9.]*$//; s/~/-/g'
}

versions_listed()
{
	versions_of $library | while read -r version; do
		if printf '%s\n' "$oldest" "$version" | sort -CV; then
			echo "$version"
		fi
	done
}

choose() # sets $package, the version of the library's package, and $wanted
{
	local version

	package=
	while read -r version; do
		if [ -z "$wanted" ] || [ "$(release <<<"$version")" = "$wanted" ]; then
			package=$version
			break
		fi
	done < <(versions_listed)
	[ -n "$package" ] ||
		die "no suite of the Debian mirror has go-fuse ${wanted:-$oldest or later}; available: $(versions_of $library | release | paste -sd ' ')"
	wanted=$(release <<<"$package")
}

# --- fetching ------------------------------------------------------------------------

fetch_packages() # PACKAGE=VERSION...: into tree/
{
	say "fetching $*"
	download "$@" && unpack_into tree
}

fetch_library()
{
	choose
	fetch_once "go/go-fuse-$wanted" 50 fetch_packages "$library=$package" "$sys=$(versions_of $sys | head -n 1)" ||
		die "cannot fetch go-fuse $wanted, see above"
}

fetch_go()
{
	local name version

	name=$(apt-cache pkgnames golang- | grep -Ex 'golang-[0-9.]+-go' | sort -V | tail -n 1)
	version=$(versions_of "$name" | head -n 1)
	[ -n "$version" ] || die "no suite of the Debian mirror has Go"
	fetch_once "go/$name-$version" 400 fetch_packages "$name=$version" "${name%-go}-src=$version" ||
		die "cannot fetch $name $version, see above"
}

# Sets $go to $GO or the newest fetched go.
find_go()
{
	go=${GO-$(find "$cache/go" -path "$cache/go/golang-*/usr/lib/go-*/bin/go" | sort -V | tail -n 1)}
	[ -n "$go" ] || return 1
	[ -n "${GO-}" ] || export GOROOT=${go%/bin/go}
}

# Uses what was fetched before without reading the lists.
fetch()
{
	local newest

	if [ -n "$tree" ]; then # the rest of what it imports is that of the newest package
		newest=$(printf '%s\n' "$cache"/go/go-fuse-[0-9]* | sort -V | tail -n 1)
		[ ! -e "$newest" ] || wanted=${newest##*/go-fuse-}
	fi
	if [ -z "$wanted" ] || [ ! -e "$cache/go/go-fuse-$wanted" ]; then
		read_lists
		fetch_library
	fi
	find_go || { read_lists && fetch_go && find_go; } || die "no go"
	libraries=$cache/go/go-fuse-$wanted/usr/share/gocode/src
	[ -z "$tree" ] || wanted=$described
}

# --- building ------------------------------------------------------------------------

# In $OUTPUT, offline: the fetched packages replace the modules.
build()
{
	local work=$OUTPUT/go-fuse/$wanted server=$OUTPUT/servers/go-fuse-$wanted

	mkdir -p "$work" "$OUTPUT/servers"
	rm -f "$work"/*.go
	cp "$source"/*.go "$work"
	cat >"$work/go.mod" <<-END
	module go-fuse-server

	go 1.21

	require (
		github.com/hanwen/go-fuse/v2 v2.0.0
		golang.org/x/sys v0.0.0
	)

	replace (
		github.com/hanwen/go-fuse/v2 => ${tree:-$libraries/github.com/hanwen/go-fuse}
		golang.org/x/sys => $libraries/golang.org/x/sys
	)
	END
	say "building"
	(
		cd "$work"
		export GOPROXY=off GOSUMDB=off GOTOOLCHAIN=local GOFLAGS=-mod=mod CGO_ENABLED=0
		export GOCACHE=$OUTPUT/go-fuse/cache GOPATH=$OUTPUT/go-fuse/path
		"$go" build -trimpath -ldflags "-X main.version=$wanted" -o server . >&2
	) || die "cannot build go-fuse's server, see above"
	cp "$work/server" "$OUTPUT/servers/.go-fuse.new"
	mv "$OUTPUT/servers/.go-fuse.new" "$server" # keeps the file of a running server
	echo "$server"
}

need_cache go
tree=
if is_tree "$wanted"; then
	take_tree "$wanted" go.mod "$OUTPUT/go-fuse/source"
	wanted=
fi
if [ -n "$list" ]; then
	read_lists
	versions_listed | release
else
	fetch
	build
fi

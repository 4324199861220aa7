#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/lib/usual.inc"
set -eu
export LC_ALL=C

oldest=2.8 # the first in which what the server calls is all there

usage()
{
	cat <<-END
	usage: scripts/go-fuse.sh [VERSION]
	Builds the server that stands on the Go library go-fuse and prints its path,
	\$OUTPUT/servers/go-fuse-VERSION: scripts/run.sh --server go-fuse-VERSION runs the suite
	on it. Library and compiler are Debian's, of newer suites; nothing of them is installed.
	A minute and, the first time, some 45 MB.

	  VERSION  2.8.0 for instance (default: the newest that the Debian mirror has, $oldest or later)
	  --list   versions that it has
	  --help   this text

	OUTPUT     what was built (default: build)
	GO         the go command to use (default: that of the newest package golang-*-go)
	DEBIAN_MIRROR, FPT_CACHE
	           as of scripts/debian-kernel.sh, which keeps apt's lists

	Exit status: 0 here it is, 1 it is not.
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
[ $# -le 1 ] || die "what is $2? see --help"

source=${scripts%/*}/fixtures/servers/go-fuse
OUTPUT=$(realpath -m "${OUTPUT:-${scripts%/*}/build}")
# shellcheck source=scripts/lib/cache.inc
. "$scripts/lib/cache.inc"
plain_paths "${scripts%/*}" "$OUTPUT"
library=golang-github-hanwen-go-fuse-dev
sys=golang-golang-x-sys-dev

# --- what Debian has ---------------------------------------------------------------

read_lists()
{
	{ command -v apt-get && command -v dpkg-deb; } >/dev/null ||
		die "there is no apt-get here, which library and compiler are fetched with"
	use_lists
}

# versions_of PACKAGE: the newest first
versions_of()
{
	apt-cache madison "$1" | awk -F ' *[|] *' '{ print $2 }' | sort -rVu
}

# The library's own version of a package's, with what tells a snapshot or a candidate from a release.
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

choose() # sets $package, the version of the library's, and $wanted
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
		die "no suite of the Debian mirror has go-fuse ${wanted:-$oldest or later}; it has $(versions_of $library | release | paste -sd ' ')"
	wanted=$(release <<<"$package")
}

# --- fetched once --------------------------------------------------------------------

fetch_packages() # PACKAGE=VERSION...: into tree/
{
	say "fetching $*"
	download "$@" && unpack_into tree
}

fetch_library()
{
	choose
	fetch_once "go/go-fuse-$wanted" 50 fetch_packages "$library=$package" "$sys=$(versions_of $sys | head -n 1)" ||
		die "go-fuse $wanted cannot be fetched, see above"
}

fetch_go()
{
	local name version

	name=$(apt-cache pkgnames golang- | grep -Ex 'golang-[0-9.]+-go' | sort -V | tail -n 1)
	version=$(versions_of "$name" | head -n 1)
	[ -n "$version" ] || die "no suite of the Debian mirror has a golang"
	fetch_once "go/$name-$version" 400 fetch_packages "$name=$version" "${name%-go}-src=$version" ||
		die "$name $version cannot be fetched, see above"
}

# Sets $go to the one that is asked for, or the newest that was fetched.
find_go()
{
	go=${GO-$(find "$cache/go" -path "$cache/go/golang-*/usr/lib/go-*/bin/go" | sort -V | tail -n 1)}
	[ -n "$go" ] || return 1
	[ -n "${GO-}" ] || export GOROOT=${go%/bin/go}
}

# What was fetched before is used without a look at what there is now.
fetch()
{
	if [ -z "$wanted" ] || [ ! -e "$cache/go/go-fuse-$wanted" ]; then
		read_lists
		fetch_library
	fi
	find_go || { read_lists && fetch_go && find_go; } || die "there is no go"
	libraries=$cache/go/go-fuse-$wanted/usr/share/gocode/src
}

# --- and built -----------------------------------------------------------------------

# In $OUTPUT, with what was fetched in place of all that go would ask the network for.
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
		github.com/hanwen/go-fuse/v2 => $libraries/github.com/hanwen/go-fuse
		golang.org/x/sys => $libraries/golang.org/x/sys
	)
	END
	say "building"
	(
		cd "$work"
		export GOPROXY=off GOSUMDB=off GOTOOLCHAIN=local GOFLAGS=-mod=mod CGO_ENABLED=0
		export GOCACHE=$OUTPUT/go-fuse/cache GOPATH=$OUTPUT/go-fuse/path
		"$go" build -trimpath -ldflags "-X main.version=$wanted" -o server . >&2
	) || die "go-fuse's server does not build, see above"
	cp "$work/server" "$OUTPUT/servers/.go-fuse.new"
	mv "$OUTPUT/servers/.go-fuse.new" "$server" # one that runs goes on with what it was
	echo "$server"
}

need_cache go
if [ -n "$list" ]; then
	read_lists
	versions_listed | release
else
	fetch
	build
fi

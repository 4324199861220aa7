#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# setup.sh - bring together what make needs; see --help
#
# Run it again at any time: what is there stays, and nothing is downloaded twice.

set -eu
export LC_ALL=C

scripts=$(cd "$(dirname "$0")" && pwd)
output=$(realpath -m "${OUTPUT:-${scripts%/*}/build}")
tmp=$output/setup.tmp
log=$output/setup.log

# shellcheck source=scripts/places.inc
. "$scripts/places.inc"
# shellcheck source=scripts/packages.inc
. "$scripts/packages.inc"
# shellcheck source=scripts/libfuse.inc
. "$scripts/libfuse.inc"

usage()
{
	cat <<-EOF
	usage: scripts/setup.sh [--check]

	Prepares this machine to build and run the suite: the tools, the kselftest headers,
	<linux/fuse.h> and libfuse. On Debian, what is missing is installed by apt-get (as root).

	  --check  also what the project's own tests (make check) need
	  --help   this text

	environment:
	  OUTPUT=DIR       where the build goes (default: build/ of the checkout)
	  KSRC=DIR         a kernel tree, 6.12 or later, to take the headers from
	                   (default: the newest linux-source package of this machine's Debian mirror)
	  LIBFUSE_SRC=DIR  a libfuse tree, $libfuse_oldest or later, to build
	                   (default: the installed one, else Debian's, else the newest of the mirror)
	EOF
}

say()
{
	echo "setup: $*"
}

die()
{
	echo "setup: $*" >&2
	exit 1
}

# Only what has something to do writes anything.
tmp_is_made=
make_tmp()
{
	[ -z "$tmp_is_made" ] || return 0
	{ mkdir -p "$output" && rm -rf "$tmp" && mkdir "$tmp" && : >"$log"; } 2>/dev/null ||
		die "cannot write to $output: give OUTPUT= another directory"
	trap 'rm -rf "$tmp"' EXIT
	tmp_is_made=yes
}

### tools

needed()
{
	packages=() missing=()
	need make make
	need gcc gcc
	need_header stdio.h libc6-dev glibc-devel
	need_header liburing.h liburing-dev liburing-devel
	need_header linux/unistd.h linux-libc-dev kernel-headers
	need pkg-config pkg-config pkgconf-pkg-config
	need jq jq
	need awk mawk gawk
	need unshare util-linux
	need mount mount util-linux
	need xz xz-utils xz
	need mkfs.ext4 e2fsprogs
	[ -n "$check" ] || return 0
	need shellcheck shellcheck ShellCheck
	need g++ g++ gcc-c++
	need cppcheck cppcheck
	need flex flex
	need bison bison
	need bc bc
	need x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64-win32 mingw64-gcc
	need prove perl perl-Test-Harness
	need diff diffutils
	need qemu-system-x86_64 qemu-system-x86 qemu
	need cpio cpio
	need parallel parallel
	need git git
	need_for_libfuse
	need spatch coccinelle
}

tools()
{
	local why="no apt-get here"

	needed
	if [ ${#packages[@]} -gt 0 ] && command -v apt-get >/dev/null; then
		apt_install "${packages[@]}" || die "$why"
		why="apt-get is done and these are still not there"
		needed
	fi
	if [ ${#packages[@]} -gt 0 ]; then
		printf 'setup: missing: %s\n' "${missing[@]}" >&2
		die "$why: install them, then run scripts/setup.sh again"
	fi
	say "tools: all there"
}

### kselftest headers and <linux/fuse.h>

selftests=tools/testing/selftests
header_files=("$selftests/kselftest.h" "$selftests/kselftest_harness.h" "$selftests/lib.mk" "$selftests/kselftest"
	include/uapi/linux/fuse.h)

headers()
{
	local version

	if [ -n "${KSRC-}" ]; then
		make_tmp
		version=$(kernel_version "$KSRC")
		take_headers "$KSRC" "KSRC=$(realpath -m "$KSRC")${version:+ $version}"
	elif [ ! -e "$output/kselftest/VERSION" ]; then
		make_tmp
		fetch_headers
	fi
	say "headers: $(cat "$output/kselftest/VERSION")"
}

kernel_version()
{
	awk '$2 == "=" && $1 ~ /^(VERSION|PATCHLEVEL|SUBLEVEL)$/ { v = v dot $3; dot = "." } END { print v }' \
		"$1/Makefile" 2>/dev/null || true
}

# take_headers TREE NAME
take_headers()
{
	local new=$tmp/headers file

	for file in "${header_files[@]}"; do
		[ -r "$1/$file" ] || die "$2: no kernel tree, it has no $file"
	done
	usable_harness "$1/$selftests" || die "$2: its kselftest_harness.h is too old; give KSRC= a kernel tree of 6.12 or later"
	usable_fuse_h "$1/include/uapi/linux/fuse.h" ||
		die "$2: its fuse.h has no backing IDs; give KSRC= a kernel tree of 6.12 or later"

	mkdir -p "$new/kselftest" "$new/uapi/linux"
	cp -R "${header_files[@]/#/$1/}" "$new/kselftest"
	mv "$new/kselftest/fuse.h" "$new/uapi/linux"
	echo "$2" >"$new/kselftest/VERSION"

	# VERSION, the sign that all is there, comes last. Where nothing changed, nothing is to be rebuilt.
	replace uapi
	replace kselftest
}

replace()
{
	diff -rq "$tmp/headers/$1" "$output/$1" >/dev/null 2>&1 && return
	rm -rf "${output:?}/$1"
	mv "$tmp/headers/$1" "$output/$1"
}

# In 6.1 a test whose FIXTURE_SETUP skipped runs all the same. 6.12 knows the first name and no longer the second.
usable_harness()
{
	grep -q ksft_test_result_code "$1/kselftest_harness.h" &&
		! grep -q _CONSTRUCTOR_ORDER_FORWARD "$1/kselftest_harness.h"
}

usable_fuse_h()
{
	grep -q 'define[[:space:]]FUSE_DEV_IOC_BACKING_OPEN' "$1" &&
		at_least "7.$(awk '$2 == "FUSE_KERNEL_MINOR_VERSION" { print $3 }' "$1")" 7.40
}

fetch_headers()
{
	local why package version

	private_apt || die "$why; give KSRC= a kernel tree"
	read -r version package < <(newest 'linux-source-[0-9.]*') ||
		die "the Debian mirror has no linux-source package; give KSRC= a kernel tree"

	say "headers: fetching $package $version, some 160 MB"
	(cd "$tmp" && APT_CONFIG=$apt_conf logged apt-get download "$package=$version") ||
		die "cannot download $package (see $log); give KSRC= a kernel tree"
	mkdir "$tmp/tree"
	dpkg-deb --fsys-tarfile "$tmp/$package"_*.deb |
		tar -xO --wildcards -f - "./usr/src/$package.tar.*" |
		xz -dcT0 |
		tar -x --strip-components=1 -C "$tmp/tree" -f - "${header_files[@]/#/$package/}" ||
		die "cannot unpack $package; give KSRC= a kernel tree"
	take_headers "$tmp/tree" "$package $version"
}

### other suites of the Debian mirror

apt_conf=

private_apt()
{
	[ -z "$apt_conf" ] || return 0
	if ! command -v apt-get >/dev/null; then
		why="no apt-get here"
		return 1
	fi
	say "reading what the Debian mirror has in other suites"
	if ! apt_conf=$("$scripts/apt-private.sh" "$tmp/apt" 2>"$tmp/why"); then
		why=$(sed 's/^apt-private: //' "$tmp/why")
		return 1
	fi
}

# newest NAME-PATTERN: the newest version of a package in any suite, and its name; fails when there is none
newest()
(
	export APT_CONFIG=$apt_conf
	apt-cache pkgnames | grep -x "$1" | xargs -r apt-cache madison |
		awk -F ' *[|] *' -v name="^ *$1\$" '$1 ~ name && $NF ~ /Packages$/ { print $2, $1 }' |
		sort -V | tail -n 1 | grep .
)

### libfuse

libfuse()
{
	why=
	if [ -n "${LIBFUSE_SRC-}" ]; then
		libfuse_from_tree || die "$why"
	elif ! { libfuse_installed || libfuse_built || libfuse_from_debian || libfuse_from_mirror; }; then
		libfuse_mk "$output/libfuse.mk" "LIBFUSE_VERSION :=" "LIBFUSE_WHY := $why" "LIBFUSE_URING_WHY := $why"
		say "libfuse: none ($why): the suite runs with the raw server only"
	fi
}

libfuse_installed()
{
	local version

	version=$(pkg-config --modversion fuse3 2>/dev/null) || return
	at_least "$version" $libfuse_oldest || return
	libfuse_use_installed "$output/libfuse.mk"
	say "libfuse: $version, installed"
}

# Those that scripts/libfuse.sh built are elsewhere in there.
libfuse_built()
{
	local version

	version=$(cd "$output/libfuse" 2>/dev/null && printf '%s\n' */lib/libfuse3.a | sort -V | tail -n 1)
	[ -e "$output/libfuse/$version" ] || return
	libfuse_use "${version%%/*}"
}

libfuse_from_debian()
{
	command -v apt-get >/dev/null || return
	[ -n "$(libfuse_of_debian)" ] || [ "$(id -u)" != 0 ] || { make_tmp; apt_update; }
	at_least "$(libfuse_of_debian)" $libfuse_oldest && apt_install libfuse3-dev && libfuse_installed
}

libfuse_of_debian()
{
	apt-cache show --no-all-versions libfuse3-dev 2>/dev/null | sed -n 's/^Version: //p'
}

libfuse_from_mirror()
{
	local tree

	if ! command -v apt-get >/dev/null; then
		why="no libfuse $libfuse_oldest or later is installed; install it or give LIBFUSE_SRC= a tree"
		return 1
	fi
	make_tmp
	meson_is_there || return
	say "libfuse: asking the Debian mirror for the newest"
	if ! tree=$("$scripts/libfuse.sh" --source 3 2>"$tmp/why"); then
		why=$(sed -n '$s/^[a-z.-]*: //p' "$tmp/why")
		return 1
	fi
	if ! at_least "$(libfuse_version "$tree")" $libfuse_oldest; then
		why="the Debian mirror has no libfuse $libfuse_oldest or later"
		return 1
	fi
	libfuse_build_and_use "$tree"
}

libfuse_from_tree()
{
	local version

	version=$(libfuse_version "$LIBFUSE_SRC")
	if ! at_least "$version" $libfuse_oldest; then
		why="LIBFUSE_SRC=$LIBFUSE_SRC: no tree of libfuse $libfuse_oldest or later${version:+ but of $version}"
		return 1
	fi
	make_tmp
	meson_is_there || return
	libfuse_build_and_use "$(realpath "$LIBFUSE_SRC")"
}

libfuse_build_and_use()
{
	local version dir

	version=$(libfuse_version "$1")
	dir=$output/libfuse/$version
	say "libfuse: building $version of $1"
	DESTDIR=$tmp/dest libfuse_build "$1" "$tmp/libfuse" "$dir" || return
	mkdir -p "$output/libfuse" && rm -rf "$dir" && mv "$tmp/dest$dir" "$dir"
	libfuse_use "$version"
}

libfuse_use()
{
	libfuse_use_built "$output/libfuse.mk" "$output/libfuse/$1" "$1" "remove $output/libfuse, run scripts/setup.sh"
	say "libfuse: $1, static, in $output/libfuse/$1"
}

# What make check builds.
libfuse_sources()
{
	local version said

	for version in 3.14.0 3.18; do
		if said=$("$scripts/libfuse.sh" --source "$version" 2>&1); then
			say "libfuse: source of $version in ${said##*$'\n'}"
		else
			said=${said##*$'\n'}
			say "libfuse: no source of $version (${said#*: }): tests that build it are skipped"
		fi
	done
}

### in this order

check=
case "${1-}" in
--help | -h)
	usage
	exit
	;;
--check)
	check=yes
	shift
	;;
esac
[ $# -eq 0 ] || die "unknown argument '$1'; see scripts/setup.sh --help"

plain_paths "${scripts%/*}" "$output"
tools
headers
libfuse
[ -z "$check" ] || libfuse_sources

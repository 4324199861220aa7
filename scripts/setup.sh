#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# setup.sh - install and fetch what make needs; see --help
#
# It can be run again at any time: it keeps what exists and downloads nothing twice, even for
# another checkout.

[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/lib/usual.inc"
set -eu
export LC_ALL=C

output=$(realpath -m "${OUTPUT:-${scripts%/*}/build}")
tmp=$output/setup.tmp
log=$output/setup.log

# shellcheck source=scripts/lib/packages.inc
. "$scripts/lib/packages.inc"
# shellcheck source=scripts/lib/libfuse.inc
. "$scripts/lib/libfuse.inc"
# shellcheck source=scripts/lib/cache.inc
. "$scripts/lib/cache.inc"

usage()
{
	cat <<-EOF
	usage: scripts/setup.sh [--check | --mounted]

	Prepares the host to build and run the suite: tools, kselftest headers, <linux/fuse.h>
	and libfuse. On Debian apt-get installs missing packages (as root).

	  --check    also install what the project's own tests (make check) need
	  --mounted  only what 'make mounted' needs: compiler and Python, without headers of a
	             kernel and without libfuse
	  --help     show this text

	environment:
	  OUTPUT=DIR       the build directory (default: build/ in the checkout)
	  KSRC=DIR         take the headers from this kernel tree, 6.12 or later (default: the
	                   newest linux-source package of the host's Debian mirror)
	  LIBFUSE_SRC=DIR  build this libfuse tree, $libfuse_oldest or later (default: the installed
	                   libfuse, else Debian's package, else the newest source of the mirror)
	  FPT_CACHE=DIR    the cache of downloads for all checkouts (default:
	                   fuse-passthrough-tests in \$XDG_CACHE_HOME or ~/.cache); remove
	                   headers and libfuse in it to get newer ones
	  FPT_APT_SECONDS=N  time limit of apt-get update, and of waiting for another process that
	                   installs packages (default: 900)
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

# capture COMMAND...: shows its standard error; sets $errors to that, $printed to its output.
capture()
{
	local screen line status=0

	exec {screen}>&2
	errors=$(
		set -o pipefail
		"$@" 2>&1 >"$tmp/printed" | while IFS= read -r line; do
			echo "$line" >&"$screen"
			echo "$line"
		done
	) || status=$?
	exec {screen}>&-
	printed=$(cat "$tmp/printed")
	return "$status"
}

# Created on demand: a setup without work writes nothing.
tmp_is_made=
make_tmp()
{
	[ -z "$tmp_is_made" ] || return 0
	need_space 200 "$output" "the build" "set OUTPUT to another directory"
	{ mkdir -p "$output" && rm -rf "$tmp" && mkdir "$tmp" && : >"$log"; } 2>/dev/null ||
		die "cannot write to $output: set OUTPUT to another directory"
	trap 'rm -rf "$tmp"; give_back "$output"' EXIT
	tmp_is_made=yes
}

### tools

needed()
{
	packages=() missing=()
	need make make
	need gcc gcc
	need_header stdio.h libc6-dev glibc-devel
	need_header linux/unistd.h linux-libc-dev kernel-headers
	need python3 python3
	need unshare util-linux
	need mount mount util-linux
	[ -z "$mounted" ] || return 0
	need_header liburing.h liburing-dev liburing-devel
	need pkg-config pkg-config pkgconf-pkg-config
	need xz xz-utils xz
	need mkfs.ext4 e2fsprogs
	[ -n "$check" ] || return 0
	need mkfs.xfs xfsprogs
	need mkfs.btrfs btrfs-progs
	need mkfs.vfat dosfstools
	need mkfs.erofs erofs-utils
	need mksquashfs squashfs-tools
	need shellcheck shellcheck ShellCheck
	need g++ g++ gcc-c++
	need cppcheck cppcheck
	need flex flex
	need bison bison
	need bc bc
	need x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64-win32 mingw64-gcc
	need_cross aarch64-linux-gnu arm64
	need_cross i686-linux-gnu i386
	need_cross riscv64-linux-gnu riscv64
	need_cross s390x-linux-gnu s390x
	need musl-gcc musl-tools musl-gcc
	need clang clang
	need llvm-ar llvm
	need qemu-s390x qemu-user
	need prove perl perl-Test-Harness
	need diff diffutils
	need qemu-system-x86_64 qemu-system-x86 qemu
	need qemu-system-aarch64 qemu-system-arm qemu
	need qemu-system-s390x qemu-system-s390x qemu
	need cpio cpio
	need rsync rsync
	need parallel parallel
	need git git
	need_for_libfuse
	need spatch coccinelle
	need mypy mypy
	need pytest-3 python3-pytest
	need_python junitparser python3-junitparser
	need_python jsonschema python3-jsonschema
	need xmllint libxml2-utils libxml2
	need yamllint yamllint
	need help2man help2man
	need chromium chromium
	need man man-db
}

# need_cross TRIPLET DEBIAN-ARCHITECTURE: a compiler with its C library
need_cross()
{
	echo '#include <stdio.h>' | "$1-gcc" -E -o /dev/null -xc - 2>/dev/null && return
	lacks "$1-gcc with a C library" "gcc-$1"
	packages+=("libc6-dev-$2-cross")
}

tools()
{
	local why="no apt-get"

	needed
	if [ ${#packages[@]} -gt 0 ] && command -v apt-get >/dev/null; then
		apt_install "${packages[@]}" || die "$why"
		why="still missing after apt-get install"
		needed
	fi
	if [ ${#packages[@]} -gt 0 ]; then
		printf 'setup: missing: %s\n' "${missing[@]}" >&2
		die "$why: install them, then run scripts/setup.sh again"
	fi
	say "tools: complete"
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
	sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) = *//p' "$1/Makefile" 2>/dev/null | paste -sd .
}

# take_headers TREE NAME
take_headers()
{
	local new=$tmp/headers file

	for file in "${header_files[@]}"; do
		[ -r "$1/$file" ] || die "$2 is not a kernel tree: it has no $file"
	done
	usable_harness "$1/$selftests" || die "$2: kselftest_harness.h is too old; set KSRC to a kernel tree, 6.12 or later"
	usable_fuse_h "$1/include/uapi/linux/fuse.h" ||
		die "$2: fuse.h has no backing IDs; set KSRC to a kernel tree, 6.12 or later"

	mkdir -p "$new/kselftest" "$new/uapi/linux"
	cp -R "${header_files[@]/#/$1/}" "$new/kselftest"
	mv "$new/kselftest/fuse.h" "$new/uapi/linux"
	echo "$2" >"$new/kselftest/VERSION"

	# VERSION marks completion and comes last. Unchanged headers keep their time stamps.
	replace uapi
	replace kselftest
}

replace()
{
	diff -rq "$tmp/headers/$1" "$output/$1" >/dev/null 2>&1 && return
	rm -rf "${output:?}/$1"
	mv "$tmp/headers/$1" "$output/$1"
}

# In 6.1 a test runs even if its FIXTURE_SETUP skipped. 6.12 has the first name but not the second.
usable_harness()
{
	grep -q ksft_test_result_code "$1/kselftest_harness.h" &&
		! grep -q _CONSTRUCTOR_ORDER_FORWARD "$1/kselftest_harness.h"
}

usable_fuse_h()
{
	grep -q 'define[[:space:]]FUSE_DEV_IOC_BACKING_OPEN' "$1" &&
		at_least "7.$(sed -n 's/^#define[[:space:]]*FUSE_KERNEL_MINOR_VERSION[[:space:]]*//p' "$1")" 7.40
}

# Fetched once for all checkouts of the host.
fetch_headers()
{
	local folder version package

	need_cache headers
	folder=$(printf '%s\n' "$cache"/headers/[0-9]* | sort -V | tail -n 1)
	if [ ! -e "$folder/VERSION" ]; then
		find_source
		say "headers: fetching $package $version (about 160 MB, once for all checkouts)"
		capture fetch_once "headers/$version" 300 fetch_headers_of "$package" "$version" ||
			die "cannot fetch $package ($(reason <<<"$errors")); set KSRC to a kernel tree"
		folder=$cache/headers/$version
	fi
	take_headers "$folder" "$(cat "$folder/VERSION")"
}

fetch_headers_of() # PACKAGE VERSION: into tree/
{
	fetch_source "$1" "$2" "${header_files[@]/#/$1/}" && echo "$1 $2" >tree/VERSION
}

# Sets $version and $package to the newest linux-source outside experimental.
find_source()
{
	command -v apt-get >/dev/null || die "no apt-get; set KSRC to a kernel tree"
	say "headers: looking for the newest kernel on the Debian mirror"
	capture "$scripts/debian-kernel.sh" --list || die "$(reason <<<"$errors"); set KSRC to a kernel tree"
	read -r version package < <(newest_source) ||
		die "the Debian mirror has no linux-source package; set KSRC to a kernel tree"
}

newest_source()
(
	use_lists
	apt-cache pkgnames linux-source- | grep -x 'linux-source-[0-9.]*' | xargs -r apt-cache madison |
		sed -n '/ experimental\//d; s/^ *\([^ ]*\) *| *\([^ ]*\) *|.* Packages$/\2 \1/p' |
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
		say "libfuse: none ($why): only the raw server will be built"
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

# scripts/libfuse.sh builds in other directories there.
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
		why="no libfuse $libfuse_oldest or later is installed; install it or set LIBFUSE_SRC to a tree"
		return 1
	fi
	make_tmp
	meson_is_there || return
	tree=$(printf '%s\n' "$cache"/libfuse/[0-9]* | sort -V | tail -n 1)
	if at_least "$(libfuse_version "$tree")" $libfuse_oldest; then
		libfuse_build_and_use "$tree" # cached like the headers
		return
	fi
	say "libfuse: looking for the newest on the Debian mirror"
	if ! capture "$scripts/libfuse.sh" --source 3; then
		why=$(reason <<<"$errors")
		return 1
	fi
	tree=$printed
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
		why="LIBFUSE_SRC=$LIBFUSE_SRC is not a libfuse tree, $libfuse_oldest or later${version:+: it is $version}"
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
	say "libfuse: building $version from $1"
	DESTDIR=$tmp/dest libfuse_build "$1" "$tmp/libfuse" "$dir" || return
	mkdir -p "$output/libfuse" && rm -rf "$dir" && mv "$tmp/dest$dir" "$dir"
	libfuse_use "$version"
}

libfuse_use()
{
	libfuse_use_built "$output/libfuse.mk" "$output/libfuse/$1" "$1" "remove $output/libfuse, run scripts/setup.sh"
	say "libfuse: $1, static, in $output/libfuse/$1"
}

# Sources that make check builds.
libfuse_sources()
{
	local version

	make_tmp
	for version in 3.14.0 3.18; do
		if capture "$scripts/libfuse.sh" --source "$version"; then
			say "libfuse: source of $version in $printed"
		else
			say "libfuse: no source of $version ($(reason <<<"$errors")): tests that build it are skipped"
		fi
	done
}

### main

check='' mounted=''
case "${1-}" in
--help | -h)
	usage
	exit
	;;
--check)
	check=yes
	shift
	;;
--mounted)
	mounted=yes
	shift
	;;
esac
[ $# -eq 0 ] || die "unknown argument '$1'; see scripts/setup.sh --help"

plain_paths "${scripts%/*}" "$output"
tools
[ -z "$mounted" ] || exit 0
headers
libfuse
[ -z "$check" ] || libfuse_sources

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# libfuse.sh with a temporary mirror of fake fuse3 packages 9.1 and 9.2; and the oldest real
# libfuse, if its source is available.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
# shellcheck source-path=SCRIPTDIR source=libfuse.inc
. "$tests/libfuse.inc"

libfuse=$scripts/libfuse.sh
real=$("$libfuse" --source 3.14.0 2>"$tmp/why") || why=$(tail -n 1 "$tmp/why")

# --- arguments -------------------------------------------------------------------

exits "--help" 0 "$libfuse" --help
says "--help documents revisions" "$tmp/out" ' *TREE@REVISION *a revision of the git repository TREE'
exits "no argument" 1 "$libfuse"
says "no argument: asks for one" "$tmp/err" "libfuse.sh: give a libfuse version, a tree or 'installed', see --help"
exits "two versions" 1 "$libfuse" 3.17 3.18
says "two versions: names the second" "$tmp/err" "libfuse.sh: unexpected argument '3.18', see --help"
exits "an unknown option" 1 "$libfuse" --newest
says "an unknown option: names it" "$tmp/err" 'libfuse.sh: unknown option --newest, see --help'
exits "an option without its value" 1 "$libfuse" 3.17 --name
says "an option without its value: names it" "$tmp/err" 'libfuse.sh: --name needs a value, see --help'
exits "the name of one of make's servers" 1 "$libfuse" 3.17 --name raw
says "the name of one of make's servers: is rejected" "$tmp/err" "libfuse.sh: --name 'raw' is the name of a server that make builds: give another"
exits "an unknown kind" 1 "$libfuse" 3.17 --kind double
says "an unknown kind: names it" "$tmp/err" "libfuse.sh: --kind is single, mt or uring, not 'double'"
exits "neither a tree nor a version" 1 "$libfuse" no-such-tree
says "neither a tree nor a version: names it" "$tmp/err" "libfuse.sh: 'no-such-tree' is neither a libfuse version nor a libfuse tree, see --help"
exits "a directory without libfuse" 1 "$libfuse" "$tests"
says "a directory without libfuse: names it" "$tmp/err" "libfuse.sh: $tests is not a libfuse tree"
exits "--bisect with too few arguments" 1 "$libfuse" --bisect . HEAD
says "--bisect with too few arguments: shows what it needs" "$tmp/err" 'libfuse.sh: --bisect needs TREE GOOD BAD CASE, see --help'

# --- a mirror --------------------------------------------------------------------

pool=$tmp/mirror/pool

source_package() # SUITE VERSION TAR [TAR-OF-DEBIAN]
{
	lists=$tmp/mirror/dists/$1/main/source
	mkdir -p "$lists" "$pool"
	release=${2%-*}
	tar=$pool/fuse3_$release.orig.tar.gz
	cp "$3" "$tar"
	dsc=$pool/fuse3_$2.dsc
	echo "made for a test" >"$dsc"
	set -- "$1" "$2" "$dsc" "$tar" ${4:+"$4"}
	{
		printf '%s\n' "Package: fuse3" "Binary: fuse3" "Version: $2" "Architecture: any" "Directory: pool" \
			"Format: 3.0 (quilt)" "Files:"
		shift 2
		for file; do
			echo " $(md5sum "$file" | cut -d ' ' -f 1) $(stat -c %s "$file") ${file##*/}"
		done
		echo "Checksums-Sha256:"
		for file; do
			echo " $(sha256sum "$file" | cut -d ' ' -f 1) $(stat -c %s "$file") ${file##*/}"
		done
		echo
	} >>"$lists/Sources"
}

publish()
{
	for suite in "$tmp/mirror/dists"/*; do
		(
			cd "$suite"
			list=main/source/Sources
			printf '%s\n' "Suite: ${suite##*/}" "Codename: ${suite##*/}" "Architectures: amd64" "Components: main" \
				"Date: $(date -Ru)" "SHA256:" " $(sha256sum "$list" | cut -d ' ' -f 1) $(stat -c %s "$list") $list"
		) >"$tmp/Release"
		mv "$tmp/Release" "$suite"
	done
}

fake_libfuse() # VERSION: prints the path of its tar
{
	mkdir -p "$tmp/fuse-$1"
	echo "project('libfuse3', ['c'], version: '$1', meson_version: '>= 0.51')" >"$tmp/fuse-$1/meson.build"
	touch "$tmp/fuse-$1/meson_options.txt"
	tar -cz -C "$tmp" -f "$tmp/$1.tar" "fuse-$1"
	echo "$tmp/$1.tar"
}

# Debian's part of the source package.
patches() # VERSION
{
	mkdir -p "$tmp/debian/patches"
	printf '%s\n' '# a comment' '' 'first.patch -p1' second.patch >"$tmp/debian/patches/series"
	printf '%s\n' '--- a/NEWS' '+++ b/NEWS' '@@ -0,0 +1 @@' '+first' >"$tmp/debian/patches/first.patch"
	printf '%s\n' '--- a/NEWS' '+++ b/NEWS' '@@ -1 +1,2 @@' ' first' '+second' >"$tmp/debian/patches/second.patch"
	mkdir -p "$pool"
	tar -cz -C "$tmp" -f "$pool/fuse3_$1.debian.tar.gz" debian
	echo "$pool/fuse3_$1.debian.tar.gz"
}

by_version()
{
	export FPT_CACHE="$tmp/cache" DEBIAN_MIRROR="[trusted=yes] file:$tmp/mirror"
	sources=$FPT_CACHE/libfuse
	source_package bookworm 9.1.0-4 "$(fake_libfuse 9.1.0)"
	source_package trixie 9.1.2-1 "$(fake_libfuse 9.1.2)" "$(patches 9.1.2-1)"
	source_package sid 9.2.0-1 "$(fake_libfuse 9.2.0)"
	source_package forky 9.2.0-1 "$(fake_libfuse 9.2.0)"
	publish

	exits "--list" 0 "$libfuse" --list
	printf '%s\t%s\t%s\n' 9.1.0 9.1.0-4 bookworm 9.1.2 9.1.2-1 trixie 9.2.0 9.2.0-1 forky,sid >"$tmp/expected"
	same "--list shows the versions in order" "$tmp/expected" "$tmp/out"
	exits "--source of a series" 0 "$libfuse" --source 9.1
	echo "$sources/9.1.2-1" >"$tmp/expected"
	same "--source of a series: prints the directory" "$tmp/expected" "$tmp/out"
	check "--source of a series: is the newest" grep -q "'9.1.2'" "$sources/9.1.2-1/meson.build"
	printf '%s\n' first second >"$tmp/expected"
	same "--source: applies Debian's patches" "$tmp/expected" "$sources/9.1.2-1/NEWS"
	exits "an unknown version" 1 "$libfuse" 9.3
	says "an unknown version: lists the available ones" "$tmp/err" 'libfuse.sh: Debian has no libfuse 9.3; available: 9.1.0 9.1.2 9.2.0'
	exits "a libfuse that does not build" 1 "$libfuse" 9.2.0
	says "a libfuse that does not build: shows the reason" "$tmp/err" 'libfuse.sh: cannot build libfuse 9.2.0 (.*see .*/log)'

	echo >>"$pool/fuse3_9.1.0.orig.tar.gz"
	exits "a source with a wrong checksum" 1 "$libfuse" --source 9.1.0
	says "a wrong checksum: is reported" "$tmp/err" 'libfuse.sh: cannot fetch fuse3 9.1.0-4; --list shows others'
	(cd "$sources" && echo .*.new 9*) >"$tmp/got"
	echo ".*.new 9.1.2-1 9.2.0-1" >"$tmp/expected"
	same "a wrong checksum: leaves no files" "$tmp/expected" "$tmp/got"
	rm -r "$tmp/mirror"
	exits "without a mirror: a fetched source" 0 "$libfuse" --source 9.1.2-1
	export FPT_CACHE="$tmp/other"
	exits "without a mirror and with an empty cache" 1 "$libfuse" --source 9.1
	says "without a mirror: shows the reason" "$tmp/err" 'apt-private: cannot read any Debian suite from .*'
	export FPT_CACHE=/proc/nowhere
	exits "a cache that is not writable" 1 "$libfuse" --source 9.1
	says "a cache that is not writable: names it" "$tmp/err" 'libfuse.sh: cannot write /proc/nowhere/libfuse: set FPT_CACHE'
	unset FPT_CACHE DEBIAN_MIRROR
}

other_output
if command -v apt-get >/dev/null; then
	by_version
else
	leave_out "libfuse by version" "config: no apt"
fi

# --- a real libfuse ---------------------------------------------------------------

on_the_oldest()
{
	exits "libfuse 3.14.0" 0 "$libfuse" "$real"
	server=$OUTPUT/servers/libfuse-3.14.0-tree
	echo "$server" >"$tmp/expected"
	same "libfuse 3.14.0: prints the path of its server" "$tmp/expected" "$tmp/out"
	printf 'why-not passthrough\nbacking-open\nopen-rule f reg=at-open\nopen-rule f flags=keep_cache\n' | "$server" >"$tmp/got"
	same "libfuse 3.14.0: its server reports what it lacks" - "$tmp/got" <<-'END'
	hello protocol 2 server libfuse version 3.14.0 can hold inspect threads why-not
	ok libfuse 3.14.0 has no passthrough API (3.17 has)
	error EPROTO libfuse 3.14.0 has no passthrough API (3.17 has)
	error EPROTO libfuse 3.14.0 has no passthrough API (3.17 has)
	ok
	END
	PKG_CONFIG_PATH=$(echo "$OUTPUT"/libfuse/tree-*/root/lib/pkgconfig)
	export PKG_CONFIG_PATH
	exits "an installed libfuse" 0 "$libfuse" installed
	says "an installed libfuse: is used" "$tmp/err" 'libfuse.sh: using the installed libfuse 3.14.0'
	exits "--kind mt" 0 "$libfuse" "$real" --kind mt --name threads
	"$OUTPUT/servers/threads" </dev/null >"$tmp/got"
	says "--kind mt: is another server" "$tmp/got" 'hello protocol 2 server libfuse-mt version 3.14.0 can inspect threads why-not'
	exits "--kind uring" 1 "$libfuse" "$real" --kind uring
	says "--kind uring: shows the reason" "$tmp/err" 'libfuse.sh: no server over io_uring: libfuse 3.14.0 was built without io_uring (3.18 has it; .*'
	unset PKG_CONFIG_PATH
	export PKG_CONFIG_LIBDIR="$tmp" # instead of the host's
	exits "no installed libfuse" 1 "$libfuse" installed
	says "no installed libfuse: says what to do" "$tmp/err" 'libfuse.sh: pkg-config finds no libfuse: install libfuse3-dev, or .*'
	unset PKG_CONFIG_LIBDIR
}

needs_case_to_skip()
{
	FPT_SERVER=$server "$built/cases/negotiation" --filter 'init.minor_6_suffices' >"$tmp/got" || :
	says "cases are skipped for that reason" "$tmp/got" \
		'.*# SKIP library: libfuse 3.14.0 has no passthrough API (3.17 has)'
}

if [ -z "$real" ]; then
	leave_out "libfuse 3.14.0" "config: no source of it ($why)"
elif ! can_build; then
	leave_out "libfuse 3.14.0" "config: no meson (run scripts/setup.sh --check)"
else
	on_the_oldest
	if can_run; then
		needs_case_to_skip
	else
		leave_out "cases are skipped for that reason" "privilege: needs root and /dev/fuse"
	fi
fi

finish

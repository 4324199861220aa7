#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# debian-kernel.sh with a temporary mirror of fake kernel packages.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
# shellcheck source-path=SCRIPTDIR source=mirror.inc
. "$tests/mirror.inc"

kernel=$scripts/debian-kernel.sh
signed=$pool/linux-signed-$arch
mkdir -p "$pool/linux" "$signed"

image() # SUITE ABI VERSION: adds a kernel in one package, as until 6.18
{
	file boot/vmlinuz-"$2" "image $3"
	file boot/config-"$2" "config $3"
	file lib/modules/"$2"/kernel/fuse.ko "fuse $3"
	file usr/share/doc/copyright free
	package "$signed" "$1" linux-image-"$2" "$3"
}

# A kernel in four packages, since 6.19; the path of the image changed in 7.3.
image_of_four() # SUITE SUITE-OF-MODULES ABI VERSION IMAGE
{
	package "$signed" "$1" linux-image-"$3" "$4"
	file "$5" "image $4"
	package "$signed" "$1" linux-binary-"$3" "$4"
	file boot/config-"$3" "config $4"
	file usr/lib/modules/"$3"/modules.builtin "builtin $4"
	package "$pool/linux" "$2" linux-base-"$3" "$4"
	file usr/lib/modules/"$3"/kernel/fuse.ko "fuse $4"
	package "$pool/linux" "$2" linux-modules-"$3" "$4"
}

image bookworm 6.1.0-9-cloud-"$arch" 6.1.50-1
image trixie 6.12.9+deb13-cloud-"$arch" 6.12.9-1
image forky 6.12.9+deb13-cloud-"$arch" 6.12.9-1
image trixie-backports 6.12.10+deb13-cloud-"$arch" 6.12.10-1~bpo13+1
image trixie 6.12.9+deb13-"$arch" 6.12.9-1
package "$signed" trixie linux-image-6.12-cloud-"$arch" 6.12.11-1
package "$pool/linux" trixie linux-image-6.12.9+deb13-cloud-"$arch"-dbg 6.12.11-1
abi=7.1.3+deb13-cloud-$arch
image_of_four trixie-backports - "$abi" 7.1.3-1~bpo13+1 boot/vmlinuz-"$abi"
abi=7.3.4+deb14-cloud-$arch
image_of_four sid sid "$abi" 7.3.4-1 usr/lib/modules/"$abi"/vmlinuz
abi=7.4-rc2-cloud-$arch
image_of_four experimental experimental "$abi" 7.4~rc2-1~exp1 usr/lib/modules/"$abi"/vmlinuz
# Another architecture's; the second has no "cloud" kernels.
native=$arch other=arm64
[ "$native" != arm64 ] || other=amd64
for arch in $other s390x; do
	cloud=cloud-
	[ "$arch" != s390x ] || cloud=
	image trixie "6.12.20+deb13-$cloud$arch" 6.12.20-1
	image trixie "6.12.21+deb13-rt-$arch" 6.12.21-1
done
arch=$native
publish

exits "--help" 0 "$kernel" --help
says "--help lists the files" "$tmp/out" 'The directory contains vmlinuz, config, .*'
exits "no version" 1 "$kernel"
says "no version: asks for one" "$tmp/err" 'debian-kernel.sh: give a version, see --help'
exits "an unknown option" 1 "$kernel" --newest
says "an unknown option: names it" "$tmp/err" 'debian-kernel.sh: unknown option --newest, see --help'
exits "a path as version" 1 "$kernel" ../6.1
says "a path as version: is rejected" "$tmp/err" "debian-kernel.sh: '../6.1' is not a kernel version, see --help"

exits "--list" 0 "$kernel" --list
tr '|' '\t' >"$tmp/expected" <<END
6.1.50|6.1.50-1|linux-image-6.1.0-9-cloud-$arch|bookworm
6.12.9|6.12.9-1|linux-image-6.12.9+deb13-cloud-$arch|trixie,forky
6.12.10|6.12.10-1~bpo13+1|linux-image-6.12.10+deb13-cloud-$arch|trixie-backports
7.1.3|7.1.3-1~bpo13+1|linux-binary-7.1.3+deb13-cloud-$arch|trixie-backports
7.3.4|7.3.4-1|linux-binary-7.3.4+deb14-cloud-$arch|sid
7.4~rc2|7.4~rc2-1~exp1|linux-binary-7.4-rc2-cloud-$arch|experimental
END
sed 's/forky,trixie$/trixie,forky/' "$tmp/out" >"$tmp/listed" # the host's suite comes first
same "--list shows the kernels, by version" "$tmp/expected" "$tmp/listed"
exits "--list of a series" 0 "$kernel" --list 6.12
sed -n 3p "$tmp/expected" >"$tmp/line"
same "--list of a series: shows the newest" "$tmp/line" "$tmp/out"
check "--list of a series: fetches nothing" test ! -e "$FPT_CACHE/kernels/6.12.10-1~bpo13+1"
exits "--list of an unknown version" 1 "$kernel" --list 5

# fetches NAME WANTED VERSION ABI [FILE...]: FILE... are in addition to the common ones
fetches()
{
	what=$1 wanted=$2 version=$3 abi=$4
	shift 4
	exits "$what" 0 "$kernel" "$wanted"
	echo "$FPT_CACHE/kernels/$version" >"$tmp/expected"
	same "$what: its directory" "$tmp/expected" "$tmp/out"
	printf '%s\n' config lib/modules/"$abi"/kernel/fuse.ko version vmlinuz "$@" | sort >"$tmp/expected"
	(cd "$FPT_CACHE/kernels/$version" && find . -type f | sed 's,^\./,,' | sort) >"$tmp/files"
	same "$what: its files" "$tmp/expected" "$tmp/files"
	echo "image $version" >"$tmp/expected"
	same "$what: the image" "$tmp/expected" "$FPT_CACHE/kernels/$version/vmlinuz"
	echo "$version" >"$tmp/expected"
	same "$what: the version" "$tmp/expected" "$FPT_CACHE/kernels/$version/version"
}

fetches "the newest of a series" 6.12 6.12.10-1~bpo13+1 6.12.10+deb13-cloud-"$arch"
fetches "a release" 6.12.9 6.12.9-1 6.12.9+deb13-cloud-"$arch"
fetches "a package version" 6.1.50-1 6.1.50-1 6.1.0-9-cloud-"$arch"
abi=7.3.4+deb14-cloud-$arch
fetches "a kernel in four packages" 7.3 7.3.4-1 "$abi" lib/modules/"$abi"/modules.builtin
abi=7.4-rc2-cloud-$arch
fetches "a release candidate" 7.4-rc2 7.4~rc2-1~exp1 "$abi" lib/modules/"$abi"/modules.builtin
abi=7.1.3+deb13-cloud-$arch
fetches "unlisted modules" 7.1 7.1.3-1~bpo13+1 "$abi" lib/modules/"$abi"/modules.builtin append
says "unlisted modules: are reported" "$tmp/err" "debian-kernel.sh: no suite lists linux-modules-$abi.* any more; fetched from the mirror's pool"
says "unlisted modules: the kernel checks their signatures" "$FPT_CACHE/kernels/7.1.3-1~bpo13+1/append" 'module.sig_enforce=1'

exits "an unknown version" 1 "$kernel" 6.1.5
says "an unknown version: lists the available ones" "$tmp/err" \
	'debian-kernel.sh: no Debian kernel 6.1.5; available: 6.1.50 6.12.9 6.12.10 7.1.3 7.3.4 7.4~rc2'

exits "an unknown architecture" 1 "$kernel" --arch sparc 6.12
says "an unknown architecture: names the known ones" "$tmp/err" \
	'debian-kernel.sh: unknown architecture sparc: give one of: amd64 .* s390x'
exits "another architecture" 0 "$kernel" --arch $other 6.12
echo "$FPT_CACHE/kernels/$other/6.12.20-1" >"$tmp/expected"
same "another architecture: has a directory of its own" "$tmp/expected" "$tmp/out"
check "another architecture: has its modules" ls "$FPT_CACHE/kernels/$other/6.12.20-1/lib/modules/6.12.20+deb13-cloud-$other"
exits "another architecture again" 0 "$kernel" --arch $other 6.12.20-1
check "another architecture again: needs no list" test ! -s "$tmp/err"
exits "an architecture without cloud kernels" 0 "$kernel" --arch s390x 6.12
check "an architecture without cloud kernels: takes the plain one" \
	ls "$FPT_CACHE/kernels/s390x/6.12.20-1/lib/modules/6.12.20+deb13-s390x"
exits "the host's architecture by name" 0 "$kernel" --arch "$native" 6.12
says "the host's architecture by name: is the same" "$tmp/out" "$FPT_CACHE/kernels/6.12.10-1~bpo13[+]1"

# A kernel newer than the cached lists, fetched by two processes at once.
image sid 7.3.5+deb14-cloud-"$arch" 7.3.5-1
publish
"$kernel" 7.3.5 >"$tmp/first" 2>"$tmp/first.err" &
exits "a new kernel, two at once" 0 "$kernel" 7.3.5
wait $! || :
same "two at once: print the same directory" "$tmp/out" "$tmp/first"
cat "$tmp/err" >>"$tmp/first.err"
check "two at once: fetch once" test "$(grep -c 'fetching 7.3.5-1' "$tmp/first.err")" -eq 1

# Leftovers of a killed process.
mkdir -p "$FPT_CACHE/kernels/.6.12.9-1.new/tree/boot"
touch "$FPT_CACHE/kernels/.6.12.9-1.new/tree/boot/vmlinuz-half"
rm -r "$FPT_CACHE/kernels/6.12.9-1"
fetches "after a killed process" 6.12.9 6.12.9-1 6.12.9+deb13-cloud-"$arch"

rm -r "$FPT_CACHE/kernels/6.12.9-1"
for deb in "$signed"/linux-image-6.12.9*; do
	echo >>"$deb"
done
exits "a package with a wrong checksum" 1 "$kernel" 6.12.9
says "a wrong checksum: is reported" "$tmp/err" 'debian-kernel.sh: cannot fetch 6.12.9-1; --list shows others'
check "a wrong checksum: leaves no files" test ! -e "$FPT_CACHE/kernels/6.12.9-1"

rm -r "$tmp/mirror"
exits "without a mirror: a fetched kernel" 0 "$kernel" 7.3.5-1
exits "without a mirror: a fetched kernel, by release" 0 "$kernel" 7.3.5
export FPT_CACHE="$tmp/other"
exits "without a mirror and with an empty cache" 1 "$kernel" 7.3.5
says "without a mirror: shows the reason" "$tmp/err" 'apt-private: cannot read any Debian suite from .*'
export FPT_CACHE=/proc/nowhere
exits "a cache that is not writable" 1 "$kernel" 7.3.5
says "a cache that is not writable: names it" "$tmp/err" 'debian-kernel.sh: cannot write /proc/nowhere/kernels: set FPT_CACHE'

finish

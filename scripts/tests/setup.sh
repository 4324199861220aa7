#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# setup.sh with a mirror made here, whose linux-source is no kernel's, and what stands in its way.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
# shellcheck source-path=SCRIPTDIR source=mirror.inc
. "$tests/mirror.inc"

for tool in gcc make jq unshare xz mkfs.ext4 pkg-config; do
	PATH=$PATH:/usr/sbin command -v $tool >/dev/null || skip_all "config: no $tool (run scripts/setup.sh)"
done
setup=$scripts/setup.sh
unset KSRC LIBFUSE_SRC

# kernel SUITE VERSION: a package of its source
kernel()
{
	local tree=$tmp/linux-source-$2/tools/testing/selftests

	mkdir -p "$tree/kselftest" "$tmp/linux-source-$2/include/uapi/linux"
	echo "ksft_test_result_code" >"$tree/kselftest_harness.h"
	touch "$tree/kselftest.h" "$tree/lib.mk" "$tree/kselftest/runner.sh"
	printf '#define %s\n' "FUSE_KERNEL_MINOR_VERSION 41" "FUSE_DEV_IOC_BACKING_OPEN 1" "OF $2" \
		>"$tmp/linux-source-$2/include/uapi/linux/fuse.h"
	mkdir -p "$tmp/tree/usr/src"
	tar -cJ -C "$tmp" -f "$tmp/tree/usr/src/linux-source-$2.tar.xz" "linux-source-$2"
	package "$pool" "$1" "linux-source-$2" "$2.1-1"
}

# In it setup.sh finds a libfuse, and asks nobody for one.
checkout() # NAME
{
	export OUTPUT="$tmp/$1"
	mkdir -p "$OUTPUT/libfuse/9.9/lib"
	touch "$OUTPUT/libfuse/9.9/lib/libfuse3.a"
}

of_kernel() # VERSION
{
	line_in "$OUTPUT/uapi/linux/fuse.h" "#define OF $1"
}

# --- headers -------------------------------------------------------------------

kernel trixie 7.1
kernel sid 7.3
kernel experimental 7.4
publish
checkout first
exits "a first checkout" 0 "$setup"
says "has the headers of the newest kernel, but of experimental" "$tmp/out" 'setup: headers: linux-source-7.3 7.3.1-1'
check "they are there" of_kernel 7.3
check "and the lists of the mirror were read once" test "$(grep -c 'reading what the Debian mirror has$' "$tmp/err")" -eq 1
mv "$tmp/mirror" "$tmp/away"
checkout second
exits "a second one, without a mirror" 0 "$setup"
check "has the same" of_kernel 7.3
check "and asks for nothing" test ! -s "$tmp/err"

# --- reasons -------------------------------------------------------------------

export FPT_CACHE="$tmp/other"
checkout third
exits "no mirror and an empty cache" 1 "$setup"
says "says why, as a whole line" "$tmp/err" \
	"setup: no suite of Debian could be read from .*Failed to fetch file:$tmp/mirror/.*; give KSRC= a kernel tree"
if [ "$(id -u)" -eq 0 ] && id _apt >/dev/null 2>&1; then
	mkdir -m 700 "$tmp/private"
	DEBIAN_MIRROR="[trusted=yes] http://127.0.0.1:1" FPT_CACHE="$tmp/private/cache" exits "a mirror that is away, and a cache for root alone" 1 "$setup"
	says "says why" "$tmp/err" 'setup: no suite .*Failed to fetch http://127.0.0.1:1/.*[Cc]onnect.*; give KSRC= .*'
fi

mv "$tmp/away" "$tmp/mirror"
for deb in "$pool"/linux-source-7.3*; do
	echo >>"$deb"
done
exits "a package that is not the one of the list" 1 "$setup"
says "says what apt says" "$tmp/err" 'setup: cannot fetch linux-source-7.3 (.*Failed to fetch .*); give KSRC= a kernel tree'
check "and nothing of it is left" test ! -e "$OUTPUT/kselftest"

# --- room ----------------------------------------------------------------------

# full VARIABLE COMMAND...: where that directory has 1 MB
full()
{
	# shellcheck disable=SC2016 # expands there
	timeout 60 unshare --mount sh -c 'mount -t tmpfs -o size=1m none "$1" && shift && exec env "$@"' - "$tmp/full" "$1=$tmp/full/x" "${@:2}"
}

no_room() # NAME COMMAND...
{
	exits "$1, on a disk that is full" 1 full "${@:2}"
	says "says so, and what is needed" "$tmp/err" ".*: [0-9]* MB are needed in $tmp/full/.*, where 1 MB are free: .*"
	check "and no reason is empty" test -z "$(grep -E ': ;|\(\)' "$tmp/err")"
}

if [ "$(id -u)" -eq 0 ] && unshare --mount true 2>/dev/null; then
	mkdir "$tmp/full"
	checkout fourth
	no_room "setup.sh: OUTPUT" OUTPUT "$setup"
	no_room "setup.sh: the cache" FPT_CACHE "$setup"
	no_room "debian-kernel.sh" FPT_CACHE "$scripts/debian-kernel.sh" 7.3
	no_room "libfuse.sh" FPT_CACHE "$scripts/libfuse.sh" 3.17
	mkdir "$tmp/stands"
	printf '%s\n' '#!/bin/sh' 'case $* in update) exec tail -f /dev/null ;; esac' "exec $(command -v apt-get) \"\$@\"" >"$tmp/stands/apt-get"
	chmod +x "$tmp/stands/apt-get"
	exits "apt that stands still" 1 env "PATH=$tmp/stands:$PATH" FPT_APT_SECONDS=1 FPT_CACHE="$tmp/stands/cache" "$setup"
	says "is ended, and why is said" "$tmp/err" \
		'setup: apt-get update has not ended in 1 seconds (FPT_APT_SECONDS), with .* free in .*; give KSRC= a kernel tree'
else
	n=$((n + 1))
	echo "ok $n - a disk that is full # SKIP privilege: needs root"
fi

# --- what takes its time ---------------------------------------------------------

# shellcheck disable=SC2016 # expands there
exits "what takes long" 3 bash -c '
	say() { echo "test: $*"; }
	. "$0"/lib/places.inc
	meanwhile "waiting" timeout 7 tail -f /dev/null || :
	meanwhile "not waiting" sh -c "exit 3"' "$scripts"
says "says so every five seconds" "$tmp/err" 'test: waiting: [56] s'
check "and nothing when it has ended" test "$(wc -l <"$tmp/err")" -eq 1

mkdir -p "$tmp/locked"
exec 9>"$tmp/locked/apt.lock"
flock 9
FPT_CACHE=$tmp/locked exits "a wait for another that reads the mirror's lists" 124 timeout 7 "$scripts/debian-kernel.sh" --list 9>&-
exec 9>&-
says "is told of every five seconds" "$tmp/err" 'debian-kernel.sh: waiting for another that does the same: [56] s'

printf '#!/bin/sh\necho "ok 1 - one"\ntimeout 7 tail -f /dev/null\necho 1..1\n' >"$tmp/slow"
chmod +x "$tmp/slow"
exits "a test that takes long" 0 "$scripts/check.sh" "$tmp/slow"
says "is told of every five seconds" "$tmp/err" "check.sh: $tmp/slow: [56] s, 1 done"
check "and of nothing else" test "$(wc -l <"$tmp/err")" -eq 1

finish

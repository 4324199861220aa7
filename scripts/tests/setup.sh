#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# setup.sh with a temporary mirror and a fake linux-source package, and its failures.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
# shellcheck source-path=SCRIPTDIR source=mirror.inc
. "$tests/mirror.inc"

# Those that building takes, not those of --check.
tools=$(sed -n '/^needed()/,/check.*return/s/^\tneed \([^ ]*\) .*/\1/p' "$scripts/setup.sh")
for tool in $tools; do
	PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null || skip_all "config: no $tool (run scripts/setup.sh)"
done
setup=$scripts/setup.sh
unset KSRC LIBFUSE_SRC

# kernel SUITE VERSION: adds a linux-source package
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

# A build directory in which setup.sh finds a libfuse.
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
exits "the first checkout" 0 "$setup"
says "the first checkout: has the newest headers outside experimental" "$tmp/out" 'setup: headers: linux-source-7.3 7.3.1-1'
check "the first checkout: the headers are there" of_kernel 7.3
check "the first checkout: the lists of the mirror were read once" test "$(grep -c 'reading the package lists of the Debian mirror$' "$tmp/err")" -eq 1
mv "$tmp/mirror" "$tmp/away"
checkout second
exits "a second checkout, without a mirror" 0 "$setup"
check "a second checkout: has the same headers" of_kernel 7.3
check "a second checkout: fetches nothing" test ! -s "$tmp/err"

# --- reasons -------------------------------------------------------------------

export FPT_CACHE="$tmp/other"
checkout third
exits "no mirror and an empty cache" 1 "$setup"
says "no mirror: shows the reason in one line" "$tmp/err" \
	"setup: cannot read any Debian suite from .*Failed to fetch file:$tmp/mirror/.*; set KSRC to a kernel tree"
if [ "$(id -u)" -eq 0 ] && id _apt >/dev/null 2>&1; then
	mkdir -m 700 "$tmp/private"
	DEBIAN_MIRROR="[trusted=yes] http://127.0.0.1:1" FPT_CACHE="$tmp/private/cache" exits "an unreachable mirror and a cache that only root can read" 1 "$setup"
	says "an unreachable mirror: shows the reason" "$tmp/err" 'setup: cannot read any Debian suite .*Failed to fetch http://127.0.0.1:1/.*[Cc]onnect.*; set KSRC .*'
fi

mv "$tmp/away" "$tmp/mirror"
for deb in "$pool"/linux-source-7.3*; do
	echo >>"$deb"
done
exits "a package with a wrong checksum" 1 "$setup"
says "a wrong checksum: shows the error of apt" "$tmp/err" 'setup: cannot fetch linux-source-7.3 (.*Failed to fetch .*); set KSRC to a kernel tree'
check "a wrong checksum: leaves no headers" test ! -e "$OUTPUT/kselftest"

# --- disk space ----------------------------------------------------------------

# full VARIABLE COMMAND...: sets VARIABLE to a directory with 1 MB of space
full()
{
	# shellcheck disable=SC2016 # expands there
	timeout 60 unshare --mount sh -c 'mount -t tmpfs -o size=1m none "$1" && shift && exec env "$@"' - "$tmp/full" "$1=$tmp/full/x" "${@:2}"
}

no_room() # NAME COMMAND...
{
	exits "$1, on a full disk" 1 full "${@:2}"
	says "$1, on a full disk: shows what is needed" "$tmp/err" ".* needs [0-9]* MB in $tmp/full/.*, but only 1 MB are free: .*"
	check "$1, on a full disk: no empty reason" test -z "$(grep -E ': ;|\(\)' "$tmp/err")"
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
	exits "a hanging apt-get update" 1 env "PATH=$tmp/stands:$PATH" FPT_APT_SECONDS=1 FPT_CACHE="$tmp/stands/cache" "$setup"
	says "a hanging apt-get update: is killed and reported" "$tmp/err" \
		'setup: apt-get update did not end in 1 seconds (FPT_APT_SECONDS), with .* free in .*; set KSRC to a kernel tree'
else
	n=$((n + 1))
	echo "ok $n - a full disk # SKIP privilege: needs root"
fi

# --- another process installs packages -------------------------------------------

# shellcheck disable=SC2016 # expands there
install_while_locked='
	touch "$1/lock"
	mount --bind "$1/lock" /var/lib/dpkg/lock-frontend
	coproc holder { python3 -c "import fcntl, sys
fcntl.lockf(sys.stderr, fcntl.LOCK_EX)
print(flush=True)
sys.stdin.read()" 2>>"$1/lock"; }
	read -r <&"${holder[0]}"
	say() { :; }
	make_tmp() { :; }
	log=$1/lock.log scripts=$0
	. "$scripts"/lib/places.inc
	. "$scripts"/lib/packages.inc
	apt_lists_are_new=yes
	apt_install no-such-package || { echo "$why"; exit 1; }'
if [ "$(id -u)" -eq 0 ] && unshare --mount true 2>/dev/null; then
	begun=$SECONDS
	FPT_APT_SECONDS=2 exits "another process installs packages" 1 \
		unshare --mount bash -c "$install_while_locked" "$scripts" "$tmp"
	check "another process installs packages: it is waited for" [ $((SECONDS - begun)) -ge 2 ]
	says "another process installs packages: the reason" "$tmp/out" \
		'apt-get cannot install: .*(E: Unable to acquire the dpkg frontend lock .*'
else
	n=$((n + 1))
	echo "ok $n - another process installs packages # SKIP privilege: needs root"
fi

# --- progress --------------------------------------------------------------------

# shellcheck disable=SC2016 # expands there
exits "a slow command" 3 bash -c '
	say() { echo "test: $*"; }
	. "$0"/lib/places.inc
	meanwhile "waiting" timeout 7 tail -f /dev/null || :
	meanwhile "not waiting" sh -c "exit 3"' "$scripts"
says "a slow command: progress every five seconds" "$tmp/err" 'test: waiting: [56] s'
check "a slow command: no progress after its end" test "$(wc -l <"$tmp/err")" -eq 1

mkdir -p "$tmp/locked"
exec 9>"$tmp/locked/apt.lock"
flock 9
FPT_CACHE=$tmp/locked exits "a wait for another process that reads the lists" 124 timeout 7 "$scripts/debian-kernel.sh" --list 9>&-
exec 9>&-
says "a wait: progress every five seconds" "$tmp/err" 'debian-kernel.sh: waiting for another process that does the same: [56] s'

printf '#!/bin/sh\necho "ok 1 - one"\ntimeout 7 tail -f /dev/null\necho 1..1\n' >"$tmp/slow"
chmod +x "$tmp/slow"
exits "a slow test" 0 "$scripts/check.sh" "$tmp/slow"
says "a slow test: progress every five seconds" "$tmp/err" "check.sh: $tmp/slow: [56] s, 1 done"
check "a slow test: no other messages" test "$(wc -l <"$tmp/err")" -eq 1

finish

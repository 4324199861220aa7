#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The suite for other architectures, another C library and another compiler: every source compiles without a warning,
# what needs no FUSE runs under qemu-user, and the heart of the suite runs where this kernel can run it.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
cd "$tests/../.."

need_built cases/drop
[ -e "$built/kselftest/VERSION" ] || skip_all "config: no $built/kselftest (run scripts/setup.sh)"

# Of harness and servers, without FUSE.
programs="cases/drop servers/raw"
for pure in control errname open_reply raw_init request_hold request_log requests_alike script toyfs units; do
	programs="$programs tests/${pure}_test"
done

skip() # NAME REASON
{
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

# Of every source but libfuse's and liburing's.
objects()
{
	find cases fixtures harness scripts/lib scripts/tests -name '*.c' \
		-not -path '*/libfuse/*' -not -path '*/layer_fs/*' -not -name '*_uring.c' -not -path '*/data/*' | sed "s,^,$1/obj/,; s,c$,o,"
}

# builds NAME PROGRAMS MAKE-ARGUMENT...: sets $out
builds()
{
	local target=$1 programs=$2

	shift 2
	out=$tmp/$target
	mkdir "$out"
	ln -s "$built/kselftest" "$built/uapi" "$out"
	# shellcheck disable=SC2046,SC2086 # lists of words
	check "$target: every source compiles without a warning" make -s -k -j"$(nproc)" OUTPUT="$out" CFLAGS=-O0 LINK_STATIC=-static \
		WERROR=-Werror "$@" $(objects "$out") $(printf "$out/%s " $programs)
}

passes() # COMMAND...: a test, or its emulator and it
{
	if ! "$@" >"$tmp/tap" 2>&1 || grep -q '^not ok' "$tmp/tap" || ! grep -q '^1\.\.[1-9]' "$tmp/tap"; then
		cat "$tmp/tap"
		return 1
	fi
}

# runs NAME [EMULATOR]: what needs no FUSE
runs()
{
	local target=$1 program

	shift
	"$@" "$out/cases/drop" --list >"$tmp/list" 2>&1 || :
	same "$target: a program lists the same cases" "$tmp/native-list" "$tmp/list"
	echo exit | "$@" "$out/servers/raw" >"$tmp/hello" 2>&1 || :
	says "$target: the server says hello" "$tmp/hello" 'hello protocol [0-9]* server raw .*'
	for program in $programs; do
		[[ $program != tests/* ]] || check "$target: ${program#*/} passes" passes "$@" "$out/$program"
	done
}

# other NAME MACHINE TRIPLET: another architecture, under an emulator
other()
{
	local emulator

	if ! command -v "$3-gcc" >/dev/null; then
		skip "$1" "config: no $3-gcc (run scripts/setup.sh --check)"
		return
	fi
	builds "$1" "$programs" CROSS_COMPILE="$3-"
	if emulator=$(command -v "qemu-$2" || command -v "qemu-$2-static"); then
		runs "$1" "$emulator"
	else
		skip "$1 runs" "config: no qemu-$2 (run scripts/setup.sh --check)"
	fi
	rm -rf "$out"
}

# here NAME COMPILER MAKE-ARGUMENT...: what this kernel can run
here()
{
	local target=$1

	if ! command -v "$2" >/dev/null; then
		skip "$target" "config: no $2 (run scripts/setup.sh --check)"
		return
	fi
	shift 2
	builds "$target" "$programs" "$@" all
	says "$target: make says what it leaves out" "$out/left-out" 'libfuse: no libfuse for .*'
	if "$out/servers/raw" </dev/null >/dev/null 2>&1; then
		runs "$target"
		heart "$target"
	else
		skip "$target runs" "kernel: it runs no such programs"
	fi
	rm -rf "$out"
}

heart() # NAME
{
	local status=0

	if [ "$(id -u)" -ne 0 ] || [ ! -c /dev/fuse ]; then
		skip "$1: the heart of the suite" "privilege: needs root and /dev/fuse"
		return
	fi
	OUTPUT=$out scripts/run.sh --server raw --smoke --run-dir "$tmp/run.$1" >"$tmp/both" 2>&1 </dev/null || status=$?
	if [ $status -eq 4 ]; then
		skip "$1: the heart of the suite" "kernel: no case can run"
	else
		check "$1: the heart of the suite passes" exited $status 0
	fi
}

# in_a_tree NAME COMPILER TARGET MAKE-ARGUMENT...: below a kernel's lib.mk
in_a_tree()
{
	local what=$1 target=$3 from=$tmp/tree/tools/testing/selftests out=$tmp/in-tree

	if ! command -v "$2" >/dev/null; then
		skip "$what" "config: no $2 (run scripts/setup.sh --check)"
		return
	fi
	shift 3
	if [ ! -e "$from" ]; then
		mkdir -p "$from"
		ln -s "$built"/kselftest/* "$from"
		mkdir -p "$from/filesystems/fuse_passthrough"
		cp -R scripts/kselftest/Makefile cases fixtures harness "$from/filesystems/fuse_passthrough"
	fi
	check "$what" make -s -C "$from/filesystems/fuse_passthrough" KHDR_INCLUDES="-isystem $built/uapi" OUTPUT="$out" USERCFLAGS=-Werror \
		-j"$(nproc)" "$@" "$out/$target"
	rm -rf "$out"
}

"$built/cases/drop" --list >"$tmp/native-list"
other arm64 aarch64 aarch64-linux-gnu
other s390x s390x s390x-linux-gnu
other riscv64 riscv64 riscv64-linux-gnu
here i386 i686-linux-gnu-gcc CROSS_COMPILE=i686-linux-gnu-
here musl musl-gcc CC=musl-gcc
if command -v clang >/dev/null; then
	builds clang "" LLVM=1
else
	skip "clang" "config: no clang (run scripts/setup.sh --check)"
fi
in_a_tree "in a kernel tree liburing is looked for with the target's compiler" aarch64-linux-gnu-gcc \
	drop ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-
in_a_tree "and warnings have the target compiler's names" clang obj/fixtures/client/transfer.o LLVM=1

finish

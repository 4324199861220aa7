#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# vm.sh: with cases that are the kernel's end no outcome is lost, each culprit is named,
# and what is left runs in a fresh boot.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built vm/monitor
need_built tests/dies
type -P qemu-system-x86_64 >/dev/null ||
	skip_all "config: no qemu-system-x86_64 (Debian: qemu-system-x86; scripts/setup.sh --check installs it)"
vm=$scripts/vm.sh
export OUTPUT="$tmp/build"
mkdir -p "$OUTPUT/cases" "$OUTPUT/servers" "$tmp/bin"
ln -s "$built/vm" "$OUTPUT/vm"
cp "$built/tests/dies" "$OUTPUT/cases/dies"
cp "$built/servers/raw" "$OUTPUT/servers/raw"

# --- wrong use ---------------------------------------------------------------

exits "no kernel" 1 "$vm"
says "says what to give" "$tmp/err" 'vm.sh: which kernel? give --kernel BZIMAGE, .*'
exits "a kernel that is missing" 1 "$vm" --kernel "$tmp/none"
says "is named" "$tmp/err" "vm.sh: no kernel $tmp/none"
exits "a kernel that is none" 1 "$vm" --kernel "$OUTPUT/cases/dies"
says "is named" "$tmp/err" "vm.sh: $OUTPUT/cases/dies is no bzImage: .*"
exits "two kernels" 1 "$vm" --kernel x --ksrc y
says "are too many" "$tmp/err" 'vm.sh: give only one of --kernel, --ksrc and --debian'
exits "a tree that is not built" 1 "$vm" --ksrc "$tmp"
says "says how to build it" "$tmp/err" "vm.sh: no $tmp/arch/x86/boot/bzImage: build it .*"
exits "the same in a bisection" 125 "$vm" --ksrc "$tmp" --bisect
exits "wrong use in a bisection" 128 "$vm" --bisect --quick
exits "a memory that is none" 1 "$vm" --kernel x --memory much
says "is named" "$tmp/err" "vm.sh: --memory is a number of MiB, not 'much'"
exits "the list" 0 "$vm" --list
says "needs no kernel" "$tmp/out" 'dies.machine.panics	V2	.*'
exits "help" 0 "$vm" --help
says "tells the exit status" "$tmp/out" 'Exit status: 0 passed, .*'
finish

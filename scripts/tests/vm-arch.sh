#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# vm.sh with a real kernel of each architecture whose programs are built in a directory of their own: cases pass, and
# one that kills the kernel has its outcome.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built vm/monitor
need_built tests/crash_cases
type -P cpio >/dev/null || skip_all "config: no cpio (Debian: cpio; scripts/setup.sh --check installs it)"
vm=$scripts/vm.sh

# skip ARCH WHY
skip()
{
	n=$((n + 1))
	echo "ok $n - $1 # SKIP config: $2"
}

boots() # ARCH PREFIX QEMU PACKAGE
{
	local kernel its=$built/$1

	[ -x "$its/vm/init" ] || { skip "$1" "not built (make CROSS_COMPILE=$2 OUTPUT=$its)" && return; }
	type -P "$3" >/dev/null || { skip "$1" "no $3 (Debian: $4)" && return; }
	kernel=$("$scripts/debian-kernel.sh" --arch "$1" 7 2>"$tmp/why") || { skip "$1" "no kernel: $(tail -n 1 "$tmp/why")" && return; }
	OUTPUT=$built exits "$1: cases run" 0 "$vm" --arch "$1" --debian "${kernel##*/}" --server raw --filter 'drop.*' \
		--run-dir "$tmp/$1"
	says "$1: none is skipped" "$tmp/out" '[1-9][0-9]* passed, 0 failed, 0 skipped'
	check "$1: results are named for it" sh -c "ls $tmp/$1/results/*-$1/raw.tsv"
	check "$1: so is the run" json_holds "$tmp/$1/run.json" "it['architecture'] == '$5'"
	[ -x "$its/tests/crash_cases" ] || { skip "$1: a crash" "not built (make CROSS_COMPILE=$2 OUTPUT=$its $its/tests/crash_cases)" && return; }
	mkdir -p "$tmp/crash/cases" "$tmp/crash/$1/cases"
	ln -sf "$built"/{vm,servers,contain,probe} "$tmp/crash"
	ln -sf "$its"/{vm,servers,programs} "$tmp/crash/$1"
	cp "$built/tests/crash_cases" "$tmp/crash/cases"
	cp "$its/tests/crash_cases" "$tmp/crash/$1/cases"
	OUTPUT=$tmp/crash exits "$1: a crash" 1 "$vm" --arch "$1" --debian "${kernel##*/}" --server raw \
		--filter 'crash_cases.vm.panics,crash_cases.vm.passes_last' --run-dir "$tmp/$1-crash"
	says "$1: a crash has its outcome" "$tmp/out" \
		'raw  *crash_cases.vm.panics  *crash  Kernel panic - not syncing: sysrq triggered crash'
	says "$1: a crash: the others run in a fresh boot" "$tmp/out" '1 passed, 1 failed, 0 skipped'
}

while read -r arch host _ _ prefix _ qemu package _; do
	case $arch in
	\#* | '') ;;
	*) [ "$host" = "$(uname -m)" ] || boots "$arch" "$prefix" "$qemu" "$package" "$host" </dev/null ;;
	esac
done <"$scripts/lib/architectures"
finish

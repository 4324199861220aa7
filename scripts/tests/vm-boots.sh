#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# vm.sh with a real kernel: of cases that are its end no outcome is lost, each culprit is
# named, and what is left runs in a fresh boot.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built vm/monitor
need_built tests/crash_cases
need_built tests/parallel_panic
need_built tests/stuck_cases
type -P qemu-system-x86_64 >/dev/null ||
	skip_all "config: no qemu-system-x86_64 (Debian: qemu-system-x86; scripts/setup.sh --check installs it)"
type -P cpio >/dev/null || skip_all "config: no cpio (Debian: cpio; scripts/setup.sh --check installs it)"
kernel=$("$scripts/debian-kernel.sh" 6.12 2>"$tmp/why") ||
	skip_all "config: no kernel to boot: $(tail -n 1 "$tmp/why")"

checkout=$tmp/checkout
vm=$checkout/scripts/vm.sh
mkdir "$checkout"
cp -R "$scripts" "$checkout/"
export OUTPUT="$tmp/build"
mkdir -p "$OUTPUT/cases" "$OUTPUT/servers" "$OUTPUT/programs"
ln -s "$built/vm" "$OUTPUT/vm"
cp "$built/servers/raw" "$OUTPUT/servers/"

# boots NAME STATUS OPTION...
boots()
{
	exits "$1" "$2" timeout 1800 "$vm" --kernel "$kernel/vmlinuz" --modules "$kernel" --server raw --kernel-name k \
		--run-dir "$tmp/$1" --results "$tmp/results" "${@:3}"
	cut -f 1,3,4,6 "$tmp/$1/results/k/raw.tsv" >"$tmp/outcomes"
}

# --- what a kernel may die of --------------------------------------------------

cp "$built/tests/crash_cases" "$OUTPUT/cases/"
echo timeout=1 >"$checkout/settings" # ten seconds without KVM
FPT_TIMEOUT_MUL=10 FPT_VM_SILENCE=30 boots deaths 1
tr '|' '\t' >"$tmp/wanted" <<'END'
case|outcome|observed|note
crash_cases.machine.is_well_at_first|pass|1|
crash_cases.machine.panics|crash||Kernel panic - not syncing: sysrq triggered crash; suspect: kernel
crash_cases.machine.fails|fail|EIO|-EIO: got EIO, wanted 0; suspect: kernel
crash_cases.machine.resets|crash||the machine was reset without console output; suspect: kernel
crash_cases.machine.freezes|timeout||the kernel hung: no sign of life for 30 seconds; suspect: kernel
crash_cases.machine.panics_and_stays|crash||Kernel panic - not syncing: sysrq triggered crash; suspect: kernel
crash_cases.machine.cannot_be_killed|timeout||its processes cannot be killed; suspect: kernel
crash_cases.machine.logs_more_than_is_read|pass|0|
crash_cases.machine.is_well_at_last|pass|0|
crash_cases.machine.stays|timeout||no verdict: the program exceeded its time limit
crash_cases.machine.is_not_reached|incomplete||no verdict: the program exceeded its time limit
END
same "every case has its outcome" "$tmp/wanted" "$tmp/outcomes"
says "a death is shown as it happens" "$tmp/out" \
	'raw  *crash_cases.machine.panics  *crash  Kernel panic - not syncing: sysrq triggered crash'
says "the last line" "$tmp/out" '3 passed, 8 failed, 0 skipped'
grep -c '^vm.sh: boot ' "$tmp/deaths/console.log" >"$tmp/boots"
says "no boot more than the deaths need" "$tmp/boots" 6
says "the kernel log has a message that was cut short" "$tmp/deaths/kernel.log" '\[.*\] \(\\xff\)\{400\}x*'
says "the console has what the kernel said" "$tmp/deaths/console.log" '.*sysrq_handle_crash+.*'
same "the results are kept" "$tmp/deaths/results/k/raw.tsv" "$tmp/results/k/raw.tsv"

# --- of two that ran, one; and the suite ---------------------------------------

rm "$OUTPUT/cases/crash_cases"
echo timeout=1000 >"$checkout/settings" # so that nothing else ends a program that cannot end
cp "$built/tests/parallel_panic" "$OUTPUT/cases/bad"
cp "$built/tests/parallel_panic" "$OUTPUT/cases/bystander"
cp "$built/tests/stuck_cases" "$built/cases/credentials" "$built/cases/drop" "$OUTPUT/cases/"
boots two 1 -j2 --filter 'b*,stuck_cases.program.lingers,credentials*,drop*'
grep -E '^(bad|bystander)' "$tmp/outcomes" >"$tmp/met"
tr '|' '\t' >"$tmp/wanted" <<'END'
bad.two.meet|crash||Kernel panic - not syncing: sysrq triggered crash; suspect: kernel
bystander.two.meet|pass|1|
END
same "of two cases the culprit is found" "$tmp/wanted" "$tmp/met"
sed '/^b/d' "$tmp/outcomes" >"$tmp/suite"
says "a program that cannot end has its outcome, and holds up no other" "$tmp/suite" 'stuck_cases.program.lingers	pass	.*'
says "and that is told" "$tmp/out" 'the kernel died: while no case ran: its processes cannot be killed'
says "a case passes as with run.sh" "$tmp/suite" 'drop.early.before_reply_eio	pass	EIO	'
says "ext4 is there, and on a loop device" "$tmp/suite" 'credentials.capabilities.root_fills_reserved_blocks	pass	.*'
cut -f 2 "$tmp/suite" | sort -u >"$tmp/words"
same "all pass" - "$tmp/words" <<'END'
outcome
pass
END
check "run.json" jq -e '.kernel_log == "read" and .kernel_log_records_lost == 0 and
	(.kernel_release | startswith("6.12.")) and .fuse_protocol_minor >= 41' "$tmp/two/run.json"

boots failed 1 --filter stuck_cases.program.fails_and_lingers
says "a process that is left by what failed is told" "$tmp/out" \
	'vm.sh: a process of raw stuck_cases cannot be killed after what failed there: this machine is left'
says "and is no failure more" "$tmp/out" '0 passed, 1 failed, 0 skipped'
says "the kernel log is there to its end" "$tmp/failed/kernel.log" '\[.*\] fpt: run .* ends'
finish

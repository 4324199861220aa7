#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# vm.sh with a real kernel: cases that kill it have their outcome, each culprit is named, and the
# pending cases run in a fresh boot.
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
cp "$built/contain" "$OUTPUT/"

# boots NAME STATUS OPTION...
boots()
{
	exits "$1" "$2" timeout 1800 "$vm" --kernel "$kernel/vmlinuz" --modules "$kernel" --server raw --kernel-name k \
		--run-dir "$tmp/$1" --results "$tmp/results" "${@:3}"
	cut -f 1,3,4,6 "$tmp/$1/results/k/raw.tsv" >"$tmp/outcomes"
}

# --- deaths of a kernel --------------------------------------------------------

cp "$built/tests/crash_cases" "$OUTPUT/cases/"
echo timeout=1 >"$checkout/settings" # ten seconds without KVM
FPT_TIMEOUT_MUL=10 FPT_VM_SILENCE=30 boots deaths 1
tr '|' '\t' >"$tmp/wanted" <<'END'
case|outcome|observed|note
crash_cases.vm.passes_first|pass|1|
crash_cases.vm.panics|crash||Kernel panic - not syncing: sysrq triggered crash; suspect: kernel
crash_cases.vm.fails|fail|EIO|-EIO: got EIO, wanted 0; suspect: kernel
crash_cases.vm.resets|crash||the guest was reset without console output; suspect: kernel
crash_cases.vm.hangs|timeout||the kernel hung: no output for 30 seconds; suspect: kernel
crash_cases.vm.panics_without_reboot|crash||Kernel panic - not syncing: sysrq triggered crash; suspect: kernel
crash_cases.vm.unkillable_program|timeout||its processes cannot be killed; suspect: kernel
crash_cases.vm.logs_long_message|pass|0|
crash_cases.vm.passes_last|pass|0|
crash_cases.vm.exceeds_time_limit|timeout||no verdict: the program exceeded its time limit
crash_cases.vm.not_reached|incomplete||no verdict: the program exceeded its time limit
END
same "every case has its outcome" "$tmp/wanted" "$tmp/outcomes"
says "a crash is shown when it happens" "$tmp/out" \
	'raw  *crash_cases.vm.panics  *crash  Kernel panic - not syncing: sysrq triggered crash'
says "the last line" "$tmp/out" '3 passed, 8 failed, 0 skipped'
grep -c 'fpt: run .* begins' "$tmp/deaths/console.log" >"$tmp/boots" # not a boot under a broken KVM
says "each crash needs one boot more" "$tmp/boots" 6
says "the kernel log has the truncated message" "$tmp/deaths/kernel.log" '\[.*\] \(\\xff\)\{400\}x*'
says "the console has the call trace" "$tmp/deaths/console.log" '.*sysrq_handle_crash+.*'
exits "the results are kept" 0 "$scripts/compare.sh" "$tmp/deaths/results/k/raw.tsv" "$tmp/results/k/raw"

# --- two running cases; real cases ---------------------------------------------

rm "$OUTPUT/cases/crash_cases"
echo timeout=1000 >"$checkout/settings" # no time limit ends a stuck program first
cp "$built/tests/parallel_panic" "$OUTPUT/cases/bad"
cp "$built/tests/parallel_panic" "$OUTPUT/cases/bystander"
cp "$built/tests/stuck_cases" "$built/cases/credentials" "$built/cases/drop" "$OUTPUT/cases/"
boots two 1 -j2 --filter 'b*,stuck_cases.unkillable_child.passes,credentials*,drop*'
grep -E '^(bad|bystander)' "$tmp/outcomes" >"$tmp/two-cases"
tr '|' '\t' >"$tmp/wanted" <<'END'
bad.concurrent_run.only_bad_panics|crash||Kernel panic - not syncing: sysrq triggered crash; suspect: kernel
bystander.concurrent_run.only_bad_panics|pass|1|
END
same "of two running cases the culprit is found" "$tmp/wanted" "$tmp/two-cases"
sed '/^b/d' "$tmp/outcomes" >"$tmp/suite"
says "a program that leaves an unkillable process has its outcome and blocks no other" "$tmp/suite" 'stuck_cases.unkillable_child.passes	pass	.*'
says "the unkillable process is reported" "$tmp/out" 'the kernel died: while no case ran: its processes cannot be killed'
says "a case passes as with run.sh" "$tmp/suite" 'drop.early.before_reply_eio	pass	EIO	'
says "ext4 works on a loop device" "$tmp/suite" 'credentials.capabilities.root_fills_reserved_blocks	pass	.*'
cut -f 2 "$tmp/suite" | sort -u >"$tmp/words"
same "all pass" - "$tmp/words" <<'END'
outcome
pass
END
check "run.json" json_holds "$tmp/two/run.json" 'it["kernel_log"] == "read" and it["kernel_log_records_lost"] == 0 and
	it["kernel_release"].startswith("6.12.") and it["fuse_protocol_minor"] >= 41'

boots failed 1 --filter stuck_cases.unkillable_child.fails
says "an unkillable process after a failure is reported" "$tmp/out" \
	'vm.sh: a process of raw stuck_cases cannot be killed after a failure there: continuing in a fresh boot'
says "an unkillable process after a failure is not a second failure" "$tmp/out" '0 passed, 1 failed, 0 skipped'
boots expected 0 --filter stuck_cases.unkillable_child.fails_as_expected
says "an unkillable process after an expected failure is none" "$tmp/out" '0 passed, 0 failed, 0 skipped'
says "the kernel log is complete" "$tmp/failed/kernel.log" '\[.*\] fpt: run .* ends'
finish

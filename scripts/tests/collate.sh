#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Collating data/collate, which has every outcome, and data/deaths, where kernels died, gives the
# files expected there.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built cases/known_bug
unset FPT_FAULT
expected=$tests/data/collate/expected
run=$tmp/run
cp -R "$tests/data/collate" "$run"

exits "help" 0 fpt collate --help
says "lists the input" "$tmp/out" '.*cases.tsv, status.tsv, ktap/, .*'
exits "an unknown option" 1 fpt collate --quick "$run" k raw
says "is named" "$tmp/err" 'collate.sh: unknown option --quick, see --help'
exits "too few arguments" 1 fpt collate "$run"
says "are reported" "$tmp/err" 'collate.sh: give a run directory, a kernel and servers, see --help'
exits "a folder that is not a run directory" 1 fpt collate "$tmp" k raw
says "is reported" "$tmp/err" "collate.sh: $tmp: not a run directory, .*"
export RERUN="raw	/x/run.sh --server raw --filter"
exits "a run with failures" 1 fpt collate "$run" 6.18.44 raw libfuse
sed "s,$run,RUN,g" "$tmp/out" >"$tmp/summary"
same "results of raw" "$expected/raw.tsv" "$run/results/6.18.44/raw.tsv"
same "results of libfuse" "$expected/libfuse.tsv" "$run/results/6.18.44/libfuse.tsv"
same "the summary" "$expected/summary" "$tmp/summary"
same "the kernel log is the run's" "$expected/kernel.log" "$run/kernel.log"

unset RERUN
exits "the same with --verbose" 1 fpt collate --verbose "$run" again raw libfuse
says "lists each expected failure" "$tmp/out" '  raw alpha.f.xfail: xfail'
same "the same data give the same bytes" "$expected/raw.tsv" "$run/results/again/raw.tsv"

fpt collate "$run" alone libfuse >"$tmp/out" || :
grep suspect: "$run/results/alone/libfuse.tsv" | grep -v 'kernel log:' >"$tmp/suspects" || :
same "without raw only a kernel log report names a suspect" /dev/null "$tmp/suspects"
says "as the summary does" "$tmp/out" '  kernel alone: 1 case failed on raw, which uses no library, or with a kernel log report'

export FPT_FAULT=wrong-id
exits "a deliberate fault" 1 fpt collate "$run" k raw libfuse
unset FPT_FAULT
says "is named" "$tmp/out" 'a deliberate fault is active (FPT_FAULT=wrong-id): .*'
export FPT_MOUNT=x
exits "an external file system" 1 fpt collate "$run" k libfuse
unset FPT_MOUNT
sed -n '/undecided:/p' "$tmp/out" >"$tmp/undecided"
same "gets no advice of raw" /dev/null "$tmp/undecided"
exits "facts" 1 fpt collate --fact started=1 --fact arguments="-j1 --filter a=b" "$run" k raw
says "are in run.json" "$run/run.json" '  "arguments": "-j1 --filter a=b",'
says "with the time" "$run/run.json" '  "started": "1970-01-01T00:00:01Z",'

# Only the data of one program on one server.
only()
{
	rm -rf "$run"
	mkdir -p "$run/ktap/$1"
	grep "^$2	" "$tests/data/collate/cases.tsv" >"$run/cases.tsv"
	printf '%s\t%s\t%s\n' "$1" "$2" "$3" >"$run/status.tsv"
	echo "fpt: run x" >"$run/kmsg"
	cp "$tests/data/collate/ktap/$1/$2.ktap" "$run/ktap/$1/"
}

only libfuse gamma 0
exits "all passed, without evidence or kernel log" 0 fpt collate "$run" k libfuse
says "its last line" "$tmp/out" '2 passed, 0 failed, 0 skipped'

# A lockdep report about two locks of one class, while a case runs.
lockdep_reports() # LOCK
{
	only libfuse gamma 0
	fpt known-reports "$built/cases" >"$run/known_reports.tsv"
	cat >>"$run/kmsg" <<-END
	12,1,1,-;fpt: run x begins
	12,2,2,-;fpt: begin gamma.h.two libfuse
	4,3,3,-;WARNING: possible recursive locking detected
	4,4,4,-;7.3.4-debug #1 Not tainted
	4,5,5,-;--------------------------------------------
	4,6,6,-;gamma/357 is trying to acquire lock:
	4,7,7,-;ffff8880061de438 ($1
	4,8,8,-;Call Trace:
	4,9,9,-; <TASK>
	4,10,10,-; </TASK>
	END
}

lockdep_reports 'sb_writers#7){.+.+}-{0:0}, at: backing_file_write_iter+0x6cc/0x8d0'
exits "a known kernel report" 0 fpt collate "$run" k libfuse
says "is listed" "$tmp/out" '  K5: WARNING: possible recursive locking detected (lockdep is off from there on)'
lockdep_reports '&sb->s_type->i_mutex_key#9){+.+.}-{4:4}, at: fuse_passthrough_write_iter+0x192/0x2a0'
exits "the same for an asynchronous write" 0 fpt collate "$run" k libfuse
lockdep_reports 'sb_writers#6){.+.+}-{0:0}, at: fuse_passthrough_splice_write+0x3e3/0x620'
exits "the same, by the caller of what takes the lock" 0 fpt collate "$run" k libfuse
lockdep_reports '&sb->s_type->i_mutex_key#9){+.+.}-{4:4}, at: backing_file_write_iter+0x192/0x2a0'
exits "another lock there is not known" 1 fpt collate "$run" k libfuse
lockdep_reports '&fc->bg_lock){+.+.}-{3:3}, at: fuse_request_end+0x6cc/0x8d0'
exits "an unknown report of the same kind" 1 fpt collate "$run" k libfuse
says "fails the case" "$run/results/k/libfuse.tsv" 'gamma.h.two.*kernel log: WARNING: possible recursive locking.*'
lockdep_reports 'sb_writers#7){.+.+}-{0:0}, at: backing_file_write_iter+0x6cc/0x8d0'
rm "$run/known_reports.tsv"
exits "a report that no case declares as known" 1 fpt collate "$run" k libfuse

# Two boots of a virtual machine that each died; the third did not come up. A case that was
# running when another killed the kernel starts from scratch.
expected=$tests/data/deaths/expected
rm -rf "$run"
cp -R "$tests/data/deaths" "$run"
exits "kernels that died" 1 fpt collate "$run" k raw
sed "s,$run,RUN,g" "$tmp/out" >"$tmp/summary"
same "each case has its outcome" "$expected/raw.tsv" "$run/results/k/raw.tsv"
same "the summary" "$expected/summary" "$tmp/summary"

finish

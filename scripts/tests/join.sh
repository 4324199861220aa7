#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The joins of data/join, which holds every outcome, and of data/deaths, where kernels
# died, give what is expected there.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

expected=$tests/data/join/expected
run=$tmp/run
cp -R "$tests/data/join" "$run"

exits "a run with failures" 1 "$scripts/join.sh" "$run" 6.18.44 raw libfuse
sed "s,$run,RUN," "$tmp/out" >"$tmp/summary"
same "results of raw" "$expected/raw.tsv" "$run/results/6.18.44/raw.tsv"
same "results of libfuse" "$expected/libfuse.tsv" "$run/results/6.18.44/libfuse.tsv"
same "the summary" "$expected/summary" "$tmp/summary"
same "the kernel log is the run's" "$expected/kernel.log" "$run/kernel.log"
same "facts for run.json" "$expected/facts.tsv" "$run/facts.tsv"

"$scripts/join.sh" "$run" again raw libfuse >/dev/null || :
same "the same data give the same bytes" "$expected/raw.tsv" "$run/results/again/raw.tsv"

"$scripts/join.sh" "$run" alone libfuse >"$tmp/out" || :
grep accuses "$run/results/alone/libfuse.tsv" | grep -v 'kernel log:' >"$tmp/accused" || :
same "without raw only the kernel log accuses" /dev/null "$tmp/accused"
says "and in the summary" "$tmp/out" '  kernel alone: 1 case failed on raw, which does without a library, or with a report of the kernel'

newline='
'

not_in() # FILE PATTERN
{
	! grep -xe "$2" "$1"
}

# One program of one server, of which everything else is left out.
only()
{
	rm -rf "$run"
	mkdir -p "$run/ktap/$1"
	grep "^$2	" "$tests/data/join/cases.tsv" >"$run/cases.tsv"
	printf '%s\t%s\t%s\n' "$1" "$2" "$3" >"$run/status.tsv"
	echo "fpt: run x" >"$run/kmsg"
	cp "$tests/data/join/ktap/$1/$2.ktap" "$run/ktap/$1/"
}

only libfuse gamma 0
exits "all passed, without evidence or kernel log" 0 "$scripts/join.sh" "$run" k libfuse
says "its last line" "$tmp/out" '2 passed, 0 failed, 0 skipped'
only raw gamma 4
exits "all skipped" 4 "$scripts/join.sh" "$run" k raw
says "its last line" "$tmp/out" '0 passed, 0 failed, 2 skipped'
only libfuse gamma 139
exits "all passed, but the program died" 1 "$scripts/join.sh" "$run" k libfuse
says "its last line" "$tmp/out" '2 passed, 1 failed, 0 skipped'

# A case of each kind that is not red on raw: how it ends on libfuse, and who is accused.
on_both() # RAW LIBFUSE BROKEN-REASON
{
	rm -rf "$run"
	mkdir -p "$run/ktap/raw" "$run/ktap/libfuse" "$run/evidence/libfuse"
	printf 'p\tp.f.%s\tF1\t6.9\t-\t-\ttitle\n' kernel library >"$run/cases.tsv"
	printf '%s\tp\t1\n' raw libfuse >"$run/status.tsv"
	echo "fpt: run x" >"$run/kmsg"
	printf '%s\n' "TAP version 13" 1..2 "ok 1 f.kernel" "$1" >"$run/ktap/raw/p.ktap"
	printf '%s\n' "TAP version 13" 1..2 "$2" >"$run/ktap/libfuse/p.ktap"
	{
		echo '{"type":"note","case":"p.f.kernel","key":"server_backend","value":"libfuse-mt"}'
		echo '{"type":"note","case":"p.f.kernel","key":"server_version","value":"3.19.0"}'
		[ -z "$3" ] || printf '{"type":"broken","case":"p.f.kernel","reason":"%s"}\n' "$3"
	} >"$run/evidence/libfuse/p.jsonl"
	"$scripts/join.sh" "$run" k raw libfuse >"$tmp/out" || :
}

on_both "ok 2 f.library # SKIP library: raw cannot" "not ok 2 f.library" ""
says "raw cannot show what a library promises, and no other case accuses the kernel" "$run/results/k/libfuse.tsv" \
	'p.f.library.*; accuses the library'
says "the summary accuses the version" "$tmp/out" \
	'  libfuse-mt 3.19.0, not the kernel: 1 case failed on libfuse, and not on raw, which does without a library'
on_both "not ok 2 f.library" "not ok 2 f.library" ""
says "red on both" "$run/results/k/libfuse.tsv" 'p.f.library.*; accuses the kernel'
on_both "ok 2 f.library # SKIP library: raw cannot" "not ok 1 f.kernel" "the server did not answer INIT"
says "a server that does not get through" "$run/results/k/libfuse.tsv" \
	'p.f.kernel.libfuse.broken.*the server did not answer INIT; accuses the library'
"$scripts/join.sh" "$run" k libfuse >"$tmp/out" || :
says "without raw nobody can be accused" "$tmp/out" '  nobody: 1 case failed, and none has passed on raw .*'
on_both "ok 2 f.library" "not ok 1 f.kernel" "mount: ENOMEM"
says "a set-up that fails without the server" "$run/results/k/libfuse.tsv" 'p.f.kernel.libfuse.broken.*mount: ENOMEM'
on_both "ok 2 f.library" "ok 1 f.kernel # SKIP kernel: INIT does not offer FUSE_PASSTHROUGH" ""
says "a server that does not see what the kernel has" "$run/results/k/libfuse.tsv" \
	'p.f.kernel.libfuse.fail.*skipped, but raw runs it on this kernel: INIT .*; accuses the library'

on_both "not ok 2 f.library" "ok 1 f.kernel # SKIP library: cannot" ""
says "what raw alone can run" "$run/results/k/raw.tsv" 'p.f.library.raw.fail.*; accuses the kernel'
"$scripts/join.sh" "$run" k raw >"$tmp/out" || :
says "raw alone" "$tmp/out" '  kernel k: 1 case failed on raw, .*'
says "with its row" "$tmp/out" '      row F1'
on_both "not ok 2 f.library" "ok 2 f.library" ""
says "red on raw, green on a library" "$tmp/out" \
	'  nobody: 1 case failed where nothing shows whether it is the kernel, a library or a server'
check "is not the kernel" not_in "$tmp/out" '  kernel k: .*'
on_both "# library: Test terminated by timeout${newline}not ok 2 f.library" "ok 1 f.kernel # SKIP library: cannot" ""
says "a hang of raw alone may be its own" "$run/results/k/raw.tsv" 'p.f.library.raw.timeout.*by timeout'
sed -i 's/^ok 1/not ok 1/' "$run/ktap/raw/p.ktap"
cp "$run/ktap/raw/p.ktap" "$run/ktap/libfuse/p.ktap"
"$scripts/join.sh" "$run" k raw libfuse >"$tmp/out" || :
says "where nothing passes nobody is accused" "$tmp/out" '  nobody: 2 cases failed, and none has passed on raw .*'
check "and not the kernel" not_in "$tmp/out" '  kernel k: .*'
FPT_MOUNT=x "$scripts/join.sh" "$run" k libfuse >"$tmp/out" || :
check "what is mounted has no --server raw" not_in "$tmp/out" '.*--server raw.*'

# lockdep's report of two locks of the same class, while a case runs.
lockdep_reports() # LOCK
{
	only libfuse gamma 0
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
exits "a report of the kernel that is known" 0 "$scripts/join.sh" "$run" k libfuse
says "it is told" "$tmp/out" 'lockdep took FUSE on FUSE .*'
lockdep_reports '&sb->s_type->i_mutex_key#9){+.+.}-{4:4}, at: fuse_passthrough_write_iter+0x192/0x2a0'
exits "the same of what is written asynchronously" 0 "$scripts/join.sh" "$run" k libfuse
echo '4,11,11,-;BUG: another' >>"$run/kmsg"
exits "a report behind one that is known" 1 "$scripts/join.sh" "$run" k libfuse
lockdep_reports '&fc->bg_lock){+.+.}-{3:3}, at: fuse_request_end+0x6cc/0x8d0'
exits "a report of the same kind that is not known" 1 "$scripts/join.sh" "$run" k libfuse
says "it is the case's" "$run/results/k/libfuse.tsv" 'gamma.h.two.*kernel log: WARNING: possible recursive locking.*'

lockdep_reports '&fc->bg_lock){+.+.}-{3:3}, at: fuse_request_end+0x6cc/0x8d0'
sed -i 's/WARNING: .*/fault_io: vmalloc error: size 32768, vm_struct allocation failed/' "$run/kmsg"
exits "no memory, which is no fault" 0 "$scripts/join.sh" "$run" k libfuse

# Two boots of a virtual machine, each with a death; the third did not come up. What a
# case had done when another killed the kernel is forgotten when it begins anew.
expected=$tests/data/deaths/expected
rm -rf "$run"
cp -R "$tests/data/deaths" "$run"
exits "kernels that died" 1 "$scripts/join.sh" "$run" k raw
sed "s,$run,RUN," "$tmp/out" >"$tmp/summary"
same "each case has its outcome" "$expected/raw.tsv" "$run/results/k/raw.tsv"
same "the summary" "$expected/summary" "$tmp/summary"

finish

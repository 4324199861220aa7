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

newline='
'

not_in() # FILE PATTERN
{
	! grep -xe "$2" "$1"
}

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
only raw gamma 4
exits "all skipped" 4 fpt collate "$run" k raw
says "its last line" "$tmp/out" '0 passed, 0 failed, 2 skipped'
only libfuse gamma 139
exits "all passed, but the program was killed" 1 fpt collate "$run" k libfuse
says "its last line" "$tmp/out" '2 passed, 1 failed, 0 skipped'

# The suspect of a case that fails on libfuse and does not fail on raw.
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
		echo '{"type":"note","case":"p.f.kernel","key":"server_name","value":"libfuse-mt"}'
		echo '{"type":"note","case":"p.f.kernel","key":"server_version","value":"3.19.0"}'
		[ -z "$3" ] || printf '{"type":"broken","case":"p.f.kernel","reason":"%s"}\n' "$3"
	} >"$run/evidence/libfuse/p.jsonl"
	fpt collate "$run" k raw libfuse >"$tmp/out" || :
}

on_both "ok 2 f.library # SKIP library: raw cannot" "not ok 2 f.library" ""
says "raw cannot test a library's promise and fails no other case: the library" "$run/results/k/libfuse.tsv" \
	'p.f.library.*; suspect: library'
says "the summary names its version" "$tmp/out" \
	'  libfuse-mt 3.19.0, not the kernel: 1 case failed on libfuse but not on raw, which uses no library'
on_both "not ok 2 f.library" "not ok 2 f.library" ""
says "fails on both: the kernel" "$run/results/k/libfuse.tsv" 'p.f.library.*; suspect: kernel'
on_both "ok 2 f.library # SKIP library: raw cannot" "not ok 1 f.kernel" "the server did not answer INIT"
says "a server that fails in the set-up" "$run/results/k/libfuse.tsv" \
	'p.f.kernel.libfuse.broken.*the server did not answer INIT; suspect: library'
fpt collate "$run" k libfuse >"$tmp/out" || :
says "without raw it is undecided" "$tmp/out" '  undecided: 1 case failed, and raw, which uses no library, passed none in this run (give --server raw,NAME)'
for lack in "has no ID for this: open f" "registers no backing file: x"; do
	on_both "ok 2 f.library" "not ok 1 f.kernel
ok 2 f.library" "the server $lack"
	says "a server that $lack" "$run/results/k/libfuse.tsv" \
		"p.f.kernel.libfuse.broken.*the server $lack; suspect: library"
done
on_both "ok 2 f.library" "not ok 1 f.kernel" "mount: ENOMEM"
says "a set-up that fails before the server: no suspect" "$run/results/k/libfuse.tsv" 'p.f.kernel.libfuse.broken.*mount: ENOMEM'
on_both "ok 2 f.library" "ok 1 f.kernel # SKIP kernel: INIT does not offer FUSE_PASSTHROUGH" ""
says "a server that misses what the kernel has" "$run/results/k/libfuse.tsv" \
	'p.f.kernel.libfuse.fail.*skipped, but raw passes it on this kernel: INIT .*; suspect: library'

on_both "not ok 2 f.library" "ok 1 f.kernel # SKIP library: cannot" ""
says "fails where only raw can run: the kernel" "$run/results/k/raw.tsv" 'p.f.library.raw.fail.*; suspect: kernel'
fpt collate "$run" k raw >"$tmp/out" || :
says "raw alone" "$tmp/out" '  kernel k: 1 case failed on raw, .*'
says "with its promise" "$tmp/out" '      promise F1'
on_both "not ok 2 f.library" "ok 2 f.library" ""
says "fails on raw, passes on a library: undecided" "$tmp/out" \
	'  undecided: 1 case failed and may be due to the kernel, a library or a server'
check "not the kernel" not_in "$tmp/out" '  kernel k: .*'
on_both "# library: Test terminated by timeout${newline}not ok 2 f.library" "ok 1 f.kernel # SKIP library: cannot" ""
says "a hang of raw alone may be raw's: no suspect" "$run/results/k/raw.tsv" 'p.f.library.raw.timeout.*by timeout'
sed -i 's/^ok 1/not ok 1/' "$run/ktap/raw/p.ktap"
cp "$run/ktap/raw/p.ktap" "$run/ktap/libfuse/p.ktap"
fpt collate "$run" k raw libfuse >"$tmp/out" || :
says "nothing passes: undecided" "$tmp/out" '  undecided: 2 cases failed, and raw, .*, passed none in this run (run more cases)'
check "not the kernel" not_in "$tmp/out" '  kernel k: .*'
FPT_MOUNT=x fpt collate "$run" k libfuse >"$tmp/out" || :
check "an external file system gets no advice of --server raw" not_in "$tmp/out" '.*--server raw.*'

on_both "ok 2 f.library" "not ok 2 f.library" ""
says "fails on a library alone: the library" "$run/results/k/libfuse.tsv" 'p.f.library.libfuse.fail.*; suspect: library'
FPT_FAULT=wrong-id fpt collate "$run" k raw libfuse >"$tmp/out" || :
says "the same with a deliberate fault: the summary names the fault" "$tmp/out" \
	'a deliberate fault is active (FPT_FAULT=wrong-id): this run says nothing about the kernel or a library'
check "no Suspected section" not_in "$tmp/out" 'Suspected:'
says "the case fails" "$run/results/k/libfuse.tsv" 'p.f.library.libfuse.fail.*'
check "without a suspect" not_in "$run/results/k/libfuse.tsv" '.*suspect: .*'

# Servers over io_uring, while raw passes. Arguments: "SERVER VERDICT".
over_ring()
{
	rm -rf "$run"
	mkdir -p "$run/ktap/raw"
	printf 'p\tp.f.case\tD1\t6.9\t-\t-\ttitle\n' >"$run/cases.tsv"
	printf 'raw\tp\t0\n' >"$run/status.tsv"
	echo "fpt: run x" >"$run/kmsg"
	printf '%s\n' "TAP version 13" 1..1 "ok 1 f.case" >"$run/ktap/raw/p.ktap"
	servers=raw
	for server; do
		mkdir -p "$run/ktap/${server%% *}" "$run/evidence/${server%% *}"
		printf '%s\n' "TAP version 13" 1..1 "${server#* } 1 f.case" >"$run/ktap/${server%% *}/p.ktap"
		printf '%s\tp\t1\n' "${server%% *}" >>"$run/status.tsv"
		echo '{"type":"note","case":"p.f.case","key":"server_over_io_uring","value":"yes"}' \
			>"$run/evidence/${server%% *}/p.jsonl"
		servers="$servers ${server%% *}"
	done
	# shellcheck disable=SC2086 # a list of words
	fpt collate "$run" k $servers >"$tmp/out" || :
}
over_ring "raw-uring not ok" "libfuse-uring not ok"
says "fails on all over io_uring: the kernel" "$tmp/out" '  kernel k: 1 case failed on raw or raw-uring, which use no library, .*'
check "not a library" not_in "$tmp/out" '.*, not the kernel: .*'
over_ring "raw-uring ok" "libfuse-uring not ok"
says "fails on one of them: its library" "$tmp/out" '  libfuse-uring, not the kernel: 1 case failed on libfuse-uring but not on raw, .*'
for server in raw-uring libfuse-uring; do
	over_ring "$server not ok"
	says "$server alone over io_uring: undecided" "$tmp/out" '  undecided: 1 case failed and may be due to .*'
	check "no other suspect" not_in "$tmp/out" '.*\(kernel k\|not the kernel\): .*'
done

# A lockdep report about two locks of one class, while a case runs.
lockdep_reports() # LOCK
{
	only libfuse gamma 0
	"$built/cases/known_bug" --json | fpt known-reports >"$run/known_reports.tsv"
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
echo '4,11,11,-;BUG: another' >>"$run/kmsg"
exits "a report after a known one" 1 fpt collate "$run" k libfuse
lockdep_reports '&fc->bg_lock){+.+.}-{3:3}, at: fuse_request_end+0x6cc/0x8d0'
exits "an unknown report of the same kind" 1 fpt collate "$run" k libfuse
says "fails the case" "$run/results/k/libfuse.tsv" 'gamma.h.two.*kernel log: WARNING: possible recursive locking.*'
lockdep_reports 'sb_writers#7){.+.+}-{0:0}, at: backing_file_write_iter+0x6cc/0x8d0'
rm "$run/known_reports.tsv"
exits "a report that no case declares as known" 1 fpt collate "$run" k libfuse

lockdep_reports '&fc->bg_lock){+.+.}-{3:3}, at: fuse_request_end+0x6cc/0x8d0'
sed -i 's/WARNING: .*/fault_io: vmalloc error: size 32768, vm_struct allocation failed/' "$run/kmsg"
exits "an allocation failure" 0 fpt collate "$run" k libfuse
sed -i '/TASK>/d' "$run/kmsg" # as on arm64
echo '4,11,11,-;BUG: KASAN: slab-use-after-free in f+0x1/0x2' >>"$run/kmsg"
exits "a report after it, where traces have no end mark" 1 fpt collate "$run" k libfuse

# --- whose reports -------------------------------------------------------------

# Reports while a case runs: "WHOSE;TEXT" each, as whose.awk prints them.
reported()
{
	only libfuse gamma 0
	{
		printf '%s\n' '12,1,1,-;fpt: run x begins' "12,2,2,-;fpt: begin $case libfuse"
		i=3
		for line; do
			printf '4,%d,%d,-%s\n' $i $i "$line"
			i=$((i + 1))
		done
		echo "12,$i,$i,-;fpt: run x ends"
	} >>"$run/kmsg"
}
case=gamma.h.two
others=',fpt=others;' ours=',fpt=run;' unknown=',fpt=unknown;'
hung='INFO: task loopback:123 blocked for more than 120 seconds.'
reported "$others$hung" ";      Not tainted 6.18" "$others task:loopback state:D pid:123" ";Call Trace:" "; </TASK>"
exits "a hung task outside of the run" 0 fpt collate "$run" k libfuse
says "is listed" "$tmp/out" "  $hung"
says "with the file" "$tmp/out" "Kernel log, reports about processes outside of this run (not counted, see $run/kernel.log):"
reported "$ours$hung" ";Call Trace:"
exits "a hung task of the run" 1 fpt collate "$run" k libfuse
says "fails the case" "$run/results/k/libfuse.tsv" 'gamma.h.two.*kernel log: INFO: task loopback blocked .*'
check "and is not outside" not_in "$tmp/out" 'Kernel log, reports about .*'
reported ";$hung" ";Call Trace:"
exits "a hung task that was not looked up, as in a virtual machine" 1 fpt collate "$run" k libfuse
reported "$unknown$hung" ";Call Trace:"
exits "a hung task that exited" 1 fpt collate "$run" k libfuse
says "may concern others" "$tmp/out" 'Kernel log: 1 of the reports name processes that had exited.*'
reported ";cut here" "${others}WARNING: CPU: 1 PID: 99 at fs/x.c:1 f+0x1/0x2" "${others}CPU: 1 PID: 99 Comm: x" \
	";Call Trace:" ";end trace" ";Call Trace:"
exits "a trace after a report of others" 1 fpt collate "$run" k libfuse
reported ";cut here" ";refcount_t: underflow; use-after-free." "${others}WARNING: CPU: 1 PID: 99 at lib/refcount.c:28" \
	";Call Trace:"
exits "a report of others whose first line has no PID" 0 fpt collate "$run" k libfuse
kasan='BUG: KASAN: slab-use-after-free in fuse_backing_free+0x1/0x2'
reported ";======" ";$kasan" "${others}Write of size 8 at addr 0 by task x/99" ";Call Trace:"
exits "one with the PID in the second line" 0 fpt collate "$run" k libfuse
reported ";======" ";$kasan" "${ours}Write of size 8 at addr 0 by task x/99" ";Call Trace:"
exits "the same of the run" 1 fpt collate "$run" k libfuse
reported "$others$hung" ";======" ";$kasan" "${ours}Write of size 8 at addr 0 by task x/99"
exits "a report of the run after one of others" 1 fpt collate "$run" k libfuse
says "fails the case" "$run/results/k/libfuse.tsv" 'gamma.h.two.*kernel log: BUG: KASAN: .*'
reported ";$kasan" "$others$hung"
exits "a report without a PID before one of others" 1 fpt collate "$run" k libfuse
reported ";$kasan" ";cut here" "${others}WARNING: CPU: 1 PID: 99 at fs/x.c:1 f+0x1/0x2"
exits "before a warning of others" 1 fpt collate "$run" k libfuse
reported ";$kasan" "${others}watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [x:99]"
exits "before one whose first line has the PID" 1 fpt collate "$run" k libfuse
reported ";$kasan"
exits "a report at the end of the log" 1 fpt collate "$run" k libfuse
reported ";BUG: kernel NULL pointer dereference, address: 0" ";#PF: error_code(0x0002)" ";Oops: Oops: 0002 [#1] SMP" \
	"${others}CPU: 0 UID: 0 PID: 99 Comm: x" ";Call Trace:"
exits "an oops of others" 0 fpt collate "$run" k libfuse
warned="${others}WARNING: CPU: 1 PID: 99 at fs/x.c:1 f+0x1/0x2"
reported ";cut here" "$warned" ";Call Trace:" "; <TASK>"
exits "a warning of others" 0 fpt collate "$run" k libfuse
reported ";cut here" "$warned" ";Call Trace:" "; <IRQ>"
exits "a warning in an interrupt of others" 1 fpt collate "$run" k libfuse
says "fails the case" "$run/results/k/libfuse.tsv" 'gamma.h.two.*kernel log: WARNING: .*'
says "and may concern others" "$tmp/out" 'Kernel log: 1 of the reports name processes .*'
reported "${others}watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [x:99]" ";Call Trace:" "; <IRQ>"
exits "a timer's report about others" 0 fpt collate "$run" k libfuse
reported "$ours$hung"
sed -i '$d' "$run/kmsg"
printf '%s\n' "12,4,4,-;fpt: end $case libfuse" "12,5,5,-;fpt: begin $case libfuse" "12,6,6,-;fpt: run x ends" >>"$run/kmsg"
exits "a report before another run begins the same case" 1 fpt collate "$run" k libfuse
case=gamma.h.gone
reported "$others$hung" ";Call Trace:"
exits "a report of others outside of any case" 0 fpt collate "$run" k libfuse
reported "$ours$hung" ";Call Trace:"
exits "a report of the run outside of any case" 1 fpt collate "$run" k libfuse

# Real processes: children of this one, others, exited ones, kernel threads.
true &
gone=$!
wait $gone
tail -f /dev/null &
below=$!
whose() # WHOSE ROOT TEXT
{
	printf '4,1,2,-;%s\n KEY=PID: %s\n' "$3" $below >"$tmp/records"
	awk -f "$scripts/lib/whose.awk" -v ROOT="$2" <"$tmp/records" >"$tmp/annotated"
	sed "1s/;/${1:+,fpt=$1};/" "$tmp/records" >"$tmp/wanted"
	same "'$3': ${1:-no process}" "$tmp/wanted" "$tmp/annotated"
}
whose run $$ "INFO: task a b:$below blocked for more than 120 seconds."
whose run $$ "WARNING: CPU: 0 PID: $$ at fs/x.c:1 f+0x1/0x2"
whose others $$ "INFO: task a b:1 blocked for more than 120 seconds."
whose others $below "CPU: 0 UID: 0 PID: $$ Comm: sh Not tainted"
whose others $below "Write of size 8 at addr ffff88 by task sh/$$"
whose others $below "WARNING: fs/x.c:22 at f+0x1/0x2, CPU#0: sh/$$"
whose others $below "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [sh:$$]"
whose others $below "BUG: scheduling while atomic: sh/$$/0x00000002"
whose others $below "in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: $$, name: sh"
whose others $below "sh/$$ is trying to acquire lock:"
whose others $below "read to 0xffff88 of 8 bytes by task $$ on cpu 1:"
whose run $below "INFO: task sh:$$ is blocked on a mutex likely owned by task x:$below."
whose run $$ "CPU: 0 PID: 2 Comm: kthreadd"
whose unknown $$ "CPU: 0 PID: $gone Comm: true"
whose unknown 0 "CPU: 0 PID: 1 Comm: init"
whose '' $$ "usb 1-1: new device 4711"
kill $below

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

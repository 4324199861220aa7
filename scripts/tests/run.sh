#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# run.sh with fake programs, in a checkout and build directory of their own.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
# shellcheck source-path=SCRIPTDIR source=fake-programs.inc
. "$tests/fake-programs.inc"

# Runs COMMAND with a /dev that has only the named devices.
with_dev() # "NAME..." COMMAND...
{
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount sh -c '
		dev=$(mktemp -d "$1/dev.XXXXXX")
		ln -s /proc/self/fd "$dev/fd"
		for name in $2; do
			: >"$dev/$name"
			mount --bind "/dev/$name" "$dev/$name"
		done
		mount --rbind "$dev" /dev
		shift 2
		exec "$@"' - "$tmp" "$@"
}

# --- wrong use ---------------------------------------------------------------

exits "nothing built" 1 "$run"
says "asks to build" "$tmp/err" "run.sh: no programs in $OUTPUT: run 'make' first .*"

program good f.one f.two <<'END'
echo "1..2"
for c in $selected; do
	echo "fpt: begin $program.$c $FPT_SERVER_NAME" >/dev/kmsg
	evidence begin $c
	evidence note $c '"key":"server_version","value":"1.0"'
	evidence note $c '"key":"fuse_protocol_minor","value":"45"'
	evidence expect $c '"what":"open","observed":"EIO","wanted":"EIO","ok":true'
	evidence end $c
	echo "fpt: end $program.$c $FPT_SERVER_NAME" >/dev/kmsg
	echo "ok 1 $c"
done
echo "served by $FPT_SERVER, contained: ${FPT_CONTAINED-unset}" >&2
END
touch "$OUTPUT/cases/good.d" # not a program
cp /bin/true "$OUTPUT/servers/raw"

exits "an unknown option" 1 "$run" --quick
says "is reported" "$tmp/err" 'run.sh: unknown option --quick, see --help'
exits "an option without its value" 1 "$run" --server
says "is reported" "$tmp/err" 'run.sh: --server needs a value, see --help'
exits "-j 0" 1 "$run" -j0
says "is reported" "$tmp/err" "run.sh: -j needs a positive number, not '0'"
exits "an unknown server" 1 "$run" --server raw,none
says "lists the known ones" "$tmp/err" "run.sh: no server 'none': .* one of: raw"
exits "a server that make does not build" 1 "$run" --server libfuse-3.14.0
says "says how to build it" "$tmp/err" \
	"run.sh: no server 'libfuse-3.14.0': run 'scripts/libfuse.sh 3.14.0' first, or give the path .*"
exits "a server that cannot be executed" 1 "$run" --server "$checkout/settings"
says "is reported" "$tmp/err" "run.sh: server '$checkout/settings' cannot be executed: .*"
mkdir "$tmp/other"
cp /bin/true "$tmp/other/raw"
exits "two servers of one name" 1 "$run" --server "raw,$tmp/other/raw"
says "are reported" "$tmp/err" "run.sh: two servers are called 'raw', $OUTPUT/servers/raw and $tmp/other/raw: rename one, .*"
exits "a filter that nothing matches" 1 "$run" --filter 'bad*'
says "is reported" "$tmp/err" "run.sh: no case matches 'bad\*', see --list"
exits "the list of such a filter" 1 "$run" --list --filter 'bad*'
exits "an invalid deadline factor" 1 env FPT_TIMEOUT_MUL=x "$run"
says "is reported" "$tmp/err" "run.sh: FPT_TIMEOUT_MUL .* not 'x'"
exits "an unwritable run directory" 1 "$run" --run-dir /proc/run
says "is reported" "$tmp/err" 'run.sh: cannot write /proc/run: give another --run-dir'
exits "a run directory that is not empty" 1 "$run" --run-dir "$checkout"
says "is reported" "$tmp/err" "run.sh: $checkout is not empty: give another --run-dir"
exits "help" 0 "$run" --help
says "documents the exit status" "$tmp/out" 'Exit status: 0 passed, .*'
exits "the list" 0 "$run" --list
says "prints names and titles" "$tmp/out" 'good.f.two	E1	6.9	-	-	title of f.two'

for bad in 1 0/2 3/2 1/0 a/2 1/2/3 ''; do
	exits "--shard '$bad'" 1 "$run" --shard "$bad"
	says "is reported" "$tmp/err" "run.sh: --shard needs I/N, .*, not '$bad'"
done
exits "a shard without a case" 1 "$run" --filter good.f.one --shard 2/2
says "is reported" "$tmp/err" "run.sh: no case matches 'good.f.one' in shard 2/2, see --list"
exits "no release" 1 "$run" --release newest
says "is reported" "$tmp/err" "run.sh: --release needs a kernel release as 6.12.48, not 'newest'"
exits "an unknown order" 1 "$run" --order random
says "is reported" "$tmp/err" "run.sh: --order knows failed-first, not 'random'"
exits "an unknown order" 1 "$run" --order ''
says "is reported" "$tmp/err" "run.sh: --order knows failed-first, not ''"

chmod a+rX "$tmp"
exits "not root" 4 setpriv --reuid 65534 --clear-groups "$run"
says "is reported" "$tmp/err" 'run.sh: mounting needs root (run it with sudo .*)'

# --- a run that passes -------------------------------------------------------

echo 'libfuse: no libfuse of 3.17 or newer' >"$OUTPUT/left-out"
exits "all pass" 0 "$run" -j1 --run-dir "$tmp/first" --kernel-name here
check "no results are kept without --results" test ! -e "$checkout/results"
says "prints why libfuse is skipped" "$tmp/out" 'libfuse: skipped: no libfuse of 3.17 or newer'
says "and that nothing is known of why raw-uring is not built" "$tmp/out" "raw-uring: skipped: not built, run 'make'"
check "and little else" test "$(wc -l <"$tmp/out")" -le 12
check "nothing about passed cases" sh -c "! grep 'good.f.one' '$tmp/out'"
tail -n 1 "$tmp/out" >"$tmp/last"
says "the last line" "$tmp/last" '2 passed, 0 failed, 0 skipped'
says "stdout and stderr are kept" "$tmp/first/ktap/raw/good.ktap" \
	"served by $OUTPUT/servers/raw, contained: unset"
says "the results have the observed values" "$tmp/first/results/here/raw.tsv" 'good.f.two	raw	pass	EIO		'
if [ -w /dev/kmsg ]; then
	says "the run's kernel log is kept" "$tmp/first/kernel.log" '.* fpt: end good.f.two raw'
	head -n 1 "$tmp/first/kernel.log" >"$tmp/head"
	says "from the first line" "$tmp/head" '.* fpt: run [0-9.]* begins'
	tail -n 1 "$tmp/first/kernel.log" >"$tmp/tail"
	says "to the last" "$tmp/tail" '.* fpt: run [0-9.]* ends'
fi
check "run.json" json_holds "$tmp/first/run.json" "
	it['counts']['passed'] == 2 and it['servers']['raw']['version'] == '1.0' and it['fuse_protocol_minor'] == 45 and
	it['kernel_log'] == 'read' and it['kernel_log_records_lost'] == 0 and it['seconds'] < 60 and
	it['arguments'] == '-j1 --run-dir $tmp/first --kernel-name here' and it['started'].endswith('Z')"

exits "a second run" 0 "$run" --run-dir "$tmp/second" --kernel-name here --results "$tmp/kept" --verbose
says "--verbose: one line for each case" "$tmp/out" 'raw *good.f.one *pass'
exits "is kept in --results" 0 "$scripts/compare.sh" "$tmp/second/results/here/raw.tsv" "$tmp/kept/here/raw"
says "as it is" "$tmp/out" '0 regressed, 0 fixed, 0 now skipped, 0 now run, 0 changed, 0 new, 0 vanished'
exits "a run with --filter" 0 "$run" --filter 'good*' --results "$tmp/part"
says "is not kept" "$tmp/err" "results not kept in $tmp/part: incomplete because of --filter"
check "and creates nothing there" test ! -e "$tmp/part"
same "both runs give the same bytes" "$tmp/first/results/here/raw.tsv" "$tmp/second/results/here/raw.tsv"

exits "without /dev/kmsg" 0 with_dev "null fuse" "$run" --run-dir "$tmp/no-kmsg"
says "prints that" "$tmp/out" 'the kernel log is not checked: no access to /dev/kmsg'
check "records it in run.json" json_holds "$tmp/no-kmsg/run.json" "it['kernel_log'].startswith('unreadable: ')"

# As in some containers.
exits "another file as /dev/kmsg" 0 unshare --mount \
	sh -c 'mount --bind /dev/null /dev/kmsg && exec "$@"' - "$run" --server raw
says "prints that" "$tmp/out" 'the kernel log is not checked: text written to /dev/kmsg cannot be read back'

exits "unwritable --results" 0 "$run" --results /proc/results
says "are reported" "$tmp/err" 'results not kept: cannot write /proc/results .*'

saying() # FILE HELLO
{
	printf '#!/bin/sh\necho "%s"\n' "$2" >"$1"
	chmod +x "$1"
}
saying "$tmp/my-server" "hello protocol 2 server mine version 0.1 can passthrough"
saying "$OUTPUT/servers/libfuse" "hello protocol 2 server libfuse version 3.17.2 can passthrough"
saying "$OUTPUT/servers/libfuse-3.18.3" "hello protocol 2 server libfuse version 3.18.3 can passthrough"
cd "$tmp"
exits "servers by name and path" 0 "$run" --server ./my-server,libfuse,libfuse-3.18.3 --server raw \
	--run-dir "$tmp/third" --kernel-name third
(cd "$tmp/third/results/third" && for file in *.tsv; do
	echo "$file: $(cut -f 2 "$file" | uniq | paste -sd ' ')"
done) >"$tmp/names"
same "results have the linked library's version, or the name of the user's file" - "$tmp/names" <<'END'
libfuse-3.17.2.tsv: server libfuse-3.17.2
libfuse-3.18.3.tsv: server libfuse-3.18.3
my-server.tsv: server my-server
raw.tsv: server raw
END
[ ! -w /dev/kmsg ] || says "as the kernel log does" "$tmp/third/kernel.log" '.* fpt: end good.f.two libfuse-3.17.2'
exits "a server by its name in results" 0 "$run" --server libfuse-3.17.2 --run-dir "$tmp/by-version"
says "runs that server" "$tmp/by-version/ktap/libfuse-3.17.2/good.ktap" "served by $OUTPUT/servers/libfuse, .*"
exits "a version that is not built" 1 "$run" --server libfuse-3.17.1
says "is reported" "$tmp/err" "run.sh: no server 'libfuse-3.17.1': run 'scripts/libfuse.sh 3.17.1' first, .*"
mv "$OUTPUT/servers/libfuse-3.18.3" "$OUTPUT/servers/libfuse-3.17.2"
exits "the same version twice" 1 "$run" --server libfuse,libfuse-3.17.2
says "is reported" "$tmp/err" "run.sh: two servers are called 'libfuse-3.17.2', $OUTPUT/servers/libfuse and .*"
rm "$OUTPUT/servers/libfuse-3.17.2"
cp /bin/true "$OUTPUT/servers/libfuse"
exits "a library without a version" 0 "$run" --server libfuse --run-dir "$tmp/fourth" --kernel-name fourth
check "has a name of its own" ls "$tmp/fourth/results/fourth/libfuse-unknown.tsv"
says "a path is made absolute" "$tmp/third/ktap/my-server/good.ktap" "served by $tmp/my-server, .*"

# --- skips, failures, accidents ----------------------------------------------

cat >"$OUTPUT/servers/no-uring" <<'END'
#!/bin/sh
echo "hello protocol 2 server none version 1 can over-io-uring"
END
chmod +x "$OUTPUT/servers/no-uring"
uring_is_off()
{
	# shellcheck disable=SC2016 # expands there
	unshare --mount sh -c 'mount -t tmpfs none /sys/module/fuse && exec "$@"' - "$@"
}
exits "a server that no case can run on" 0 uring_is_off "$run" --server raw,no-uring --run-dir "$tmp/off" \
	--kernel-name here --results "$tmp/kept-off"
says "is in the results of the run" "$tmp/off/results/here/no-uring.tsv" 'good.f.one	no-uring	skip:config	.*'
sed 1d "$tmp/kept-off/runs" | tr -s ' ' >"$tmp/got"
echo here raw >"$tmp/expected"
same "and not in --results" "$tmp/expected" "$tmp/got"
rm "$OUTPUT/servers/no-uring"

program skips f.no <<'END'
echo "ok 1 f.no # SKIP config: kernel lacks it"
exit 4
END
exits "only skips" 4 "$run" --server raw --filter 'skips*'
says "the reason is printed" "$tmp/out" ' *1  config: kernel lacks it'
exits "only skips, with --verbose" 4 "$run" -v --server raw --filter 'skips*'
says "the reason is printed for each case" "$tmp/out" 'raw *skips.f.no *skip  config: kernel lacks it'
says "the last line" "$tmp/out" '0 passed, 0 failed, 1 skipped'

program odd f.fails f.xpasses f.broken f.fine f.xfails <<'END'
for c in $selected; do
	evidence begin $c
	case $c in
	f.fails)
		echo "# odd.c:12: open: got EIO, wanted 0"
		echo "#   E1: title of $c"
		echo "#   steps:"
		printf '#      %d. client0: step = 0\n' $(seq 300)
		echo "#   evidence: of the program"
		echo "#   rerun: by the program"
		echo "# fails: Test failed"
		echo "not ok 1 $c"
		;;
	f.xpasses)
		echo "ok 2 $c # XPASS no kernel does it"
		;;
	f.xfails)
		echo "# odd.c:13: open: got EIO, wanted 1"
		echo "not ok 5 $c # XFAIL no kernel does it"
		;;
	f.broken)
		echo "# broken: no room"
		echo "# broken: Test failed"
		evidence broken $c '"reason":"no room"'
		echo "not ok 3 $c"
		;;
	*) echo "ok 4 $c" ;;
	esac
	evidence end $c
done
END
exits "a failure" 1 "$run" --server raw
says "is printed as it happens" "$tmp/out" 'raw *odd.f.fails *fail  odd.c:12: open: got EIO, wanted 0'
says "so is a broken case" "$tmp/out" 'raw *odd.f.broken *broken  no room'
says "so is an unexpected pass" "$tmp/out" 'raw *odd.f.xpasses *XPASS  no kernel does it'
says "and in the summary" "$tmp/out" 'UNEXPECTED PASSES.*'
says "expected failures have one line per promise" "$tmp/out" ' *1  E1: no kernel does it'
says "with its steps" "$tmp/out" ' *1. client0: step = 0'
says "to the last" "$tmp/out" ' *300. client0: step = 0'
says "its promise" "$tmp/out" '    E1: title of f.fails'
ran=$(sed -n 's/^logs: //p' "$tmp/out")
says "its evidence" "$tmp/out" "    evidence: $ran/evidence/raw/odd.jsonl"
sed -n 's/^ *rerun: //p' "$tmp/out" | grep odd.f.fails | sort -u >"$tmp/rerun"
echo "OUTPUT=$OUTPUT $run --server raw --filter odd.f.fails" >"$tmp/wanted"
same "and the command to rerun it" "$tmp/wanted" "$tmp/rerun"
cd /
exits "that command" 1 env -u OUTPUT sh "$tmp/rerun"
cd "$tmp"
says "reruns the case" "$tmp/out" '0 passed, 1 failed, 0 skipped'
exits "a failure of another build and server" 1 env OUTPUT=build FPT_TIMEOUT_MUL=2 "$run" --destructive \
	--server "$tmp/my-server" --filter odd.f.fails
says "the command has all options" "$tmp/out" \
	"    rerun: OUTPUT=$tmp/build FPT_TIMEOUT_MUL=2 $run --destructive --server $tmp/my-server --filter odd.f.fails"
exits "--quiet, and a failure" 1 "$run" -q --server raw --filter 'odd*'
says "prints the failure" "$tmp/out" 'raw *odd.f.fails *fail  odd.c:12: open: got EIO, wanted 0'
check "and no progress" sh -c "! grep -E '^[.][.][.]|^raw .*XPASS' '$tmp/out'"
exits "--quiet without a failure" 0 "$run" --quiet --server raw --filter 'good*'
echo '2 passed, 0 failed, 0 skipped' >"$tmp/wanted"
same "prints the last line only" "$tmp/wanted" "$tmp/out"
exits "--quiet with --verbose" 1 "$run" -q -v
says "is reported" "$tmp/err" 'run.sh: give --verbose or --quiet, not both'
exits "two filters" 0 "$run" --server raw --filter 'good.f.one' --filter 'odd.f.fine'
says "add up" "$tmp/out" '2 passed, 0 failed, 0 skipped'
exits "an expected failure" 0 "$run" --server raw --filter 'odd.f.xfails'
tail -n 2 "$tmp/out" >"$tmp/last"
printf '%s\n' '1 failed as expected' '0 passed, 0 failed, 0 skipped' >"$tmp/wanted"
same "is counted apart" "$tmp/wanted" "$tmp/last"
exits "--fail-fast" 1 "$run" -j1 --server raw --fail-fast --results "$tmp/kept-fast" --run-dir "$tmp/fast" --kernel-name here
says "starts no further program" "$tmp/out" '4 passed, 2 failed, 0 skipped'
says "prints how many cases did not run" "$tmp/out" 'stopped at the first failure: 1 case was not run'
check "they have no outcome" sh -c "! grep -E 'incomplete|skips' '$tmp/fast/results/here/raw.tsv'"
says "the results are not kept" "$tmp/err" "results not kept in $tmp/kept-fast: incomplete because of --fail-fast"
check "not even in part" test ! -e "$tmp/kept-fast"
exits "--fail-fast without a failure" 0 "$run" --server raw --fail-fast --filter 'good*' --run-dir "$tmp/slow"
check "runs all" test ! -e "$tmp/slow/stopped"
for part in 1 2 3; do
	exits "--shard $part/3" "$((part > 1))" "$run" -v --server raw --shard $part/3 \
		--run-dir "$tmp/shard$part" --kernel-name here --results "$tmp/kept-part"
	says "is not kept" "$tmp/err" "results not kept in $tmp/kept-part: incomplete because of --shard"
done
cat "$tmp"/shard?/results/here/raw.tsv | grep -v ^case | cut -f 1 | sort >"$tmp/ends"
"$run" --list | cut -f 1 | sort >"$tmp/wanted"
same "shards together have each case once" "$tmp/wanted" "$tmp/ends"
"$run" --list --shard 2/3 | cut -f 1 >"$tmp/wanted"
sed 1d "$tmp/shard2/results/here/raw.tsv" | cut -f 1 >"$tmp/ends"
same "--list prints those of a shard" "$tmp/wanted" "$tmp/ends"
exits "--smoke" 1 "$run" --smoke --server raw --results "$tmp/kept-smoke"
says "is not kept" "$tmp/err" "results not kept in $tmp/kept-smoke: incomplete because of --smoke"
exits "--order failed-first" 1 "$run" -j1 -q --server raw --order failed-first --run-dir "$tmp/ordered" --kernel-name here
head -n 1 "$tmp/ordered/status.tsv" | cut -f 2 >"$tmp/ends"
echo odd >"$tmp/wanted"
same "begins with what failed before" "$tmp/wanted" "$tmp/ends"
sed -n 2p "$tmp/ordered/results/here/raw.tsv" >"$tmp/line"
says "and keeps the order of the results" "$tmp/line" 'good.f.one	.*'
exits "--lava" 1 "$run" -q -j1 --server raw --filter 'good.f.one,odd.f.[fbx]*,skips*' --lava
grep '^<LAVA' "$tmp/out" >"$tmp/signals" || :
same "prints a signal for each case" - "$tmp/signals" <<'END'
<LAVA_SIGNAL_TESTSET START raw>
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=good-f-one RESULT=pass>
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=odd-f-fails RESULT=fail>
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=odd-f-xpasses RESULT=pass>
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=odd-f-broken RESULT=unknown>
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=odd-f-fine RESULT=pass>
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=odd-f-xfails RESULT=pass>
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=skips-f-no RESULT=skip>
<LAVA_SIGNAL_TESTSET STOP>
END
exits "all programs" 1 "$run" --server raw --results "$tmp/kept-failed"
says "the summary has the failure" "$tmp/out" '  raw odd.f.fails: fail'
says "the last line" "$tmp/out" '4 passed, 2 failed, 1 skipped'
says "and the line before it" "$tmp/out" '1 failed as expected, 1 passed unexpectedly'
check "results with failures are kept" grep -q '^odd.f.fails .* fail ' "$tmp/kept-failed/expected"
# Expectations.
cat >"$tmp/mine" <<'END'
# cases      kernels  servers  outcome      reason
odd.f.{fails,broken} * raw     fail,broken  https://example.org/1
odd.f.x*     *        *        x*
good.f.two   >=7.1    raw      skip         hangs here
good.f.one   <7.1     *        fail
gone.f.one   *        *        fail
END
exits "--expect" 0 "$run" --server raw --expect "$tmp/mine" --run-dir "$tmp/expecting" --kernel-name 7.1.3
check "prints no failure as it ends" sh -c "! grep -e evidence: -e ^raw.*odd.f.fails '$tmp/out'"
sed -n '/^Expected failures/,/^$/p' "$tmp/out" >"$tmp/got"
same "shows what was expected" - "$tmp/got" <<'END'
Expected failures:
    2  mine:2: https://example.org/1
    1  E1: no kernel does it

END
says "shows stale lines" "$tmp/out" '  mine:6: gone.f.one: no such case'
tail -n 2 "$tmp/out" >"$tmp/last"
printf '%s\n' '3 failed as expected, 1 passed unexpectedly' '4 passed, 0 failed, 1 skipped' >"$tmp/wanted"
same "counts it apart" "$tmp/wanted" "$tmp/last"
exits "--expect of another kernel" 1 "$run" --server raw --expect "$tmp/mine" --kernel-name 7.0.13
says "shows what deviates as it ends" "$tmp/out" 'raw  *good.f.one  *pass, expected fail (mine:5)'
says "and in the summary" "$tmp/out" '  raw good.f.one: pass, expected fail (mine:5)'
exits "--expect with --verbose" 0 "$run" -v --server raw --expect "$tmp/mine" --kernel-name 7.1.3
says "shows what was expected as it ends" "$tmp/out" 'raw  *odd.f.fails  *xfail  https://example.org/1'
says "and in the summary" "$tmp/out" '      expected fail,broken (mine:2: https://example.org/1)'
exits "--expect with --fail-fast" 0 "$run" -j1 --fail-fast --server raw --expect "$tmp/mine" --kernel-name 7.1.3
says "does not stop" "$tmp/out" '4 passed, 0 failed, 1 skipped'
exits "--expect of another kernel with --fail-fast" 1 "$run" -j1 --fail-fast --server raw --expect "$tmp/mine" --kernel-name 7.0.13
says "stops" "$tmp/out" 'stopped at the first failure: .* not run'
exits "--expect with --lava" 0 "$run" -q -j1 --server raw --filter 'odd.f.[fb]*,good.f.one' --lava --expect "$tmp/mine" --kernel-name 7.1.3
grep '^<LAVA.*CASE' "$tmp/out" | sed 's/.*ID=//' >"$tmp/got" || :
printf '%s RESULT=pass>\n' good-f-one odd-f-fails odd-f-broken odd-f-fine >"$tmp/wanted"
same "reports what fits as passed" "$tmp/wanted" "$tmp/got"
exits "--expect of another kernel with --lava" 1 "$run" -q --server raw --filter 'good.f.one' --lava --expect "$tmp/mine" --kernel-name 7.0.13
says "reports what deviates as failed" "$tmp/out" '<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=good-f-one RESULT=fail>'
exits "--skip" 1 "$run" --server raw --skip "$tmp/mine" --kernel-name 7.1.3 --run-dir "$tmp/skipping" --results "$tmp/kept-skip"
says "shows what is left out" "$tmp/out" '    1  config: left out by mine:4: hangs here'
check "and does not run it" sh -c "! grep -q f.two '$tmp/skipping/ktap/raw/good.ktap'"
says "the results are not kept" "$tmp/err" "results not kept in $tmp/kept-skip: incomplete because of --skip"
echo 'good.* * * skip' >"$tmp/all"
exits "--skip of a program" 1 "$run" --server raw --skip "$tmp/all" --run-dir "$tmp/skipped"
check "does not start it" test ! -e "$tmp/skipped/ktap/raw/good.ktap"
check "its cases are skipped" grep -q '^good.f.one	raw	skip:config	.*left out by all:1: no reason given' "$tmp"/skipped/results/*/raw.tsv
echo 'good.* * * passed' >"$tmp/wrong"
for option in --expect --skip; do
	exits "$option with a malformed file" 1 "$run" --server raw $option "$tmp/wrong"
	says "names its line" "$tmp/err" "run.sh: $tmp/wrong:1: 'passed' is not an outcome: give one of pass .*"
done

exits "cases that are not selected do not count" 0 "$run" --server raw --filter 'odd.f.[!fb]*'
says "the last line" "$tmp/out" '1 passed, 0 failed, 0 skipped'

# What is only so today.
program today f.differs f.same <<'END'
for c in $selected; do
	evidence begin $c
	case $c.${FPT_STRICT-lenient} in
	f.differs.lenient)
		evidence expect $c '"what":"open f","observed":"EPERM","wanted":"EIO","ok":false,"changed":true'
		echo "ok 1 $c # XFAIL changed: open f: got EPERM, wanted EIO"
		;;
	f.differs.*)
		evidence expect $c '"what":"open f","observed":"EPERM","wanted":"EIO","ok":false'
		echo "# today.c:12: open f: got EPERM, wanted EIO"
		echo "not ok 1 $c"
		;;
	*) echo "ok 2 $c" ;;
	esac
	evidence end $c
done
END
exits "a change of what is not promised" 0 "$run" --server raw --filter 'today*' --run-dir "$tmp/changed" --kernel-name here
says "is printed as it happens" "$tmp/out" 'raw *today.f.differs *changed  open f: got EPERM, wanted EIO'
sed -n '/^Changed/,/^$/p' "$tmp/out" >"$tmp/got"
same "has a list of its own" - "$tmp/got" <<'END'
Changed, not promised:
  E1 today.f.differs: open f: got EPERM, wanted EIO (raw)

END
tail -n 2 "$tmp/out" >"$tmp/last"
printf '%s\n' '1 changed, not promised' '1 passed, 0 failed, 0 skipped' >"$tmp/wanted"
same "is counted apart" "$tmp/wanted" "$tmp/last"
says "is in the results" "$tmp/changed/results/here/raw.tsv" 'today.f.differs	raw	changed	EPERM		open f: got EPERM, wanted EIO'
exits "the same with --quiet" 0 "$run" -q --server raw --filter 'today*'
echo '1 passed, 0 failed, 0 skipped' >"$tmp/wanted"
same "prints the last line only" "$tmp/wanted" "$tmp/out"
exits "the same with --strict" 1 "$run" --strict --release 6.17.0-8-x --server raw --filter 'today*'
says "is a failure" "$tmp/out" 'raw *today.f.differs *fail  today.c:12: open f: got EPERM, wanted EIO'
check "its results are not kept" sh -c "'$run' --strict --results '$tmp/kept-strict' >/dev/null 2>'$tmp/err' || :; test ! -e '$tmp/kept-strict'"
says "and the reason is reported" "$tmp/err" "results not kept in $tmp/kept-strict: --strict makes failures of changes"
says "the command to rerun it is, too" "$tmp/out" "    rerun: OUTPUT=$OUTPUT $run --strict --release 6.17.0-8-x --server raw --filter today.f.differs"
echo 'today.* * * pass,changed a posted series' >"$tmp/posted"
exits "a change that --expect names" 0 "$run" --server raw --filter 'today*' --expect "$tmp/posted"
says "is counted as a change" "$tmp/out" '1 changed, not promised'
echo 'today.* * * pass' >"$tmp/posted"
exits "a change that --expect does not name" 1 "$run" --server raw --filter 'today*' --expect "$tmp/posted"
says "deviates" "$tmp/out" '  raw today.f.differs: changed, expected pass (posted:1)'
exits "stress.sh with --strict" 0 "$checkout/scripts/stress.sh" 1 --strict --server raw --filter 'today*'
says "tests what is only so today" "$tmp/out" '1/1  1 passed, 1 failed, 0 skipped  same'
exits "stress.sh without it" 0 "$checkout/scripts/stress.sh" 1 --server raw --filter 'today*'
says "does not" "$tmp/out" '1/1  1 passed, 0 failed, 0 skipped  same'
rm "$OUTPUT/cases/today"

# Output of a server: bytes that are not text, and an incomplete line.
program prints f.one f.two f.three <<'END'
for c in $selected; do
	evidence begin $c
	case $c in
	f.one) printf 'no end\0ok 1 %s\n' $c ;;
	f.two) printf '# x.c:1: got \0\001\033[0m, wanted 0\n# two: Test failed\nnot ok 2 %s\n' $c ;;
	*) printf 'connected...ok 3 %s # SKIP config: a\0b\n' $c ;;
	esac
	evidence end $c
done
END
exits "binary output" 1 "$run" -v --server raw --filter 'prints*' --run-dir "$tmp/prints" --kernel-name here
says "is printed as text" "$tmp/out" 'raw *prints.f.two *fail  x.c:1: got ...[[]0m, wanted 0'
cut -f 1,3,6 "$tmp/prints/results/here/raw.tsv" | sed 1d >"$tmp/ends"
tr '|' '\t' >"$tmp/wanted" <<'END'
prints.f.one|pass|
prints.f.two|fail|got [0m, wanted 0; suspect: kernel
prints.f.three|skip:config|a b
END
same "and hides no verdict" "$tmp/wanted" "$tmp/ends"
rm "$OUTPUT/cases/prints"

program dies f.first f.second f.third <<'END'
echo "ok 1 f.first"
evidence begin f.second
kill -SEGV $$
END
program hangs f.first f.second <<'END'
evidence begin f.first
exec tail -f /dev/null
END
program stubborn f.first <<'END'
trap '' TERM
evidence begin f.first
tail -f /dev/null
END
echo timeout=1 >"$checkout/settings"
exits "programs that die and hang" 1 "$run" -j3 --server raw --run-dir "$tmp/bad" --kernel-name here
cut -f 1,3,6 "$tmp/bad/results/here/raw.tsv" | grep -E '^(dies|hangs|stubborn)' >"$tmp/ends"
tr '|' '\t' >"$tmp/wanted" <<'END'
dies.f.first|pass|
dies.f.second|crash|no verdict: the program was killed by signal 11
dies.f.third|incomplete|no verdict: the program was killed by signal 11
hangs.f.first|timeout|no verdict: the program exceeded its time limit
hangs.f.second|incomplete|no verdict: the program exceeded its time limit
stubborn.f.first|timeout|no verdict: the program exceeded its time limit
END
same "have the outcomes crash, timeout and incomplete" "$tmp/wanted" "$tmp/ends"
exits "--fail-fast and a program that dies" 1 "$run" -j1 --server raw --fail-fast --filter 'dies*,stubborn*'
says "starts no further program" "$tmp/out" 'stopped at the first failure: .*'
exits "--lava and programs that die and hang" 1 "$run" -j1 -q --server raw --filter 'dies*' --lava
grep '^<LAVA' "$tmp/out" >"$tmp/signals" || :
same "prints a signal for each case, at the end for those without a verdict" - "$tmp/signals" <<'END'
<LAVA_SIGNAL_TESTSET START raw>
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=dies-f-first RESULT=pass>
<LAVA_SIGNAL_TESTSET STOP>
<LAVA_SIGNAL_TESTSET START raw>
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=dies-f-second RESULT=fail>
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=dies-f-third RESULT=unknown>
<LAVA_SIGNAL_TESTSET STOP>
END
echo timeout=60 >"$checkout/settings"

program quiet f.first f.second <<'END'
echo "ok 1 f.first"
exec tail -f /dev/null
END
echo timeout=5 >"$checkout/settings"
exits "a program without output" 1 "$run" --server raw --filter 'quiet*'
says "progress is printed meanwhile" "$tmp/out" '[.][.][.] 1 passed, 0 failed, 0 skipped, at raw quiet.f.first'
exits "the same with --quiet" 1 "$run" -q --server raw --filter 'quiet*'
check "no progress is printed" sh -c "! grep '^[.][.][.]' '$tmp/out'"
echo timeout=60 >"$checkout/settings"
rm "$OUTPUT/cases/quiet"

program unlisted <<'END'
END
echo 'exit 3' >>"$OUTPUT/cases/unlisted"
sed -i 's/exit 0/exit 3/' "$OUTPUT/cases/unlisted"
exits "a program that cannot list its cases" 1 "$run"
says "is reported" "$tmp/err" "run.sh: $OUTPUT/cases/unlisted --list failed: .*"
rm "$OUTPUT/cases/unlisted"

finish

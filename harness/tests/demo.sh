#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Tests the harness with demo.c, whose cases have every possible outcome: compares what they print
# and record with the files in expected/. --accept rewrites those; read git diff.
set -eu
# shellcheck source-path=SCRIPTDIR source=../../scripts/tests/tap.inc
. "$(dirname "$0")/../../scripts/tests/tap.inc"

need_built tests/demo
need_built tests/demo_standalone
[ "$(id -u)" -eq 0 ] || skip_all "privilege: needs root"

expect() # NAME FILE: equals the file of this name in expected/
{
	[ "$accept" != --accept ] || cp "$2" "$tests/expected/$2"
	same "$1" "$tests/expected/$2" "$2"
}
accept=${1-}

# The subject's name is unique, to find its marks in the kernel log.
subject=demo$$
cp "$built/tests/demo" "$tmp/demo"
cd "$tmp"
chmod a+rx .
export FPT_SUBJECT=$subject FPT_TIMEOUT_MUL=0.03
export LC_ALL=C # for sort
unset FPT_EVIDENCE FPT_RELEASE FPT_STRICT

# --- lists -----------------------------------------------------------

exits "--list" 0 ./demo --list
sort out >demo.list
expect "prints name, promise, since, needs, abilities, title and level" demo.list
exits "--json" 0 ./demo --json
json_fields case promise since needs abilities title level <out | sort >from_json
same "prints the same" demo.list from_json
exits "--list of a promise" 0 ./demo --list --filter D2
cut -f 1 out | sort >names
same "prints the cases of that promise" - names <<END
demo.verdict.fail_where_fix_is_known
demo.verdict.pass_where_fix_is_known
END

exits "--list of several globs" 0 ./demo --list --filter 'verdict.pass_wh*,D2,no.such'
cut -f 1 out | sort >names
same "prints the cases of each, once" - names <<END
demo.verdict.fail_where_fix_is_known
demo.verdict.pass_where_fix_is_known
END

# Only whole names exclude a case.
known=demo.verdict.fail_where_fix_is_known
printf '%s\n' "${known}_too" "a.$known" "${known#demo.}" demo.verdict.pass_where_fix_is_known >except
exits "--list with --except" 0 ./demo --list --filter D2 --except except
cut -f 1 out >names
same "excludes those cases" - names <<END
demo.verdict.fail_where_fix_is_known
END
printf demo.verdict.fail_where_fix_is_known >except # without the last newline
exits "a run with --except" 0 ./demo --filter D2 --except except
says "runs the other case" out 'ok 1 verdict.pass_where_fix_is_known'
says "and no more" out '1\.\.1'
: >except
exits "--except with an empty file" 1 ./demo --filter D2 --except except
says "runs all cases" out '1\.\.2'

exits "--promises" 0 ./demo --promises
same "prints ID, level, reference, text, basis and reason of each promise" - out <<END
D	-	-	Verdicts	-	-
D1	must	harness/expect.c: judge_as()	expectations decide the outcome	README.md	-
D2	must	harness/case_info.c: show_failure()	a failure names its fix	README.md	-
D3	must	harness/case_info.c: case_end()	a failure can be expected	README.md	-
D4	must	harness/case_info.c: case_note_skip()	a skip has a reason	README.md	-
D5	must	harness/case_info.c: case_note_broken()	a broken case says nothing about the kernel	README.md	-
D6	must	harness/since.c: since_select()	expectations depend on the release	README.md	-
D7	must	kselftest_harness.h: __wait_for_test()	an accident fails the case	README.md	-
D8	today	harness/case_info.c: case_is_about_today()	what is not promised can change	-	no document says so
END

# --- outcomes ------------------------------------------------------

# Case by case, as kselftest decides the order, and without kselftest's own lines.
run_each()
{
	cut -f 1 demo.list | while read -r case; do
		status=0
		FPT_EVIDENCE=$tmp/evidence ./demo --filter "$case" 2>&1 || status=$?
		echo "$case: exit $status"
	done | grep -vE '^(TAP version|1\.\.1$|# ( *(RUN|OK|FAIL|SKIP) |Starting|PASSED:|FAILED:|Totals:|[0-9]+ skipped))'
}

run_each | sed "s,$tmp,TMP,; s/$subject/SERVER/" >demo.ktap
expect "output of the cases" demo.ktap
sed -E "s/\"us\":\"?[0-9]+\"?/\"us\":N/; s/$subject/SERVER/" evidence >demo.jsonl
expect "evidence of the cases" demo.jsonl
check "is JSON" python3 -c 'import json, sys; [json.loads(line) for line in open(sys.argv[1])]' evidence
if [ -w /dev/kmsg ]; then
	dd if=/dev/kmsg of=kmsg iflag=nonblock bs=8k status=none 2>/dev/null || :
	sed -n "s/.*;fpt: \([a-z]*\) demo.verdict.\([a-z]*\) $subject\$/\1 \2/p" kmsg |
		grep -w xpass >marks
	same "the kernel log has the marks of a case" - marks <<-END
		begin xpass
		end xpass
	END
fi

# --- without the kernel's headers ----------------------------------------------

mv demo demo_of_the_kernel
cp "$built/tests/demo_standalone" demo
run_each | sed "s,$tmp,TMP,; s/$subject/SERVER/" >standalone.ktap
same "the same without the kernel's headers" demo.ktap standalone.ktap
exits "all cases without them" 1 ./demo
says "have the same outcomes" out '# Totals: pass:10 fail:24 xfail:8 xpass:1 skip:8 error:0'
exits "only skipped cases without them" 4 ./demo --filter 'unfit.*'
exits "kselftest's own options without them" 1 ./demo -v second
says "are refused" err "./demo: unexpected argument '-v': this build takes -r NAME"
mv demo_of_the_kernel demo

# --- exit status -------------------------------------------------------------

exits "all cases" 1 ./demo
says "prints all outcomes" out '# Totals: pass:10 fail:24 xfail:8 xpass:1 skip:8 error:0'
says "prints a plan" out '1\.\.51'
exits "a passing case, by its full name" 0 ./demo --filter demo.verdict.pass
says "runs only that case" out '1\.\.1'
exits "a passing and a skipped case" 0 ./demo --filter 'verdict.pass,verdict.skip_in_body'
says "runs both" out '# Totals: pass:1 fail:0 xfail:0 xpass:0 skip:1 error:0'
exits "expected failures" 0 ./demo --filter 'verdict.xfail*'
exits "changes of what is not promised" 0 ./demo --filter 'verdict.today_*'
says "are expected failures" out '# Totals: pass:2 fail:0 xfail:4 xpass:0 skip:0 error:0'
exits "the same with FPT_STRICT" 1 env FPT_STRICT=1 ./demo --filter 'verdict.today_*'
says "fail" out '# Totals: pass:2 fail:4 xfail:0 xpass:0 skip:0 error:0'
exits "only skipped cases" 4 ./demo --filter 'unfit.*'
exits "kselftest's own options" 0 ./demo -v second
says "select cases, too" out 'ok 1 release.second.newest_counts'

# --- wrong use ---------------------------------------------------------------

exits "--help" 0 ./demo --help
says "documents the exit status" out 'Exit status: 0 passed, 1 failed .*'
exits "an unknown option" 1 ./demo --quick
says "refers to --help" err 'demo: see --help'
exits "an unexpected argument" 1 ./demo --list cases
says "is reported" err "demo: unexpected argument 'cases', see --help"
exits "an option without its value" 1 ./demo --filter
says "refers to --help" err 'demo: see --help'
exits "a filter that nothing matches" 1 ./demo --filter 'D9*'
says "refers to --list" err '.*demo: no case matches D9\*, see --list'
exits "an unreadable --except file" 1 ./demo --except none
says "is reported" err '.*none: .*'
exits "unwritable evidence" 1 env FPT_EVIDENCE=/proc/evidence ./demo
says "is reported" err 'cannot write FPT_EVIDENCE=/proc/evidence: .*'
same "before any case runs" /dev/null out
exits "no subject" 1 env -u FPT_SUBJECT ./demo
says "is reported" err "demo: FPT_SUBJECT is not set"

# --- unsuitable hosts ---------------------------------------------------

exits "an unsuitable host" 4 env FPT_HOST_MISSING="config: no moon (build one)" ./demo
says "skips with the reason" out '1\.\.0 # SKIP config: no moon (build one)'

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The harness tested by a program, demo.c, whose cases end in every possible way:
# what it prints and records is compared with the files in expected/. With
# --accept these are written anew, for git diff to show.
set -eu
# shellcheck source-path=SCRIPTDIR source=../../scripts/tests/tap.inc
. "$(dirname "$0")/../../scripts/tests/tap.inc"

need_built tests/demo
[ "$(id -u)" -eq 0 ] || skip_all "privilege: needs root"

expect() # NAME FILE: it is as the one of this name in expected/
{
	[ "$accept" != --accept ] || cp "$2" "$tests/expected/$2"
	same "$1" "$tests/expected/$2" "$2"
}
accept=${1-}

# The server's name is one of a kind, to be found again in the kernel log.
server=demo$$
cp "$built/tests/demo" "$tmp/demo"
cd "$tmp"
chmod a+rx .
export FPT_SUBJECT=$server FPT_TIMEOUT_MUL=0.03
export LC_ALL=C # for sort
unset FPT_EVIDENCE FPT_RELEASE

# --- what there is -----------------------------------------------------------

exits "--list" 0 ./demo --list
sort out >demo.list
expect "has name, row, since, needs, can and title" demo.list
exits "--json" 0 ./demo --json
jq -r '[.case, .promise, .since, .needs, .abilities, .title] | @tsv' out | sort >from_json
same "says the same" demo.list from_json
exits "--list of a row" 0 ./demo --list --filter D2
cut -f 1 out | sort >names
same "has the cases of that row" - names <<END
demo.verdict.fail_where_fix_is_known
demo.verdict.pass_where_fix_is_known
END

exits "--list of several" 0 ./demo --list --filter 'verdict.pass_wh*,D2,no.such'
cut -f 1 out | sort >names
same "has the cases of each, once" - names <<END
demo.verdict.fail_where_fix_is_known
demo.verdict.pass_where_fix_is_known
END

# Only whole names leave out something.
known=demo.verdict.fail_where_fix_is_known
printf '%s\n' "${known}_too" "a.$known" "${known#demo.}" demo.verdict.pass_where_fix_is_known >except
exits "--list without some" 0 ./demo --list --filter D2 --except except
cut -f 1 out >names
same "leaves those out" - names <<END
demo.verdict.fail_where_fix_is_known
END
printf demo.verdict.fail_where_fix_is_known >except # without the last newline
exits "a run without one" 0 ./demo --filter D2 --except except
says "runs the other" out 'ok 1 verdict.pass_where_fix_is_known'
says "alone" out '1\.\.1'
: >except
exits "without none" 1 ./demo --filter D2 --except except
says "runs all" out '1\.\.2'

exits "--promises" 0 ./demo --promises
same "has row, ref and promise of the contract" - out <<END
D	-	Verdicts
D1	harness/expect.c: judge()	expectations decide
D2	harness/case_info.c: show_fix()	a failure names its fix
D3	harness/case_info.c: case_end()	a failure may be expected
D4	harness/case_info.c: case_note_skip()	a skip has its reason
D5	harness/case_info.c: case_note_broken()	a broken case says nothing of the kernel
D6	harness/since.c: since_select()	releases have rows
D7	kselftest_harness.h: __wait_for_test()	accidents are no verdicts
END

# --- how each case ends ------------------------------------------------------

# Case by case, for their order is kselftest's, and without kselftest's own talk.
say_and_record()
{
	cut -f 1 demo.list | while read -r case; do
		status=0
		FPT_EVIDENCE=$tmp/evidence ./demo --filter "$case" 2>&1 || status=$?
		echo "$case: exit $status"
	done | grep -vE '^(TAP version|1\.\.1$|# ( *(RUN|OK|FAIL|SKIP) |Starting|PASSED:|FAILED:|Totals:|[0-9]+ skipped))'
}

say_and_record | sed "s,$tmp,TMP,; s/$server/SERVER/" >demo.ktap
expect "what the cases print" demo.ktap
sed -E "s/\"us\":\"?[0-9]+\"?/\"us\":N/; s/$server/SERVER/" evidence >demo.jsonl
expect "what the cases record" demo.jsonl
check "which is JSON" jq -e . evidence
if [ -w /dev/kmsg ]; then
	dd if=/dev/kmsg of=kmsg iflag=nonblock bs=8k status=none 2>/dev/null || :
	sed -n "s/.*;fpt: \([a-z]*\) demo.verdict.\([a-z]*\) $server\$/\1 \2/p" kmsg |
		grep -w xpass >marks
	same "the kernel log has the marks" - marks <<-END
		begin xpass
		end xpass
	END
fi

# --- exit status -------------------------------------------------------------

exits "all of them" 1 ./demo
says "has all verdicts" out '# Totals: pass:5 fail:19 xfail:3 xpass:1 skip:7 error:0'
says "and a plan" out '1\.\.35'
exits "one that passes, by its full name" 0 ./demo --filter demo.verdict.pass
says "runs only that" out '1\.\.1'
exits "one that passes beside one that skips" 0 ./demo --filter '*.[ps]*[sy]'
says "runs both" out '# Totals: pass:1 fail:0 xfail:0 xpass:0 skip:1 error:0'
exits "failures that are expected" 0 ./demo --filter 'verdict.xfail*'
exits "a row that skips" 4 ./demo --filter 'unfit.*'
exits "kselftest's own options" 0 ./demo -v second
says "choose as well" out 'ok 1 release.second.chooses_the_row'

# --- wrong use ---------------------------------------------------------------

exits "--help" 0 ./demo --help
says "tells the exit status" out 'Exit status: 0 passed, 1 failed .*'
exits "an unknown option" 1 ./demo --quick
says "points to --help" err 'demo: see --help'
exits "an option without its value" 1 ./demo --filter
says "points to --help" err 'demo: see --help'
exits "a filter that nothing matches" 1 ./demo --filter 'D9*'
says "says where the names are" err '.*demo: no case matches D9\*, see --list'
exits "exceptions that cannot be read" 1 ./demo --except none
says "are named" err '.*none: .*'
exits "evidence that cannot be written" 1 env FPT_EVIDENCE=/proc/evidence ./demo
says "is named" err 'cannot write FPT_EVIDENCE=/proc/evidence: .*'
same "before anything runs" /dev/null out
exits "nothing to run against" 1 env -u FPT_SUBJECT ./demo
says "is said" err "demo: FPT_SUBJECT is not set"

# --- where nothing can run ---------------------------------------------------

exits "a host that cannot run it" 4 env FPT_HOST_MISSING="config: no moon (build one)" ./demo
says "is a skip with that reason" out '1\.\.0 # SKIP config: no moon (build one)'

finish

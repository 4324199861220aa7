#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What other programs read in the outputs of a run: kunit.py and the runner of kselftest, both of the
# kernel, TAP::Parser, xmllint. tests/fpt has what the suite itself checks of them.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

export PYTHONPATH="$scripts" PYTHONDONTWRITEBYTECODE=1
python=/usr/bin/python3 # another one in PATH may be a slow wrapper
[ -x $python ] || python=python3
$python "$tests/fpt/runs.py" "$tmp"

skip() # NAME REASON
{
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

# The newest kernel tree at hand that has kunit.py.
kernel_tree()
{
	for at in ${KSRC:+"$KSRC"} "${FPT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/fuse-passthrough-tests}"/sources/*; do
		[ ! -e "$at/tools/testing/kunit/kunit.py" ] || echo "$at"
	done | sort -V | tail -n 1
}

# kunit.py gives diagnostic lines to each case that failed, which its last line reruns, and to nothing else.
attribution='
import sys
sys.path.insert(0, sys.argv[1])
import kunit_parser, kunit_printer
document = kunit_parser.parse_run_tests(open(sys.argv[2], encoding="utf-8"), kunit_printer.Printer(print=False))
failed = 0

def check(test):
    global failed
    if [subtest.name.rpartition(".")[0] for subtest in test.subtests] == [test.name]:
        failed += 1
        assert test.log and (test.log[-1].endswith(" " + test.name) or test.name.startswith("failure_")), (test.name, test.log)
    else:
        assert not test.log, (test.name, test.log)
    for subtest in test.subtests:
        check(subtest)

for test in document.subtests:
    check(test)
assert failed == document.counts.failed, failed
'

counted() # FILE TOTALS: kunit.py reads the document and prints these totals, and no errors
{
	$python "$tree/tools/testing/kunit/kunit.py" parse "$1" >"$tmp/parsed" 2>&1 || :
	grep -q "Testing complete\. .* tests: $2\$" "$tmp/parsed" || { echo "not $2:"; cat "$tmp/parsed"; return 1; }
}

# As a test of the kernel that runs a command.
run_by_kselftest() # COMMAND
{
	mkdir -p "$tmp/base/fuse"
	ln -sfn "$tree/tools/testing/selftests/kselftest" "$tmp/base/kselftest"
	printf '#!/bin/sh\n%s\n' "$1" >"$tmp/base/fuse/run"
	chmod +x "$tmp/base/fuse/run"
	# shellcheck disable=SC2016 # of the other shell
	(cd "$tmp/base/fuse" && BASE_DIR=$tmp/base sh -c '. "$BASE_DIR/kselftest/runner.sh" && run_many run')
}

tree=$(kernel_tree)
if [ -n "$tree" ]; then
	echo "# the kernel's tools are of $tree"
	check "kunit.py counts the suite's own numbers" counted "$tmp/ktap" "$(cat "$tmp/totals")"
	check "also with --expect" counted "$tmp/ktap.expecting" "$(cat "$tmp/totals.expecting")"
	check "kunit.py attributes each text to its case" $python -c "$attribution" "$tree/tools/testing/kunit" "$tmp/ktap"
	run_by_kselftest "cat '$tmp/ktap'" | cat >"$tmp/kselftest" # the runner opens its standard output again
	says "the kernel's runner passes the document on" "$tmp/kselftest" "#     ok 1 drop.early.before_reply_eio # time=12ms"
	check "kunit.py counts the same in the output of the kernel's runner" counted "$tmp/kselftest" "$(cat "$tmp/totals")"
	if [ -x "$built/tests/demo" ]; then
		demo="FPT_SUBJECT=$built/servers/raw '$built/tests/demo' --filter 'verdict.today_*'"
		run_by_kselftest "$demo" | cat >"$tmp/kselftest"
		says "in the kernel's runner a change of what is not promised is no failure" "$tmp/kselftest" "ok 1 selftests: fuse: run"
		says "but shown" "$tmp/kselftest" "# ok .* verdict.today_changed # XFAIL changed: .*"
		run_by_kselftest "FPT_STRICT=1 $demo" | cat >"$tmp/kselftest"
		says "with FPT_STRICT it is one" "$tmp/kselftest" "not ok 1 selftests: fuse: run # exit=1"
	else
		skip "the kernel's runner and what is not promised" "config: no $built/tests/demo (run make check)"
	fi
else
	skip "the kernel's tools read KTAP" "config: no kernel tree (give KSRC=)"
fi

cat >"$tmp/expected" <<END
not ok 1 raw
not ok 2 libfuse-3.18.3
ok 3 raw-uring # SKIP config: FUSE over io_uring is disabled
not ok 4 run
errors: 0
END
# shellcheck disable=SC2016 # perl's
perl -MTAP::Parser -e '
	my $parser = TAP::Parser->new({ tap => do { local $/; <> } });
	while (my $result = $parser->next) {
		print $result->as_string, "\n" if $result->is_test;
	}
	print "errors: ", scalar $parser->parse_errors, "\n"' "$tmp/ktap" >"$tmp/servers"
same "TAP::Parser reads a result of each server" "$tmp/expected" "$tmp/servers"

if command -v xmllint >/dev/null; then
	check "JUnit's XML is valid" xmllint --noout --schema "$tests/data/formats/junit.xsd" "$tmp/junit"
	check "also with --expect" xmllint --noout --schema "$tests/data/formats/junit.xsd" "$tmp/junit.expecting"
	sed 's/ hostname="[^"]*"//' "$tmp/junit" >"$tmp/invalid"
	exits "a document without a host name is not" 3 xmllint --noout --schema "$tests/data/formats/junit.xsd" "$tmp/invalid"
else
	skip "JUnit's XML is valid" "config: no xmllint (run scripts/setup.sh --check)"
fi
# --- the options of run.sh ----------------------------------------------------

run_sh() # OPTION...
{
	env -u PYTHONPATH OUTPUT="$built" "$scripts/run.sh" --filter 'drop.late.*' "$@"
}

run_with_fault() # OPTION...
{
	FPT_FAULT=wrong-file GITHUB_STEP_SUMMARY=$tmp/step
	export FPT_FAULT GITHUB_STEP_SUMMARY
	run_sh "$@"
}

unset FPT_FAULT GITHUB_STEP_SUMMARY
if ! { [ -x "$built/contain" ] && [ -x "$built/servers/raw" ] && [ -x "$built/faulty/raw" ]; }; then
	skip "run.sh writes what it is asked for" "config: no $built/faulty/raw (run make check)"
elif ! { [ "$(id -u)" -eq 0 ] && [ -c /dev/fuse ]; }; then
	skip "run.sh writes what it is asked for" "privilege: needs root and /dev/fuse"
else
	exits "a file in a directory that is not there" 1 run_sh --ktap "$tmp/none/ktap"
	says "is reported before the run" "$tmp/both" "run.sh: cannot write $tmp/none/ktap: give another file to --ktap"
	exits "an origin that KCIDB does not allow" 1 run_sh --kcidb "$tmp/kcidb" --kcidb-origin "my CI"
	says "is reported before the run" "$tmp/both" "run.sh: argument --kcidb-origin: 'my CI' does not match .*, see --help"
	exits "a run" 0 run_sh --server raw --run-dir "$tmp/good" --ktap "$tmp/ktap.run" --junit "$tmp/junit.run" --kcidb "$tmp/kcidb.run"
	# In a chroot a case is skipped.
	read -r passed _ _ _ skipped _ <<-END
		$(tail -n 1 "$tmp/out")
	END
	totals="passed: $passed$([ "$skipped" -eq 0 ] || echo ", skipped: $skipped")"
	[ -z "$tree" ] || check "kunit.py counts its cases" counted "$tmp/ktap.run" "$totals"
	check "JUnit has them" [ "$(grep -c '<testcase ' "$tmp/junit.run")" -eq $((passed + skipped)) ]
	check "KCIDB has them" [ "$(grep -c '"status": "PASS"' "$tmp/kcidb.run")" -eq $((passed + 1)) ] # and the build
	exits "a run with another content" 1 run_with_fault \
		--server "$built/faulty/raw" --run-dir "$tmp/bad" --github
	says "has an annotation" "$tmp/out" "::error file=cases/drop.c,.*title=raw drop.late.io_continues_after_drop%3A fail::.*"
	# shellcheck disable=SC2016 # Markdown
	says "has a summary" "$tmp/step" '- `drop.late.io_continues_after_drop` on raw: fail: .*'
fi
finish

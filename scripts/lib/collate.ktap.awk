# SPDX-License-Identifier: GPL-2.0
#
# Reads KTAP as kselftest's harness prints it. ktap_line() returns 1 for a verdict, and then has set
#
#   ktap_name     the case, without the program's name
#   ktap_verdict  pass fail skip xfail xpass
#   ktap_reason   the text after SKIP, XFAIL or XPASS
#   ktap_failure  the failure message
#   ktap_end      how the process ended, if the harness reported it: exit timeout crash broken

function ktap_begin_file()
{
	ktap_forget()
	ktap_skip_all = ""
}

# Sets server and program from the path <server>/<program>.ktap.
function ktap_begin_file_of_run(path,    part, n)
{
	n = split(path, part, "/")
	server = part[n - 1]
	program = part[n]
	sub(/\.ktap$/, "", program)
	ktap_begin_file()
}

function ktap_forget()
{
	ktap_located = ktap_other = ktap_process_end = ""
}

# The first line with a source location is the failed expectation that caused the others. Without
# one, the last line is closest to the cause.
function ktap_diagnostic(text)
{
	if (text ~ /: Test failed$/) {
		if (ktap_process_end != "broken")
			ktap_process_end = "exit"
		return
	}
	if (text ~ /^ *(RUN|OK|FAIL|SKIP) / || text ~ /^(Starting|PASSED:|FAILED:|Totals:)/)
		return
	if (text ~ /^  /)
		return # context of a failure, indented by show_failure() in harness/case_info.c
	if (text ~ /: Test terminated by timeout$/)
		ktap_process_end = "timeout"
	else if (text ~ /: Test terminated unexpectedly by signal/)
		ktap_process_end = "crash"
	else if (text ~ /^broken: /)
		ktap_process_end = "broken"
	if (text !~ /^([^ ]+\.[ch]:[0-9]+|broken):/)
		ktap_other = text
	else if (ktap_located == "")
		ktap_located = text
}

function ktap_line(line,    at, directive)
{
	if (line ~ /^# /) {
		ktap_diagnostic(substr(line, 3))
		return 0
	}
	if (line ~ /^1\.\.0 # SKIP /)
		ktap_skip_all = substr(line, length("1..0 # SKIP ") + 1)
	# A verdict may follow output of a server that did not end its line.
	if (line !~ /^(not )?ok / && match(line, /(not )?ok [0-9]+ [A-Za-z0-9_]+(\.[A-Za-z0-9_]+)+( # .*)?$/))
		line = substr(line, RSTART)
	if (line !~ /^(not )?ok [0-9]+ ./)
		return 0
	ktap_verdict = line ~ /^not / ? "fail" : "pass"
	sub(/^(not )?ok [0-9]+ (- )?/, "", line)
	ktap_name = line
	ktap_reason = ""
	if ((at = index(line, " # "))) {
		ktap_name = substr(line, 1, at - 1)
		directive = substr(line, at + 3)
		if (directive ~ /^(SKIP|XFAIL|XPASS)( |$)/) {
			ktap_reason = directive
			sub(/^[A-Z]+ */, "", ktap_reason)
			sub(/ .*/, "", directive)
			ktap_verdict = tolower(directive)
		}
	}
	ktap_failure = ktap_located != "" ? ktap_located : ktap_other
	ktap_end = ktap_process_end
	ktap_forget()
	return 1
}

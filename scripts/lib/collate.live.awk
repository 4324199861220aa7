# SPDX-License-Identifier: GPL-2.0
#
# Prints one line for each case that ended, for show_cases() of live.inc; after collate.ktap.awk:
# server, name, outcome, reason and the details of a failure, separated by \037; the lines of the
# details by \036. -v server=NAME -v program=NAME; -v stop=FILE is created at the first failure.

# Parallel programs write to one pipe: a line must be one write(2), which in unbuffered mawk only
# the print of one string is, and not exceed PIPE_BUF.
BEGIN {
	ORS = ""
	MOST = 3500
	ktap_begin_file()
}

# show_failure() of live.inc prints where the logs are on this side of a virtual machine.
/^# / && !/^# +(RUN|OK|FAIL|SKIP) |: Test failed$|^# +(evidence|kernel log|rerun|PASSED|FAILED|Totals): |^# Starting / {
	k = server SUBSEP program
	text = substr($0, 3)
	sub(/^  /, "", text) # context
	details[k] = details[k] (details[k] == "" ? "" : "\036") printable(text)
}

ktap_line($0) {
	k = server SUBSEP program
	text = ktap_verdict == "fail" ? ktap_failure : ktap_reason
	if (ktap_verdict == "fail" && ktap_end != "exit" && ktap_end != "")
		ktap_verdict = ktap_end
	if (ktap_verdict == "xpass")
		ktap_verdict = "XPASS"
	shown = ""
	if (ktap_verdict !~ /^(pass|skip|xfail|XPASS)$/) {
		shown = details[k]
		if (stop != "")
			printf "" >stop
	}
	if (index(shown "\036", printable(text) "\036") == 1)
		shown = substr(shown, length(text) + 2)
	sub(/^broken: /, "", text) # which is the outcome
	if (length(shown) > MOST)
		shown = substr(shown, 1, MOST / 2) "\036[...]\036" substr(shown, length(shown) - MOST / 2)
	print server "\037" program "." ktap_name "\037" ktap_verdict "\037" substr(printable(text), 1, 300) "\037" shown "\n"
	fflush()
	delete details[k]
}

function printable(text)
{
	gsub(/[^\t -~\200-\377]/, "?", text)
	return text
}

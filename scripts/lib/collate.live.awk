# SPDX-License-Identifier: GPL-2.0
#
# A line for each case of a program as it ends, for show_cases of live.inc; after
# collate.ktap.awk: server, name, outcome, why, and what a failure shows, with \037 between
# them and \036 between the lines of the last.
# -v server=NAME -v program=NAME; -v stop=FILE: that is made at the first failure

# Programs that run at once write to one pipe: a line must be one write(2), which of
# mawk's unbuffered output only a print of one string is, and no longer than PIPE_BUF.
BEGIN {
	ORS = ""
	MOST = 3500
	ktap_begin_file()
}

/^# / && !/^# +(RUN|OK|FAIL|SKIP) |: Test failed$|^# (evidence|kernel log|again|PASSED|FAILED|Totals): |^# Starting / {
	k = server SUBSEP program
	details[k] = details[k] (details[k] == "" ? "" : "\036") printable(substr($0, 3))
}

ktap_line($0) {
	k = server SUBSEP program
	text = ktap_verdict == "fail" ? ktap_said : ktap_reason
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
	sub(/^broken: /, "", text) # the outcome says it
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

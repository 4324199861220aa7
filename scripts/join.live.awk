# SPDX-License-Identifier: GPL-2.0
#
# Shows each case of one program as it ends; after join.ktap.awk.
# -v server=NAME -v program=NAME -v width=OF-THE-COLUMN-OF-SERVERS

# Programs that run at once write to one terminal: a line must be one write(2),
# which of mawk's unbuffered output only a print of one string is.
BEGIN {
	ORS = ""
	ktap_begin_file()
}

ktap_line($0) {
	text = ktap_verdict == "fail" ? ktap_said : ktap_reason
	if (ktap_verdict == "fail" && ktap_end != "exit" && ktap_end != "")
		ktap_verdict = ktap_end
	if (ktap_verdict == "xpass")
		ktap_verdict = "XPASS"
	print sprintf("%-" width "s %-60s %s%s\n", server, program "." ktap_name, ktap_verdict,
		      text == "" ? "" : "  " text)
	fflush()
}

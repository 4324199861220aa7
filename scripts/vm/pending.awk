# SPDX-License-Identifier: GPL-2.0
#
# The cases still to run after a virtual machine has died; runs after collate.ktap.awk. Reads
# cases.tsv (kind=list), status.tsv (kind=status), deaths.tsv (kind=deaths) and the KTAP
# (kind=ktap) of a run; SERVERS are its servers. For each case of a program that has not ended,
# prints "pending" or "done", server, program and case, separated by tabs.

BEGIN {
	FS = OFS = "\t"
	n_servers = split(SERVERS, servers, " ")
}

FNR == 1 && kind == "ktap" {
	ktap_begin_file_of_run(FILENAME)
}

kind == "list" {
	program_of[$2] = $1
	cases[++n_cases] = $2
}

kind == "status" {
	ended[$1, $2] = 1
}

kind == "deaths" {
	known[$1, $2] = 1
}

kind == "ktap" && ktap_line($0) {
	known[server, program "." ktap_name] = 1
}

END {
	for (s = 1; s <= n_servers; s++)
		for (c = 1; c <= n_cases; c++) {
			name = cases[c]
			if (!((servers[s], program_of[name]) in ended))
				print ((servers[s], name) in known) ? "done" : "pending", \
				      servers[s], program_of[name], name
		}
}

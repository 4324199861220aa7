# SPDX-License-Identifier: GPL-2.0
#
# Reads results without a mutation, then with it, and prints which cases detected it. Fails if none
# did, or one of the cases in "must" did not. A broken case detects nothing.
FNR == 1 { file++ }
file == 1 { before[$1] = $3; next }
before[$1] == "pass" && $3 ~ /^(fail|timeout|crash)$/ { seen[$1] = $3; count++ }
END {
	split(must, name, " ")
	for (i = 1; i in name; i++) {
		if (name[i] in seen)
			by = by " " name[i] " (" seen[name[i]] ")"
		else if (before[name[i]] !~ /^skip:/)
			missed = missed " " name[i] " (without the mutation: " before[name[i]] ")"
	}
	print "detected by " count + 0 (count == 1 ? " case" : " cases") (by == "" ? "" : ":" by) \
		(missed == "" ? "" : "; not by" missed)
	exit missed != "" || !count
}

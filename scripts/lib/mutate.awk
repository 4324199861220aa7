# SPDX-License-Identifier: GPL-2.0
#
# Results without a mutation, then with it: prints which cases saw it. Fails if one of the cases in
# "must" did not, or none did. A broken case has not looked.
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
	print "seen by " count + 0 (count == 1 ? " case" : " cases") (by == "" ? "" : ":" by) \
		(missed == "" ? "" : "; not by" missed)
	exit missed != "" || !count
}

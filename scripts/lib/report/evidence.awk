# SPDX-License-Identifier: GPL-2.0
#
# Selects lines of evidence. The first file lists kernel, server, case; the others are
# evidence/<server>/<program>.jsonl. Prints kernel, server, case and line, separated by tabs.

BEGIN {
	FS = "\t"
	OFS = "\t"
	MOST = 200
}

FNR == 1 {
	n = split(FILENAME, path, "/")
	server = path[n - 1]
}

FILENAME == ARGV[1] {
	wanted[$1, $2, $3] = 1
	next
}

# Without the types that the page does not show.
!/^\{"type":"(begin|end|note)"/ && match($0, /"case":"[^"]*"/) {
	name = substr($0, RSTART + 8, RLENGTH - 9)
	if ((kernel, server, name) in wanted && lines[server, name]++ < MOST)
		print kernel, server, name, $0
}

# SPDX-License-Identifier: GPL-2.0
#
# The table of matrix.sh, from lines of kernel, server and counts. "order" has the first columns. Its exit
# status is that of matrix.sh.

BEGIN {
	FS = "\t"
	n = split(order, ordered, ",")
	for (i = 1; i <= n; i++)
		column(ordered[i])
}

!($1 in line) {
	line[$1]
	lines[++n_lines] = $1
	width = length($1) > width ? length($1) : width
}

$2 == "" {
	why[$1] = $3
	lost++
	next
}

{
	column($2)
	cell[$1, $2] = $3 + $4 + $6 ? $3 "/" $6 "/" $4 "/" $5 : "unsupported"
	xfail += $6
	passed += $3
	failed += $4
	skipped += $5
}

END {
	for (i = 1; i <= n_columns; i++)
		cell["kernel", columns[i]] = columns[i]
	show("kernel")
	for (l = 1; l <= n_lines; l++)
		show(lines[l])
	print "(passed/failed as expected/failed/skipped; unsupported: nothing could run)"
	if (lost)
		print lost " without a verdict"
	if (xfail)
		print xfail " failed as expected"
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit failed || lost ? 1 : passed + xfail ? 0 : 4
}

function show(kernel,    i, text)
{
	text = sprintf("%-" width "s", kernel)
	for (i = 1; i <= n_columns && !(kernel in why); i++)
		text = text sprintf("  %-14s", cell[kernel, columns[i]] == "" ? "-" : cell[kernel, columns[i]])
	if (kernel in why)
		text = text "  " why[kernel]
	sub(/ *$/, "", text)
	print text
}

function column(server)
{
	if (!(server in has_column)) {
		has_column[server]
		columns[++n_columns] = server
	}
}

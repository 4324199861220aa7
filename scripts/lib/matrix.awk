# SPDX-License-Identifier: GPL-2.0
#
# Checks a matrix: prints the first error as "LINE: WHY", or nothing.

BEGIN {
	FS = "\t"
}

FNR == 1 {
	if ($0 != "kernel\tservers\tnote")
		wrong("the first line does not name the columns: kernel, servers, note")
	next
}

NF < 2 || NF > 3 {
	wrong("has " NF " columns between tabs: wanted kernel, servers, note")
}

$1 !~ /^[0-9][0-9A-Za-z.+~-]*$/ {
	wrong("\"" $1 "\" is not a kernel version")
}

$2 !~ /^[0-9A-Za-z][0-9A-Za-z._+-]*(,[0-9A-Za-z][0-9A-Za-z._+-]*)*$/ {
	wrong("\"" $2 "\" is not a list of server names separated by commas")
}

END {
	if (!why && FNR < 2)
		why = "1: no row after this line"
	print why
}

function wrong(text)
{
	why = FNR ": " text
	exit
}

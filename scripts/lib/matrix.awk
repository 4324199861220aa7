# SPDX-License-Identifier: GPL-2.0
#
# What is wrong with a matrix, "LINE: WHY", or nothing.

BEGIN {
	FS = "\t"
}

FNR == 1 {
	if ($0 != "kernel\tservers\tnote")
		wrong("the first line is not the names of its columns: kernel, servers, note")
	next
}

NF < 2 || NF > 3 {
	wrong("has " NF " columns between tabs: wanted kernel, servers, note")
}

$1 !~ /^[0-9][0-9A-Za-z.+~-]*$/ {
	wrong("\"" $1 "\" is no version of a kernel")
}

$2 !~ /^[0-9A-Za-z][0-9A-Za-z._+-]*(,[0-9A-Za-z][0-9A-Za-z._+-]*)*$/ {
	wrong("\"" $2 "\" are no names of servers, separated by commas")
}

END {
	if (!why && FNR < 2)
		why = "1: no row behind this line"
	print why
}

function wrong(text)
{
	why = FNR ": " text
	exit
}

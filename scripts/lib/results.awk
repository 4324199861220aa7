# SPDX-License-Identifier: GPL-2.0
#
# Checks that standard input is the results of a server, of NAME unless that is empty. If not, prints
# line and reason and exits with 1.

BEGIN {
	FS = "\t"
	HEAD = "case\tserver\toutcome\tobserved\trequests\tnote"
	OUTCOME = "^(pass|fail|xfail|xpass|broken|timeout|crash|incomplete|skip:(cap|config|kernel|library|privilege))$"
}

why == "" && NR == 1 && $0 != HEAD {
	refuse("not a result, its first line has other column names")
}

why == "" && NR > 1 {
	if ($0 ~ /[^\t -~\200-\377]/)
		refuse("not a result, it has a control character")
	else if (NF != 6)
		refuse("not a line of a result: 6 columns expected, got " NF)
	else if ($1 !~ /^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)+$/)
		refuse("'" $1 "' is not the name of a case")
	else if ($1 in line)
		refuse("case " $1 " is also in line " line[$1])
	else if ($2 !~ /^[A-Za-z0-9][A-Za-z0-9._+-]*$/)
		refuse("'" $2 "' is not the name of a server")
	else if (NAME != "" && $2 != NAME)
		refuse("server " $2 ", but the file is called " NAME ".tsv")
	else if (NR > 2 && $2 != server)
		refuse("server " $2 ", but " server " in the line before")
	else if ($3 !~ OUTCOME)
		refuse("'" $3 "' is not an outcome")
	line[$1] = NR
	server = $2
}

END {
	if (why == "" && NR < 2)
		refuse(NR ? "incomplete result, it has no case" : \
			    "not a result, its first line has other column names")
	if (why != "")
		print why
	exit why != ""
}

function refuse(text)
{
	why = (NR ? NR : 1) ": " text
}

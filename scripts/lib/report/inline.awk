# SPDX-License-Identifier: GPL-2.0
#
# Replaces lines of page.html by files: "@page.css@" by that file, "@data@" by the file DATA.

/^@[a-z.]+@$/ {
	file = $0 == "@data@" ? data : folder "/" substr($0, 2, length($0) - 2)
	while ((got = (getline line <file)) > 0)
		print line
	if (got < 0) {
		print "report.sh: cannot read " file >"/dev/stderr"
		exit 1
	}
	next
}

{
	print
}

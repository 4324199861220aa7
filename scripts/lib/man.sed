# SPDX-License-Identifier: GPL-2.0
#
# Turns the --help of a command into the form that help2man knows: synopsis, sections, indented tables.
/^usage: / {
	s//Usage: /
	: more
	N
	s/\n       \(scripts\/\)/\n  or:  \1/
	t more
	s/\n        *\([[A-Z-]\)/ \1/
	t more
}
/^$/ {
	N
	s/^\nenvironment:$/\nEnvironment:\n/
	s/^\n\([A-Z][A-Z_, .=]*  \)/\nEnvironment:\n\n\1/
}
s/^\n*Exit status: /\n*Exit status*\n\n/

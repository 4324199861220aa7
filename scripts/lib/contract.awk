# SPDX-License-Identifier: GPL-2.0
#
# Makes the contract of what programs and servers say of themselves; after
# markdown.awk, called by contract.sh. Input, with tabs between columns:
#
#   kind=servers  name, version, words that its hello has after "can"
#   kind=promises     row, ref, promise                        (--promises of a program)
#   kind=cases    name, row, since, needs, can, title      (--list of all)
#   kind=mounted  the same of what needs no server
#
# Prints Markdown. Exits 1, after a word on stderr, when row and case do not match.

BEGIN {
	FS = "\t"
}

kind == "servers" {
	servers[++n_servers] = $1
	asked = asked (asked == "" ? "" : ", ") $1 " " $2
	words_of[$1] = " " $3 " "
}

kind == "promises" {
	rows[++n_rows] = $1
	is_heading[$1] = $2 == "-"
	ref[$1] = $2
	promise[$1] = $3
}

kind == "cases" || kind == "mounted" && $0 != "" {
	if (!($2 in promise) || is_heading[$2])
		rowless = rowless " " $1 " (" $2 ")"
	add_case($1, $2, $3, kind == "mounted" ? "what is mounted" : servers_that_can($4, $5), $6)
}

END {
	print "# The contract of FUSE passthrough backing IDs\n"
	print "What is promised, row by row, with what decides it in the sources, and beneath it the cases"
	print "that test it: since which release it holds, and which servers can run them.\n"
	print "Servers asked: " asked "."
	for (i = 1; i <= n_rows; i++)
		if (is_heading[rows[i]])
			show_heading(rows[i])
		else
			show_row(rows[i])
	if (caseless != "")
		complain("rows without a case:" caseless)
	if (rowless != "")
		complain("cases whose row is not in the contract:" rowless)
	exit failed
}

# Those whose hello has all words; needs and can are lists with commas.
function servers_that_can(needs, can,    i, w, n, wanted, able, names)
{
	n = split(can == "-" ? "" : can, wanted, ",")
	if (needs ~ /(^|,)passthrough(,|$)/)
		wanted[++n] = "passthrough"
	for (i = 1; i <= n_servers; i++) {
		able = 1
		for (w = 1; w <= n; w++)
			if (!index(words_of[servers[i]], " " wanted[w] " "))
				able = 0
		if (able)
			names = names (names == "" ? "" : ", ") servers[i]
	}
	return names == "" ? "none of them" : names
}

# Variants of one case, program.fixture.VARIANT.name, share a line.
function add_case(name, row, since, able, title,    part, n, variant, k)
{
	n = split(name, part, ".")
	variant = n == 4 ? part[3] : ""
	k = row SUBSEP part[1] "." part[2] "." (n == 4 ? "{}." : "") part[n]
	if (!(k in text)) {
		cases[row, ++n_cases[row]] = k
		text[k] = title
		cells[k] = "| " since " | " able " | |"
	}
	variants[k] = variants[k] (variants[k] == "" ? "" : ",") variant
}

function show_heading(row)
{
	printf "\n## %s: %s\n\n", row, plain(promise[row])
	print "| row | promise, and the cases that test it | since | servers | decided by |"
	print "|---|---|---|---|---|"
}

function show_row(row,    c)
{
	printf "| **%s** | **%s** | | | %s |\n", row, plain(promise[row]), plain(ref[row])
	if (!n_cases[row]) {
		print "| | no case | | | |"
		caseless = caseless " " row
	}
	for (c = 1; c <= n_cases[row]; c++)
		show_case(cases[row, c])
}

function show_case(k,    name)
{
	name = k
	sub(/^[^\034]*\034/, "", name)
	sub(/\{\}/, variants[k] ~ /,/ ? "{" variants[k] "}" : variants[k], name)
	printf "| | `%s`: %s %s\n", name, plain(text[k]), cells[k]
}

function complain(what)
{
	print "contract.sh: " what >"/dev/stderr"
	failed = 1
}

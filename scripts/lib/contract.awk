# SPDX-License-Identifier: GPL-2.0
#
# Prints the contract as Markdown; after markdown.awk, called by contract.sh. Input, separated by
# tabs:
#
#   kind=servers   name, version, abilities
#   kind=promises  ID, ref, promise                             (--promises of a program)
#   kind=cases     name, promise, since, needs, abilities, title  (--list of all)
#   kind=external  the same, of cases for external file systems
#
# Exits with 1 and a message on stderr if a promise has no case, or a case no promise.

BEGIN {
	FS = "\t"
}

kind == "servers" {
	servers[++n_servers] = $1
	versions = versions (versions == "" ? "" : ", ") $1 " " $2
	abilities_of[$1] = " " $3 " "
}

kind == "promises" {
	ids[++n_ids] = $1
	is_heading[$1] = $2 == "-"
	ref[$1] = $2
	promise[$1] = $3
}

kind == "cases" || kind == "external" && $0 != "" {
	if (!($2 in promise) || is_heading[$2])
		without_promise = without_promise " " $1 " (" $2 ")"
	add_case($1, $2, $3, kind == "external" ? "external file systems" : servers_with($4, $5), $6)
}

END {
	print "# The contract of FUSE passthrough backing IDs\n"
	print "Each promise with the source that decides it, and the cases that test it: the release since"
	print "which they hold, and the servers that can run them.\n"
	print "Servers: " versions "."
	for (i = 1; i <= n_ids; i++)
		if (is_heading[ids[i]])
			print_heading(ids[i])
		else
			print_promise(ids[i])
	if (without_case != "")
		complain("promises without a case:" without_case)
	if (without_promise != "")
		complain("cases whose promise is not in the contract:" without_promise)
	exit failed
}

# The servers with all abilities; both arguments are separated by commas.
function servers_with(needs, abilities,    i, w, n, wanted, able, names)
{
	n = split(abilities == "-" ? "" : abilities, wanted, ",")
	if (needs ~ /(^|,)passthrough(,|$)/)
		wanted[++n] = "passthrough"
	for (i = 1; i <= n_servers; i++) {
		able = 1
		for (w = 1; w <= n; w++)
			if (!index(abilities_of[servers[i]], " " wanted[w] " "))
				able = 0
		if (able)
			names = names (names == "" ? "" : ", ") servers[i]
	}
	return names == "" ? "none" : names
}

# Variants of one case, program.fixture.VARIANT.name, share a line.
function add_case(name, id, since, able, title,    part, n, variant, k)
{
	n = split(name, part, ".")
	variant = n == 4 ? part[3] : ""
	k = id SUBSEP part[1] "." part[2] "." (n == 4 ? "{}." : "") part[n]
	if (!(k in text)) {
		cases[id, ++n_cases[id]] = k
		text[k] = title
		cells[k] = "| " since " | " able " | |"
	}
	variants[k] = variants[k] (variants[k] == "" ? "" : ",") variant
}

function print_heading(id)
{
	printf "\n## %s: %s\n\n", id, plain(promise[id])
	print "| ID | promise, and the cases that test it | since | servers | decided by |"
	print "|---|---|---|---|---|"
}

function print_promise(id,    c)
{
	printf "| **%s** | **%s** | | | %s |\n", id, plain(promise[id]), plain(ref[id])
	if (!n_cases[id]) {
		print "| | no case | | | |"
		without_case = without_case " " id
	}
	for (c = 1; c <= n_cases[id]; c++)
		print_case(cases[id, c])
}

function print_case(k,    name)
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

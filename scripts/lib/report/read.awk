# SPDX-License-Identifier: GPL-2.0
#
# Reads results for markdown.awk and page.awk of this folder; called by report.sh. Input,
# separated by tabs:
#
#   kind=promises  ID, ref, promise                             (--promises of a program)
#   kind=cases     name, promise, since, needs, abilities, title  (--list of all)
#   kind=results   RESULTS/<kernel>/<server>.tsv
#
# KERNELS and SERVERS are the names of all, in the order of output.

BEGIN {
	FS = "\t"
	n_kernels = split(KERNELS, kernels, " ")
	n_servers = split(SERVERS, servers, " ")
}

kind == "promises" {
	ids[++n_ids] = $1
	ref[$1] = $2
	promise[$1] = $3
	if ($2 == "-") {
		sections[++n_sections] = $1
		section = $1
	}
	section_of[$1] = section
}

kind == "cases" {
	promise_of[$1] = $2
	since[$1] = $3
	needs[$1] = $4
	abilities[$1] = $5
	title[$1] = $6
	cases_of[section_of[$2], ++n_cases_of[section_of[$2]]] = $1
	n_cases++
}

kind == "results" && FNR == 1 {
	n = split(FILENAME, path, "/")
	kernel = path[n - 1]
	server = path[n]
	sub(/\.tsv$/, "", server)
	ran[kernel, server] = 1
	next
}

# A case that was removed from the suite has nothing but results.
kind == "results" && !($1 in promise_of) {
	gone[++n_gone] = $1
	promise_of[$1] = "-"
	cases_of["-", ++n_cases_of["-"]] = $1
}

kind == "results" {
	outcome[kernel, server, $1] = $3
	observed[kernel, server, $1] = $4
	requests[kernel, server, $1] = $5
	note[kernel, server, $1] = $6
}

function joined(list, glue, item)
{
	return list == "" ? item : list glue item
}

# SPDX-License-Identifier: GPL-2.0
#
# Prints the data of page.html as JSON; after read.awk. EVIDENCE has lines of kernel, server, case and
# a JSON value. Equal results and equal evidence of a case are written once: most kernels and servers
# give the same.

END {
	read_evidence()
	printf "{\"kernels\":%s,\"servers\":%s,\n\"columns\":[", list(KERNELS), list(SERVERS)
	print_columns()
	printf "],\n\"sections\":["
	for (s = 1; s <= n_sections; s++)
		print_section(sections[s], promise[sections[s]])
	if (n_gone)
		print_section("-", "No longer in the suite")
	printf "],\n\"promises\":{"
	for (r = 1; r <= n_ids; r++)
		printf "%s%s:[%s,%s]", r == 1 ? "" : ",\n", quoted(ids[r]), quoted(promise[ids[r]]),
		       quoted(ref[ids[r]])
	printf "},\n\"evidence\":["
	for (e = 1; e <= n_evidences; e++)
		printf "%s[%s]", e == 1 ? "" : ",\n", evidences[e]
	print "]}"
}

# "<" could end the script element around the data.
function quoted(text)
{
	gsub(/["\\]/, "\\\\&", text)
	gsub(/</, "\\u003c", text)
	gsub(/[\001-\037]/, " ", text)
	return "\"" text "\""
}

function list(names,    part, n, i, text)
{
	n = split(names, part, " ")
	for (i = 1; i <= n; i++)
		text = joined(text, ",", quoted(part[i]))
	return "[" text "]"
}

function read_evidence(    line, part, k, order, n, i)
{
	while ((getline line <EVIDENCE) > 0) {
		split(line, part, "\t")
		k = part[1] SUBSEP part[2] SUBSEP part[3]
		if (!(k in evidence_of))
			order[++n] = k
		gsub(/</, "\\u003c", part[4])
		evidence_of[k] = joined(evidence_of[k], ",", part[4])
	}
	for (i = 1; i <= n; i++) {
		k = order[i]
		if (!(evidence_of[k] in number_of)) {
			evidences[++n_evidences] = evidence_of[k]
			number_of[evidence_of[k]] = n_evidences - 1
		}
		evidence_of[k] = number_of[evidence_of[k]]
	}
}

function print_columns(    k, s)
{
	for (k = 1; k <= n_kernels; k++)
		for (s = 1; s <= n_servers; s++)
			if ((kernels[k], servers[s]) in ran) {
				printf "%s[%d,%d]", n_columns ? "," : "", k - 1, s - 1
				columns[++n_columns] = kernels[k] SUBSEP servers[s]
			}
}

function print_section(section, heading,    c)
{
	printf "%s{\"id\":%s,\"title\":%s,\"cases\":[", n_shown++ ? ",\n" : "", quoted(section), quoted(heading)
	for (c = 1; c <= n_cases_of[section]; c++)
		print_case(cases_of[section, c], c == 1 ? "\n" : ",\n")
	printf "]}"
}

# [name, promise, title, since, needs, abilities, results, which result in each column,
# {column: evidence}]; a result is [outcome, observed, requests, note], -1 is none.
function print_case(name, comma,    c, k, result, n, number, results, which, proofs)
{
	for (c = 1; c <= n_columns; c++) {
		k = columns[c] SUBSEP name
		if (k in outcome) {
			result = "[" quoted(outcome[k]) "," quoted(observed[k]) "," quoted(requests[k]) "," \
				quoted(note[k]) "]"
			if (!(result in number)) {
				number[result] = n++
				results = joined(results, ",", result)
			}
			which = joined(which, ",", number[result])
		} else {
			which = joined(which, ",", -1)
		}
		if (k in evidence_of)
			proofs = joined(proofs, ",", "\"" c - 1 "\":" evidence_of[k])
	}
	printf "%s[%s,%s,%s,%s,%s,%s,[%s],[%s],{%s}]", comma, quoted(name), quoted(promise_of[name]),
	       quoted(title[name]), quoted(since[name]), quoted(needs[name]), quoted(abilities[name]),
	       results, which, proofs
}

# SPDX-License-Identifier: GPL-2.0
#
# Prints results/README.md; after read.awk and ../markdown.awk.

BEGIN {
	# Worst first, the order of output.
	n_words = split("crash timeout fail broken incomplete xpass xfail", words, " ")
	MOST_NAMES = 6
}

END {
	count_all()
	print_head()
	print_matrix()
	print_unsupported()
	for (s = 1; s <= n_sections; s++)
		print_section(sections[s])
	if (quiet != "")
		print "\n## " quiet "\n\nAll cases that ran passed on every kernel."
	print_skipped()
	print_gone()
}

function print_head()
{
	print "# Results\n"
	print "Written by `scripts/report.sh` from the files `<kernel>/<server>.tsv` beside it and from the"
	print "cases of the built programs: rerun it instead of editing this file. `--html FILE` writes a page"
	print "with every case on every kernel.\n"
	print "`fail`: the kernel (or the library) breaks the promise; the fix is named if it is known."
	print "`xfail`: every kernel of that series so far fails, so the failure is expected. `xpass`: passed"
	print "although a failure was expected. `crash`: the kernel or the program died. `timeout`: it hung."
	print "`incomplete`: it died before the case started. `broken`: the case could not be set up, which"
	print "says nothing about the kernel. \"A to B\" means those kernels in between that ran the case.\n"
}

# --- kernels x servers -------------------------------------------------------

function count_all(    k, s, c, n, name, word)
{
	for (s = 0; s <= n_sections; s++) {
		section = s ? sections[s] : "-"
		for (c = 1; c <= n_cases_of[section]; c++)
			for (k = 1; k <= n_kernels; k++)
				for (n = 1; n <= n_servers; n++)
					count(kernels[k], servers[n], cases_of[section, c], section)
	}
}

function count(kernel, server, name, section,    word)
{
	if (!((kernel, server) in ran))
		return
	word = outcome[kernel, server, name]
	if (section == "-")
		return
	if (word ~ /^skip:/) {
		of_skip[kernel, server, word]++
		word = "skip"
	}
	total[kernel, server, word == "" ? "without a result" : word]++
	if (word == "skip")
		note_skip(kernel, server, outcome[kernel, server, name], note[kernel, server, name])
}

function print_matrix(    k, n, line, rule)
{
	print n_cases " cases.\n"
	line = "| kernel |"
	rule = "|---|"
	for (n = 1; n <= n_servers; n++) {
		line = line " " servers[n] " |"
		rule = rule "---|"
	}
	print line "\n" rule
	for (k = 1; k <= n_kernels; k++) {
		line = "| " kernels[k] " |"
		for (n = 1; n <= n_servers; n++)
			line = line " " counts(kernels[k], servers[n]) " |"
		print line
	}
}

function counts(kernel, server,    i, bad, good)
{
	if (!((kernel, server) in ran))
		return ""
	for (i = 1; words[i] != "xfail"; i++)
		if (total[kernel, server, words[i]])
			bad = joined(bad, ", ", total[kernel, server, words[i]] " " words[i])
	good = total[kernel, server, "pass"] + 0 " pass"
	if (total[kernel, server, "xfail"])
		good = good ", " total[kernel, server, "xfail"] " xfail"
	if (total[kernel, server, "skip"])
		good = good ", " total[kernel, server, "skip"] " skip"
	if (total[kernel, server, "without a result"])
		good = good ", " total[kernel, server, "without a result"] " without a result"
	if (bad != "")
		bad = "**" bad "**<br>"
	return verdict(kernel, server) bad good
}

# "unsupported" if the kernel or the library lacks what more than half of the cases need.
function verdict(kernel, server,    n, skipped)
{
	n = n_cases - total[kernel, server, "without a result"]
	skipped = total[kernel, server, "skip"]
	if (skipped == n && of_skip[kernel, server, "skip:kernel"] * 2 <= n)
		return "not run<br>"
	return skipped * 2 > n ? "unsupported<br>" : ""
}

function print_unsupported(    k, n, r, best, any)
{
	for (k = 1; k <= n_kernels; k++)
		for (n = 1; n <= n_servers; n++) {
			if (verdict(kernels[k], servers[n]) == "")
				continue
			best = 0
			for (r = 1; r <= n_reasons; r++)
				if (skips[r, kernels[k], servers[n]] > skips[best, kernels[k], servers[n]])
					best = r
			hit[best, kernels[k], servers[n]] = 1
		}
	for (r = 1; r <= n_reasons; r++) {
		for (k = 1; k <= n_kernels; k++)
			for (n = 1; n <= n_servers; n++) {
				is_hit[kernels[k], servers[n]] = (r, kernels[k], servers[n]) in hit
				counts_here[kernels[k], servers[n]] = (kernels[k], servers[n]) in ran
			}
		if (where() != "")
			print (any++ ? "" : "\n") "- Most cases are skipped on " where() ": " plain(reasons[r])
	}
}

# --- where -------------------------------------------------------------------

# The kernels of is_hit[] among those of counts_here[], with the servers unless all are hit:
# "6.12.43 to 7.1.3, 7.2.12 (raw)".
function where(    k, n, all, some, names, run_names, from, to, length_of_run, text, every)
{
	every = 1
	for (k = 1; k <= n_kernels; k++) {
		all = some = 0
		names = ""
		for (n = 1; n <= n_servers; n++) {
			all += counts_here[kernels[k], servers[n]]
			if (is_hit[kernels[k], servers[n]]) {
				some++
				names = joined(names, ", ", servers[n])
			}
		}
		if (!all)
			continue
		if (all == some)
			names = ""
		else
			every = 0
		if (length_of_run && (!some || names != run_names)) {
			text = joined(text, ", ", range(from, to, length_of_run, run_names))
			length_of_run = 0
		}
		if (some) {
			if (!length_of_run++)
				from = kernels[k]
			to = kernels[k]
			run_names = names
		}
	}
	if (length_of_run)
		text = joined(text, ", ", range(from, to, length_of_run, run_names))
	return every && text ~ / to / ? "every kernel" : text
}

function range(from, to, n, names)
{
	return (n == 1 ? from : from (n == 2 ? ", " : " to ") to) (names == "" ? "" : " (" names ")")
}

# --- the sections ------------------------------------------------------------

function print_section(section,    c, w, g)
{
	n_groups = 0
	for (c = 1; c <= n_cases_of[section]; c++)
		for (w = 1; w <= n_words; w++)
			group_case(cases_of[section, c], words[w])
	if (!n_groups) {
		if (n_cases_of[section])
			quiet = joined(quiet, ", ", section)
		return
	}
	printf "\n## %s: %s\n\n", section, plain(promise[section])
	print "| outcome | cases | where | why |"
	print "|---|---|---|---|"
	for (w = 1; w <= n_words; w++)
		for (g = 1; g <= n_groups; g++)
			if (group_word[g] == words[w])
				print_group(g)
}

# A case may have one outcome for several reasons.
function group_case(name, word,    k, n, i, key, n_why, whys, cell_why)
{
	for (k = 1; k <= n_kernels; k++)
		for (n = 1; n <= n_servers; n++) {
			key = kernels[k] SUBSEP servers[n]
			if (outcome[key, name] != word)
				continue
			cell_why[key] = cause(note[key, name])
			for (i = 1; i <= n_why && whys[i] != cell_why[key]; i++)
				;
			if (i > n_why)
				whys[++n_why] = cell_why[key]
		}
	for (i = 1; i <= n_why; i++) {
		for (k = 1; k <= n_kernels; k++)
			for (n = 1; n <= n_servers; n++) {
				key = kernels[k] SUBSEP servers[n]
				is_hit[key] = (key in cell_why) && cell_why[key] == whys[i]
				counts_here[key] = outcome[key, name] != "" && outcome[key, name] !~ /^skip:/
			}
		add_to_group(name, word, whys[i], where())
	}
}

# The fix, if it is known, else the whole note.
function cause(note)
{
	if (match(note, /(^|; )fixed by /)) {
		note = substr(note, RSTART)
		sub(/^; /, "", note)
		sub(/; suspect: [a-z]+$/, "", note)
	}
	return note
}

function add_to_group(name, word, why, place,    g, k, part, n)
{
	for (g = 1; g <= n_groups; g++)
		if (group_word[g] == word && group_why[g] == why && group_where[g] == place)
			break
	if (g > n_groups) {
		n_groups = g
		group_word[g] = word
		group_why[g] = why
		group_where[g] = place
		n_lines[g] = 0
	}
	n = split(name, part, ".")
	k = promise_of[name] " `" part[1] "." part[2] "." (n == 4 ? "{}." : "") part[n] "`"
	if (!n_lines[g] || line_of[g, n_lines[g]] != k) {
		line_of[g, ++n_lines[g]] = k
		variants[g, n_lines[g]] = ""
	}
	if (n == 4)
		variants[g, n_lines[g]] = joined(variants[g, n_lines[g]], ",", part[3])
}

function print_group(g,    i, line, names)
{
	for (i = 1; i <= n_lines[g] && (i <= MOST_NAMES || n_lines[g] == MOST_NAMES + 1); i++) {
		line = line_of[g, i]
		sub(/\{\}/, variants[g, i] ~ /,/ ? "{" variants[g, i] "}" : variants[g, i], line)
		names = joined(names, "<br>", line)
	}
	if (i <= n_lines[g])
		names = names "<br>and " n_lines[g] - i + 1 " similar ones"
	printf "| %s | %s | %s | %s |\n", group_word[g], names, group_where[g], plain(group_why[g])
}

# --- skipped cases --------------------------------------------------------

function note_skip(kernel, server, word, note,    reason)
{
	reason = substr(word, 6) ": " note
	if (!(reason in number_of)) {
		number_of[reason] = ++n_reasons
		reasons[n_reasons] = reason
	}
	skips[number_of[reason], kernel, server]++
}

function print_skipped(    r, k, n, least, most, times, any)
{
	for (r = 1; r <= n_reasons; r++) {
		if (reasons[r] ~ /^library: /)
			continue
		least = most = 0
		for (k = 1; k <= n_kernels; k++)
			for (n = 1; n <= n_servers; n++) {
				times = skips[r, kernels[k], servers[n]]
				is_hit[kernels[k], servers[n]] = times > 0
				counts_here[kernels[k], servers[n]] = (kernels[k], servers[n]) in ran
				if (times && (!least || times < least))
					least = times
				if (times > most)
					most = times
			}
		if (!any++) {
			print "\n## Skipped\n"
			print "Without the abilities that a server lacks, which are the same on every kernel (see `make contract`).\n"
			print "| why | cases | where |"
			print "|---|---|---|"
		}
		printf "| %s | %s | %s |\n", plain(reasons[r]), least == most ? most : least " to " most, where()
	}
}

function print_gone()
{
	if (n_gone)
		print "\nThe suite no longer has " n_gone " of the cases in these results: rerun it."
}

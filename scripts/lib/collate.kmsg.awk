# SPDX-License-Identifier: GPL-2.0
#
# The kernel log for collate.awk, after splats.awk: which reports count, and for which cases
# (splats[]), and which are other processes' (others[]). Writes LOG.

kind == "known" {
	known_promise[++n_known] = $1
	known_first[n_known] = $2
	known_later[n_known] = $3
	next
}

kind == "kmsg" && (FNR == 1 || $0 == marker) {
	settle()
	marker = $0
	last_sequence = ""
	boot++
	in_run = 0
	split("", running)
	next
}

kind == "kmsg" {
	read_kmsg($0)
	next
}

# A record is "priority,sequence,microseconds,flags;text", with the field of whose.awk; lines that
# begin with a space belong to the record before. Records may be duplicated or missing.
function read_kmsg(line,    at, head, text)
{
	at = index(line, ";")
	if (line ~ /^ / || !at)
		return
	split(substr(line, 1, at - 1), head, ",")
	text = substr(line, at + 1)
	if (last_sequence != "" && head[2] <= last_sequence)
		return
	if (in_run && head[2] > last_sequence + 1)
		records_lost += head[2] - last_sequence - 1
	last_sequence = head[2] + 0
	if (text == marker " begins")
		in_run = 1
	if (!in_run)
		return
	printf "[%.6f] %s\n", head[3] / 1000000, text >LOG
	if (text == marker " ends")
		in_run = 0
	else if (text ~ /^fpt: (begin|end) /)
		mark(text)
	else if (head[1] < 8) # a facility other than 0 is a process that writes to /dev/kmsg
		read_report(text, match(line, /^[^;]*,fpt=[a-z]+;/) ? substr(line, 1, RLENGTH - 1) : "")
}

# A report that is known, about lack of memory, or of other processes does not count, up to the end
# of its trace. Its process may be named some lines after its first one.
function read_report(text, whose,    i)
{
	if (awaited && (text ~ HEAD || !--awaited || text ~ SPLAT && (known || whose != "" && text !~ /^WARNING:/)))
		settle()
	for (i = 1; awaited && known && i <= n_known; i++)
		if (held[1] ~ known_first[i] && text ~ known_later[i]) {
			known_seen[i] = stable(held[1])
			awaited = n_held = 0
			in_known = 1
		}
	if (text ~ HEAD "|BUG:|WARNING:") # only x86 marks the end of a trace
		in_known = 0
	if (in_known)
		in_known = text !~ /<\/TASK>/
	else if (text ~ NO_MEMORY)
		in_known = 1
	else if (in_others && text ~ /Call [Tt]race:/) {
		in_others = 0
		trace_of_others = last_sequence
	} else if (text ~ /^ *<IRQ>/ && trace_of_others && trace_of_others == last_sequence - 1 && others[n_others] !~ /lockup|stall/) {
		n_unknown++ # a report from an interrupt, RCU's included, names the process it interrupted
		splat(stable(others[n_others--]), others_ran)
	} else if (text ~ SPLAT)
		hold(text)
	if (awaited && whose ~ /others$/) {
		others[++n_others] = held[1]
		others_ran = held_ran[1]
		awaited = n_held = 0
		in_others = 1
	} else if (awaited && !known && whose != "") {
		n_unknown += whose ~ /unknown$/
		settle()
	}
}

function hold(text,    k)
{
	in_others = 0
	held[++n_held] = text
	held_ran[n_held] = ""
	for (k in running)
		held_ran[n_held] = joined(held_ran[n_held], "\n", k)
	if (awaited)
		return
	known = 0
	for (k = 1; k <= n_known; k++)
		known += text ~ known_first[k]
	awaited = known ? 6 : 12
}

function settle(    i)
{
	for (i = 1; i <= n_held; i++)
		splat(stable(held[i]), held_ran[i])
	awaited = n_held = 0
}

# Marks of another run on this host are ignored.
function mark(text,    word)
{
	split(text, word, " ")
	if (!(word[3] in listed) || index(" " SERVERS " ", " " word[4] " ") == 0)
		return
	if (word[2] == "begin") {
		running[word[4], word[3]] = 1
		if (splat_boot[word[4], word[3]] != boot) # else another run begins the same case
			delete splats[word[4], word[3]]
	} else
		delete running[word[4], word[3]]
}

# RAN: the cases that were running, a line each
function splat(text, ran,    n, keys, i, j, also, part)
{
	n = split(ran, keys, "\n")
	for (i = 1; i <= n; i++) {
		if (keys[i] in splats)
			continue
		also = ""
		for (j = 1; j <= n; j++)
			if (j != i) {
				split(keys[j], part, SUBSEP)
				also = joined(also, ", ", part[2] " " part[1])
			}
		splat_boot[keys[i]] = boot
		splats[keys[i]] = "kernel log: " text (also == "" ? "" : " (also running: " also ")")
	}
	if (!n && !n_splats_outside++)
		splat_outside = text
}

function list_others(    i)
{
	for (i = 1; i <= n_others; i++) {
		if (i == 1)
			print "\nKernel log, reports about processes outside of this run (not counted, see " DIR "/kernel.log):"
		print "  " others[i]
	}
	if (n_unknown)
		print "\nKernel log: " n_unknown " of the reports name processes that had exited, cannot be looked up " \
			"here, or were\ninterrupted. They count, but may concern other processes: see " DIR "/kernel.log"
}

function list_known(    i, any)
{
	for (i = 1; i <= n_known; i++)
		if (i in known_seen)
			print (any++ ? "" : "\nKernel log, known reports (not counted):\n") "  " known_promise[i] ": " \
				known_seen[i] (known_seen[i] ~ /lock/ ? " (lockdep is off from there on)" : "")
}

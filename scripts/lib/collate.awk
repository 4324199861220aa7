# SPDX-License-Identifier: GPL-2.0
#
# Joins KTAP, evidence and kernel log of a run by case name; after collate.ktap.awk and
# collate.kmsg.awk, before collate.summary.awk; called by collate.sh, which says what each kind of input is:
#
#   kind=list      program, case, row, since, needs, can, title  (tabs)
#   kind=status    server, program, exit status or "timeout"  (tabs)
#   kind=deaths    of virtual machines: server, case or "-", crash or timeout, reason  (tabs)
#   kind=evidence  what collate.jq made of the evidence
#   kind=kmsg      the run's marker, then /dev/kmsg records; the marker again at each boot
#   kind=ktap      <server>/<program>.ktap files
#
# Writes OUT/<server>.tsv, FACTS (path, tab, value: counts and notes for
# run.json) and LOG (the kernel log of the run), prints the summary and exits
# 0 (passed), 1 (something failed) or 4 (nothing was executed, or only what does
# without passthrough).

BEGIN {
	FS = OFS = "\t"
	split("cap config kernel library privilege", words, " ")
	for (i in words)
		known_class[words[i]] = 1
	n_servers = split(SERVERS, servers, " ")
	n_again = split(ENVIRON["AGAIN"], words, "\n")
	for (i = 1; i <= n_again; i++)
		again[substr(words[i], 1, index(words[i], "\t") - 1)] = substr(words[i], index(words[i], "\t") + 1)
}

FNR == 1 && kind == "ktap" {
	ktap_begin_file_of_run(FILENAME)
}

kind == "list" {
	add_case($1, $2, $3 ": " $7)
	listed[$2] = 1
	if (("," $5 ",") ~ /,passthrough,/)
		needs_passthrough[$2] = ++n_needs_passthrough
	next
}

kind == "status" {
	status[$1, $2] = $3
	next
}

kind == "deaths" && $2 == "-" {
	run_failure("the kernel died: " $4)
	next
}

kind == "deaths" {
	death[$1, $2] = $3
	death_reason[$1, $2] = $4
	next
}

kind == "evidence" {
	gsub(/[^\t -~\200-\377]/, "?")
	read_evidence($1, $2, $3, $4, $5)
	next
}

kind == "ktap" && ktap_line($0) {
	name = program "." ktap_name
	add_case(program, name, "")
	verdict[server, name] = ktap_verdict
	reason[server, name] = ktap_reason
	said[server, name] = ktap_said
	process_end[server, name] = ktap_end
}

kind == "ktap" && ktap_skip_all != "" {
	skip_all[server, program] = ktap_skip_all
}

END {
	settle()
	if (n_splats_outside)
		run_failure("kernel log, while no case ran: " splat_outside)
	for (i = 1; i <= n_servers; i++)
		for (c = 1; c <= n_cases; c++)
			decide(servers[i], cases[c])
	compare_with_raw()
	for (i = 1; i <= n_servers; i++)
		write_results(servers[i])
	for (i = 1; i <= n_servers; i++)
		check_programs(servers[i])
	exit summary()
}

function add_case(program, name, text)
{
	if (name in program_of)
		return
	program_of[name] = program
	title[name] = text
	cases[++n_cases] = name
	if (!(program in seen_program)) {
		seen_program[program] = 1
		programs[++n_programs] = program
	}
}

function joined(list, glue, item)
{
	return item == "" ? list : list == "" ? item : list glue item
}

# What differs from run to run must not reach the TSV.
function steady(text)
{
	gsub(/CPU: [0-9]+ */, "", text)
	gsub(/PID: [0-9]+ */, "", text)
	gsub(/0x[0-9a-fA-F]+/, "0x..", text)
	gsub(/:[0-9]+ blocked for more than [0-9]+/, " blocked for more than ..", text)
	gsub(/[^!-~\200-\377]+/, " ", text)
	sub(/^ /, "", text)
	sub(/ $/, "", text)
	return text
}

# "dir/file.c:12:test:text", "file.c:12: text" and "broken: text" to the text
function unlocated(text)
{
	sub(/^broken: /, "", text)
	if (sub(/^[^ ]+\.[ch]:[0-9]+:/, "", text))
		sub(/^[^ :]+:/, "", text)
	return text
}

function read_evidence(server, type, name, a, b,    k)
{
	k = server SUBSEP name
	if (type == "begin") {
		forget(k) # it may begin anew in another boot
		begun[k] = 1
	} else if (type == "end") {
		ended[k] = 1
	} else if (type == "expect") {
		observed[k] = joined(observed[k], " ", a)
		if (unmet[k] == "")
			unmet[k] = b
	} else if (type == "ops") {
		ops[k] = joined(ops[k], " | ", a)
		if (unmet[k] == "")
			unmet[k] = b
	} else if (type == "broken") {
		if (!(k in broken))
			broken[k] = a
	} else if (type == "hint") {
		hints[k] = joined(hints[k], "; ", a)
	} else if (type == "note" && a == "server_version") {
		version[server] = b
		print "servers/" server "/version", b >FACTS
	} else if (type == "note" && a == "server_name") {
		server_name[server] = b
	} else if (type == "note" && a == "server_over_io_uring") {
		by_ring[server] = 1
	} else if (type == "note" && a == "fuse_protocol_minor") {
		print "fuse_protocol_minor", b >FACTS
	}
}

function forget(k)
{
	delete ended[k]
	delete observed[k]
	delete unmet[k]
	delete ops[k]
	delete broken[k]
	delete hints[k]
}

function decide(server, name,    k, v, text)
{
	k = server SUBSEP name
	if (!(k in verdict) && !(name in listed))
		return
	v = verdict[k]
	text = reason[k]
	if (v == "" && (server, program_of[name]) in skip_all) {
		v = "skip"
		text = skip_all[server, program_of[name]]
	}
	if (v == "" && STOPPED && status[server, program_of[name]] == "") {
		n_stopped++
		return
	}
	if (k in death) {
		v = death[k]
		text = death_reason[k]
		forget(k) # how much came through is chance
		delete splats[k]
	} else if (k in broken) {
		v = "broken"
		text = broken[k]
	} else if (v == "") {
		v = without_verdict(k, status[server, program_of[name]])
		text = "no verdict: " ended_how(status[server, program_of[name]])
	} else if (v == "fail") {
		if (process_end[k] ~ /^(timeout|crash|broken)$/)
			v = process_end[k]
		else if (process_end[k] == "" && (k in begun) && !(k in ended))
			v = "crash"
		text = v == "fail" && unmet[k] != "" ? unmet[k] : unlocated(said[k])
		if (text == "")
			text = "nothing was said of why"
	} else if (v == "skip") {
		v = skip_outcome(text)
		if (v == "broken")
			text = "skipped without saying of which class: " text
		else
			sub(/^[a-z]+: */, "", text)
	}
	if (k in splats) {
		text = joined(failed(v) ? text : "", "; ", splats[k])
		if (!failed(v))
			v = "fail"
	}
	if (failed(v))
		text = joined(text, "; ", hints[k])
	outcome[k] = v
	if (shows_the_kernel(v))
		works[server] = 1
	note[k] = steady(text)
}

function without_verdict(k, status)
{
	return !(k in begun) || status == "" ? "incomplete" : status == "timeout" ? "timeout" : "crash"
}

function ended_how(status)
{
	if (status == "")
		return "the machine ended before it ran"
	if (status == "timeout")
		return "the program was ended by its time limit"
	return status > 128 ? "the program died by signal " status - 128 : \
			      "the program ended with status " status
}

function skip_outcome(text,    class)
{
	class = text
	sub(/:.*/, "", class)
	return class in known_class ? "skip:" class : "broken"
}

function failed(v)
{
	return v ~ /^(fail|broken|timeout|crash|incomplete)$/
}

# The raw server shows the kernel without a library: what it can do, the kernel has.
function compare_with_raw(    c, i, v, k)
{
	for (c = 1; c <= n_cases; c++) {
		if (!(("raw", cases[c]) in outcome))
			continue
		v = outcome["raw", cases[c]]
		raw_passes += shows_the_kernel(v)
		raw_fails += says_no(v)
		for (i = 1; shows_the_kernel(v) && i <= n_servers; i++) {
			k = servers[i] SUBSEP cases[c]
			if (!(k in outcome) || outcome[k] != "skip:kernel")
				continue
			outcome[k] = "fail"
			note[k] = "skipped, but raw runs it on this kernel: " note[k]
		}
	}
}

function shows_the_kernel(v)
{
	return v ~ /^x?pass$/ || v == "xfail"
}

# Nobody is accused without a control: another server that does it, or, of the kernel,
# other cases that raw passes.
function accused(server, name,    v)
{
	if ((server, name) in splats || (server, name) in death)
		return "accuses the kernel"
	v = outcome["raw", name]
	if (server in by_ring && shows_the_kernel(v))
		return server_failed(server SUBSEP name) ? accused_by_ring(server, name) : ""
	if (server != "raw" && server_failed(server SUBSEP name) && (shows_the_kernel(v) || only_a_library_shows(v)))
		return "accuses the library"
	if (!raw_passes || !says_no(v) || server != "raw" && !server_failed(server SUBSEP name))
		return ""
	return server != "raw" || red_elsewhere(name) || v == "fail" && !good_elsewhere ? "accuses the kernel" : ""
}

# What raw does shows nothing of the kernel's part of io_uring: another server over it does.
function accused_by_ring(server, name,    i, good, red, v)
{
	for (i = 1; i <= n_servers; i++)
		if (servers[i] != server && servers[i] in by_ring) {
			v = outcome[servers[i], name]
			good += shows_the_kernel(v)
			red += says_no(v)
		}
	if (good || !red || !says_no(outcome["raw-uring", name]))
		return good ? "accuses the library" : ""
	kernel_on = "raw or raw-uring, which do"
	return "accuses the kernel"
}

# Also sets good_elsewhere. A hang or a crash on raw alone may be its own.
function red_elsewhere(name,    i, red, k)
{
	good_elsewhere = 0
	for (i = 1; i <= n_servers; i++) {
		k = servers[i] SUBSEP name
		if (servers[i] == "raw" || !(k in outcome))
			continue
		red += says_no(outcome[k])
		good_elsewhere += shows_the_kernel(outcome[k])
	}
	return red
}

# Then the kernel is judged by all that raw has run.
function only_a_library_shows(v)
{
	return v == "skip:library" && raw_passes && !raw_fails
}

# The set-up of a case, too, stands on the library: INIT, and a server that goes on.
# One that never got through a case may be anything, and so may one that breaks its own protocol.
function server_failed(k,    part)
{
	split(k, part, SUBSEP)
	return says_no(outcome[k]) || outcome[k] == "broken" && (note[k] ~ /^the server did not answer INIT/ || \
		part[1] in works && note[k] ~ /^the server (did not|closed|ended|was ended|has no ID|registers no)/)
}

# Red because of what was tested, not because the test could not be made.
function says_no(v)
{
	return v ~ /^(fail|timeout|crash)$/
}

function write_results(server,    c, k, v, file, blame)
{
	file = OUT "/" server ".tsv"
	print "case", "server", "outcome", "observed", "ops", "note" >file
	for (c = 1; c <= n_cases; c++) {
		k = server SUBSEP cases[c]
		if (!(k in outcome))
			continue
		v = outcome[k]
		blame = accused(server, cases[c])
		count_blame(blame != "" ? blame : server_failed(k) ? "nobody" : "", server, cases[c])
		note[k] = joined(note[k], "; ", blame)
		print cases[c], server, v, observed[k], ops[k], note[k] >file
		count[server, v]++
		if (failed(v)) {
			n_failed[server]++
			program_failed[server, program_of[cases[c]]] = 1
		} else if (v ~ /^skip/) {
			n_skipped[server]++
		} else {
			n_passed[server] += v != "xfail"
			n_good_with += (cases[c] in needs_passthrough)
		}
	}
	close(file)
}

# What one server shows of the library, or any of the kernel; each case once.
function count_blame(blame, server, name,    whom, row)
{
	if (blame == "")
		return
	whom = blame ~ /library/ ? server : blame ~ /kernel/ ? "kernel" : "nobody"
	if ((whom, name) in blamed)
		return
	blamed[whom, name] = 1
	n_blamed[whom]++
	row = title[name]
	sub(/:.*/, "", row)
	if (row != "" && index(" " blamed_rows[whom] " ", " " row " ") == 0)
		blamed_rows[whom] = joined(blamed_rows[whom], " ", row)
}

# A program may end badly although all its cases ended well.
function check_programs(server,    p, program, s)
{
	for (p = 1; p <= n_programs; p++) {
		program = programs[p]
		s = status[server, program]
		if (s !~ /^[04]$/ && !(STOPPED && s == "") && !program_failed[server, program])
			run_failure(program " on " server ": all cases passed, but " ended_how(s))
	}
}

function run_failure(text)
{
	run_failures[++n_run_failures] = steady(text)
}

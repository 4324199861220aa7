# SPDX-License-Identifier: GPL-2.0
#
# Collates KTAP, evidence and kernel log of a run by case name; after collate.ktap.awk and
# collate.kmsg.awk, before collate.summary.awk. collate.sh sets the kind of each input, whose
# columns are separated by tabs:
#
#   kind=list      program, case, promise, since, needs, abilities, title
#   kind=status    server, program, exit status or "timeout"
#   kind=deaths    of virtual machines: server, case or "-", crash or timeout, reason
#   kind=known     promise, first line, later line (EREs) of a known kernel report
#   kind=evidence  the output of collate.jq
#   kind=kmsg      the run's marker, then /dev/kmsg records; the marker again at each boot
#   kind=ktap      <server>/<program>.ktap files
#
# Writes OUT/<server>.tsv, FACTS (path and value: counts and notes for run.json) and LOG (the
# kernel log of the run), prints the summary and exits with 0 (passed), 1 (failed) or 4 (no case
# was executed, or none that needs passthrough).

BEGIN {
	FS = OFS = "\t"
	split("cap config kernel library privilege", words, " ")
	for (i in words)
		known_class[words[i]] = 1
	n_servers = split(SERVERS, servers, " ")
	n_rerun = split(ENVIRON["RERUN"], words, "\n")
	for (i = 1; i <= n_rerun; i++)
		rerun[substr(words[i], 1, index(words[i], "\t") - 1)] = substr(words[i], index(words[i], "\t") + 1)
}

FNR == 1 && kind == "ktap" {
	ktap_begin_file_of_run(FILENAME)
}

kind == "list" {
	add_case($1, $2, $3, $7)
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
	add_case(program, name, "", "")
	verdict[server, name] = ktap_verdict
	reason[server, name] = ktap_reason
	failure[server, name] = ktap_failure
	process_end[server, name] = ktap_end
}

kind == "ktap" && ktap_skip_all != "" {
	skip_all[server, program] = ktap_skip_all
}

END {
	settle()
	if (n_splats_outside)
		run_failure("kernel log: " splat_outside)
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

function add_case(program, name, its_promise, its_title)
{
	if (name in program_of)
		return
	program_of[name] = program
	promise[name] = its_promise
	title[name] = its_title
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

# Text without what differs from run to run, for the TSV.
function stable(text)
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

# Strips "broken: ", "dir/file.c:12:test:" or "file.c:12: ".
function without_location(text)
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
		forget(k) # the case may start again in another boot
		begun[k] = 1
	} else if (type == "end") {
		ended[k] = 1
	} else if (type == "expect") {
		observed[k] = joined(observed[k], " ", a)
		if (unmet[k] == "")
			unmet[k] = b
	} else if (type == "requests") {
		requests[k] = joined(requests[k], " | ", a)
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
	delete requests[k]
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
		forget(k) # how much arrived before the death varies
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
		text = v == "fail" && unmet[k] != "" ? unmet[k] : without_location(failure[k])
		if (text == "")
			text = "no failure message"
	} else if (v == "skip") {
		v = skip_outcome(text)
		if (v == "broken")
			text = "skip without a class: " text
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
	if (is_pass(v))
		works[server] = 1
	note[k] = stable(text)
}

function without_verdict(k, status)
{
	return !(k in begun) || status == "" ? "incomplete" : status == "timeout" ? "timeout" : "crash"
}

function ended_how(status)
{
	if (status == "")
		return "the machine ended before the case started"
	if (status == "timeout")
		return "the program exceeded its time limit"
	return status > 128 ? "the program was killed by signal " status - 128 : \
			      "the program exited with status " status
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

# The raw server uses no library: the kernel has whatever raw passes.
function compare_with_raw(    c, i, v, k)
{
	for (c = 1; c <= n_cases; c++) {
		if (!(("raw", cases[c]) in outcome))
			continue
		v = outcome["raw", cases[c]]
		raw_passes += is_pass(v)
		raw_fails += tested_and_failed(v)
		for (i = 1; is_pass(v) && i <= n_servers; i++) {
			k = servers[i] SUBSEP cases[c]
			if (!(k in outcome) || outcome[k] != "skip:kernel")
				continue
			outcome[k] = "fail"
			note[k] = "skipped, but raw passes it on this kernel: " note[k]
		}
	}
}

function is_pass(v)
{
	return v ~ /^x?pass$/ || v == "xfail"
}

# "kernel", "library" or "". Never without a control: another server that passes the case or, for
# the kernel, other cases that raw passes. Never with a deliberate fault.
function find_suspect(server, name,    v)
{
	if (FAULT != "")
		return ""
	if ((server, name) in splats || (server, name) in death)
		return "kernel"
	v = outcome["raw", name]
	if (server in by_ring && is_pass(v))
		return server_failed(server SUBSEP name) ? suspect_over_io_uring(server, name) : ""
	if (server != "raw" && server_failed(server SUBSEP name) && (is_pass(v) || only_a_library_tests(v)))
		return "library"
	if (!raw_passes || !tested_and_failed(v) || server != "raw" && !server_failed(server SUBSEP name))
		return ""
	return server != "raw" || fails_elsewhere(name) || v == "fail" && !passes_elsewhere ? "kernel" : ""
}

# raw says nothing about the kernel's io_uring part; only another server over io_uring does.
function suspect_over_io_uring(server, name,    i, passes, fails, v)
{
	for (i = 1; i <= n_servers; i++)
		if (servers[i] != server && servers[i] in by_ring) {
			v = outcome[servers[i], name]
			passes += is_pass(v)
			fails += tested_and_failed(v)
		}
	if (passes || !fails || !tested_and_failed(outcome["raw-uring", name]))
		return passes ? "library" : ""
	controls = "raw or raw-uring, which use"
	return "kernel"
}

# Also sets passes_elsewhere. A hang or a crash on raw alone may be raw's own.
function fails_elsewhere(name,    i, fails, k)
{
	passes_elsewhere = 0
	for (i = 1; i <= n_servers; i++) {
		k = servers[i] SUBSEP name
		if (servers[i] == "raw" || !(k in outcome))
			continue
		fails += tested_and_failed(outcome[k])
		passes_elsewhere += is_pass(outcome[k])
	}
	return fails
}

# Then all cases that ran on raw decide about the kernel.
function only_a_library_tests(v)
{
	return v == "skip:library" && raw_passes && !raw_fails
}

# The set-up of a case depends on the library, too: INIT, and a server that keeps running. A server
# that never got through a case, or breaks its own protocol, may be anything.
function server_failed(k,    part)
{
	split(k, part, SUBSEP)
	return tested_and_failed(outcome[k]) || outcome[k] == "broken" && (note[k] ~ /^the server did not answer INIT/ || \
		part[1] in works && note[k] ~ /^the server (did not|closed|ended|was ended|has no ID|registers no)/)
}

# The tested behaviour failed, rather than the test.
function tested_and_failed(v)
{
	return v ~ /^(fail|timeout|crash)$/
}

function write_results(server,    c, k, v, file, suspect)
{
	file = OUT "/" server ".tsv"
	print "case", "server", "outcome", "observed", "requests", "note" >file
	for (c = 1; c <= n_cases; c++) {
		k = server SUBSEP cases[c]
		if (!(k in outcome))
			continue
		v = outcome[k]
		suspect = find_suspect(server, cases[c])
		if (suspect != "")
			note[k] = joined(note[k], "; ", "suspect: " suspect)
		else if (server_failed(k))
			suspect = "undecided"
		count_suspect(suspect == "library" ? server : suspect, cases[c])
		print cases[c], server, v, observed[k], requests[k], note[k] >file
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

# SUSPECT: a server, for its library, "kernel", "undecided" or "". Each case counts once.
function count_suspect(suspect, name)
{
	if (suspect == "" || (suspect, name) in suspected)
		return
	suspected[suspect, name] = 1
	n_suspected[suspect]++
	if (promise[name] != "" && index(" " suspect_promises[suspect] " ", " " promise[name] " ") == 0)
		suspect_promises[suspect] = joined(suspect_promises[suspect], " ", promise[name])
}

# A program may fail although all its cases passed.
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
	run_failures[++n_run_failures] = stable(text)
}

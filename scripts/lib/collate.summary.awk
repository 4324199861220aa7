# SPDX-License-Identifier: GPL-2.0
#
# The summary of a run; after collate.awk.

function summary(    i, server, totals, width, passed, xfail, xpass, failures, skipped, nothing)
{
	width = 9
	for (i = 1; i <= n_servers; i++)
		if (length(servers[i]) > width)
			width = length(servers[i])
	print ""
	for (i = 1; i <= n_servers; i++) {
		server = servers[i]
		totals = server_totals(server)
		printf "%-" width "s %d passed, %d failed, %d skipped%s\n", server, n_passed[server],
			n_failed[server], n_skipped[server], totals
		passed += n_passed[server]
		xfail += count[server, "xfail"]
		xpass += count[server, "xpass"]
		failures += n_failed[server]
		skipped += n_skipped[server]
	}
	failures += n_run_failures
	nothing = !failures && (!(passed + xfail) || n_needs_passthrough && !n_good_with)
	list_skips(VERBOSE || nothing || ENVIRON["FPT_MOUNT"] != "")
	if (VERBOSE)
		list_cases("xfail", "Expected failures:")
	else
		list_xfail()
	list_cases("xpass", "UNEXPECTED PASSES (if the kernel was fixed, remove .xfail from the case):")
	list_cases("failed", "Failed:")
	list_suspects()
	for (i = 1; i <= n_run_failures; i++)
		print (i == 1 ? "\nFailed outside of any case:\n" : "") "  " run_failures[i]
	list_others()
	list_known()
	if (records_lost)
		printf "\n%d kernel log records were lost: a report may have been missed\n", records_lost
	print "kernel_log_records_lost", records_lost + 0 >FACTS
	if (nothing && passed)
		print "\nUNSUPPORTED: no case that needs passthrough could run"
	if (n_stopped)
		print "\nstopped at the first failure: " n_stopped " case" (n_stopped == 1 ? " was" : "s were") " not run"
	printf "\nlogs: %s\n\n", DIR
	if (xfail || xpass)
		printf "%d failed as expected%s\n", xfail, xpass ? ", " xpass " passed unexpectedly" : ""
	printf "%d passed, %d failed, %d skipped\n", passed, failures, skipped
	print "counts/passed", passed + 0 >FACTS
	print "counts/xfail", xfail + 0 >FACTS
	print "counts/xpass", xpass + 0 >FACTS
	print "counts/failed", failures + 0 >FACTS
	print "counts/skipped", skipped + 0 >FACTS
	return failures ? 1 : nothing ? 4 : 0
}

# Outcomes in more detail than passed, failed and skipped, in a fixed order.
function server_totals(server,    n, i, v, text)
{
	n = split("pass xfail xpass fail broken timeout crash incomplete skip:cap " \
		  "skip:config skip:kernel skip:library skip:privilege", words, " ")
	for (i = 1; i <= n; i++) {
		v = words[i]
		if (!count[server, v])
			continue
		print "servers/" server "/counts/" v, count[server, v] >FACTS
		if (v != "pass" && v != "fail")
			text = joined(text, ", ", count[server, v] " " v)
	}
	return text == "" ? "" : "  (" text ")"
}

# An external file system has no control to compare with: advice.awk names what is wrong.
function list_suspects(    i, server)
{
	if (FAULT != "") {
		print "\na deliberate fault is active (FPT_FAULT=" FAULT "): this run says nothing about the kernel or a library"
		return
	}
	suspect_heading = "\nSuspected:\n"
	for (i = 1; i <= n_servers; i++) {
		server = servers[i]
		print_suspect(library(server) ", not the kernel", server,
			"failed on " server " but not on raw, which uses no library")
	}
	print_suspect("kernel " KERNEL, "kernel", "failed on " (controls == "" ? "raw, which uses" : controls) \
		" no library, or with a kernel log report")
	if (ENVIRON["FPT_MOUNT"] == "")
		print_suspect("undecided", "undecided", raw_passes ? \
			"failed and may be due to the kernel, a library or a server" : \
			"failed, and raw, which uses no library, passed none in this run (" \
			(index(" " SERVERS " ", " raw ") ? "run more cases" : "give --server raw,NAME") ")")
}

function print_suspect(who, key, why)
{
	if (!n_suspected[key])
		return
	printf "%s  %s: %d case%s %s\n", suspect_heading, who, n_suspected[key], n_suspected[key] == 1 ? "" : "s", why
	suspect_heading = ""
	if (suspect_promises[key] != "")
		print "      promise" (suspect_promises[key] ~ / / ? "s " : " ") suspect_promises[key]
}

function library(server)
{
	return joined(server in server_name ? server_name[server] : server, " ", version[server])
}

# Each reason once, with the number of cases skipped for it. A user cannot change what a server
# does not support, so only --verbose lists that.
function list_skips(all,    i, c, k, reason, n, order, times, left_out)
{
	for (i = 1; i <= n_servers; i++)
		for (c = 1; c <= n_cases; c++) {
			k = servers[i] SUBSEP cases[c]
			if (outcome[k] !~ /^skip:/)
				continue
			reason = substr(outcome[k], 6) ": " note[k]
			if (!all && reason ~ /^library:/)
				left_out++
			else if (!times[reason]++)
				order[++n] = reason
		}
	for (i = 1; i <= n; i++)
		printf "%s%5d  %s\n", i == 1 ? "\nSkipped:\n" : "", times[order[i]], order[i]
	if (left_out)
		printf "%s%5d  library: not supported by a server (--verbose lists what)\n", n ? "" : "\nSkipped:\n", left_out
}

# One line for each promise.
function list_xfail(    i, c, k, id, n, order, times, why)
{
	for (c = 1; c <= n_cases; c++)
		for (i = 1; i <= n_servers; i++) {
			k = servers[i] SUBSEP cases[c]
			if (outcome[k] != "xfail")
				continue
			id = promise[cases[c]]
			if (!times[id]++) {
				order[++n] = id
				why[id] = note[k]
			}
		}
	for (i = 1; i <= n; i++)
		printf "%s%5d  %s: %s\n", i == 1 ? "\nExpected failures:\n" : "", times[order[i]], order[i], why[order[i]]
}

function list_cases(which, heading,    i, c, k)
{
	for (i = 1; i <= n_servers; i++)
		for (c = 1; c <= n_cases; c++) {
			k = servers[i] SUBSEP cases[c]
			if (which == "failed" ? !failed(outcome[k]) : outcome[k] != which)
				continue
			if (heading != "")
				print "\n" heading
			heading = ""
			printf "  %s %s: %s\n", servers[i], cases[c], outcome[k]
			if (promise[cases[c]] != "")
				print "      " promise[cases[c]] ": " title[cases[c]]
			if (note[k] != "")
				print "      " note[k]
			print "      see " DIR "/ktap/" servers[i] "/" program_of[cases[c]] ".ktap"
			print "      see " DIR "/evidence/" servers[i] "/" program_of[cases[c]] ".jsonl"
			if (which == "failed" && servers[i] in rerun)
				print "      rerun: " rerun[servers[i]] " " cases[c]
		}
}

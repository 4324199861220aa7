# SPDX-License-Identifier: GPL-2.0
#
# What collate.awk says of a run at its end; after it.

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
		list_cases("xfail", "Expected to fail, and failed:")
	else
		list_expected()
	list_cases("xpass", "EXPECTED TO FAIL, BUT PASSED (if it is the kernel that was mended, remove the mark):")
	list_cases("failed", "Failed:")
	list_blame()
	for (i = 1; i <= n_run_failures; i++)
		print (i == 1 ? "\nFailed outside of any case:\n" : "") "  " run_failures[i]
	list_others()
	if (n_known)
		print "\nlockdep took FUSE on FUSE for a deadlock (row K5), and has been off since"
	if (records_lost)
		printf "\n%d kernel log records were lost: a splat may have been missed\n", records_lost
	print "kernel_log_records_lost", records_lost + 0 >FACTS
	if (nothing && passed)
		print "\nUNSUPPORTED: no case that needs passthrough could be executed"
	if (n_stopped)
		print "\nended with the first failure: " n_stopped " case" (n_stopped == 1 ? " was" : "s were") " not run"
	printf "\neverything observed: %s\n\n", DIR
	if (xfail || xpass)
		printf "%d failed as expected%s\n", xfail, xpass ? ", " xpass " passed against it" : ""
	printf "%d passed, %d failed, %d skipped\n", passed, failures, skipped
	print "counts/passed", passed + 0 >FACTS
	print "counts/xfail", xfail + 0 >FACTS
	print "counts/xpass", xpass + 0 >FACTS
	print "counts/failed", failures + 0 >FACTS
	print "counts/skipped", skipped + 0 >FACTS
	return failures ? 1 : nothing ? 4 : 0
}

# The outcomes that "passed, failed, skipped" do not tell, in a fixed order.
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

# A failure is somewhere here, but that of a program that is mounted: advice.awk.
function list_blame(    i, server)
{
	blame_heading = "\nAccused:\n"
	for (i = 1; i <= n_servers; i++) {
		server = servers[i]
		say_blamed(library(server) ", not the kernel", server,
			"failed on " server ", and not on raw, which does without a library")
	}
	say_blamed("kernel " KERNEL, "kernel", "failed on " (kernel_on == "" ? "raw, which does" : kernel_on) " without a library, or with a report of the kernel")
	if (ENVIRON["FPT_MOUNT"] == "")
		say_blamed("nobody", "nobody", raw_passes ? \
			"failed where nothing shows whether it is the kernel, a library or a server" : \
			"failed, and none has passed on raw in this run, which does without a library (" \
			(index(" " SERVERS " ", " raw ") ? "run more cases" : "give --server raw,NAME") ")")
}

function say_blamed(who, key, where)
{
	if (!n_blamed[key])
		return
	printf "%s  %s: %d case%s %s\n", blame_heading, who, n_blamed[key], n_blamed[key] == 1 ? "" : "s", where
	blame_heading = ""
	if (blamed_rows[key] != "")
		print "      row" (blamed_rows[key] ~ / / ? "s " : " ") blamed_rows[key]
}

function library(server)
{
	return joined(server in server_name ? server_name[server] : server, " ", version[server])
}

# Each reason once, with how many cases it kept from running; what a server cannot do
# is nothing that can be changed here.
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
		printf "%s%5d  library: a server cannot do it (--verbose says what)\n", n ? "" : "\nSkipped:\n", left_out
}

# A line for each row.
function list_expected(    i, c, k, row, n, order, times, why)
{
	for (c = 1; c <= n_cases; c++)
		for (i = 1; i <= n_servers; i++) {
			k = servers[i] SUBSEP cases[c]
			if (outcome[k] != "xfail")
				continue
			row = title[cases[c]]
			sub(/:.*/, "", row)
			if (!times[row]++) {
				order[++n] = row
				why[row] = note[k]
			}
		}
	for (i = 1; i <= n; i++)
		printf "%s%5d  %s: %s\n", i == 1 ? "\nExpected to fail, and failed:\n" : "", times[order[i]], order[i], why[order[i]]
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
			if (title[cases[c]] != "")
				print "      " title[cases[c]]
			if (note[k] != "")
				print "      " note[k]
			print "      see " DIR "/ktap/" servers[i] "/" program_of[cases[c]] ".ktap"
			print "      see " DIR "/evidence/" servers[i] "/" program_of[cases[c]] ".jsonl"
			if (which == "failed" && servers[i] in again)
				print "      again: " again[servers[i]] " " cases[c]
		}
}

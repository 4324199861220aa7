# SPDX-License-Identifier: GPL-2.0
#
# Before collate.ktap.awk and collate.live.awk, for the output of several programs at once,
# "SERVER<tab>PROGRAM<tab>LINE" as the monitor prints it: each has a state of its own.

BEGIN {
	FS = "\t"
}

{
	located[key] = ktap_located
	other[key] = ktap_other
	process_end[key] = ktap_process_end
	server = $1
	program = $2
	key = server SUBSEP program
	ktap_located = located[key]
	ktap_other = other[key]
	ktap_process_end = process_end[key]
	$0 = substr($0, length(server program) + 3)
}

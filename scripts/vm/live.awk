# SPDX-License-Identifier: GPL-2.0
#
# Runs before collate.ktap.awk and collate.live.awk on the monitor's output,
# "SERVER<tab>PROGRAM<tab>LINE" of several programs at once: switches to the program's state.

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

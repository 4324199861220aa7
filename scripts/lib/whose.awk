# SPDX-License-Identifier: GPL-2.0
#
# Copies records of /dev/kmsg as they come, up to LAST. A record that names processes by PID gets
# another field, "fpt=WHOSE;": run (one belongs to the run, that is process ROOT and its
# descendants, or is a kernel thread, which may work for it), others (all exist and belong
# elsewhere), unknown (one exited, or ROOT is 0: the PIDs are not those of this /proc).

BEGIN {
	# Each of these ends with the PID, apart from text needed to recognize it.
	n_named = split("PID: [0-9]+|:[0-9]+ (is )?blocked |task [^ ].*/[0-9]+|task [0-9]+ on cpu|task [^ ]+:[0-9]+|" \
		"\\[[^]]*:[0-9]+\\]$|[^ ]/[0-9]+ is trying to |CPU#[0-9]+: .*/[0-9]+$|pid: [0-9]+, name|" \
		"while atomic: .*/[0-9]+/0x", named, "|")
}

{
	at = index($0, ";")
	whose = /^ / || !at ? "" : whose_report(substr($0, at + 1))
	print whose == "" ? $0 : substr($0, 1, at - 1) ",fpt=" whose substr($0, at)
	fflush()
	if (substr($0, at + 1) == LAST)
		exit
}

function whose_report(text,    i, rest, pid, whose, seen)
{
	for (i = 1; i <= n_named; i++)
		for (rest = text; match(rest, named[i]); rest = substr(rest, RSTART + RLENGTH)) {
			pid = substr(rest, RSTART, RLENGTH)
			sub(/(\/0x|, name| on cpu| (is )?(blocked|trying to) |\])$/, "", pid)
			sub(/^.*[^0-9]/, "", pid)
			seen[whose_process(pid + 0)] = 1
		}
	return "run" in seen ? "run" : "unknown" in seen ? "unknown" : "others" in seen ? "others" : ""
}

function whose_process(pid,    path, line, parent, depth)
{
	for (depth = 0; ROOT && pid > 2 && pid != ROOT && depth < 100; depth++) {
		path = "/proc/" pid "/status"
		parent = ""
		while ((getline line < path) > 0)
			if (line ~ /^PPid:/) {
				parent = line
				sub(/^PPid:[ \t]*/, "", parent)
			}
		close(path)
		if (parent == "")
			return "unknown"
		pid = parent + 0
	}
	return !ROOT || depth == 100 ? "unknown" : pid == 1 ? "others" : "run"
}

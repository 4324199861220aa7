#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
set -eu
export LC_ALL=C

usage()
{
	cat <<-END
	usage: scripts/with-module-param.sh FILE VALUE
	       scripts/with-module-param.sh --holder FILE
	Writes VALUE to a module's parameter, says "held", and restores the old value at the
	end of standard input. Of signals only KILL ends it earlier; two processes hold the
	parameter, so that the old value is restored whichever of them is killed.
	While another run holds the parameter it waits, and says for whom. --holder prints
	who that is: process ID and command line.

	FPT_URING_WAIT  seconds to wait at most (default: 600); 0 is not at all

	Exit status: 0 restored, 4 not held: it says "busy" if another run still holds the
	parameter, and on standard error why.
	END
}

die()
{
	echo "with-module-param.sh: $*" >&2
	exit 4
}

command_of() # PID
{
	tr '\0\n' '  ' 2>/dev/null <"/proc/$1/cmdline" | cut -c 1-200 | sed 's/ *$//'
}

# Processes with a locked descriptor of $file. No descriptor of theirs is looked at itself: stat(2) of
# one would be a request to the FUSE server that is under test in another run, and wait for it.
holders()
{
	grep -ls "^lock:.*FLOCK .*:$(stat -Lc %i "$file") [0-9]* EOF" /proc/[0-9]*/fdinfo/* 2>/dev/null |
		sort -V | cut -d / -f 3
}

# The first of them. What it got with its parent's descriptors is its parent's; and this script holds on
# behalf of who started it.
holder()
{
	all=$(holders | paste -sd ' ')
	pid=${all%% *}
	[ -n "$pid" ] || { echo "a process that cannot be seen from here"; return; }
	while parent=$(awk '$1 == "PPid:" { print $2 }' "/proc/$pid/status" 2>/dev/null) && [ "${parent:-0}" -gt 1 ]; do
		case " $all :$(command_of "$pid")" in
		*" $parent "*:* | *:*scripts/with-module-param.sh*) pid=$parent ;;
		*) break ;;
		esac
	done
	echo "$pid ($(command_of "$pid"))"
}

# Nothing is ever written there.
wait_for_the_end()
{
	while read -r _ <&8; do :; done
}

busy()
{
	echo "with-module-param.sh: $file is held by $(holder)${1-}" >&2
	echo busy
	exit 4
}

# Ends with the lock, when the time is up, or when there is nobody any more to wait for.
wait_for_lock()
{
	[ "$seconds" -gt 0 ] || busy
	who=$(holder)
	flock -w "$seconds" 9 8<&- >&- &
	locker=$!
	{ wait_for_the_end; kill "$locker"; } 9<&- >&- 2>/dev/null &
	watcher=$!
	echo "waits for $who, which has ${file##*/} as it needs it, at most $seconds seconds" >&2
	status=0
	{ wait "$locker" || status=$?; } 2>/dev/null
	kill "$watcher" 2>/dev/null || :
	case $status in
	0) ;;
	1) busy ", and was so for $seconds seconds (FPT_URING_WAIT)" ;;
	143) exit 4 ;; # by the watcher: nobody waits any more
	*) die "the wait for $file was killed" ;;
	esac
}

restore()
{
	echo "$old" >"$file"
}

case ${1-} in
--help) usage && exit ;;
--holder)
	file=${2-}
	[ -e "$file" ] || die "${file:-the file that --holder is to look at} does not exist"
	holder
	exit
	;;
/*) ;;
*)
	usage >&2
	exit 1
	;;
esac
file=$1 value=$2 seconds=${FPT_URING_WAIT:-600}
case $seconds in
*[!0-9]*) die "FPT_URING_WAIT is a number of seconds, not '$seconds'" ;;
esac
[ -e "$file" ] || die "$file does not exist"
exec 8<&0 9<"$file"
flock -n 9 || wait_for_lock
# Nor does it keep what it wrote if nobody is there to be told any more.
trap '' HUP INT QUIT TERM PIPE
old=$(cat "$file")
# The lock is its, too, and lasts until both have ended.
{ wait_for_the_end; restore; } >&- 2>/dev/null &
trap 'restore; wait' EXIT
{ echo "$value" >"$file"; } 2>/dev/null || die "$file cannot be written"
echo held 2>/dev/null
exec >&-
wait_for_the_end

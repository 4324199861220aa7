#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
set -eu
export LC_ALL=C

checkout=$(dirname "$(dirname "$(realpath "$0")")")
# shellcheck source=scripts/lib/version.inc
. "$checkout/scripts/lib/version.inc"

usage()
{
	cat <<-END
	usage: scripts/with-module-param.sh FILE VALUE
	       scripts/with-module-param.sh --holder FILE
	Writes VALUE to a module parameter, prints "held", and restores the old value at EOF of
	standard input. SIGKILL is the only signal that ends it earlier; two processes hold the
	parameter, so that the old value is restored when either is killed.
	It waits while another run holds the parameter, and names the holder. --holder prints
	the holder's process ID and command line.

	FPT_URING_WAIT  seconds to wait (default: 600); 0 does not wait

	Exit status: 0 restored, 4 not held: prints "busy" if another run still holds the
	parameter, and the reason on standard error.
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

# Processes with a locked descriptor of $file. Without stat(2) on their descriptors, which could send
# a request to the FUSE server under test of another run, and wait for it.
holders()
{
	grep -ls "^lock:.*FLOCK .*:$(stat -Lc %i "$file") [0-9]* EOF" /proc/[0-9]*/fdinfo/* 2>/dev/null |
		sort -V | cut -d / -f 3
}

# The first of them, or the parent it inherited the descriptor from. This script holds for the process
# that started it.
holder()
{
	all=$(holders | paste -sd ' ')
	pid=${all%% *}
	[ -n "$pid" ] || { echo "a process outside of this PID namespace"; return; }
	while parent=$(sed -n 's/^PPid:\t//p' "/proc/$pid/status" 2>/dev/null) && [ "${parent:-0}" -gt 1 ]; do
		case " $all :$(command_of "$pid")" in
		*" $parent "*:* | *:*scripts/with-module-param.sh*) pid=$parent ;;
		*) break ;;
		esac
	done
	echo "$pid ($(command_of "$pid"))"
}

# Nothing is ever written there.
wait_for_eof()
{
	while read -r _ <&8; do :; done
}

busy()
{
	echo "with-module-param.sh: $file is held by $(holder)${1-}" >&2
	echo busy
	exit 4
}

# Returns with the lock; exits at the timeout, or at EOF.
wait_for_lock()
{
	[ "$seconds" -gt 0 ] || busy
	who=$(holder)
	flock -w "$seconds" 9 8<&- >&- &
	locker=$!
	{ wait_for_eof; kill "$locker"; } 9<&- >&- 2>/dev/null &
	watcher=$!
	echo "waiting up to $seconds seconds for $who, which holds ${file##*/}" >&2
	status=0
	{ wait "$locker" || status=$?; } 2>/dev/null
	kill "$watcher" 2>/dev/null || :
	case $status in
	0) ;;
	1) busy ", after $seconds seconds (FPT_URING_WAIT)" ;;
	143) exit 4 ;; # the watcher saw EOF
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
	[ -e "$file" ] || die "--holder: '$file' does not exist"
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
*[!0-9]*) die "FPT_URING_WAIT needs a number of seconds, not '$seconds'" ;;
esac
[ -e "$file" ] || die "$file does not exist"
exec 8<&0 9<"$file"
flock -n 9 || wait_for_lock
# SIGPIPE neither: the old value must be restored if nobody reads "held".
trap '' HUP INT QUIT TERM PIPE
old=$(cat "$file")
# The second holder: it shares the lock, which lasts until both have ended.
{ wait_for_eof; restore; } >&- 2>/dev/null &
trap 'restore; wait' EXIT
{ echo "$value" >"$file"; } 2>/dev/null || die "cannot write $file"
echo held 2>/dev/null
exec >&-
wait_for_eof

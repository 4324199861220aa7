#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# SIGKILL of run.sh, of a case, of a server, of a client, at random moments: no
# process, mount, FUSE connection or file is left that was not there before.
# kill.sh [ROUNDS]: how many of each with each server, 5 if not said.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built tests/kill_one
need_fuse
if [ -z "${FPT_OWN_MOUNTS-}" ]; then
	rm -rf "$tmp"
	FPT_OWN_MOUNTS=1 exec unshare --mount "$0" "$@"
fi

rounds=${1:-5}
mark=FPT_KILL_TEST=$$ # in the environment of all that is started

# A checkout and a build that nobody else writes to, in a /tmp of its own.
place=$tmp
trap 'umount -l /tmp && rm -rf "$place"' EXIT
mkdir "$place/checkout" "$place/build" "$place/build/cases" "$place/log" "$place/log/ctl"
cp -R "$scripts" "$place/checkout/"
cp -R "$built/contain" "$built/servers" "$place/build/"
cp "$built/cases/drop" "$place/build/cases/"
cp "$built/tests/kill_one" "$place/log/"
mount --bind "$place" /tmp
tmp=/tmp/log built=/tmp/build tests=/tmp/checkout/scripts/tests
cd /tmp
export OUTPUT=/tmp/build TMPDIR=/tmp
if ! mount -t fusectl fusectl "$tmp/ctl"; then
	echo "1..0 # SKIP config: no fusectl (set CONFIG_FUSE_FS, modprobe fuse)"
	exit 0
fi
mkfifo "$tmp/fifo"

# The same moments again: FPT_SEED. What the processes do at them is their own.
seed=${FPT_SEED:-$(date +%s)}
echo "# FPT_SEED=$seed"
awk -v seed="$seed" 'BEGIN {
	srand(seed)
	for (i = 0; i < 1000; i++)
		print int(rand() * 1000000)
}' >"$tmp/random"
exec 5<"$tmp/random"

# below N: sets $chosen to a number from 0 to N - 1.
below()
{
	read -r chosen <&5
	chosen=$((chosen % $1))
}

# What a run may not change; its own records are in $tmp.
machine()
{
	cat /proc/self/mountinfo
	find /tmp -path "$tmp" -prune -o -type f -exec cksum {} + -o -print
	ls -A /mnt /media
}

# start SERVER OUTPUT COMMAND...: in $pid; its lines come through the fifo.
start()
{
	started=$1 output=$2
	shift 2
	env FPT_SERVER="/tmp/build/servers/$started" "$mark" "$@" >"$output" 2>&1 &
	pid=$!
}

start_run()
{
	rm -rf "$tmp/run"
	start "$1" "$tmp/fifo" checkout/scripts/run.sh --server "$1" --run-dir "$tmp/run" \
		--filter 'drop.*'
}

start_cases()
{
	start "$1" "$tmp/ktap" env FPT_EVIDENCE="$tmp/fifo" build/cases/drop
}

# count_lines START SERVER: sets $lines to how many a run says that nobody kills.
count_lines()
{
	"$1" "$2"
	lines=$(wc -l <"$tmp/fifo")
	wait "$pid" || :
}

# One run, of which the process in the role is killed; fails if anything is left.
# Status 3: there was none any more at that moment.
kill_in() # ROLE SERVER LINES
{
	case $1 in
	run) start_run "$2" ;;
	*) start_cases "$2" ;;
	esac
	status=0
	"$tmp/kill_one" "$1" "$pid" "$3" "$tmp/fifo" "$tmp/ctl" \
		"/tmp/build/servers/$2" || status=$?
	wait "$pid" || :
	machine | diff "$tmp/before" - || status=1
	if grep -Flsxz "$mark" /proc/[0-9]*/environ; then
		echo "left behind: the processes above"
		status=1
	fi
	return "$status"
}

kill_rounds() # ROLE SERVER
{
	case $1 in
	run) count_lines start_run "$2" ;;
	*) count_lines start_cases "$2" ;;
	esac
	killed=0 tries=0 result=0
	while [ "$killed" -lt "$rounds" ]; do
		tries=$((tries + 1))
		below "$lines"
		echo "$2, $1, after $chosen of $lines lines:"
		status=0
		kill_in "$1" "$2" "$chosen" || status=$?
		case $status in
		0) killed=$((killed + 1)) ;;
		3) [ "$tries" -lt $((rounds * 10)) ] || return 1 ;;
		*) killed=$((killed + 1)) result=1 ;;
		esac
	done
	return "$result"
}

usable_servers
machine >"$tmp/before"
for role in run case server client; do
	for server in $servers; do
		check "SIGKILL of a $role of $server, $rounds times: nothing is left" \
			kill_rounds "$role" "$server"
	done
done
finish

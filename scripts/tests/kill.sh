#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# SIGKILL of run.sh, a case, a server or a client at a random moment leaves no process, mount, FUSE
# connection or file behind.
# kill.sh [ROUNDS]: how often for each of these and each server (default: 5)
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
mark=FPT_KILL_TEST=$$ # in the environment of every process started here

# A checkout and a build that nothing else writes to, in a private /tmp.
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

# FPT_SEED repeats the moments, but not what the processes do at them.
seed=${FPT_SEED:-$(date +%s)}
echo "# FPT_SEED=$seed"
python3 -c 'import random, sys
random.seed(sys.argv[1])
for i in range(1000):
	print(random.randrange(1000000))' "$seed" >"$tmp/random"
exec 5<"$tmp/random"

# below N: sets $chosen to a random number from 0 to N - 1
below()
{
	read -r chosen <&5
	chosen=$((chosen % $1))
}

# Prints what a run must not change; records of this test are in $tmp.
host_state()
{
	cat /proc/self/mountinfo
	find /tmp \( -path "$tmp" -o -path /tmp/build/pycache \) -prune -o -type f -exec cksum {} + -o -print
	ls -A /mnt /media
}

# start SERVER OUTPUT COMMAND...: sets $pid; the progress of COMMAND arrives in the FIFO.
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

# count_lines START SERVER: sets $lines to the number of lines of a run without a kill
count_lines()
{
	"$1" "$2"
	lines=$(wc -l <"$tmp/fifo")
	wait "$pid" || :
}

# Kills the process of the role in a run after so many lines; fails if anything is left behind,
# with status 3 if the process had exited before.
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
	host_state | diff "$tmp/before" - || status=1
	if grep -Flsxz "$mark" /proc/[0-9]*/environ; then
		echo "the processes above are left behind"
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
host_state >"$tmp/before"
for role in run case server client; do
	for server in $servers; do
		check "$server: SIGKILL of the $role leaves nothing behind ($rounds times)" \
			kill_rounds "$role" "$server"
	done
done
finish

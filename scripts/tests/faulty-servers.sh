#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Servers that violate the control protocol in one way each (fixtures/tests/faulty.c): the case is
# broken, in bounded time, for a reason that names the section; neither kernel nor library is a
# suspect. The commands of the suite keep to the protocol.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built servers/raw
need_built tests/faulty
need_fuse

export FPT_REAL="$built/servers/raw" OUTPUT="$built"
unset FPT_FAULT FPT_RELEASE FPT_FAULTY
faulty=$built/tests/faulty
case=drop.late.next_open_eio # which uses all common commands
mul=${FPT_TIMEOUT_MUL:-1}
most=$((40 * mul)) # seconds; about 10 on an idle host
uring_stays

run() # NAME FAULT ARGUMENT...
{
	local name=$1 fault=$2 status=0 begun=$SECONDS

	shift 2
	FPT_FAULTY=$fault timeout $((60 * mul)) "$scripts/run.sh" --server "raw,$faulty" --run-dir "$tmp/$name" --results "$tmp/results" \
		--kernel-name k "$@" >"$tmp/$name.out" 2>&1 </dev/null || status=$?
	echo "$status $((SECONDS - begun))" >"$tmp/$name.end"
}

not()
{
	! "$@"
}

# --- the real server, without a fault ---------------------------------------------

run whole "" --filter "$case"
if [ "$(cut -d ' ' -f 1 "$tmp/whole.end")" = 4 ]; then
	echo "1..0 # SKIP kernel: no case can run"
	exit 0
fi
check "without a fault the case passes" grep -x "0 .*" "$tmp/whole.end"

# --- one fault each ---------------------------------------------------------------

"$faulty" --list >"$tmp/faults"
check "there are at least 40 faults" test "$(wc -l <"$tmp/faults")" -ge 40

# In parallel: half of them wait for a deadline.
while IFS=$'\t' read -r fault _; do
	[ "$(jobs -r | wc -l)" -lt 6 ] || wait -n
	run "$fault" "$fault" --filter "$case" &
done <"$tmp/faults"
wait

is_reported() # FAULT SECTION
{
	local status seconds

	read -r status seconds <"$tmp/$1.end"
	echo "status $status, after $seconds seconds"
	{ [ "$status" -eq 1 ] && [ "$seconds" -le $most ]; } || return
	if [ ! -e "$tmp/$1/summary" ]; then
		grep -F "server '$faulty' cannot be used: " "$tmp/$1.out" | grep -F "(PROTOCOL.md, $2)"
		return
	fi
	sed 1d "$tmp/$1/results/k/faulty.tsv" >"$tmp/$1.results"
	cat "$tmp/$1.results"
	[ "$(wc -l <"$tmp/$1.results")" -eq 1 ] && cut -f 3,6 "$tmp/$1.results" | grep ^broken | grep -qF "(PROTOCOL.md, $2)"
}

has_suspect() # FAULT
{
	grep -E "suspect: |not the kernel|^  kernel " "$tmp/$1.out" "$tmp/$1"/summary "$tmp/$1"/results/k/*.tsv 2>/dev/null
}

while IFS=$'\t' read -r fault section; do
	check "$fault: the case is broken, for a reason that names \"$section\"" is_reported "$fault" "$section"
	check "$fault: no suspect" not has_suspect "$fault"
done <"$tmp/faults"

# --- a word that PROTOCOL.md allows -------------------------------------------------

run preempted requests-preempted --filter "$case"
check "a server that was preempted breaks no protocol" not grep -F PROTOCOL.md "$tmp/preempted.out"
check "its log is read" grep -qF 'OPEN+passthrough preempted' "$tmp/preempted.out"

# --- a server that hangs in every case -----------------------------------------------

run hangs root-none --filter 'drop.*'
read -r status seconds <"$tmp/hangs.end"
check "a server that hangs in each case is given up" test "$status" -eq 1 -a "$seconds" -le $most
untried=$(grep -c "broken.*not tried after 3 such cases" "$tmp/hangs/results/k/faulty.tsv" || :)
check "the other cases say so" test "$untried" -gt 10
check "no suspect" not has_suspect hangs

# --- a server that waits for itself when killed ----------------------------------------

cp "$faulty" "$tmp/faulty$$" # a unique process name
mkfifo "$tmp/tell"
for signal in TERM KILL; do
	rm -rf "$tmp/own"
	FPT_FAULTY=last-own FPT_TELL=$tmp/tell "$scripts/run.sh" --server "$tmp/faulty$$" --run-dir "$tmp/own" \
		--filter "$case" >/dev/null 2>&1 </dev/null &
	timeout 60 cat "$tmp/tell" || : # the fault has opened its file
	kill -s $signal $!
	# shellcheck disable=SC2046 # several
	check "no process outlives a run that SIG$signal ends" all_end $! $(pids_of "$tmp/faulty$$")
	wait $! || :
done

refuses() # NAME SERVER LINE
{
	exits "$1" 1 "$scripts/run.sh" --server "$2"
	says "$1 is reported as one" "$tmp/err" "run.sh: server '$2' $3"
}

mkdir "$tmp/folder"
echo text >"$tmp/text"
refuses "a directory" "$tmp/folder" "is a directory: give the program in it"
refuses "a text file" "$tmp/text" "cannot be executed: chmod +x $tmp/text, if it is a program"

# --- commands of the suite ------------------------------------------------------------

# A few cases fail: the process that has the device is not the server that they started.
FPT_FAULTY="" "$scripts/run.sh" --server "$faulty" --run-dir "$tmp/strict" --results "$tmp/results" \
	--kernel-name k >/dev/null 2>&1 </dev/null || :
check "the cases send no command that violates \"Lines\"" not grep -r '# the command "' "$tmp/strict/ktap"
passed=$(cut -f 3 "$tmp/strict/results/k/faulty.tsv" | grep -cx pass)
check "and nearly all of them pass" test "$passed" -gt 700
FPT_SERVER=$faulty "$built/probe" >"$tmp/probed" 2>&1 || :
check "the probe sends none either" not grep '# the command "' "$tmp/probed"

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# No case passes without the backing ID that it depends on: all cases run on raw and libfuse, once
# without a fault and once with every BACKING_OPEN failing with EPERM (fixtures/servers/faults.c). A case
# that made an ID in the first run must not pass in the second. The steps in the evidence name those
# cases: one whose registrations all fail, or without any, may pass.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built faulty/raw
need_fuse
export OUTPUT="$built"
servers=$built/faulty/raw
[ ! -x "$built/faulty/libfuse" ] || servers=$servers,$built/faulty/libfuse

run_under() # FAULT, "none" being none
{
	status=0
	FPT_FAULT=${1#none} "$scripts/run.sh" --strict -j 8 --server "$servers" \
		--run-dir "$tmp/$1" --kernel-name "$1" >"$tmp/$1.out" 2>&1 || status=$?
}

ran() # FAULT STATUS
{
	[ $status -eq "$2" ] || { echo "run.sh exits $status"; cat "$tmp/$1.out"; return 1; }
}

made_an_id() # SERVER
{
	grep -hE '^\{"type":"step"' "$tmp/none/evidence/$1"/*.jsonl |
		grep -E '"what":"(backing-open|cycle|stress) .*"result":"ok [1-9]|"what":"open-rule [^"]*reg=(at-open|at-lookup|library)' |
		sed 's/.*"case":"\([^"]*\)".*/\1/' | sort -u
}

passed() # SERVER FAULT
{
	cut -f 1,3 "$tmp/$2/results/$2/$1.tsv" | sed -n 's/	\(x\{0,1\}pass\|xfail\)$//p' | sort
}

run_under none
[ $status -ne 4 ] || skip_all "kernel: no case that needs passthrough can be executed"
check "the cases run" ran none 0
run_under no-registration
check "they run with every registration failing" ran no-registration 1
for tsv in "$tmp/no-registration/results/no-registration"/*.tsv; do
	server=$(basename "$tsv" .tsv)
	made_an_id "$server" >"$tmp/made"
	check "$server: cases made IDs" test -s "$tmp/made"
	passed "$server" no-registration >"$tmp/passed"
	comm -12 "$tmp/made" "$tmp/passed" >"$tmp/without"
	same "$server: none of them passes without an ID" /dev/null "$tmp/without"
done

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Each case can fail: all cases run on the raw server, and those about libfuse on that
# one, once as they are and once under every deliberate fault of fixtures/servers/faults.c and
# fixtures/client/faults.c, and whatever is executed must fail at least once. Case x fault is
# kept in $OUTPUT/faults.tsv.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built faulty/raw
need_fuse
export OUTPUT="$built"
faults=$(FPT_FAULT=list "$OUTPUT/faulty/raw" && FPT_FAULT=list "$OUTPUT/cases/drop")

# What cases came to under one fault, "none" being none.
run_on() # SERVER FAULT OPTION...
{
	server=$1 fault=$2
	shift 2
	status=0
	FPT_FAULT=${fault#none} "$scripts/run.sh" --strict -j 8 --server "$OUTPUT/faulty/$server" \
		--run-dir "$tmp/run/$server/$fault" \
		--kernel-name "$fault" "$@" >"$tmp/$fault.out" 2>&1 || status=$?
	tsv=$(echo "$tmp/run/$server/$fault/results/$fault/"*.tsv)
	case $status in
	0 | 1 | 4) [ -s "$tsv" ] && return ;;
	esac
	echo "run.sh exits $status"
	cat "$tmp/$fault.out"
	return 1
}

# Keeps what they came to in $tmp/outcomes/FAULT: on libfuse where the raw server cannot run them.
finished() # FAULT
{
	run_on raw "$1" || return
	raw_tsv=$tsv tsv=/dev/null
	[ ! -x "$OUTPUT/faulty/libfuse" ] || run_on libfuse "$1" --filter 'F[0-9]*' || return
	mkdir -p "$tmp/outcomes"
	{
		head -n 1 "$raw_tsv"
		{
			grep -v '	skip:library	' "$raw_tsv"
			cat "$tsv" "$raw_tsv"
		} | grep -v '^case	' | sort -t '	' -k 1,1 -su | # the first line of each case
			sed 's/	[^	]*/	either/'
	} >"$tmp/outcomes/$1"
}

# All that nobody else has taken; what went wrong is in $tmp/FAULT.problem.
run_under() # FAULT...
{
	for each; do
		mkdir "$tmp/$each.taken" 2>/dev/null || continue
		finished "$each" >"$tmp/$each.problem" 2>&1 || :
	done
}

ran() # FAULT
{
	[ -s "$tmp/outcomes/$1" ] || { cat "$tmp/$1.problem"; return 1; }
}

# Some of these runs wait for deadlines, so there are two at once.
run_under none
# shellcheck disable=SC2086 # lists of words
{
	run_under $faults &
	run_under $faults
	wait
}
for fault in none $faults; do
	check "the cases run under: $fault" ran "$fault"
done

# shellcheck disable=SC2046,SC2086 # lists of words
fpt outcomes $(printf "$tmp/outcomes/%s " none $faults) >"$OUTPUT/faults.tsv"

# Only fail counts: a set-up that a fault broke says nothing of the expectations.
fails_in() # WORD...
{
	case " $* " in
	*" fail "*) ;;
	*) echo "never fails: $*" && return 1 ;;
	esac
}

while IFS='	' read -r case unharmed outcomes; do
	case $case/$unharmed in
	case/*) ;;
	*/skip:*)
		n=$((n + 1))
		echo "ok $n - $case can fail # SKIP ${unharmed#skip:}: it does not run here"
		;;
	*/xfail) # seen failing without any fault
		n=$((n + 1))
		echo "ok $n - $case can fail"
		;;
	*)
		# shellcheck disable=SC2086 # a list of words
		check "$case can fail" fails_in $unharmed $outcomes
		;;
	esac
done <"$OUTPUT/faults.tsv"

# A fault that no case notices is none.
for fault in $faults; do
	check "a case notices: $fault" grep -q '	either	fail	' "$tmp/outcomes/$fault"
done

finish

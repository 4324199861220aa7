#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Each case can fail: all cases run on the raw server once as they are and once
# under every deliberate mistake of fixtures/sabotage.c, and whatever is executed
# must fail at least once. Case x mistake is kept in $OUTPUT/sabotage.tsv.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built servers/raw
need_fuse
export OUTPUT="$built"
mistakes=$("$OUTPUT/servers/raw" --sabotage-list)

# What all cases came to under one mistake, "none" being none.
run_all() # MISTAKE
{
	FPT_SABOTAGE=${1#none} "$scripts/run.sh" --server raw --run-dir "$tmp/run/$1" \
		--results "$tmp/results" --kernel-name "$1" >"$tmp/run/$1.out" 2>&1
}

finished() # MISTAKE
{
	status=0
	run_all "$1" || status=$?
	case $status in
	0 | 1 | 4) [ -s "$tmp/results/$1/raw.tsv" ] && return ;;
	esac
	echo "run.sh exits $status"
	cat "$tmp/run/$1.out"
	return 1
}

mkdir "$tmp/run"
for mistake in none $mistakes; do
	check "the cases run under: $mistake" finished "$mistake"
done

# shellcheck disable=SC2046,SC2086 # lists of words
awk -F '\t' -v mistakes="none $mistakes" '
	FNR == 1 {
		file++
		next
	}
	file == 1 {
		cases[++count] = $1
	}
	{
		outcome[$1, file] = $3
	}
	END {
		n = split(mistakes, name, /[ \n]/)
		printf "case"
		for (m = 1; m <= n; m++)
			printf "\t%s", name[m]
		print ""
		for (c = 1; c <= count; c++) {
			printf "%s", cases[c]
			for (m = 1; m <= n; m++)
				printf "\t%s", outcome[cases[c], m]
			print ""
		}
	}' $(printf "$tmp/results/%s/raw.tsv " none $mistakes) >"$OUTPUT/sabotage.tsv"

# Only fail counts: a set-up that a mistake broke says nothing of the expectations.
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
	*/xfail) # seen failing without any mistake
		n=$((n + 1))
		echo "ok $n - $case can fail"
		;;
	*)
		# shellcheck disable=SC2086 # a list of words
		check "$case can fail" fails_in $unharmed $outcomes
		;;
	esac
done <"$OUTPUT/sabotage.tsv"

# A mistake that no case notices is none.
for mistake in $mistakes; do
	check "a case notices: $mistake" grep -q '	raw	fail	' "$tmp/results/$mistake/raw.tsv"
done

finish

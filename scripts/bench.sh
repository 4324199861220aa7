#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/lib/usual.inc"
set -eu
export LC_ALL=C

usage()
{
	cat <<-END
	usage: scripts/bench.sh [--runs N] [--server NAME|PATH]...
	       scripts/bench.sh [--runs N] --vm KERNEL-OPTION...
	Measures the suite: the time of a bare cycle (unshare, mount, INIT, lookup, open, close,
	umount, with a server process, without harness), the wall time of complete runs of
	scripts/run.sh, and how many cycles a case takes. Rounds alternate between these, so
	that all figures are of the same host conditions.

	  --runs N            rounds (default: 7)
	  --server NAME|PATH  as in run.sh (default: raw, and libfuse if it was built)
	  --vm OPTION...      measure scripts/vm.sh with these options (--ksrc TREE) instead: the
	                      time of a bare boot, and of a run of one case
	  --help              print this help

	OUTPUT                build directory (default: build)

	Exit status: 0 measured, 1 a run failed or wrong use.
	END
}

die()
{
	echo "bench.sh: $1" >&2
	exit 1
}

CYCLES=200 # in each round

export OUTPUT=${OUTPUT:-$scripts/../build}
cycle=$OUTPUT/bench-cycle
runs=7
servers=()
vm=()

while [ $# -gt 0 ]; do
	case $1 in
	--help)
		usage
		exit 0
		;;
	--vm)
		[ $# -ge 2 ] || die "--vm needs options of vm.sh, see --help"
		vm=("${@:2}")
		break
		;;
	--runs | --server) [ $# -ge 2 ] || die "$1 needs a value, see --help" ;;
	*) die "unknown option $1, see --help" ;;
	esac
	case $1 in
	--runs) runs=$2 ;;
	--server) servers+=("$2") ;;
	esac
	shift 2
done
[[ $runs =~ ^[1-9][0-9]*$ ]] || die "--runs needs a positive number, not '$runs'"
[ ${#vm[@]} -gt 0 ] || [ -x "$cycle" ] || die "no $cycle: run 'make bench' (or set OUTPUT)"
if [ ${#servers[@]} -eq 0 ]; then
	servers=(raw)
	[ ! -x "$OUTPUT/servers/libfuse" ] || servers+=(libfuse)
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# timed LABEL COMMAND...: appends the microseconds it took to $tmp/LABEL.
timed()
{
	local start=${EPOCHREALTIME/.}

	"${@:2}" >"$tmp/output" 2>&1 || {
		cat "$tmp/output" >&2
		die "${*:2} did not pass, see above"
	}
	echo $((${EPOCHREALTIME/.} - start)) >>"$tmp/$1"
}

# run LABEL OPTION...: appends the microseconds of a whole run to $tmp/LABEL.
run()
{
	rm -rf "$tmp/run"
	timed "$1" "$scripts/run.sh" --run-dir "$tmp/run" "${@:2}"
}

# The number of cases of the last run, on one server, that were not skipped.
executed()
{
	jq '.servers[].counts | with_entries(select(.key | startswith("skip") | not)) | add' "$tmp/run/run.json"
}

# keep_case_times LABEL: appends the times of executed cases from their evidence to $tmp/cases.LABEL.
keep_case_times()
{
	jq -n 'reduce inputs as $line ({};
		if $line.type == "skip" then .[$line.case].skipped = true
		elif $line.type == "end" then .[$line.case].us = ($line.us | tonumber)
		else . end) | .[] | select(.skipped | not) | .us
		' "$tmp/run/evidence"/*/*.jsonl >>"$tmp/cases.$1"
}

# stats FILE [DIVISOR]: median, minimum and maximum.
stats()
{
	sort -n "$1" | awk -v per="${2:-1}" '
		{ at[NR] = $1 / per }
		END { print at[int((NR + 1) / 2)], at[1], at[NR] }'
}

# print_row TEXT FIGURES [CYCLES]
print_row()
{
	local median min max

	read -r median min max <<<"$2"
	awk -v text="$1" -v median="$median" -v min="$min" -v max="$max" -v base="${3-}" 'BEGIN {
		printf "%-44s %8.2f %8.2f %8.2f", text, median / 1e3, min / 1e3, max / 1e3
		if (base)
			printf "  %5.1f", median / base
		print ""
	}'
}

bench_vm()
{
	local round figures base

	for ((round = 0; round < runs; round++)); do
		rm -rf "$tmp/run"
		"$scripts/vm.sh" "${vm[@]}" --boot >>"$tmp/boot" || die "the kernel does not boot, see above"
		timed case "$scripts/vm.sh" "${vm[@]}" --server raw --run-dir "$tmp/run" \
			--filter drop.early.before_reply_eio
		keep_case_times raw
	done
	printf '%-44s %8s %8s %8s  %s\n' "milliseconds of $runs rounds" median min max boots
	figures=$(stats "$tmp/boot")
	base=${figures%% *}
	print_row "vm.sh ${vm[*]}: bare boot" "$figures" "$base"
	print_row "a run of one case" "$(stats "$tmp/case")" "$base"
	print_row "    of it, by the clock of the case" "$(stats "$tmp/cases.raw")" "$base"
}

if [ ${#vm[@]} -gt 0 ]; then
	bench_vm
	exit
fi

declare -A count=()

for ((round = 0; round < runs; round++)); do
	"$cycle" "$CYCLES" >>"$tmp/cycle"
	for server in "${servers[@]}"; do
		name=${server##*/}
		run "alone.$name" -j1 --server "$server"
		count[$name]=$(executed)
		keep_case_times "$name"
	done
	run all --server "$(IFS=, && echo "${servers[*]}")"
done

printf '%-44s %8s %8s %8s  %s\n' "milliseconds of $runs rounds" median min max cycles
figures=$(stats "$tmp/cycle")
base=${figures%% *}
print_row "bare cycle" "$figures" "$base"
for server in "${servers[@]}"; do
	name=${server##*/}
	print_row "$name, run.sh -j1: ${count[$name]} executed cases" "$(stats "$tmp/alone.$name")"
	print_row "    each, by the run's wall time" "$(stats "$tmp/alone.$name" "${count[$name]}")" "$base"
	print_row "    each, by the clock of the case" "$(stats "$tmp/cases.$name")" "$base"
done
names=("${servers[@]##*/}")
print_row "$(IFS=+ && echo "${names[*]}"), run.sh: the whole run" "$(stats "$tmp/all")"

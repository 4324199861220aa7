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

# keep_case_times LABEL: appends the times of executed cases to $tmp/cases.LABEL; sets $count to their number.
keep_case_times()
{
	fpt bench times "$tmp/run" >"$tmp/times"
	count=$(wc -l <"$tmp/times")
	cat "$tmp/times" >>"$tmp/cases.$1"
}

bench_vm()
{
	local round

	for ((round = 0; round < runs; round++)); do
		rm -rf "$tmp/run"
		"$scripts/vm.sh" "${vm[@]}" --boot >>"$tmp/boot" || die "the kernel does not boot, see above"
		timed case "$scripts/vm.sh" "${vm[@]}" --server raw --run-dir "$tmp/run" \
			--filter drop.early.before_reply_eio
		keep_case_times raw
	done
	printf '%-44s %8s %8s %8s  %s\n' "milliseconds of $runs rounds" median min max boots
	fpt bench row "vm.sh ${vm[*]}: bare boot" "$tmp/boot" 1 "$tmp/boot"
	fpt bench row "a run of one case" "$tmp/case" 1 "$tmp/boot"
	fpt bench row "    of it, by the clock of the case" "$tmp/cases.raw" 1 "$tmp/boot"
}

if [ ${#vm[@]} -gt 0 ]; then
	bench_vm
	exit
fi

declare -A executed=()

for ((round = 0; round < runs; round++)); do
	"$cycle" "$CYCLES" >>"$tmp/cycle"
	for server in "${servers[@]}"; do
		name=${server##*/}
		run "alone.$name" -j1 --server "$server"
		keep_case_times "$name"
		executed[$name]=$count
	done
	run all --server "$(IFS=, && echo "${servers[*]}")"
done

printf '%-44s %8s %8s %8s  %s\n' "milliseconds of $runs rounds" median min max cycles
fpt bench row "bare cycle" "$tmp/cycle" 1 "$tmp/cycle"
for server in "${servers[@]}"; do
	name=${server##*/}
	fpt bench row "$name, run.sh -j1: ${executed[$name]} executed cases" "$tmp/alone.$name"
	fpt bench row "    each, by the run's wall time" "$tmp/alone.$name" "${executed[$name]}" "$tmp/cycle"
	fpt bench row "    each, by the clock of the case" "$tmp/cases.$name" 1 "$tmp/cycle"
done
names=("${servers[@]##*/}")
fpt bench row "$(IFS=+ && echo "${names[*]}"), run.sh: the whole run" "$tmp/all"

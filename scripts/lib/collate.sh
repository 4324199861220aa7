#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/usual.inc"
set -euo pipefail
shopt -s nullglob
export LC_ALL=C

usage()
{
	cat <<-END
	usage: scripts/lib/collate.sh [--verbose] RUN_DIR KERNEL SERVER...
	Makes RUN_DIR/results/KERNEL/<server>.tsv, RUN_DIR/facts.tsv and RUN_DIR/kernel.log from
	what a run left in RUN_DIR: cases.tsv, status.tsv, ktap/, evidence/ and kmsg; also
	known_reports.tsv (kernel reports that cases declare), deaths.tsv (of virtual machines)
	and stopped (the run ended at its first failure), if they exist. Prints the summary, with
	--verbose also each case that was skipped or failed as expected.

	RERUN      how a case is run again: lines of server, tab, command up to the case's name
	FPT_FAULT  the deliberate fault that the run had; with one, no failure names a suspect

	Exit status: 0 passed, 1 failed or wrong use, 4 nothing executed.
	END
}

die()
{
	echo "collate.sh: $1" >&2
	exit 1
}

verbose=
case ${1-} in
-h | --help)
	usage
	exit 0
	;;
--verbose)
	verbose=1
	shift
	;;
-*) die "unknown option $1, see --help" ;;
esac
[ $# -ge 3 ] || die "give a run directory, a kernel and servers, see --help"
[ -e "$1/cases.tsv" ] || die "$1: not a run directory, it has no cases.tsv"

run=$1
kernel=$2
shift 2

evidence=("$run"/evidence/*/*.jsonl)
ktap=("$run"/ktap/*/*.ktap)
deaths=$run/deaths.tsv
[ -e "$deaths" ] || deaths=
known=$run/known_reports.tsv
[ -e "$known" ] || known=
stopped=$([ ! -e "$run/stopped" ] || echo 1)
results=$run/results/$kernel
mkdir -p "$results"
: >"$run/kernel.log"

jq -nRr -f "$scripts/lib/collate.jq" "${evidence[@]:-/dev/null}" |
	awk -f "$scripts/lib/splats.awk" -f "$scripts/lib/collate.ktap.awk" -f "$scripts/lib/collate.kmsg.awk" -f "$scripts/lib/collate.awk" \
		-f "$scripts/lib/collate.summary.awk" \
		-v DIR="$run" -v FAULT="${FPT_FAULT-}" -v VERBOSE="$verbose" -v STOPPED="$stopped" -v KERNEL="$kernel" -v SERVERS="$*" \
		-v OUT="$results" -v FACTS="$run/facts.tsv" -v LOG="$run/kernel.log" \
		kind=list "$run/cases.tsv" kind=status "$run/status.tsv" \
		kind=deaths ${deaths:+"$deaths"} kind=known ${known:+"$known"} kind=evidence - \
		kind=kmsg "$run/kmsg" kind=ktap "${ktap[@]}"

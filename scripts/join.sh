#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# join.sh RUN_DIR KERNEL SERVER...
#
# Makes RUN_DIR/results/KERNEL/<server>.tsv, RUN_DIR/facts.tsv and
# RUN_DIR/kernel.log from what a run left in RUN_DIR: cases.tsv, status.tsv,
# ktap/, evidence/ and kmsg; of virtual machines also deaths.tsv.
# Prints the summary; exits 0 passed, 1 failed, 4 nothing executed.
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/usual.inc
. "$(dirname "$(realpath "$0")")/usual.inc"
set -euo pipefail
shopt -s nullglob
export LC_ALL=C

run=$1
kernel=$2
shift 2

evidence=("$run"/evidence/*/*.jsonl)
ktap=("$run"/ktap/*/*.ktap)
deaths=$run/deaths.tsv
[ -e "$deaths" ] || deaths=
results=$run/results/$kernel
mkdir -p "$results"
: >"$run/kernel.log"

jq -nRr -f "$scripts/join.jq" "${evidence[@]:-/dev/null}" |
	awk -f "$scripts/join.ktap.awk" -f "$scripts/join.kmsg.awk" -f "$scripts/join.awk" \
		-v DIR="$run" -v KERNEL="$kernel" -v SERVERS="$*" \
		-v OUT="$results" -v FACTS="$run/facts.tsv" -v LOG="$run/kernel.log" \
		kind=list "$run/cases.tsv" kind=status "$run/status.tsv" \
		kind=deaths ${deaths:+"$deaths"} kind=evidence - \
		kind=kmsg "$run/kmsg" kind=ktap "${ktap[@]}"

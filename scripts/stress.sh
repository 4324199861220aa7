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
	usage: scripts/stress.sh N [OPTION...]
	Runs the suite N times next to two busy loops and compares the results of each run with
	those of the first, byte by byte. OPTIONs are those of scripts/run.sh, --strict among them.

	OUTPUT  build directory (default: build); different runs are kept in its runs/
	FPT_URING_WAIT
	        as in scripts/run.sh, for --enable-uring

	Exit status: 0 equal results, 1 different results or wrong use, 4 no case could run.
	END
}

die()
{
	echo "stress.sh: $1" >&2
	exit "${2:-1}"
}

export OUTPUT=${OUTPUT:-$scripts/../build}
# shellcheck source=scripts/lib/enable-uring.inc
. "$scripts/lib/enable-uring.inc"

case ${1-} in
--help)
	usage
	exit 0
	;;
'' | *[!0-9]* | 0*) die "give the number of runs, see --help" ;;
esac
[ -x "$OUTPUT/contain" ] || die "no $OUTPUT/contain: run 'make' first (or set OUTPUT)"
# Outside of contain, which would kill it before it restored the parameter.
case " $* " in
*" --enable-uring "*) enable_uring ;;
esac
# contain ends the busy loops with this process, however it ends.
if [ -z "${FPT_STRESS_CONTAINED-}" ]; then
	FPT_STRESS_CONTAINED=1 exec "$OUTPUT/contain" "$scripts/stress.sh" "$@"
fi
unset FPT_STRESS_CONTAINED
runs=$1
shift

if ! { mkdir -p "$OUTPUT/runs" && dir=$(mktemp -d "$OUTPUT/runs/stress.XXXXXX"); } 2>/dev/null; then
	die "cannot write $OUTPUT/runs"
fi
trap 'kill $(jobs -p) 2>/dev/null; [ -n "${differ-}" ] || rm -rf "$dir"' EXIT

# one RUN OPTION...
one()
{
	local status=0

	"$scripts/run.sh" --run-dir "$dir/$1" "${@:2}" >"$dir/output" 2>&1 || status=$?
	case $status in
	0 | 1) [ -d "$dir/$1/results" ] && return ;;
	esac
	cat "$dir/output" >&2
	die "run $1 of $runs gave no results, see above" "$status"
}

busy()
{
	while :; do :; done
}

busy &
busy &

differ=
for ((run = 1; run <= runs; run++)); do
	one "$run" "$@"
	if diff -ru "$dir/1/results" "$dir/$run/results" >"$dir/diff"; then
		verdict=same
		((run == 1)) || rm -rf "${dir:?}/$run"
	else
		verdict=DIFFERENT
		differ+=" $dir/$run"
	fi
	printf '%*d/%d  %s  %s\n' "${#runs}" "$run" "$runs" "$(tail -n 1 "$dir/output")" "$verdict"
	cat "$dir/diff"
done
[ -z "$differ" ] || die "runs differ from $dir/1:$differ"
echo "$runs runs gave equal results"

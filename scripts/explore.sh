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
	usage: scripts/explore.sh [OPTION...]
	Makes random steps on the running kernel and compares what happens with a model of the
	contract (fixtures/model) after each: results of calls, requests to the server, the content
	of files, what holds the backing files, which calls wait. A deviation is shrunk to the
	shortest sequence of steps that shows it, and printed with the promise and as a case to be
	pasted into cases/. A new report in the kernel log is a deviation, too.

	  --server NAME|PATH  the server, as in run.sh; may be repeated (default: raw). It needs
	                      the abilities arbitrary-id and hold
	  --steps N           steps with each server (default: 20000)
	  --jobs N, -j N      sequences at once (default: one for each processor). The deviation of
	                      the lowest seed is printed, however many there are
	  --length N          steps of a sequence; each has a world of its own (default: 60)
	  --seed N            of the first sequence; the next one has N+1 (default: 1)
	  --systematic N      all sequences of N steps of a small alphabet, instead of random ones:
	                      4 take a minute, 5 ten
	  --replay FILE       make the steps of FILE, in the form in which they are printed
	  --strict            what is not promised and differs is a deviation, too
	  --blind GLOB        known bugs of these promises are deviations, too: '*', K1
	  --guided            half of the sequences begin like one that made the kernel execute what
	                      none before it did. It needs CONFIG_KCOV (kernel.sh debug); a seed
	                      does not tell the steps then
	  --destructive       also two mounts that have backing files on each other: if the explorer is
	                      killed then, they stay for ever
	  --no-shrink         print the sequence as it was found
	  --keep-going        continue after a deviation
	  --version           show the version of the suite
	  --help              show this text

	In a virtual machine: FPT_EXPLORE_STEPS=3000 scripts/vm.sh ... --filter 'explore.*',
	which is always --destructive; FPT_EXPLORE_BLIND=GLOB is --blind, FPT_EXPLORE_GUIDED=1
	--guided. So many steps are made with each of four seeds, each in 10 s times
	FPT_TIMEOUT_MUL (default: 10). A step takes 10 to 20 ms without KVM: for more than 3000
	give a greater one, and as many seconds as FPT_VM_SILENCE, for nothing is printed

	OUTPUT                the build directory (default: build)

	Exit status: 0 no deviation, 1 a deviation, no verdict or wrong use, 4 no step is possible here.
	END
}

die()
{
	echo "explore.sh: $1" >&2
	exit 1
}

export OUTPUT=${OUTPUT:-$checkout/build}
# shellcheck source=scripts/lib/servers.inc
. "$scripts/lib/servers.inc"

servers=()
options=()
all=("$@")
while [ $# -gt 0 ]; do
	case $1 in
	--?*=*)
		set -- "${1%%=*}" "${1#*=}" "${@:2}"
		continue
		;;
	--help)
		usage
		exit 0
		;;
	--destructive) export FPT_DESTRUCTIVE=1 ;;
	--strict | --guided | --no-shrink | --keep-going) options+=("$1") ;;
	-j[0-9]*) options+=("$1") ;;
	-j) set -- --jobs "${@:2}" && continue ;;
	--server | --steps | --jobs | --length | --seed | --systematic | --replay | --blind)
		[ $# -ge 2 ] || die "$1 needs a value, see --help"
		case $1 in
		--server) servers+=("$2") ;;
		*) options+=("$1" "$2") ;;
		esac
		shift
		;;
	*) die "unknown option $1, see --help" ;;
	esac
	shift
done
for program in explore contain; do
	[ -x "$OUTPUT/$program" ] || die "no $OUTPUT/$program: run 'make' first (or set OUTPUT)"
done
# No process outlives the one that this executes, whatever ends it.
if [ -z "${FPT_EXPLORE_CONTAINED-}" ]; then
	FPT_EXPLORE_CONTAINED=1 exec "$OUTPUT/contain" "$scripts/explore.sh" "${all[@]}"
fi
unset FPT_EXPLORE_CONTAINED

status=0
for server in "${servers[@]:-raw}"; do
	file=$server
	[[ $server = */* ]] || file=$(server_file "$server")
	[ -x "$file" ] || die "no server $server: run make, or give the path of an executable file"
	FPT_SERVER=$file fpt explore "$OUTPUT/cases" "$OUTPUT/explore" "${options[@]}" || status=$?
	[ "$status" = 0 ] || [[ " ${options[*]} " = *" --keep-going "* ]] || break
done
exit "$status"

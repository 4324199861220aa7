#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
set -eu
shopt -s nullglob
export LC_ALL=C

usage()
{
	cat <<-END
	usage: scripts/run.sh [OPTION...]
	Runs the built cases against one or more FUSE servers on the running kernel.

	  -j N                run N programs at once (default: one per processor)
	  --server NAME|PATH  raw, libfuse, libfuse-mt, raw-uring, libfuse-uring or an executable
	                      that speaks the protocol of fixtures/servers/PROTOCOL.md;
	                      repeat it or separate by commas (default: those that were built)
	  --filter GLOB       only cases whose name or row matches
	  --list              show the cases: name, row, since, needs, can
	                      (words a server must have in its hello), title
	  --run-dir DIR       where everything observed goes, new or empty
	                      (default: \$OUTPUT/runs/<date and time>)
	  --results DIR       where the TSV of a whole run goes (default: results)
	  --kernel-name NAME  folder in there (default: the kernel's version)
	  --enable-uring      turn FUSE over io_uring on for the run, which *-uring need
	                      (writes Y to /sys/module/fuse/parameters/enable_uring, and
	                      the old value again when the run ends, killed or not)
	  --destructive       also cases that may leave a kernel which cannot be used any
	                      more: only where it can be thrown away, as in a VM
	  --help              this text

	OUTPUT                what was built (default: build)
	FPT_TIMEOUT_MUL       factor for every deadline, for slow machines

	Exit status: 0 passed, 1 failed or wrong use, 4 nothing could be executed.
	END
}

die()
{
	echo "run.sh: $1" >&2
	exit "${2:-1}"
}

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scripts=$checkout/scripts
OUTPUT=${OUTPUT:-$checkout/build}
# shellcheck source=scripts/enable-uring.inc
. "$scripts/enable-uring.inc"

jobs=$(nproc)
wanted_servers=()
filter=()
list=
uring=
run=
results=$checkout/results
kernel=$(uname -r)
kernel=${kernel%%[-+]*}

parse_arguments()
{
	while [ $# -gt 0 ]; do
		case $1 in
		--*=*)
			set -- "${1%%=*}" "${1#*=}" "${@:2}"
			continue
			;;
		-j?*)
			set -- -j "${1#-j}" "${@:2}"
			continue
			;;
		--help)
			usage
			exit 0
			;;
		--list | --enable-uring | --destructive)
			case $1 in
			--list) list=1 ;;
			--enable-uring) uring=1 ;;
			--destructive) export FPT_DESTRUCTIVE=1 ;;
			esac
			shift
			continue
			;;
		-j | --server | --filter | --run-dir | --results | --kernel-name)
			[ $# -ge 2 ] || die "$1 needs a value, see --help"
			;;
		*)
			die "unknown option $1, see --help"
			;;
		esac
		case $1 in
		-j) jobs=$2 ;;
		--server) IFS=, read -ra named <<<"$2" && wanted_servers+=("${named[@]}") ;;
		--filter) filter=(--filter "$2") ;;
		--run-dir) run=$2 ;;
		--results) results=$2 ;;
		--kernel-name) kernel=$2 ;;
		esac
		shift 2
	done
	[[ $jobs =~ ^[1-9][0-9]*$ ]] || die "-j needs a number above 0, not '$jobs'"
	[[ $kernel =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]] || die "--kernel-name '$kernel' cannot be a folder's name"
	[[ ${FPT_TIMEOUT_MUL:=1} =~ ^[1-9][0-9]*$ ]] || die "FPT_TIMEOUT_MUL is a whole number above 0, not '$FPT_TIMEOUT_MUL'"
}

# --- what to run -------------------------------------------------------------

programs=()

find_programs()
{
	local file

	for file in "$OUTPUT"/cases/*; do
		[ -f "$file" ] && [ -x "$file" ] && programs+=("${file##*/}")
	done
	{ [ ${#programs[@]} -gt 0 ] && [ -x "$OUTPUT/contain" ]; } ||
		die "no programs in $OUTPUT: run 'make' first (or say OUTPUT=...)"
}

# Every program's --list, with the program's name as first column.
list_cases()
{
	local program lines line any=

	for program in "${programs[@]}"; do
		lines=$("$OUTPUT/cases/$program" --list "${filter[@]}") ||
			die "$OUTPUT/cases/$program --list failed: run 'make' again"
		[ -n "$lines" ] || continue
		any=1
		while IFS= read -r line; do
			printf '%s\t%s\n' "$program" "$line"
		done <<<"$lines"
	done
	[ -n "$any" ] || die "no case matches '${filter[1]-}', see --list"
}

declare -A server_path=()
servers=() # in the order they were named

add_server()
{
	local path=$1 name=${1##*/} built=("$OUTPUT"/servers/*)

	case $1 in
	*/*) ;;
	*) path=$OUTPUT/servers/$1 ;;
	esac
	{ [ -f "$path" ] && [ -x "$path" ]; } ||
		die "no server '$1': give the path of an executable or one of: ${built[*]##*/}"
	[[ $name =~ ^[A-Za-z0-9][A-Za-z0-9._+-]*$ ]] ||
		die "server '$1': a server's file name has only letters, digits and . _ + -"
	path=$(realpath "$path")
	[ "${server_path[$name]-$path}" = "$path" ] || die "two servers are called '$name': rename one"
	[ -n "${server_path[$name]-}" ] || servers+=("$name")
	server_path[$name]=$path
}

libfuse_mk() # VARIABLE
{
	[ ! -r "$OUTPUT/libfuse.mk" ] || sed -n "s/^$1 *:*= *//p" "$OUTPUT/libfuse.mk"
}

want_if_built() # SERVER WHY_NOT
{
	if [ -x "$OUTPUT/servers/$1" ]; then
		wanted_servers+=("$1")
	else
		echo "$1 is not tested: ${2:-it was not built, run 'make'}"
	fi
}

choose_servers()
{
	local name

	if [ ${#wanted_servers[@]} -eq 0 ]; then
		wanted_servers=(raw)
		want_if_built libfuse "$(libfuse_mk LIBFUSE_WHY)"
		want_if_built libfuse-mt "$(libfuse_mk LIBFUSE_WHY)"
		want_if_built raw-uring "it is built where there are liburing 2.2 and the headers of Linux 6.14"
		want_if_built libfuse-uring "$(libfuse_mk LIBFUSE_URING_WHY)"
	fi
	for name in "${wanted_servers[@]}"; do
		add_server "$name"
	done
}

# Why no case can run on a server, as a skip says it.
declare -A unusable=()

find_unusable()
{
	local name hello on

	for name in "${servers[@]}"; do
		hello=$(timeout 10 "${server_path[$name]}" </dev/null 2>/dev/null | head -n 1) || :
		[[ " $hello " = *" over-io-uring "* ]] || continue
		read -r on 2>/dev/null </sys/module/fuse/parameters/enable_uring || on=
		[ "$on" != Y ] || continue
		unusable[$name]="config: FUSE over io_uring is off (give --enable-uring; Linux 6.14 with CONFIG_FUSE_IO_URING=y has it)"
		echo "$name is skipped: ${unusable[$name]#config: }"
	done
}

check_machine()
{
	[ "$(id -u)" -eq 0 ] || die "mounting needs root: run it with sudo or in a root shell" 4
	{ [ -c /dev/fuse ] && : <>/dev/fuse; } 2>/dev/null ||
		die "no /dev/fuse: load the module (modprobe fuse) or set CONFIG_FUSE_FS in the kernel" 4
}

# --- the run -----------------------------------------------------------------

writable_dir()
{
	mkdir -p "$1" 2>/dev/null && [ -w "$1" ]
}

make_run_dir()
{
	local stamp server n=1

	if [ -n "$run" ]; then
		writable_dir "$run" || die "cannot write $run: give another --run-dir"
		[ -z "$(ls -A "$run")" ] || die "$run is not empty: give another --run-dir"
	else
		writable_dir "$OUTPUT/runs" || die "cannot write $OUTPUT/runs: give --run-dir DIR"
		stamp=$OUTPUT/runs/$(date +%Y%m%d-%H%M%S)
		run=$stamp
		while ! mkdir "$run" 2>/dev/null; do # two runs may begin in one second
			[ -e "$run" ] || die "cannot write $run: give --run-dir DIR"
			run=$stamp.$((++n))
		done
	fi
	run=$(realpath "$run")
	for server in "${servers[@]}"; do
		mkdir -p "$run/ktap/$server" "$run/evidence/$server"
	done
}

# Seconds for one program: kselftest's settings file; 0 is none.
program_timeout()
{
	local seconds

	seconds=$(sed -n 's/^timeout=\([0-9][0-9]*\)$/\1/p' "$checkout/settings" 2>/dev/null) || :
	echo $((${seconds:-45} * FPT_TIMEOUT_MUL))
}

run_program() # SERVER PROGRAM
{
	local start=$SECONDS status

	if [ -n "${unusable[$1]-}" ]; then
		printf '1..0 # SKIP %s\n' "${unusable[$1]}" >"$run/ktap/$1/$2.ktap"
		printf '%s\t%s\t4\n' "$1" "$2" >>"$run/status.tsv"
		return
	fi
	FPT_SERVER=${server_path[$1]} FPT_EVIDENCE=$run/evidence/$1/$2.jsonl \
		timeout --kill-after=1 "$timeout" "$OUTPUT/cases/$2" "${filter[@]}" </dev/null 2>&1 |
		tee "$run/ktap/$1/$2.ktap" |
		"${awk_by_line[@]}" -v server="$1" -v program="$2" \
			-f "$scripts/join.ktap.awk" -f "$scripts/join.live.awk"
	status=${PIPESTATUS[0]}
	# 137 is also what a program gives that was killed by someone else.
	if [ "$status" -eq 124 ] || { [ "$status" -eq 137 ] && ((timeout && SECONDS - start >= timeout)); }; then
		status=timeout
	fi
	printf '%s\t%s\t%s\n' "$1" "$2" "$status" >>"$run/status.tsv"
}

run_programs()
{
	local server program running=0

	for server in "${servers[@]}"; do
		for program in "${programs[@]}"; do
			if ((++running > jobs)); then
				wait -n || :
			fi
			run_program "$server" "$program" &
		done
	done
	wait
}

# The reader follows from before the first case, as the kernel's ring may be too
# small for a whole run. It may be overtaken or late all the same, so the end
# reads again what the ring has; the join drops what came twice.
kernel_log="read"
log_reader=

kernel_log_begin()
{
	marker="fpt: run $EPOCHREALTIME"
	echo "$marker" >"$run/kmsg"
	if { [ -c /dev/kmsg ] && : </dev/kmsg && echo "$marker begins" >/dev/kmsg; } 2>/dev/null; then
		cat /dev/kmsg >>"$run/kmsg" 2>/dev/null &
		log_reader=$!
	else
		kernel_log_unreadable "no access to /dev/kmsg"
	fi
}

kernel_log_unreadable()
{
	kernel_log="unreadable: $1"
	echo "the kernel log is not watched: $1"
}

kernel_log_end()
{
	[ -n "$log_reader" ] || return 0
	echo "$marker ends" >/dev/kmsg
	kill "$log_reader" 2>/dev/null || :
	wait "$log_reader" 2>/dev/null || :
	dd if=/dev/kmsg iflag=nonblock bs=8k status=none >>"$run/kmsg" 2>/dev/null || :
	grep -q "$marker ends" "$run/kmsg" || # in a container it may be anything
		kernel_log_unreadable "/dev/kmsg does not give back what is written to it"
}

# --- what is kept ------------------------------------------------------------

keep_kernel_config()
{
	local file

	for file in /proc/config.gz "/boot/config-$(uname -r)" "/lib/modules/$(uname -r)/config"; do
		[ -r "$file" ] || continue
		zcat -f "$file" >"$run/config" && printf 'kernel_config\t%s\n' config
		return
	done
}

keep_results()
{
	[ ${#filter[@]} -eq 0 ] || return 0
	{ mkdir -p "$results/$kernel" && cp "$run/results/$kernel"/*.tsv "$results/$kernel/"; } 2>/dev/null ||
		echo "results not kept in $results, which cannot be written: give --results DIR" >&2
}

# Lines of a path and a value, with those of the join, to nested JSON.
write_run_json()
{
	{
		cat "$run/facts.tsv"
		printf '%s\t%s\n' kernel_release "$(uname -r)" kernel_log "$kernel_log" \
			libfuse_version "$(libfuse_mk LIBFUSE_VERSION)" \
			source_revision "$(git -C "$checkout" describe --always --dirty 2>/dev/null)" \
			arguments "$arguments"
		keep_kernel_config
	} | jq -nR --argjson started "$started" '
		def number: test("(^|/)counts/|_lost$|_minor$");
		reduce (inputs | split("\t")) as [$path, $value]
			({started: ($started | floor | todate), seconds: (now - $started)};
			 setpath($path | split("/"); $value | if $path | number then tonumber else . end))
		' >"$run/run.json"
}

arguments="$*"
parse_arguments "$@"
find_programs
if [ -n "$list" ]; then
	cases=$(list_cases)
	cut -f 2- <<<"$cases"
	exit 0
fi
check_machine
[ -z "$uring" ] || enable_uring
# From here on nothing outlives this process, whatever ends it.
if [ -z "${FPT_CONTAINED-}" ]; then
	FPT_CONTAINED=1 exec "$OUTPUT/contain" "${BASH_SOURCE[0]}" "$@"
fi
unset FPT_CONTAINED # what this one starts may be another run.sh

cases=$(list_cases)
mapfile -t programs < <(cut -f 1 <<<"$cases" | uniq)
choose_servers
find_unusable
make_run_dir
echo "$cases" >"$run/cases.tsv"

started=$EPOCHREALTIME
timeout=$(program_timeout)
awk_by_line=(awk)
if awk -W version 2>&1 </dev/null | grep -q '^mawk'; then
	awk_by_line+=(-W interactive) # else it waits for a full buffer
fi

kernel_log_begin
(run_programs)
kernel_log_end
status=0
"$scripts/join.sh" "$run" "$kernel" "${servers[@]}" >"$run/summary" || status=$?
case $status in
0 | 1 | 4) ;;
*) die "the results in $run could not be joined, see above" ;;
esac
write_run_json
rm -f "$run/facts.tsv" "$run/kmsg"
keep_results
cat "$run/summary"
exit "$status"

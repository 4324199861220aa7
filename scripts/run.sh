#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/lib/usual.inc"
set -eu
shopt -s nullglob
export LC_ALL=C

usage()
{
	cat <<-END
	usage: scripts/run.sh [OPTION...]
	       scripts/run.sh --mount 'CMD {source} {mountpoint}' [OPTION...]
	Runs the built cases against one or more FUSE servers on the running kernel. The second
	runs, on a file system that knows nothing of the suite, the cases about such (rows A), and
	ends with what its author should know.

	  -j N                run N programs at once (default: one per processor)
	  --server NAME|PATH  raw, libfuse, libfuse-mt, raw-uring, libfuse-uring or an executable
	                      that speaks the protocol of fixtures/servers/PROTOCOL.md;
	                      repeat it or separate by commas (default: those that were built).
	                      The results call libfuse by its version, too: libfuse-3.18.3
	  --mount CMD         a command for the shell that mounts the directory {source} at the
	                      directory {mountpoint}, in the foreground or not, as root; a
	                      script must exec the program
	  --name NAME         what that is called in the results (default: CMD's base name)
	  --filter GLOB       only cases whose name or row matches; several: GLOB,GLOB, or
	                      repeat it
	  -v, --verbose       every case as it ends, every reason of a skip, every case that
	                      was expected to fail
	  -q, --quiet         failures and the last line alone
	  --fail-fast         after a failure no further program is started; what ran is not
	                      kept in results
	  --list              show the cases: name, row, since, needs, can
	                      (words a server must have in its hello), title
	  --run-dir DIR       where everything observed goes, new or empty
	                      (default: \$OUTPUT/runs/<date and time>)
	  --results DIR       where the TSV of a whole run is also kept, but of no server on
	                      which every case was skipped (config)
	  --kernel-name NAME  folder in there (default: the kernel's version)
	  --probe             run no case, but tell the author of a server (--server) what it
	                      lacks: every step of the protocol with what was expected and
	                      what came, and how many cases will be skipped for which word
	  --enable-uring      turn FUSE over io_uring on for the run, which *-uring need
	                      (writes Y to /sys/module/fuse/parameters/enable_uring, and
	                      the old value again when the run ends, killed or not)
	  --destructive       also cases that may leave a kernel which cannot be used any
	                      more: only where it can be thrown away, as in a VM
	  -h, --help          this text

	OUTPUT                what was built (default: build)
	FPT_TIMEOUT_MUL       factor for every deadline, for slow machines
	FPT_URING_WAIT        seconds to wait at most for another run that has enable_uring as it
	                      needs it (default: 600); then exit status 4, and who that is

	Nothing waits for ever: a program of cases that goes on after $(program_timeout) seconds is ended, with
	all that it has started, whatever that waits for. There are as many as --list has first
	words of names, for each server; -j of them run at once.

	Exit status: 0 passed, 1 failed or wrong use, 4 nothing could be executed.
	With --probe: 0 the server can be used, 1 something is wrong, 4 it cannot be tried.
	END
}

# shellcheck source=scripts/lib/runner.inc
. "$scripts/lib/runner.inc"
# shellcheck source=scripts/lib/enable-uring.inc
. "$scripts/lib/enable-uring.inc"

own_flags=" --enable-uring --destructive --probe --fail-fast "
own_values=" --mount --name "
not_for_rerun=" --probe --fail-fast "
uring=
probe=
mount= # the command
name=

own_option()
{
	case $1 in
	--enable-uring) uring=1 ;;
	--destructive) export FPT_DESTRUCTIVE=1 ;;
	--probe) probe=1 ;;
	--fail-fast) fail_fast=1 ;;
	--mount) mount=$2 folder=external ;;
	--name) name=$2 ;;
	esac
}

mounts()
{
	[ $folder = external ]
}

# --- what to run -------------------------------------------------------------

# Why no case can run on a server, as a skip says it.
declare -A unusable=()

find_unusable()
{
	local name on

	! mounts || return 0
	for name in "${servers[@]}"; do
		server_says "$name" over-io-uring || continue
		read -r on 2>/dev/null </sys/module/fuse/parameters/enable_uring || on=
		[ "$on" != Y ] || continue
		unusable[$name]="config: FUSE over io_uring is off (give --enable-uring; Linux 6.14 with CONFIG_FUSE_IO_URING=y has it)"
		echo "$name is skipped: ${unusable[$name]#config: }"
	done
}

check_machine()
{
	local why

	why=$("$OUTPUT/contain" --machine) || die "${why:-$OUTPUT/contain --machine failed: run 'make' again}" 4
}

# --- a server's author -------------------------------------------------------

# For which words that a server does not say how many cases are skipped. A case that needs
# passthrough needs that word, too.
count_skipped() # HELLO
{
	awk -F '\t' -v said=" ${1#* can } " '
		{
			all++
			skipped = 0
			count = split($6 ($5 ~ /(^|,)passthrough(,|$)/ ? ",passthrough" : ""), words, ",")
			for (i = 1; i <= count; i++)
				if (words[i] != "-" && index(said, " " words[i] " ") == 0) {
					without[words[i]]++
					skipped = 1
				}
			can += !skipped
		}
		END {
			for (word in without)
				print "0 without \"" word "\": cases skipped: " without[word]
			print "1 " can " of " all " cases can run, where the machine has what they need"
		}' <<<"$cases" | sort | cut -c 3-
}

probe_servers()
{
	local name one

	status=0
	for name in "${servers[@]}"; do
		echo "$name: ${server_path[$name]}"
		one=0
		FPT_SERVER=${server_path[$name]} "$OUTPUT/probe" || one=$?
		case $one in
		0 | 1) count_skipped "${hello[$name]}" ;;
		esac
		[ "$one" -eq 0 ] || [ "$status" -eq 1 ] || status=$one
	done
}

# What is mounted, in place of a server.
choose_mounted()
{
	local program=${mount%%[[:blank:]]*}

	[ ${#wanted_servers[@]} -eq 0 ] || die "give --mount or --server, not both"
	[[ $mount = *"{mountpoint}"* ]] || die "--mount '$mount' does not say where: {mountpoint} must stand in it"
	[[ $mount = *"{source}"* ]] || die "--mount '$mount' does not say what: {source} must stand in it"
	command -v "$program" >/dev/null || die "--mount: there is no program '$program'"
	[ -n "$name" ] || name=${program##*/}
	[[ $name =~ ^[A-Za-z0-9][A-Za-z0-9._+-]*$ ]] ||
		die "the results cannot be called '$name': give --name of letters, digits and . _ + -"
	servers=("$name")
	server_path[$name]=$name
	export FPT_MOUNT=$mount
}

# --- the run -----------------------------------------------------------------

run_program() # SERVER PROGRAM
{
	local start=$SECONDS status

	if [ -n "${unusable[$1]-}" ]; then
		printf '1..0 # SKIP %s\n' "${unusable[$1]}" >"$run/ktap/$1/$2.ktap"
		printf '%s\t%s\t4\n' "$1" "$2" >>"$run/status.tsv"
		return
	fi
	FPT_SERVER=${server_path[$1]} FPT_SERVER_NAME=$1 FPT_EVIDENCE=$run/evidence/$1/$2.jsonl \
		timeout --kill-after=1 "$timeout" "$OUTPUT/$folder/$2" "${filter[@]}" </dev/null 2>&1 |
		tee "$run/ktap/$1/$2.ktap" | as_text |
		"${awk_by_line[@]}" -v server="$1" -v program="$2" -v stop="${fail_fast:+$run/stopped}" \
			-f "$scripts/lib/collate.ktap.awk" -f "$scripts/lib/collate.live.awk"
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

	[ -z "$log_read" ] || exec {log_read}<&-
	for server in "${servers[@]}"; do
		for program in "${programs[@]}"; do
			if ((++running > jobs)); then
				wait -n || :
			fi
			[ ! -e "$run/stopped" ] || break 2
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
log_read= # its end is that of the reading

kernel_log_begin()
{
	local root=0

	# The kernel's PIDs are those of this /proc where its own threads are.
	[ "$(cat /proc/2/comm 2>/dev/null)" != kthreadd ] || read -r root _ </proc/self/stat
	marker="fpt: run $EPOCHREALTIME"
	echo "$marker" >"$run/kmsg"
	if { [ -c /dev/kmsg ] && : </dev/kmsg && echo "$marker begins" >/dev/kmsg; } 2>/dev/null; then
		exec {records}< <(exec cat /dev/kmsg 2>/dev/null)
		log_reader=$!
		exec {log_read}< <(exec "${awk_by_line[@]}" -f "$scripts/lib/whose.awk" -v ROOT="$root" \
			-v LAST="$marker ends" <&"$records" 3>&1 >>"$run/kmsg")
		log_writer=$!
		exec {records}<&-
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
	read -r -t $((5 * ${FPT_TIMEOUT_MUL:-1})) -u "$log_read" || :
	kill "$log_reader" "$log_writer" 2>/dev/null || :
	dd if=/dev/kmsg iflag=nonblock bs=8k status=none >>"$run/kmsg" 2>/dev/null || :
	grep -q "$marker ends" "$run/kmsg" || # in a container it may be anything
		kernel_log_unreadable "/dev/kmsg does not give back what is written to it"
}

# What the author of what was mounted should know.
advise()
{
	awk -v NAME="$name" -f "$scripts/lib/advice.awk" kind=cases "$run/cases.tsv" \
		kind=results "$run/results/$kernel/$name.tsv" | fold -s -w 90 | sed 's/ $//' |
		tee -a "$run/summary"
}

arguments="$*"
release=$(uname -r)
name_kernel "${release%%[-+]*}"
unset FPT_MOUNT
parse_arguments "$@"
mounts || [ -z "$name" ] || die "--name is for --mount: a server is called as its file"
find_programs contain
if [ -n "$list" ]; then
	cases=$(list_cases)
	cut -f 2- <<<"$cases"
	exit 0
fi
[ -n "${FPT_CONTAINED-}" ] || check_machine
[ -z "$uring" ] || enable_uring
# From here on nothing outlives this process, whatever ends it.
if [ -z "${FPT_CONTAINED-}" ]; then
	FPT_CONTAINED=1 exec "$OUTPUT/contain" "$scripts/run.sh" "$@"
fi
unset FPT_CONTAINED # what this one starts may be another run.sh
keep_uring

cases=$(list_cases)
if [ -n "$probe" ]; then
	[ ${#wanted_servers[@]} -gt 0 ] || die "--probe needs --server, see --help"
	choose_servers
	probe_servers
	exit "$status"
fi
mapfile -t programs < <(cut -f 1 <<<"$cases" | uniq)
if mounts; then
	choose_mounted
else
	choose_servers
fi
find_unusable
need_jq
make_run_dir
echo "$cases" >"$run/cases.tsv"

mkdir "$run/late"
export FPT_GIVE_UP=$run/late # what programs tell each other of servers that hang
started=$EPOCHREALTIME
timeout=$(program_timeout)
choose_awk

find_rerun
kernel_log_begin
run_programs | show_cases
kernel_log_end
rm -r "$run/late"
finish_run /proc/config.gz "/boot/config-$release" "/lib/modules/$release/config"
! mounts || advise
exit "$status"

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
	Runs the built cases against one or more FUSE servers on the running kernel. The second form
	runs the cases for an external file system (promises A), a FUSE program that knows nothing
	of the suite, and ends with advice for its author.

	  --mount CMD         a shell command that mounts directory {source} at directory
	                      {mountpoint}, in the foreground or not, as root; a script must
	                      exec the program. {source2} is a second branch, on a filesystem
	                      of its own; {lower}, {upper} and {work} are the directories of a
	                      layered file system, {cache} is empty, for new files
	                      and copies.
	                      'make mounted' builds all that this needs. One trial mount comes
	                      first: where that fails, nothing is run. The cases together take
	                      at most $(mount_timeout) seconds
	  --name NAME         its name in the results (default: the base name of CMD)
	$(shared_options)
	  --probe             run no case, but check a server (--server) for its author: every
	                      step of the protocol with expected and received text, and how
	                      many cases are skipped for which missing ability
	  --enable-uring      enable FUSE over io_uring for the run, as *-uring need it (writes Y
	                      to /sys/module/fuse/parameters/enable_uring, and restores the
	                      old value when the run ends, even when it is killed)
	  --destructive       also run cases that may leave the kernel unusable: only for
	                      kernels that can be thrown away, as in a VM
	  -h, --help          print this help

	OUTPUT                build directory (default: build)
	FPT_TIMEOUT_MUL       factor for every deadline, for slow hosts
	FPT_URING_WAIT        seconds to wait for another run that holds enable_uring (default:
	                      600); after that, exit status 4 and the holder's name

	A program of cases that runs for more than $(program_timeout) seconds is killed with all its processes. The
	programs are the first parts of the names of --list; each runs on each server, -j at once.

	Exit status: 0 passed, 1 failed or wrong use, 4 no case could run (with --mount also: the
	program mounts nothing).
	With --probe: 0 the server is usable, 1 it breaks the protocol, 4 it cannot be tried.
	END
}

# Time limit of all cases of --mount in seconds; 0 is none.
mount_timeout()
{
	echo $((2 * $(program_timeout)))
}

# shellcheck source=scripts/lib/runner.inc
. "$scripts/lib/runner.inc"
# shellcheck source=scripts/lib/external.inc
. "$scripts/lib/external.inc"
# shellcheck source=scripts/lib/enable-uring.inc
. "$scripts/lib/enable-uring.inc"

jobs=$((2 * jobs)) # a program waits for the kernel half of its time: mount, umount, RCU

own_flags=" --enable-uring --destructive --probe "
own_values=" --mount --name "
not_for_rerun=" --probe "
uring=
probe=

own_option()
{
	case $1 in
	--enable-uring) uring=1 ;;
	--destructive) export FPT_DESTRUCTIVE=1 ;;
	--probe) probe=1 ;;
	--mount) mount=$2 folder=external ;;
	--name) name=$2 ;;
	esac
}

# --- what to run -------------------------------------------------------------

# The skip reason of a server on which no case can run.
declare -A unusable=()

find_unusable()
{
	local name on

	! is_external || return 0
	for name in "${servers[@]}"; do
		server_has "$name" over-io-uring || continue
		read -r on 2>/dev/null </sys/module/fuse/parameters/enable_uring || on=
		[ "$on" != Y ] || continue
		unusable[$name]="config: FUSE over io_uring is disabled (give --enable-uring; needs Linux 6.14, CONFIG_FUSE_IO_URING=y)"
		echo "$name: skipped: ${unusable[$name]#config: }"
	done
}

check_host()
{
	local why

	why=$("$OUTPUT/contain" --host) || die "${why:-$OUTPUT/contain --host failed: run 'make' again}" 4
}

# --- for the author of a server ----------------------------------------------

probe_servers()
{
	local name one

	status=0
	for name in "${servers[@]}"; do
		echo "$name: ${server_path[$name]}"
		one=0
		FPT_SERVER=${server_path[$name]} "$OUTPUT/probe" || one=$?
		case $one in
		0 | 1) fpt probe-skips "${hello[$name]}" <<<"$cases" ;;
		esac
		[ "$one" -eq 0 ] || [ "$status" -eq 1 ] || status=$one
	done
}

# Dies unless the program mounts.
try_mount()
{
	local why

	why=$(FPT_SERVER_NAME=$name "$OUTPUT/trial") && return
	if [[ $why = *fusermount* ]] && ! command -v fusermount3 fusermount >/dev/null; then
		why+=" (there is no fusermount3 or fusermount: install fuse3)"
	fi
	die "--mount: ${why:-$OUTPUT/trial failed: run 'make' again}" 4
}

# --- the run -----------------------------------------------------------------

# Sets $kernel_log to what run.json says of it.
run_programs()
{
	local name server=()

	for name in "${servers[@]}"; do
		server+=(--server "$name" "${server_path[$name]}" "${unusable[$name]-}")
	done
	RERUN=$rerun_lines fpt execute "${show[@]}" --programs "$OUTPUT/$folder" --jobs "$jobs" --limit "$timeout" \
		${mount:+--run-limit "$(mount_timeout)"} \
		--scale "${FPT_TIMEOUT_MUL:-1}" "${server[@]}" ${order:+--failed-first "$OUTPUT/runs"} \
		-- "${filter[@]}" ${shard:+--only "$run/late/selection"}
	kernel_log=$(cat "$run/kernel_log")
	rm "$run/kernel_log"
}

arguments="$*"
release=$(uname -r)
name_kernel "${release%%[-+]*}"
unset FPT_MOUNT
parse_arguments "$@"
is_external || [ -z "$name" ] || die "--name is for --mount: a server has the name of its file"
find_programs contain
if [ -n "$list" ]; then
	cases=$(list_cases)
	cut -f 2- <<<"$cases"
	exit 0
fi
[ -n "${FPT_CONTAINED-}" ] || check_host
[ -z "$uring" ] || enable_uring
# No process outlives the one that this executes, whatever ends it.
if [ -z "${FPT_CONTAINED-}" ]; then
	FPT_CONTAINED=1 exec "$OUTPUT/contain" "$scripts/run.sh" "$@"
fi
unset FPT_CONTAINED # a child may be another run.sh
keep_uring

cases=$(list_cases)
if [ -n "$probe" ]; then
	[ ${#wanted_servers[@]} -gt 0 ] || die "--probe needs --server, see --help"
	choose_servers
	probe_servers
	exit "$status"
fi
mapfile -t programs < <(cut -f 1 <<<"$cases" | uniq)
if is_external; then
	choose_external
	export FPT_MOUNT=$mount
	try_mount
else
	choose_servers
fi
find_unusable
make_run_dir
echo "$cases" >"$run/cases.tsv"

leave_out "$kernel" "$release"
mkdir "$run/late"
export FPT_GIVE_UP=$run/late # where programs record servers that hang, see fixtures/world/give_up.h
started=$EPOCHREALTIME
write_selection "$run/late/selection"
timeout=$(program_timeout)
prepare_show "$kernel" "$release"
run_programs
rm -r "$run/late"
finish_run /proc/config.gz "/boot/config-$release" "/lib/modules/$release/config"
! is_external || tee -a "$run/summary" <"$run/advice"
exit "$status"

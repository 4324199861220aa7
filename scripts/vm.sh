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
	usage: scripts/vm.sh KERNEL [OPTION...]
	Runs the built cases in a virtual machine with another kernel; needs QEMU, cpio and jq,
	but no root, disk image or network. After a panic, an oops, a hang or a reset the case
	that was running has the outcome crash or timeout, and the others run in a fresh boot.

	  --kernel BZIMAGE    the kernel
	  --modules DIR       somewhere below are its modules, compressed or not
	  --ksrc TREE         the kernel built in this tree or build directory, with its modules
	  --debian VERSION    a kernel of Debian, as scripts/debian-kernel.sh has them: 6.12

	  --append WORDS      for the kernel's command line
	  --memory MIB        of the machine (default: 1024)
	  --accel WHICH       kvm, tcg or auto: kvm where it works (default: auto)
	  --shell             a prompt in the machine instead of a run: /suite/cases/drop --help
	  --gdb               the machine waits for a debugger
	  --boot              how many microseconds a bare boot takes, for scripts/bench.sh
	  --bisect            exit status for git bisect run: 0 good, 1 bad, 125 the kernel
	                      was not built, does not boot or can execute nothing

	The options of scripts/run.sh:
	  -j N                run N programs at once (default: one per processor)
	  --server NAME|PATH  raw, libfuse, libfuse-mt, raw-uring, libfuse-uring or a program
	                      of your own; repeat it or separate by commas
	  --filter GLOB       only cases whose name or row matches; several: GLOB,GLOB, or
	                      repeat it
	  -v, --verbose       every case as it ends, every reason of a skip, every case that
	                      was expected to fail
	  -q, --quiet         failures and the last line alone
	  --list              show the cases
	  --run-dir DIR       where everything observed goes, new or empty, also console.log
	  --results DIR       where the TSV of a whole run is also kept, but of no server on
	                      which every case was skipped (config)
	  --kernel-name NAME  folder in there (default: the kernel's version)
	  --enable-uring --destructive  are always on
	  -h, --help          this text

	OUTPUT                what was built (default: build)
	FPT_TIMEOUT_MUL       factor for every deadline (default: 10 without KVM)
	FPT_VM_SILENCE        seconds without a sign of life after which a kernel counts as
	                      hung (default: 60); thrice as many until it is up

	Exit status: 0 passed, 1 failed or wrong use, 4 nothing could be executed.
	END
}

# shellcheck source=scripts/lib/runner.inc
. "$scripts/lib/runner.inc"
# shellcheck source=scripts/vm/machine.inc
. "$scripts/vm/machine.inc"
# shellcheck source=scripts/vm/modules.inc
. "$scripts/vm/modules.inc"
# shellcheck source=scripts/vm/image.inc
. "$scripts/vm/image.inc"
# shellcheck source=scripts/vm/boots.inc
. "$scripts/vm/boots.inc"

own_flags=" --shell --gdb --boot --bisect --enable-uring --destructive --fail-fast "
not_for_rerun=" --shell --gdb --boot --bisect --enable-uring --destructive "
own_values=" --kernel --modules --ksrc --debian --append --memory --accel "

image='' tree='' debian='' modules_dir='' kernel_configs=()
append='' memory=1024 accel=auto
shell='' gdb='' boot_only='' bisect=

own_option()
{
	case $1 in
	--kernel) image=$2 ;;
	--modules) modules_dir=$2 ;;
	--ksrc) tree=$2 ;;
	--debian) debian=$2 ;;
	--append) append=$2 ;;
	--memory) memory=$2 ;;
	--accel) accel=$2 ;;
	--shell) shell=1 ;;
	--gdb) gdb=1 ;;
	--boot) boot_only=1 ;;
	--fail-fast) die "--fail-fast is for scripts/run.sh: a virtual machine runs to its end" ;;
	--bisect) bisect=1 ;;
	esac
}

# not_booted WHY: for a bisection no verdict, else a failure.
not_booted()
{
	die "$1" "$([ -n "$bisect" ] && echo 125 || echo 1)"
}

check_options()
{
	[[ $memory =~ ^[1-9][0-9]*$ ]] || die "--memory is a number of MiB, not '$memory'"
	silence=${FPT_VM_SILENCE:-60}
	[[ $silence =~ ^[1-9][0-9]*$ ]] || die "FPT_VM_SILENCE is a number of seconds above 0, not '$silence'"
	[ "$jobs" -le 64 ] 2>/dev/null || jobs=64 # for which scripts/vm/guest/jobs.c has room
}

tell_gdb()
{
	local symbols=vmlinux

	[ -z "$tree" ] || symbols=$tree/vmlinux
	silence=0
	echo "The machine waits for: gdb $symbols -ex 'target remote :1234' (then c; hbreak stops in code not yet loaded)"
}

run_shell()
{
	echo shell >"$work/shell"
	cat "$work/plan.head" "$work/shell" >"$work/boot/vm/plan"
	make_initrd
	echo "in the machine: /suite/cases, /suite/servers; 'exit' ends it"
	# Waited for, it does not keep a signal from ending this: without a terminal, no machine.
	trap 'kill $!' EXIT
	# shellcheck disable=SC2016 # expands there, where this may have died already
	setpriv --pdeathsig KILL sh -c '[ "$PPID" -eq "$0" ] && exec "$@"' $$ "${machine[@]}" -initrd "$work/initrd" \
		-chardev stdio,id=console,signal=off -serial chardev:console -serial null <&0 &
	wait "$!"
	trap - EXIT
}

# To the first process, which finds no plan.
only_boot()
{
	local begun

	put "$OUTPUT/vm/init" init
	pack_image
	begun=${EPOCHREALTIME/.}
	"${machine[@]}" -initrd "$work/image" -serial null -serial null </dev/null
	echo $((${EPOCHREALTIME/.} - begun))
}

arguments="$*"
case " $arguments " in
*" --bisect "*) wrong_use=128 ;; # which ends the bisection
esac
parse_arguments "$@"
find_programs vm/monitor
if [ -n "$list" ]; then
	cases=$(list_cases)
	cut -f 2- <<<"$cases"
	exit 0
fi
check_options
need_qemu
need_cpio
need_space 200 "${TMPDIR:-/tmp}" "the image for the virtual machine" "give TMPDIR= another directory"
work=$(mktemp -d)
# Whatever ends this and all below it, be it SIGKILL: then nobody writes there any more.
exec 8> >(trap '' INT TERM HUP && cat && rm -rf "$work")
trap 'exit 130' INT
trap 'exit 143' TERM HUP
choose_kernel
choose_accelerator
export FPT_DESTRUCTIVE=1

cases=$(list_cases)
mapfile -t programs < <(cut -f 1 <<<"$cases" | uniq)
choose_servers
[ -z "$gdb" ] || tell_gdb
marker="fpt: run $EPOCHREALTIME"
started=$EPOCHREALTIME
choose_machine
if [ -n "$boot_only" ]; then
	only_boot
	exit
fi
if [ -n "$shell" ]; then
	run=/run
	make_image
	check_memory
	write_plan
	run_shell
	exit
fi
need_jq
make_run_dir
echo "$cases" >"$run/cases.tsv"
choose_awk
find_rerun
make_image
check_memory
write_plan
run_boots
release=$first_release
kernel_log="read"
[ -n "$kernel" ] || name_kernel "${release%%[-+]*}"
finish_run "${kernel_configs[@]}"
[ -z "$bisect" ] || [ "$status" -ne 4 ] || status=125
exit "$status"

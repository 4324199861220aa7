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
	Runs the built cases in a virtual machine with another kernel. Needs QEMU and cpio,
	but no root, disk image or network. After a panic, oops, hang or reset the running case
	gets the outcome crash or timeout, and the others run in a fresh boot.

	  --arch ARCH         of this architecture: amd64, i386, arm64, armhf, riscv64, s390x
	                      (default: the host's). The guest's programs are those that
	                      make CROSS_COMPILE=aarch64-linux-gnu- OUTPUT=build/arm64
	                      built, in \$OUTPUT/ARCH, and mkfs and a shell are Debian's;
	                      the host's programs, in \$OUTPUT, list the cases
	  --kernel BZIMAGE    boot this kernel: bzImage, Image or zImage of a kernel build
	  --modules DIR       find its modules below DIR, compressed or not
	  --ksrc TREE         boot the kernel built in this tree or build directory, with its modules
	  --debian VERSION    boot a Debian kernel, a version for scripts/debian-kernel.sh: 6.12

	  --append WORDS      append to the kernel's command line
	  --memory MIB        memory of the guest (default: 1024)
	  --accel WHICH       kvm, tcg or auto: kvm if it works (default: auto)
	  --shell             open a shell in the guest instead of a run: /suite/cases/drop --help
	  --coverage          write coverage.md, the lines of the kernel that ran, to the run
	                      directory: with --ksrc \$(scripts/kernel.sh coverage). A run of all
	                      cases with raw and raw-uring fails if a line did not run and
	                      cases/COVERAGE.md does not say why
	  --gdb               wait for a debugger before booting
	  --boot              print the duration of a bare boot in microseconds, for scripts/bench.sh
	  --bisect            exit status for git bisect run: 0 good, 1 bad, 125 the kernel
	                      is not built, does not boot or can run no case; implies --strict

	  --mount CMD --name NAME  run the cases for an external file system, as scripts/run.sh
	                      does, but without a trial mount. The program of CMD and the
	                      libraries that ldd lists are put into the guest
	  --with PATH         put this file, or all files below this directory, into the guest
	                      under the same path: what the program loads when it runs; repeat it

	The options of scripts/run.sh:
	$(shared_options)
	  --enable-uring --destructive  are always on
	  -h, --help          show this text

	OUTPUT                the build directory (default: build)
	FPT_TIMEOUT_MUL       factor for every deadline (default: 10 without KVM)
	FPT_VM_SILENCE        seconds without output after which a kernel counts as hung
	                      (default: 60); three times as long until it is up

	Exit status: 0 passed, 1 failed or usage error, 4 no case could run.
	END
}

# shellcheck source=scripts/lib/runner.inc
. "$scripts/lib/runner.inc"
# shellcheck source=scripts/lib/architectures.inc
. "$scripts/lib/architectures.inc"
# shellcheck source=scripts/vm/kernel_image.inc
. "$scripts/vm/kernel_image.inc"
# shellcheck source=scripts/lib/external.inc
. "$scripts/lib/external.inc"
# shellcheck source=scripts/vm/external.inc
. "$scripts/vm/external.inc"
# shellcheck source=scripts/vm/machine.inc
. "$scripts/vm/machine.inc"
# shellcheck source=scripts/vm/modules.inc
. "$scripts/vm/modules.inc"
# shellcheck source=scripts/vm/foreign.inc
. "$scripts/vm/foreign.inc"
# shellcheck source=scripts/vm/image.inc
. "$scripts/vm/image.inc"
# shellcheck source=scripts/vm/boots.inc
. "$scripts/vm/boots.inc"

own_flags=" --shell --coverage --gdb --boot --bisect --enable-uring --destructive "
not_for_rerun=" --shell --coverage --gdb --boot --bisect --enable-uring --destructive "
own_values=" --arch --kernel --modules --ksrc --debian --append --memory --accel --mount --name --with "

architecture='' image='' tree='' debian='' modules_dir='' kernel_configs=()
append='' memory=1024 accel=auto
shell='' coverage='' gdb='' boot_only='' bisect=

own_option()
{
	case $1 in
	--arch) architecture=$2 ;;
	--kernel) image=$2 ;;
	--modules) modules_dir=$2 ;;
	--ksrc) tree=$2 ;;
	--debian) debian=$2 ;;
	--append) append=$2 ;;
	--memory) memory=$2 ;;
	--accel) accel=$2 ;;
	--mount) mount=$2 folder=external ;;
	--name) name=$2 ;;
	--with) add_with "$2" ;;
	--shell) shell=1 ;;
	--coverage) coverage=1 ;;
	--gdb) gdb=1 ;;
	--boot) boot_only=1 ;;
	--bisect) bisect=1 && export FPT_STRICT=1 ;;
	esac
}

# not_booted WHY: no verdict for a bisection, else a failure.
not_booted()
{
	die "$1" "$([ -n "$bisect" ] && echo 125 || echo 1)"
}

# Programs of another architecture are in a directory of their own.
choose_suite()
{
	how_to_build_suite="run 'make' first"
	is_native || suite=$OUTPUT/$arch how_to_build_suite="run 'make CROSS_COMPILE=$arch_prefix OUTPUT=$suite' first"
	[ -x "$suite/vm/init" ] || die "no programs of $arch in $suite: $how_to_build_suite"
}

check_options()
{
	[[ $memory =~ ^[1-9][0-9]*$ ]] || die "--memory needs a number of MiB, not '$memory'"
	silence=${FPT_VM_SILENCE:-60}
	[[ $silence =~ ^[1-9][0-9]*$ ]] || die "FPT_VM_SILENCE needs a number of seconds above 0, not '$silence'"
	[ -z "$coverage" ] || grep -qsx CONFIG_GCOV_KERNEL=y "$tree/.config" ||
		die "--coverage needs --ksrc with a build directory of scripts/kernel.sh coverage"
	[ "$jobs" -le 64 ] 2>/dev/null || jobs=64 # PARALLEL_MAX in scripts/vm/guest/jobs.c
}

show_gdb_command()
{
	local symbols=vmlinux

	[ -z "$tree" ] || symbols=$tree/vmlinux
	silence=0
	echo "The guest waits for: gdb $symbols -ex 'target remote :1234' (then c; hbreak stops in code not yet loaded)"
}

run_shell()
{
	echo shell >"$work/shell"
	cat "$work/job-list.head" "$work/shell" >"$work/boot/vm/job-list"
	make_initrd
	echo "in the guest: /suite/cases, /suite/servers; 'exit' ends it"
	# In the background, so that bash handles a signal at once and kills QEMU.
	trap 'kill $!' EXIT
	stream_to null
	# shellcheck disable=SC2016 # expands there; the parent may be dead already
	setpriv --pdeathsig KILL sh -c '[ "$PPID" -eq "$0" ] && exec "$@"' $$ "${machine[@]}" -initrd "$work/initrd" \
		-chardev stdio,id=console,signal=off -serial chardev:console "${stream[@]}" <&0 &
	wait "$!"
	trap - EXIT
}

# All cases on both transports of the kernel: only then something is missing that did not run.
covers_all()
{
	[ ${#filter[@]} -eq 0 ] && [ -z "$shard$skip" ] && [ ! -e "$run/stopped" ] &&
		[[ " ${servers[*]} " = *" raw "* && " ${servers[*]} " = *" raw-uring "* ]]
}

write_coverage()
{
	local part=

	covers_all || part=--part
	fpt coverage "$run" "$tree" "$checkout/cases/COVERAGE.md" $part || status=1
	[ -e "$run/coverage.md" ] || return 0
	give_back "$run"
	echo "coverage: $run/coverage.md"
}

# Boots up to init, which finds no job list.
only_boot()
{
	local begun

	put "$suite/vm/init" init
	pack_image
	stream_to null
	begun=${EPOCHREALTIME/.}
	"${machine[@]}" -initrd "$work/image" -serial null "${stream[@]}" </dev/null
	echo $((${EPOCHREALTIME/.} - begun))
}

arguments="$*"
case " $arguments " in
*" --bisect "*) wrong_use=128 ;; # ends the bisection
esac
unset FPT_MOUNT
parse_arguments "$@"
is_external || [ -z "$name" ] || die "--name is for --mount: a server has the name of its file"
find_programs vm/monitor
if [ -n "$list" ]; then
	cases=$(list_cases)
	cut -f 2- <<<"$cases"
	exit 0
fi
check_options
choose_architecture "$architecture"
choose_suite
need_qemu
need_cpio
need_space 200 "${TMPDIR:-/tmp}" "the image for the virtual machine" "set TMPDIR to another directory"
work=$(mktemp -d)
# Removes $work when the last writer of this pipe is gone, even after SIGKILL.
exec 8> >(trap '' INT TERM HUP && cat && rm -rf "$work")
trap 'exit 130' INT
trap 'exit 143' TERM HUP
choose_kernel
choose_accelerator
export FPT_DESTRUCTIVE=1

cases=$(list_cases)
mapfile -t programs < <(cut -f 1 <<<"$cases" | uniq)
if is_external; then
	choose_external
else
	choose_servers
fi
[ -z "$gdb" ] || show_gdb_command
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
	write_job_list
	run_shell
	exit
fi
make_run_dir
echo "$cases" >"$run/cases.tsv"
given_name=$kernel
[ -n "$given_name" ] || name_kernel_of "${kernel_release%%[-+]*}"
leave_out "$kernel" "$kernel_release"
prepare_show "$kernel" "$kernel_release"
make_image
write_selection "$work/boot/vm/selection"
check_memory
write_job_list
run_boots
release=$first_release
kernel_log="read"
[ -n "$given_name" ] || name_kernel_of "${release%%[-+]*}"
finish_run "${kernel_configs[@]}"
! is_external || tee -a "$run/summary" <"$run/advice"
[ -z "$coverage" ] || write_coverage
[ -z "$bisect" ] || [ "$status" -ne 4 ] || status=125
exit "$status"

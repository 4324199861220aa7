#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# vm.sh without a kernel: QEMU is a script that says what a guest would. With a kernel:
# vm-boots.sh.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built vm/monitor
need_built tests/crash_cases
type -P cpio >/dev/null || skip_all "config: no cpio (Debian: cpio; scripts/setup.sh --check installs it)"
vm=$scripts/vm.sh
export OUTPUT="$tmp/build"
mkdir -p "$OUTPUT/cases" "$OUTPUT/servers" "$tmp/bin"
ln -s "$built/vm" "$OUTPUT/vm"
cp "$built/tests/crash_cases" "$OUTPUT/cases/crash_cases"
cp "$built/servers/raw" "$OUTPUT/servers/raw"

# A kernel is this much to vm.sh: a magic word, and where its release stands.
kernel=$tmp/bzImage
{
	head -c 514 /dev/zero
	printf 'HdrS'
	head -c 8 /dev/zero
	printf '\x00\x01' # at 0x100 behind the first 512 bytes
	head -c 240 /dev/zero
	printf '6.99.1-fake (x@y)\0'
	head -c 1000 /dev/zero
} >"$kernel"

# With -bios it is asked whether KVM works; $kvm says how. Else it says $tmp/stream, and ends
# if there is $tmp/dies, which is then on the console. With $tmp/talks it repeats that there,
# with $tmp/later it says that after a while.
cat >"$tmp/bin/qemu-system-x86_64" <<'END'
#!/bin/sh
case " $* " in
*" -bios "*)
	case $kvm in
	fails) echo "qemu: no KVM here"; exit 1 ;;
	hangs) exec tail -f /dev/null ;;
	*) exit 151 ;;
	esac
	;;
*" -accel kvm "*) [ "$kvm" != "boots nothing" ] || exit 1 ;;
esac
printf '%s\n' "$*" >>"$FAKE/args"
initrd=${*#*-initrd }
[ -z "${keep-}" ] || cp "${initrd%% *}" "$keep"
cat "$FAKE/stream"
console=${*#*id=console,path=}
console=${console%%,append*}
while [ -e "$FAKE/talks" ] && cat "$FAKE/talks" >>"$console"; do
	timeout 0.3 tail -f /dev/null
done
if [ -e "$FAKE/later" ]; then
	timeout 0.3 tail -f /dev/null
	cat "$FAKE/later"
fi
[ -e "$FAKE/dies" ] || exec tail -f /dev/null
cat "$FAKE/dies" >>"$console"
END
chmod +x "$tmp/bin/qemu-system-x86_64"
export PATH="$tmp/bin:$PATH" FAKE="$tmp" kvm=fails
deadline=$((60 * ${FPT_TIMEOUT_MUL:-1}))

# fake NAME STATUS OPTION...; the stream is on standard input
fake()
{
	cat >"$tmp/stream"
	rm -rf "$tmp/run" "$tmp/args"
	: >"$tmp/args"
	exits "$1" "$2" timeout $deadline "$vm" --kernel "$kernel" --server raw --run-dir "$tmp/run" "${@:3}"
}

well()
{
	cat <<-END
		H 6.99.1-fake
		B0 raw crash_cases
		O0 ok 1 machine.is_well_at_first
		O0 ok 2 machine.is_well_at_last
		S0 ${1-0}
		D all jobs
	END
}

# --- wrong use ---------------------------------------------------------------

exits "no kernel" 1 "$vm"
says "says what to give" "$tmp/err" 'vm.sh: which kernel? give --kernel BZIMAGE, .*'
exits "a kernel that is missing" 1 "$vm" --kernel "$tmp/none"
says "is named" "$tmp/err" "vm.sh: no kernel $tmp/none"
exits "a kernel that is none" 1 "$vm" --kernel "$OUTPUT/cases/crash_cases"
says "is named" "$tmp/err" "vm.sh: $OUTPUT/cases/crash_cases is no bzImage: .*"
head -c 500 "$kernel" >"$tmp/cut"
exits "a kernel of a few bytes" 1 "$vm" --kernel "$tmp/cut"
says "is none" "$tmp/err" "vm.sh: $tmp/cut is no bzImage: .*"
{ head -c 497 "$kernel" && printf '\x09' && tail -c +499 "$kernel"; } >"$tmp/cut"
exits "one that is cut short" 1 "$vm" --kernel "$tmp/cut"
says "is told so" "$tmp/err" "vm.sh: $tmp/cut is cut short: of its 5120 bytes 1786 are there"
exits "two kernels" 1 "$vm" --kernel x --ksrc y
says "are too many" "$tmp/err" 'vm.sh: give only one of --kernel, --ksrc and --debian'
exits "a tree that is not built" 1 "$vm" --ksrc "$tmp"
says "says how to build it" "$tmp/err" "vm.sh: no $tmp/arch/x86/boot/bzImage: build it .*"
exits "the same in a bisection" 125 "$vm" --ksrc "$tmp" --bisect
exits "wrong use in a bisection" 128 "$vm" --bisect --quick
exits "before it is told of" 128 "$vm" --quick --bisect
exits "a memory that is none" 1 "$vm" --kernel x --memory much
says "is named" "$tmp/err" "vm.sh: --memory is a number of MiB, not 'much'"
exits "the list" 0 "$vm" --list
says "needs no kernel" "$tmp/out" 'crash_cases.machine.panics	V2	.*'
exits "help" 0 "$vm" --help
says "tells the exit status" "$tmp/out" 'Exit status: 0 passed, .*'

# --- outcomes ------------------------------------------------------------------

some=(--filter '*.is_well_*')
fake "all is well" 0 "${some[@]}" < <(well)
check "no case is shown" sh -c "! grep dies '$tmp/out'"
says "the last line" "$tmp/out" '2 passed, 0 failed, 0 skipped'
check "results are of the kernel that ran" ls "$tmp/run/results/6.99.1/raw.tsv"
fake "in a bisection good" 0 --bisect "${some[@]}" < <(well)
fake "with --verbose" 0 -v "${some[@]}" < <(well)
says "each is" "$tmp/out" 'raw  *crash_cases.machine.is_well_at_first  *pass'
fake "two filters" 0 --filter crash_cases.machine.is_well_at_first --filter '*.is_well_at_last' < <(well)
says "add up" "$tmp/out" '2 passed, 0 failed, 0 skipped'
fake "--fail-fast" 1 --fail-fast "${some[@]}" < <(well)
says "is refused" "$tmp/err" 'vm.sh: --fail-fast is for scripts/run.sh: .*'
fake "a failure" 1 --append 'quiet fuse.x=1' "${some[@]}" < <(well 1 | sed 's/O0 ok 2/O0 # crash_cases.c:1: got 1, wanted 2\nO0 not ok 2/')
says "is shown at once" "$tmp/out" 'raw  *crash_cases.machine.is_well_at_last  *fail  crash_cases.c:1: got 1, wanted 2'
says "with how to run it again" "$tmp/out" \
	"    rerun: OUTPUT=$OUTPUT .*$vm --kernel $kernel --append 'quiet fuse.x=1' --server raw --filter crash_cases.machine.is_well_at_last"
fake "in a bisection bad" 1 --bisect "${some[@]}" < <(well 1 | sed 's/O0 ok 2/O0 not ok 2/')
without_passthrough()
{
	cat <<-END
		H 6.1.1
		B0 raw crash_cases
		O0 1..0 # SKIP kernel: no FUSE passthrough (Linux 6.9 has it)
		S0 4
		D all jobs
	END
}
fake "a kernel without passthrough" 4 "${some[@]}" < <(without_passthrough)
says "says why" "$tmp/out" '  *2  kernel: no FUSE passthrough (Linux 6.9 has it)'
fake "in a bisection no verdict" 125 --bisect "${some[@]}" < <(without_passthrough)
says "but a reason" "$tmp/out" '  *2  kernel: no FUSE passthrough (Linux 6.9 has it)'

touch "$tmp/dies"
fake "a kernel that does not come up" 1 "${some[@]}" </dev/null
says "is no verdict on any case" "$tmp/err" 'vm.sh: the kernel does not boot: the machine was reset without console output .*'
fake "in a bisection no verdict" 125 --bisect "${some[@]}" </dev/null
echo "[    1.9] Oops: general protection fault 0000 [#1] SMP NOPTI" >"$tmp/dies"
fake "one that dies on its way" 1 "${some[@]}" </dev/null
says "says of what" "$tmp/err" 'vm.sh: the kernel does not boot: Oops: general protection fault .*'
rm "$tmp/dies"
FPT_VM_SILENCE=2 fake "one that says nothing" 1 "${some[@]}" </dev/null
says "is waited for aloud" "$tmp/err" 'vm.sh: [56] s, waiting for the kernel to come up'
says "hangs" "$tmp/err" 'vm.sh: the kernel does not boot: the kernel hung: .*'
echo "[   31.0] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [crash_cases:99]" >"$tmp/talks"
FPT_VM_SILENCE=2 fake "one that goes on talking of its hang" 1 --filter crash_cases.machine.is_well_at_first <<END
H 6.99.1-fake
B0 raw crash_cases
E0 {"type":"begin","case":"crash_cases.machine.is_well_at_first"}
END
says "is ended all the same" "$tmp/out" 'raw  *crash_cases.machine.is_well_at_first  *crash  watchdog: BUG: soft lockup .*'
rm "$tmp/talks"

ln -s crash_cases "$OUTPUT/cases/other"
cat >"$tmp/later" <<END
K1 other
D stuck
END
fake "two programs that cannot be killed" 1 -j2 --filter '*.machine.is_well_at_first' <<END
H 6.99.1-fake
B0 raw crash_cases
B1 raw other
O0 not ok 1 machine.is_well_at_first
O1 ok 1 machine.is_well_at_first
K0 crash_cases
END
says "are both asked whether they have failed" "$tmp/out" \
	'the kernel died: while no case ran: its processes cannot be killed'
rm "$tmp/later" "$OUTPUT/cases/other"

fake "a machine with next to no memory" 1 --memory 10 "${some[@]}" < <(well)
says "is told what it takes" "$tmp/err" 'vm.sh: --memory 10: this kernel with what runs on it takes [0-9]* MiB or more'
check "before it boots" test ! -s "$tmp/args"

cat >"$tmp/odd" <<END
#!/bin/bash
umask 077
ulimit -Sn 64
exec env --ignore-signal=HUP,INT,QUIT,TERM,PIPE,CHLD --block-signal=USR1,ALRM POSIXLY_CORRECT=1 CDPATH=/:/tmp \
	GREP_OPTIONS=-v LANG=tr_TR.UTF-8 "$vm" "\$@"
END
chmod +x "$tmp/odd"
usual=$vm vm=$tmp/odd
fake "an odd caller" 0 "${some[@]}" < <(well)
says "the last line" "$tmp/out" '2 passed, 0 failed, 0 skipped'
FPT_VM_SILENCE=1 fake "an odd caller, and a kernel that says nothing" 1 "${some[@]}" </dev/null
says "hangs" "$tmp/err" 'vm.sh: the kernel does not boot: the kernel hung: .*'
vm=$usual

# --- the image -----------------------------------------------------------------

umask 077
keep="$tmp/initrd" fake "in the machine root has all, whatever the umask here" 0 "${some[@]}" < <(well)
umask 022
cpio -itvn --quiet <"$tmp/initrd" | tr -s ' ' >"$tmp/listed"
says "and everybody may enter" "$tmp/listed" 'drwxr-xr-x [0-9]* 0 0 .* [.]'
says "a folder" "$tmp/listed" 'drwxr-xr-x [0-9]* 0 0 .* suite/cases'
says "a program" "$tmp/listed" '-rwxr-xr-x 1 0 0 .* suite/cases/crash_cases'

tree=$tmp/tree
mkdir -p "$tree/arch/x86/boot" "$tree/fs/ext4" "$tmp/source/fs/overlayfs"
ln -s "$tmp/source" "$tree/source"
cp "$kernel" "$tree/arch/x86/boot/bzImage"
touch "$tree/.config" "$tree/fs/ext4/ext4.ko" "$tmp/source/fs/overlayfs/overlay.ko"
well >"$tmp/stream"
keep="$tmp/initrd" exits "a tree where modules were built one by one" 0 "$vm" --ksrc "$tree" --run-dir "$tmp/of-tree" "${some[@]}"
cpio -it --quiet <"$tmp/initrd" | sed -n '/[.]ko$/p' >"$tmp/listed"
echo vm/modules/ext4.ko >"$tmp/wanted"
same "these are there, and none of the source it has a link to" "$tmp/wanted" "$tmp/listed"

printf '%s\n' fs/ext4/ext4.o fs/fuse/fuse.o >"$tree/modules.order"
echo kernel/fs/fuse/fuse.ko >"$tree/modules.builtin"
keep="$tmp/initrd" exits "a tree with modules of an older build" 0 "$vm" --ksrc "$tree" --run-dir "$tmp/of-old" "${some[@]}"
cpio -it --quiet <"$tmp/initrd" | sed -n '/[.]ko$/p' >"$tmp/listed"
same "has those that are not built in now" "$tmp/wanted" "$tmp/listed"

# --- what is missing -----------------------------------------------------------

mkdir "$tmp/less"
ln -s /bin/* "$tmp/less"
ln -sf /usr/bin/* "$tmp/less"
ln -sf "$tmp/bin/qemu-system-x86_64" "$tmp/less"
rm "$tmp/less/strip"
PATH="$tmp/less" fake "without strip" 0 "${some[@]}" < <(well)
rm "$tmp/less/jq"
PATH="$tmp/less" fake "without jq" 1 "${some[@]}" < <(well)
says "says what to install" "$tmp/err" 'vm.sh: no jq: install it (Debian: jq; .*)'
check "before it boots" test ! -s "$tmp/args"
rm "$tmp/less/cpio"
PATH="$tmp/less" fake "without cpio" 1 "${some[@]}" < <(well)
says "says what to install" "$tmp/err" 'vm.sh: no cpio: install it (Debian: cpio; .*)'

# --- KVM -----------------------------------------------------------------------

accelerators()
{
	sed 's/.* -accel \([a-z]*\) .*/\1/' "$tmp/args" | paste -sd ' ' >"$tmp/accelerators"
}

if [ -w /dev/kvm ]; then
	for kvm in fails hangs works "boots nothing"; do
		fake "KVM that $kvm" 0 "${some[@]}" < <(well)
		accelerators
		case $kvm in
		works) says "is used" "$tmp/accelerators" kvm ;;
		*) says "is not used" "$tmp/accelerators" tcg ;;
		esac
	done
	says "what was tried is told" "$tmp/out" 'KVM does not boot this kernel: without it'
	kvm=fails
	fake "--accel kvm where it fails" 1 --accel kvm "${some[@]}" < <(well)
	says "says why" "$tmp/err" 'vm.sh: KVM does not work here (qemu: no KVM here): leave --accel out'
else
	echo "# KVM is not tried: no /dev/kvm"
fi
kvm=works
fake "--accel tcg" 0 --accel tcg "${some[@]}" < <(well)
accelerators
says "needs no KVM" "$tmp/accelerators" tcg
fake "an accelerator that is none" 1 --accel hax < <(well)
says "is named" "$tmp/err" "vm.sh: --accel is auto, kvm or tcg, not 'hax'"

# --- killed --------------------------------------------------------------------

mkfifo "$tmp/fifo"

killed() # SIGNAL STATUS OPTION...
{
	# Every process below inherits descriptor 9, so the pipe ends when they did.
	rm -rf "$tmp/run"
	mkdir "$tmp/its"
	TMPDIR=$tmp/its "$vm" --kernel "$kernel" --server raw --run-dir "$tmp/run" "${some[@]}" "${@:3}" \
		>"$tmp/fifo" 2>&1 9>&1 &
	pid=$!
	exec 3<"$tmp/fifo"
	check "it runs" timeout $deadline head -n 1 <&3
	kill -s "$1" "$pid"
	check "$1${3:+ with $3}: everything below it ends" timeout $deadline cat <&3 2>/dev/null
	kill -s KILL "$pid" 2>/dev/null || :
	status=0
	wait "$pid" || status=$?
	check "and it itself" test "$status" -eq "$2"
	check "and it leaves no file" rmdir "$tmp/its"
	exec 3<&-
}

well | head -n 3 >"$tmp/stream"
killed TERM 143
killed HUP 143
killed KILL 137
killed HUP 143 --shell
killed KILL 137 --shell
finish

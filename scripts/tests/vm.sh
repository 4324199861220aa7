#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# vm.sh without a kernel: a script in place of QEMU plays the guest. vm-boots.sh boots one.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built vm/monitor
need_built tests/crash_cases
type -P cpio >/dev/null || skip_all "config: no cpio (Debian: cpio; scripts/setup.sh --check installs it)"
vm=$scripts/vm.sh
export OUTPUT="$tmp/build"
mkdir -p "$OUTPUT/cases" "$OUTPUT/servers" "$tmp/bin"
ln -s "$built/vm" "$built/contain" "$OUTPUT"
cp "$built/tests/crash_cases" "$OUTPUT/cases/crash_cases"
cp "$built/servers/raw" "$OUTPUT/servers/raw"
cp "$built/servers/raw" "$OUTPUT/servers/raw-uring"

# vm.sh reads only the magic number and the offset of the release.
kernel=$tmp/bzImage
{
	head -c 514 /dev/zero
	printf 'HdrS'
	head -c 8 /dev/zero
	printf '\x00\x01' # at 0x100 after the first 512 bytes
	head -c 240 /dev/zero
	printf '6.99.1-fake (x@y)\0'
	head -c 1000 /dev/zero
} >"$kernel"

# With -bios it is the test of KVM, which does what $kvm says. Otherwise it prints $tmp/stream. If
# $tmp/dies exists, it appends that to the console and exits; $tmp/talks it appends to the console
# again and again, $tmp/later it prints after a while.
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

# fake NAME STATUS OPTION...: runs vm.sh with the stream from standard input
fake()
{
	cat >"$tmp/stream"
	rm -rf "$tmp/run" "$tmp/args"
	: >"$tmp/args"
	exits "$1" "$2" timeout $deadline "$vm" --kernel "$kernel" --server raw --run-dir "$tmp/run" "${@:3}"
}

passing()
{
	cat <<-END
		H 6.99.1-fake
		B0 raw crash_cases
		O0 ok 1 vm.passes_first
		O0 ok 2 vm.passes_last
		S0 ${1-0}
		D all jobs
	END
}

# --- usage errors ------------------------------------------------------------

exits "no kernel" 1 "$vm"
says "no kernel: names the options" "$tmp/err" 'vm.sh: no kernel given: use --kernel BZIMAGE, .*'
exits "a missing kernel" 1 "$vm" --kernel "$tmp/none"
says "a missing kernel: names it" "$tmp/err" "vm.sh: no kernel $tmp/none"
exits "not a kernel" 1 "$vm" --kernel "$OUTPUT/cases/crash_cases"
says "not a kernel: names it" "$tmp/err" "vm.sh: $OUTPUT/cases/crash_cases is not a kernel of amd64: give arch/x86/boot/bzImage of a kernel build, or --arch"
head -c 500 "$kernel" >"$tmp/cut"
exits "a kernel of a few bytes" 1 "$vm" --kernel "$tmp/cut"
says "a kernel of a few bytes: names it" "$tmp/err" "vm.sh: $tmp/cut is not a kernel of amd64: give arch/x86/boot/bzImage of a kernel build, or --arch"
{ head -c 497 "$kernel" && printf '\x09' && tail -c +499 "$kernel"; } >"$tmp/cut"
exits "a truncated kernel" 1 "$vm" --kernel "$tmp/cut"
says "a truncated kernel: shows both sizes" "$tmp/err" "vm.sh: $tmp/cut is truncated: it has 1786 of 5120 bytes"
exits "two kernels" 1 "$vm" --kernel x --ksrc y
says "two kernels: names the options" "$tmp/err" 'vm.sh: give only one of --kernel, --ksrc and --debian'
exits "an unbuilt tree" 1 "$vm" --ksrc "$tmp"
says "an unbuilt tree: says how to build it" "$tmp/err" "vm.sh: no $tmp/arch/x86/boot/bzImage: build it .*"
exits "an unbuilt tree in a bisection" 125 "$vm" --ksrc "$tmp" --bisect
exits "a usage error in a bisection" 128 "$vm" --bisect --quick
exits "a usage error before --bisect" 128 "$vm" --quick --bisect
exits "an invalid --memory" 1 "$vm" --kernel x --memory much
says "an invalid --memory: names it" "$tmp/err" "vm.sh: --memory needs a number of MiB, not 'much'"
exits "--coverage without its kernel" 1 "$vm" --kernel "$kernel" --coverage
says "--coverage without its kernel: says what it needs" "$tmp/err" "vm.sh: --coverage needs --ksrc with a build .*"
exits "--list" 0 "$vm" --list
says "--list needs no kernel" "$tmp/out" 'crash_cases.vm.panics	V2	.*'
exits "--help" 0 "$vm" --help
says "--help documents the exit status" "$tmp/out" 'Exit status: 0 passed, .*'

# --- outcomes ------------------------------------------------------------------

some=(--filter '*.vm.passes_*')
fake "all pass" 0 "${some[@]}" < <(passing)
check "all pass: no case is shown" sh -c "! grep crash_cases '$tmp/out'"
says "the last line" "$tmp/out" '2 passed, 0 failed, 0 skipped'
check "all pass: results are named for the kernel that ran" ls "$tmp/run/results/6.99.1/raw.tsv"
fake "all pass in a bisection" 0 --bisect "${some[@]}" < <(passing)
fake "with --verbose" 0 -v "${some[@]}" < <(passing)
says "with --verbose: shows each case" "$tmp/out" 'raw  *crash_cases.vm.passes_first  *pass'
fake "two filters" 0 --filter crash_cases.vm.passes_first --filter '*.passes_last' < <(passing)
says "two filters: select both cases" "$tmp/out" '2 passed, 0 failed, 0 skipped'
# The guest prints the first failure and no end.
fake "--fail-fast" 1 --fail-fast "${some[@]}" --results "$tmp/kept" < <(passing | sed -n 's/O0 ok 1/O0 not ok 1/; 1,3p')
says "--fail-fast: the boot ends at the first failure" "$tmp/out" '0 passed, 1 failed, 0 skipped'
says "--fail-fast: counts the cases that did not run" "$tmp/out" 'stopped at the first failure: 1 case was not run'
says "--fail-fast: the results are not kept" "$tmp/err" "results not kept in $tmp/kept: incomplete because of --.*"
check "--fail-fast: one boot" test "$(grep -c ' -chardev stdio,id=stream' "$tmp/args")" = 1
fake "--fail-fast without a failure" 0 --fail-fast "${some[@]}" < <(passing)
check "--fail-fast without a failure: runs all" test ! -e "$tmp/run/stopped"
counted=$tmp/counted
mkdir -p "$counted/arch/x86/boot" "$counted/fs/fuse"
cp "$kernel" "$counted/arch/x86/boot/bzImage"
printf 'CONFIG_GCOV_KERNEL=y\nCONFIG_GCC_VERSION=%s0000\n' "$(gcc -dumpversion | cut -d . -f 1)" >"$counted/.config"
printf 'int never(void) { return 1; }\nint main(void) { return 0; }\n' >"$counted/fs/fuse/toy.c"
(cd "$counted" && gcc --coverage -o toy.o -c fs/fuse/toy.c && gcc --coverage -o toy toy.o && ./toy &&
	mv toy.gcno toy.gcda fs/fuse)
# counting NAME STATUS < STREAM
counting()
{
	cat >"$tmp/stream"
	rm -rf "$tmp/run"
	exits "$1" "$2" timeout $deadline "$vm" --ksrc "$counted" --coverage --server raw,raw-uring --run-dir "$tmp/run" "${@:3}"
}
# all_pass SERVER...: every case of the program
all_pass()
{
	local server

	echo "H 6.99.1-fake"
	for server; do
		echo "B0 $server crash_cases"
		"$vm" --list | sed -n 's/^crash_cases\.\([^\t]*\)\t.*/\1/p' | nl -w 1 -s ' ' | sed 's/^/O0 ok /'
		echo "S0 0"
	done
	printf '%s\nD all jobs\n' "$counters"
}
counters="C /built/fs/fuse/toy.gcda 0 $(od -An -v -tx1 "$counted/fs/fuse/toy.gcda" | tr -d ' \n')"
counting "--coverage" 0 "${some[@]}" < <(passing | sed "/^D/i $counters")
says "--coverage: the report has the file" "$tmp/run/coverage.md" '| fs/fuse/toy.c | 1/2 (50 %) | 1/2 (50 %) |'
says "--coverage with a filter: the report has what was not executed all the same" "$tmp/run/coverage.md" \
	'## fs/fuse/toy.c: without a reason in cases/COVERAGE.md'
counting "--coverage of all cases" 1 < <(all_pass raw raw-uring)
says "--coverage of all cases: fails without a reason" "$tmp/out" 'coverage: 1 lines or outcomes were not executed, .*'
counting "--coverage of a kernel that sends nothing" 1 "${some[@]}" < <(passing)
says "--coverage of a kernel that sends nothing: says so" "$tmp/err" 'coverage.sh: no coverage: no guest sent .*'
echo 'crash_cases.vm.passes_first 6.99.1 raw fail known here' >"$tmp/mine"
first_fails()
{
	passing 1 | sed 's/O0 ok 1/O0 not ok 1/'
}
fake "--expect" 0 --expect "$tmp/mine" --fail-fast "${some[@]}" < <(first_fails)
says "--expect: a failure that fits does not end the run" "$tmp/out" '1 passed, 0 failed, 0 skipped'
check "--expect: it is not shown as it ends" sh -c "! grep ^raw.*crash_cases '$tmp/out'"
fake "--expect with --verbose" 0 -v --expect "$tmp/mine" "${some[@]}" < <(first_fails)
says "--expect with --verbose: it is shown" "$tmp/out" 'raw  *crash_cases.vm.passes_first  *xfail  known here'
fake "--expect with what deviates" 1 --expect "$tmp/mine" --fail-fast "${some[@]}" < <(passing | sed 3q)
says "--expect: it is shown as it ends" "$tmp/out" \
	'raw  *crash_cases.vm.passes_first  *pass, expected fail (mine:1: known here)'
says "--expect: it ends the run" "$tmp/out" 'stopped at the first failure: 1 case was not run'
fake "--lava" 0 --lava "${some[@]}" < <(passing)
grep '^<LAVA' "$tmp/out" >"$tmp/signals" || :
same "--lava: prints a signal for each case" - "$tmp/signals" <<'END'
<LAVA_SIGNAL_TESTSET START raw>
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=crash_cases-vm-passes_first RESULT=pass>
<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=crash_cases-vm-passes_last RESULT=pass>
<LAVA_SIGNAL_TESTSET STOP>
END
keep=$tmp/initrd fake "--shard" 0 --shard 2/2 "${some[@]}" < <(passing | grep -v first)
says "--shard: counts only its cases" "$tmp/out" '1 passed, 0 failed, 0 skipped'
check "--shard: the programs get a selection" grep -aqF "	--only	/vm/selection" "$tmp/initrd"
check "--shard: which has these cases" grep -aqF crash_cases.vm.passes_last "$tmp/initrd"
fake "a failure" 1 --append 'quiet fuse.x=1' "${some[@]}" < <(passing 1 | sed 's/O0 ok 2/O0 # crash_cases.c:1: got 1, wanted 2\nO0 not ok 2/')
says "a failure is shown" "$tmp/out" 'raw  *crash_cases.vm.passes_last  *fail  crash_cases.c:1: got 1, wanted 2'
says "a failure: shows the command to run it again" "$tmp/out" \
	"    rerun: OUTPUT=$OUTPUT .*$vm --kernel $kernel --append 'quiet fuse.x=1' --server raw --filter crash_cases.vm.passes_last"
changed()
{
	passing | sed 's/O0 ok 2.*/& # XFAIL changed: open f: got EPERM, wanted EIO/'
}
fake "a change of what is not promised" 0 "${some[@]}" < <(changed)
says "a change: is shown" "$tmp/out" 'raw  *crash_cases.vm.passes_last  *changed  open f: got EPERM, wanted EIO'
says "a change: is counted apart" "$tmp/out" '1 changed, not promised'
for option in --strict --bisect; do
	keep=$tmp/initrd fake "$option" 0 $option "${some[@]}" < <(passing)
	check "$option: the guest tests what is only so today" grep -aqF "env	FPT_STRICT	1" "$tmp/initrd"
done
keep=$tmp/initrd fake "without --strict" 0 "${some[@]}" < <(passing)
check "without --strict: the guest does not" sh -c "! grep -aqF 'env	FPT_STRICT' '$tmp/initrd'"
fake "--strict, and a failure" 1 --strict "${some[@]}" < <(passing 1 | sed 's/O0 ok 2/O0 not ok 2/')
says "--strict: the command to run it again is strict, too" "$tmp/out" "    rerun: .*$vm --strict --kernel $kernel .*"
fake "a failure in a bisection" 1 --bisect "${some[@]}" < <(passing 1 | sed 's/O0 ok 2/O0 not ok 2/')
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
says "a kernel without passthrough: shows the reason" "$tmp/out" '  *2  kernel: no FUSE passthrough (Linux 6.9 has it)'
fake "a kernel without passthrough in a bisection" 125 --bisect "${some[@]}" < <(without_passthrough)
says "a kernel without passthrough in a bisection: shows the reason" "$tmp/out" '  *2  kernel: no FUSE passthrough (Linux 6.9 has it)'

touch "$tmp/dies"
fake "a kernel that does not boot" 1 "${some[@]}" </dev/null
says "a kernel that does not boot: reports the reset" "$tmp/err" 'vm.sh: the kernel does not boot: the guest was reset without console output .*'
fake "a kernel that does not boot in a bisection" 125 --bisect "${some[@]}" </dev/null
echo "[    1.9] Oops: general protection fault 0000 [#1] SMP NOPTI" >"$tmp/dies"
fake "a kernel that dies while booting" 1 "${some[@]}" </dev/null
says "a kernel that dies while booting: shows the oops" "$tmp/err" 'vm.sh: the kernel does not boot: Oops: general protection fault .*'
rm "$tmp/dies"
FPT_VM_SILENCE=2 fake "a silent kernel" 1 "${some[@]}" </dev/null
says "a silent kernel: shows progress" "$tmp/err" 'vm.sh: [56] s, waiting for the kernel to boot'
says "reports a hang" "$tmp/err" 'vm.sh: the kernel does not boot: the kernel hung: .*'
echo "[   31.0] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [crash_cases:99]" >"$tmp/talks"
FPT_VM_SILENCE=2 fake "a hung kernel that keeps printing" 1 --filter crash_cases.vm.passes_first <<END
H 6.99.1-fake
B0 raw crash_cases
E0 {"type":"begin","case":"crash_cases.vm.passes_first"}
END
says "a hung kernel that keeps printing: is killed" "$tmp/out" 'raw  *crash_cases.vm.passes_first  *crash  watchdog: BUG: soft lockup .*'
rm "$tmp/talks"

ln -s crash_cases "$OUTPUT/cases/other"
cat >"$tmp/later" <<END
K1 other
D stuck
END
fake "two programs that cannot be killed" 1 -j2 --filter '*.vm.passes_first' <<END
H 6.99.1-fake
B0 raw crash_cases
B1 raw other
O0 not ok 1 vm.passes_first
O1 ok 1 vm.passes_first # XFAIL changed: what: got 1, wanted 2
K0 crash_cases
END
says "two programs that cannot be killed: both are checked for failures" "$tmp/out" \
	'the kernel died: while no case ran: its processes cannot be killed'
rm "$tmp/later" "$OUTPUT/cases/other"

fake "too little memory" 1 --memory 10 "${some[@]}" < <(passing)
says "too little memory: shows the minimum" "$tmp/err" 'vm.sh: --memory 10 is too small: this kernel and the suite need at least [0-9]* MiB'
check "nothing was booted" test ! -s "$tmp/args"

cat >"$tmp/odd" <<END
#!/bin/bash
umask 077
ulimit -Sn 64
exec env --ignore-signal=HUP,INT,QUIT,TERM,PIPE,CHLD --block-signal=USR1,ALRM POSIXLY_CORRECT=1 CDPATH=/:/tmp \
	GREP_OPTIONS=-v LANG=tr_TR.UTF-8 "$vm" "\$@"
END
chmod +x "$tmp/odd"
usual=$vm vm=$tmp/odd
fake "an unusual environment" 0 "${some[@]}" < <(passing)
says "the last line" "$tmp/out" '2 passed, 0 failed, 0 skipped'
FPT_VM_SILENCE=1 fake "an unusual environment and a silent kernel" 1 "${some[@]}" </dev/null
says "reports a hang" "$tmp/err" 'vm.sh: the kernel does not boot: the kernel hung: .*'
vm=$usual

# --- the image -----------------------------------------------------------------

umask 077
keep="$tmp/initrd" fake "umask 077" 0 "${some[@]}" < <(passing)
umask 022
cpio -itvn --quiet <"$tmp/initrd" | tr -s ' ' >"$tmp/listed"
says "umask 077: the guest's root is accessible to all" "$tmp/listed" 'drwxr-xr-x [0-9]* 0 0 .* [.]'
says "umask 077: a directory is accessible to all" "$tmp/listed" 'drwxr-xr-x [0-9]* 0 0 .* suite/cases'
says "umask 077: a program is executable by all" "$tmp/listed" '-rwxr-xr-x 1 0 0 .* suite/cases/crash_cases'

tree=$tmp/tree
mkdir -p "$tree/arch/x86/boot" "$tree/fs/ext4" "$tmp/source/fs/overlayfs"
ln -s "$tmp/source" "$tree/source"
cp "$kernel" "$tree/arch/x86/boot/bzImage"
touch "$tree/.config" "$tree/fs/ext4/ext4.ko" "$tmp/source/fs/overlayfs/overlay.ko"
passing >"$tmp/stream"
keep="$tmp/initrd" exits "a tree without modules.order" 0 "$vm" --ksrc "$tree" --run-dir "$tmp/of-tree" "${some[@]}"
cpio -it --quiet <"$tmp/initrd" | sed -n '/[.]ko$/p' >"$tmp/listed"
echo vm/modules/ext4.ko >"$tmp/wanted"
same "a tree without modules.order: has the modules, without those of the linked source" "$tmp/wanted" "$tmp/listed"

printf '%s\n' fs/ext4/ext4.o fs/fuse/fuse.o >"$tree/modules.order"
echo kernel/fs/fuse/fuse.ko >"$tree/modules.builtin"
keep="$tmp/initrd" exits "a tree with stale modules" 0 "$vm" --ksrc "$tree" --run-dir "$tmp/of-old" "${some[@]}"
cpio -it --quiet <"$tmp/initrd" | sed -n '/[.]ko$/p' >"$tmp/listed"
same "a tree with stale modules: has those not built in now" "$tmp/wanted" "$tmp/listed"

# --- missing tools -------------------------------------------------------------

mkdir "$tmp/less"
ln -s /bin/* "$tmp/less"
ln -sf /usr/bin/* "$tmp/less"
ln -sf "$tmp/bin/qemu-system-x86_64" "$tmp/less"
rm "$tmp/less/strip"
PATH="$tmp/less" fake "without strip" 0 "${some[@]}" < <(passing)
rm "$tmp/less/cpio"
PATH="$tmp/less" fake "without cpio" 1 "${some[@]}" < <(passing)
says "without cpio: says what to install" "$tmp/err" 'vm.sh: no cpio: install it (Debian: cpio; .*)'

# --- KVM -----------------------------------------------------------------------

accelerators()
{
	sed 's/.* -accel \([a-z]*\) .*/\1/' "$tmp/args" | paste -sd ' ' >"$tmp/accelerators"
}

if [ -w /dev/kvm ]; then
	for kvm in fails hangs works "boots nothing"; do
		fake "KVM that $kvm" 0 "${some[@]}" < <(passing)
		accelerators
		case $kvm in
		works) says "KVM that $kvm is used" "$tmp/accelerators" kvm ;;
		*) says "KVM that $kvm is not used" "$tmp/accelerators" tcg ;;
		esac
	done
	says "the fallback to TCG is reported" "$tmp/out" 'KVM does not boot this kernel: using TCG'
	kvm=fails
	fake "--accel kvm without KVM" 1 --accel kvm "${some[@]}" < <(passing)
	says "--accel kvm without KVM: shows the reason" "$tmp/err" 'vm.sh: KVM does not work here (qemu: no KVM here): omit --accel'
else
	echo "# KVM: skipped, no /dev/kvm"
fi
kvm=works
fake "--accel tcg" 0 --accel tcg "${some[@]}" < <(passing)
accelerators
says "--accel tcg: uses no KVM" "$tmp/accelerators" tcg
fake "an invalid --accel" 1 --accel hax < <(passing)
says "an invalid --accel: names it" "$tmp/err" "vm.sh: --accel is auto, kvm or tcg, not 'hax'"

# --- killed --------------------------------------------------------------------

mkfifo "$tmp/fifo"

killed() # SIGNAL STATUS OPTION...
{
	# Every process below inherits descriptor 9: EOF means that all have ended.
	rm -rf "$tmp/run"
	mkdir "$tmp/its"
	TMPDIR=$tmp/its "$vm" --kernel "$kernel" --server raw --run-dir "$tmp/run" "${some[@]}" "${@:3}" \
		>"$tmp/fifo" 2>&1 9>&1 &
	pid=$!
	exec 3<"$tmp/fifo"
	check "$1${3:+ with $3}: it runs" timeout $deadline head -n 1 <&3
	kill -s "$1" "$pid"
	check "$1${3:+ with $3}: everything below it ends" timeout $deadline cat <&3 2>/dev/null
	kill -s KILL "$pid" 2>/dev/null || :
	status=0
	wait "$pid" || status=$?
	check "$1${3:+ with $3}: its exit status" test "$status" -eq "$2"
	check "$1${3:+ with $3}: it leaves no file" rmdir "$tmp/its"
	exec 3<&-
}

passing | head -n 3 >"$tmp/stream"
killed TERM 143
killed HUP 143
killed KILL 137
killed HUP 143 --shell
killed KILL 137 --shell
finish

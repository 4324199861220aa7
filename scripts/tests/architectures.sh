#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The table of architectures, and what the commands make of one that is unknown, of a missing QEMU and of missing
# programs. vm-arch.sh boots one.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built vm/monitor
table=$scripts/lib/architectures
vm=$scripts/vm.sh
export OUTPUT="$tmp/build"
mkdir -p "$OUTPUT" "$tmp/bin"
ln -s "$built/vm" "$built/contain" "$built/cases" "$built/servers" "$OUTPUT"

# --- the table -------------------------------------------------------------------

grep -v '^#' "$table" | grep . >"$tmp/lines"
columns=$(sed -n 's/^#name/name/p' "$table" | wc -w)
while read -r line; do
	check "every line has all columns: ${line%% *}" test "$(echo "$line" | wc -w)" -eq "$columns"
done <"$tmp/lines"
check "no name is there twice" sh -c "! cut -d ' ' -f 1 '$tmp/lines' | sort | uniq -d | grep ."
sed -n '/^# name  /,/^#$/s/^# \([^ ]*\)  .*/\1/p' "$table" >"$tmp/explained"
sed -n 's/^#name/name/p' "$table" | tr -s ' ' '\n' | grep -vxE 'package|device' >"$tmp/columns"
same "every column is explained" "$tmp/columns" "$tmp/explained"
known=$(cut -d ' ' -f 1 "$tmp/lines" | paste -sd ' ')
for command in "vm.sh --debian 7.3" "debian-kernel.sh 7.3" "kernel.sh tiny"; do
	# shellcheck disable=SC2086 # a command and its arguments
	exits "$command --arch sparc" 1 env KSRC="$tmp" "$scripts"/$command --arch sparc
	says "$command --arch sparc: names those that are known" "$tmp/err" ".*: unknown architecture sparc: give one of: $known"
done
for command in vm.sh debian-kernel.sh; do
	"$scripts/$command" --help >"$tmp/help"
	for name in $known; do
		check "$command --help names $name" grep -qw -- "$name" "$tmp/help"
	done
done

# --- QEMU, the programs, the kernel ------------------------------------------------

mkdir "$tmp/less"
ln -s /bin/* "$tmp/less"
ln -sf /usr/bin/* "$tmp/less"
rm -f "$tmp/less"/qemu-system-*
while read -r one host _ _ prefix _ qemu package _; do
	[ "$host" != "$(uname -m)" ] || continue
	exits "$one without its programs" 1 "$vm" --arch "$one" --debian 7.3
	says "$one without its programs: says how to build them" "$tmp/err" \
		"vm.sh: no programs of $one in $OUTPUT/$one: run 'make CROSS_COMPILE=$prefix OUTPUT=$OUTPUT/$one' first"
	mkdir -p "$OUTPUT/$one/vm"
	cp "$built/vm/init" "$OUTPUT/$one/vm"
	exits "$one without QEMU" 1 env PATH="$tmp/less" "$vm" --arch "$one" --debian 7.3
	says "$one without QEMU: names the package" "$tmp/err" "vm.sh: no $qemu: install QEMU (Debian: $package; .*)"
	printf '#!/bin/sh\n' >"$tmp/bin/$qemu"
	chmod +x "$tmp/bin/$qemu"
	exits "$one: a file that is no kernel" 1 env PATH="$tmp/bin:$PATH" "$vm" --arch "$one" --kernel "$table"
	says "$one: a file that is no kernel: says what to give" "$tmp/err" \
		"vm.sh: $table is not a kernel of $one: give arch/.* of a kernel build, or --arch"
done <"$tmp/lines"

# --- images ----------------------------------------------------------------------------

# An Image of arm64: its size at 16, its magic number at 56.
image()
{
	head -c 16 /dev/zero
	printf '\000\000\020\000\000\000\000\000' # 1 MiB
	head -c 32 /dev/zero
	printf 'ARM\144'
	printf 'Linux version 6.99.1-fake (x@y)\n\000'
	head -c 1000 /dev/zero
}


# Notes its arguments, and dies.
cat >"$tmp/bin/qemu-system-aarch64" <<'END'
#!/bin/sh
printf '%s\n' "$*" >"$FAKE/args"
END
printf '#!/bin/sh\n' >"$tmp/bin/aarch64-linux-gnu-strip" # the programs are the host's
chmod +x "$tmp/bin"/*
export FAKE="$tmp"
mkdir -p "$OUTPUT/arm64/cases" "$OUTPUT/arm64/servers" "$OUTPUT/arm64/programs"
for file in cases/seals servers/raw programs/idle; do
	cp "$built/$file" "$OUTPUT/arm64/$file"
done
image >"$tmp/Image"
gzip <"$tmp/Image" >"$tmp/Image.gz"
{
	printf 'MZ\000\000zimg'
	printf '\100\000\000\000' # where the rest begins, and its size
	# shellcheck disable=SC2059 # in octal
	printf "\\$(printf %03o "$(stat -c %s "$tmp/Image.gz")")\\000\\000\\000"
	head -c 8 /dev/zero
	printf 'gzip\000'
	head -c 35 /dev/zero
	cat "$tmp/Image.gz"
} >"$tmp/vmlinuz.efi"
for kind in Image Image.gz vmlinuz.efi; do
	rm -rf "${tmp:?}/args" "${tmp:?}/run"
	exits "arm64: boots $kind" 1 env PATH="$tmp/bin:$PATH" "$vm" --arch arm64 --kernel "$tmp/$kind" --server raw \
		--filter 'seals.*' --run-dir "$tmp/run"
	says "arm64: boots $kind: the kernel is read" "$tmp/err" "vm.sh: the kernel does not boot: .*"
	check "arm64: boots $kind: on its machine, with its second channel" grep -q -- \
		"-M virt .*console=ttyAMA0 .*FPT_VM_STREAM=hvc0.* -device virtio-serial-device,max_ports=1 -device virtconsole" "$tmp/args"
done
rm "$OUTPUT/arm64/servers/raw"
exits "a server that is not built" 1 env PATH="$tmp/bin:$PATH" "$vm" --arch arm64 --kernel "$tmp/Image" --server raw \
	--filter 'seals.*' --run-dir "$tmp/run2"
says "a server that is not built: says how to build it" "$tmp/err" "vm.sh: no server 'raw' for arm64: run 'make CROSS_COMPILE=.*"
finish

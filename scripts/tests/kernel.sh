#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2016 # what sh -c is given expands there
#
# scripts/kernel.sh on a fake kernel tree: configuration, build and messages. A real kernel
# takes too long.
set -eu
# shellcheck source=scripts/tests/tap.inc
. "$(dirname "$0")/tap.inc"

unset CC HOSTCC LLVM # of a make that runs this

for tool in flex bison bc; do
	command -v $tool >/dev/null || skip_all "config: no $tool (run scripts/setup.sh --check)"
done

# Every option takes effect, except REFUSED.
tree=$tmp/tree
mkdir "$tree"
cat >"$tree/Makefile" <<'END'
kernelversion:
	@echo 7.4.0
tinyconfig:
	@echo CONFIG_TINY=y >$(O)/.config
	@echo "$(CC), $(HOSTCC)" >$(O)/compilers
	@$(MAKE) -s -f $(firstword $(MAKEFILE_LIST)) $(objects) >$(O)/profiled
objects := fs/fuse/dev.o fs/inode.o fs/backing-file.o
.PHONY: $(objects)
$(objects):
	@echo $@: $(GCOV_PROFILE)
olddefconfig:
	@sed -i "/REFUSED=/d; /UNKNOWN=/d; $(LOSES)" $(O)/.config
bzImage: $(O)/arch/x86/boot/bzImage
Image: $(O)/arch/arm64/boot/Image
$(O)/arch/x86/boot/bzImage $(O)/arch/arm64/boot/Image: source.c
	@echo '  CC      source.o'
	@! grep -n error source.c
	@mkdir -p $(@D) && cp source.c $@ && touch $(O)/vmlinux
END
cat "$scripts/../config" "$scripts"/../fixtures/kernels/*.config |
	sed -n 's/^CONFIG_\([A-Za-z0-9_]*\)=.*/config \1/p; s/^# CONFIG_\([A-Za-z0-9_]*\) is not set/config \1/p' |
	sort -u >"$tree/Kconfig"
printf 'config REFUSED\n\tbool "has unmet dependencies"\n' >>"$tree/Kconfig"
echo "int main;" >"$tree/source.c"
cp -a "$tree" "$tmp/before"

kernel()
{
	env -u CC -u HOSTCC -u LLVM KSRC="$tree" OUTPUT="$tmp/out-dir" "$scripts/kernel.sh" "$@"
}

exits "--help" 0 kernel --help
says "--help shows the usage" "$tmp/out" "usage: scripts/kernel.sh .*"
exits "an unknown argument" 1 kernel medium
exits "no tree" 1 env -u KSRC OUTPUT="$tmp/out-dir" "$scripts/kernel.sh"
says "no tree: names the options" "$tmp/err" ".*give KSRC=.* or --debian VERSION"
exits "not a kernel tree" 1 env KSRC="$tmp" OUTPUT="$tmp/out-dir" "$scripts/kernel.sh"

for flavour in tiny debug coverage; do
	exits "$flavour" 0 kernel $flavour
	says "$flavour: the build directory is the last line" "$tmp/out" "$tmp/out-dir/kernels/$flavour-7.4.0"
	config=$tmp/out-dir/kernels/$flavour-7.4.0/.config
	says "$flavour: has the options for the cases" "$config" CONFIG_FUSE_PASSTHROUGH=y
	says "$flavour: has the options for QEMU" "$config" CONFIG_SERIAL_8250_CONSOLE=y
	says "$flavour: sets its name" "$config" "CONFIG_LOCALVERSION=\"-$flavour\""
done
says "debug: has fault injection" "$tmp/out-dir/kernels/debug-7.4.0/.config" CONFIG_FAILSLAB=y
says "coverage: has counters" "$config" CONFIG_GCOV_KERNEL=y
profiled=${config%/*}/profiled
says "coverage: counts in FUSE" "$profiled" "fs/fuse/dev.o: fs/fuse/dev.o"
says "coverage: counts in fs/backing-file.c" "$profiled" "fs/backing-file.o: fs/backing-file.o"
says "coverage: counts nowhere else" "$profiled" "fs/inode.o:"
check "the tree is unchanged" diff -r "$tmp/before" "$tree"

exits "built again" 0 kernel tiny
check "built again: nothing is rebuilt" sh -c '! grep -E "configuring|files built" "$1"' sh "$tmp/err"
echo "int main, other;" >"$tree/source.c"
exits "after a change" 0 kernel tiny
says "after a change: one file is built" "$tmp/err" "kernel: 1 files built, .*"
check "after a change: nothing is configured" sh -c '! grep configuring "$1"' sh "$tmp/err"
echo "error: none" >"$tree/source.c"
exits "a tree that does not build" 1 kernel tiny
says "a tree that does not build: the error is shown" "$tmp/err" ".*1:error: none"
echo "int main;" >"$tree/source.c"

echo CONFIG_REFUSED=y >"$tmp/refused"
exits "an option without effect" 1 kernel tiny --config "$tmp/refused"
says "an option without effect: is named" "$tmp/err" ".*requested, but not in .*CONFIG_REFUSED=y; "
echo CONFIG_UNKNOWN=y >"$tmp/unknown"
exits "an option unknown to the kernel" 0 kernel tiny --config "$tmp/unknown"
says "an option unknown to the kernel: is named" "$tmp/err" "kernel: unknown to this kernel: CONFIG_UNKNOWN"
exits "the default options again" 0 kernel tiny
sed -i '/^config TMPFS$/d' "$tree/Kconfig"
exits "a tree without an option" 0 env LOSES=/_TMPFS=/d KSRC="$tree" OUTPUT="$tmp/out-dir" "$scripts/kernel.sh"
says "a tree without an option: names it" "$tmp/err" "kernel: unknown to this kernel: CONFIG_TMPFS"
cp "$tmp/before/Kconfig" "$tree"
exits "the tree with the option again" 0 kernel tiny
says "the tree with the option again: has it" "$tmp/out-dir/kernels/tiny-7.4.0/.config" CONFIG_TMPFS=y
exits "--output" 0 kernel tiny --output "$tmp/elsewhere"
says "--output: prints the directory" "$tmp/out" "$tmp/elsewhere"

mkdir -p "$tree/include/config"
exits "a tree that is not clean" 1 kernel tiny
rm -r "$tree/include"

exits "--pages of the wrong size" 1 kernel tiny --arch arm64 --pages 8k
says "--pages of the wrong size: names the others" "$tmp/err" "kernel: no --pages 8k of arm64, but 4k 16k 64k"
exits "an architecture without a configuration" 1 kernel tiny --arch armhf
says "an architecture without a configuration: names the file" "$tmp/err" "kernel: no kernel for armhf is known here: .*"

mkdir "$tmp/bin"
for tool in bash cat dirname env nproc realpath uname make gcc ld bison bc flock; do
	ln -s "$(command -v $tool)" "$tmp/bin/$tool"
done
# compiled_by CC, HOSTCC VARIABLE=VALUE
compiled_by()
{
	rm -rf "$tmp/elsewhere"
	check "$3: is built" env -u CC -u HOSTCC -u LLVM PATH="$tmp/compilers:$PATH" KSRC="$tree" "$3" \
		"$scripts/kernel.sh" --output "$tmp/elsewhere"
	sed 's/ccache //g' "$tmp/elsewhere/compilers" >"$tmp/compiled"
	says "$3: uses these compilers" "$tmp/compiled" "$1 $2"
}
mkdir "$tmp/compilers"
for tool in mycc clang-99 clang; do
	ln -s "$(command -v gcc)" "$tmp/compilers/$tool"
done
compiled_by gcc, gcc LLVM=
if [ "$(uname -m)" != aarch64 ]; then
	ln -s "$(command -v gcc)" "$tmp/compilers/aarch64-linux-gnu-gcc"
	exits "--arch" 0 env PATH="$tmp/compilers:$PATH" KSRC="$tree" OUTPUT="$tmp/out-dir" \
		"$scripts/kernel.sh" tiny --arch arm64 --pages 64k
	config=$tmp/out-dir/kernels/tiny-arm64-64k-7.4.0/.config
	says "--arch: has a directory of its own" "$tmp/out" "${config%/*}"
	check "--arch: builds its image" test -e "${config%/*}/arch/arm64/boot/Image"
	says "--arch: has the options of its machine" "$config" CONFIG_SERIAL_AMBA_PL011_CONSOLE=y
	check "--arch: has none of another" sh -c "! grep 8250 '$config'"
	says "--pages: has its option" "$config" CONFIG_ARM64_64K_PAGES=y
	sed 's/ccache //g' "${config%/*}/compilers" >"$tmp/compiled"
	says "--arch: uses its compiler" "$tmp/compiled" "aarch64-linux-gnu-gcc, gcc"
	rm "$tmp/compilers/aarch64-linux-gnu-gcc"
	exits "--arch without its compiler" 1 env PATH="$tmp/bin" KSRC="$tree" "$scripts/kernel.sh" --arch arm64
	says "--arch without its compiler: says what to install" "$tmp/err" \
		"kernel: missing: aarch64-linux-gnu-gcc flex; install, on Debian: apt-get install gcc-aarch64-linux-gnu flex"
fi
compiled_by 'mycc -m64,' gcc CC="mycc -m64"
compiled_by gcc, mycc HOSTCC=mycc
compiled_by clang, clang LLVM=1
compiled_by clang-99, clang-99 LLVM=-99

exits "no flex" 1 env -u CC PATH="$tmp/bin" KSRC="$tree" "$scripts/kernel.sh"
says "no flex: says what to install" "$tmp/err" "kernel: missing: flex; install, on Debian: apt-get install flex"

finish

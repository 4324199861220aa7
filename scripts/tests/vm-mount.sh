#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# vm.sh --mount without a kernel: what it puts into the guest, and what it refuses.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built vm/monitor
need_built external/usage
type -P cpio >/dev/null || skip_all "config: no cpio (Debian: cpio; scripts/setup.sh --check installs it)"
export OUTPUT="$built"
vm=$scripts/vm.sh

# The program must not be in a directory that the guest mounts on, as $tmp is.
home=$(mktemp -d "$built/vm-mount.XXXXXX")
trap 'rm -rf "$tmp" "$home"' EXIT
mkdir "$tmp/bin" "$home/plugins"
cp /bin/true "$home/my-fs"
cp /bin/true "$tmp/my-fs"
echo plugin >"$home/plugins/one"
printf '#!/bin/sh\n' >"$home/script"
chmod +x "$home/script"

kernel=$tmp/bzImage # its magic number and the offset of its release
{
	head -c 514 /dev/zero
	printf 'HdrS'
	head -c 8 /dev/zero
	printf '\x00\x01'
	head -c 240 /dev/zero
	printf '6.99.1-fake (x@y)\0'
	head -c 1000 /dev/zero
} >"$kernel"
cat >"$tmp/bin/qemu-system-x86_64" <<'END'
#!/bin/sh
case " $* " in
*" -bios "*) exit 1 ;; # no KVM
esac
initrd=${*#*-initrd }
cp "${initrd%% *}" "$KEEP"
printf '%s\n' "H 6.99.1-fake" "B0 my-fs usage" "S0 0" "D all jobs"
exec tail -f /dev/null
END
chmod +x "$tmp/bin/qemu-system-x86_64"
export PATH="$tmp/bin:$PATH" KEEP="$tmp/initrd"

# mounts NAME STATUS COMMAND [OPTION...]
mounts()
{
	rm -rf "$tmp/run" "$tmp/initrd"
	exits "$1" "$2" timeout $((100 * ${FPT_TIMEOUT_MUL:-1})) "$vm" --kernel "$kernel" --run-dir "$tmp/run" \
		--filter 'usage.passthrough.open_rdwr.read*' --mount "$3" "${@:4}"
}

in_guest() # PATH...
{
	cpio -it --quiet <"$tmp/initrd" >"$tmp/listed"
	for path; do
		grep -xF -- "${path#/}" "$tmp/listed" || { echo "no $path" && return 1; }
	done
}

mounts "a relative program, with plugins" 1 "$(realpath --relative-to . "$home")/my-fs {source} {mountpoint}" --with "$home/plugins"
check "it is in the guest, with its library, a shell, the plugin and the case" in_guest "$home/my-fs" \
	"$(ldd /bin/true | sed -n 's/.*=> \(.*libc[^ ]*\) .*/\1/p')" bin/sh "$home/plugins/one" suite/cases/usage
check "the guest gets the command, with an absolute path" \
	grep -aqF "env	FPT_MOUNT	$home/my-fs {source} {mountpoint}" "$tmp/initrd"
mounts "a program in a directory that the guest mounts on" 1 "$tmp/my-fs {source} {mountpoint}"
says "is refused" "$tmp/err" "vm.sh: '$tmp/my-fs' would be hidden in the virtual machine, .*: copy it elsewhere"
mounts "a script" 1 "$home/script {source} {mountpoint}"
says "is refused" "$tmp/err" "vm.sh: --mount: '$home/script' is a script, .*"
mounts "a script with its interpreter" 1 "$home/script {source} {mountpoint}" --with /bin/sh
check "is in the guest" in_guest "$home/script" /bin/sh
mounts "--mount with --server" 1 "$home/my-fs {source} {mountpoint}" --server raw
says "is refused" "$tmp/err" 'vm.sh: give --mount or --server, not both'
mounts "--with of nothing" 1 "$home/my-fs {source} {mountpoint}" --with "$home/none"
says "is refused" "$tmp/err" "vm.sh: --with: no file or directory '$home/none'"
exits "matrix.sh --mount with --hosts" 1 "$scripts/matrix.sh" --mount "$home/my-fs {source} {mountpoint}" --hosts "$kernel"
says "is refused" "$tmp/err" 'matrix.sh: give --mount or --hosts, not both: .*'

finish

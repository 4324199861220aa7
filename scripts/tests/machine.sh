#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A machine on which no case can run: run.sh in each of its ways, and a program that was started
# by hand or by kselftest's runner, exit with 4 and say in one line what is missing.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built cases/drop
need_built contain
need_fuse
"$built/contain" --host || skip_all "config: this host itself lacks something, see above"
run=$scripts/run.sh
export OUTPUT="$built" FPT_SERVER="$built/servers/raw"

# Both outputs are one line that ends in what to do.
one_line() # PATTERN
{
	[ "$(wc -l <"$tmp/both")" -eq 1 ] || { echo "more than a line:"; cat "$tmp/both"; return 1; }
	line_in "$tmp/both" "$1 (.*)"
}

# lacking WHAT PATTERN COMMAND...: that runs its arguments on such a machine.
lacking()
{
	what=$1 pattern=$2
	shift 2
	exits "$what: a run" 4 "$@" "$run" --run-dir "$tmp/run"
	check "says it" one_line "run.sh: $pattern"
	check "and leaves nothing" test ! -e "$tmp/run"
	exits "$what: --probe" 4 "$@" "$run" --probe --server raw
	check "says it" one_line "run.sh: $pattern"
	exits "$what: --mount" 4 "$@" "$run" --mount 'true {source} {mountpoint}'
	check "says it" one_line "run.sh: $pattern"
	exits "$what: the probe" 4 "$@" "$built/probe"
	check "says it" one_line "cannot be tried: $pattern"
	exits "$what: a program of cases" 4 "$@" "$built/cases/drop"
	sed -i '/^TAP version/d' "$tmp/both"
	check "says it" one_line "1\.\.0 # SKIP [a-z]*: $pattern"
}

# COMMAND in a mount namespace where this was done.
after() # SCRIPT COMMAND...
{
	script=$1
	shift
	unshare --mount sh -ec "$script"' && exec "$@"' - "$@"
}

mapping_everyone() # COMMAND...
{
	# shellcheck disable=SC2016 # for the inner shell
	unshare --user sh -c 'read -r _ <"$0" && exec "$@"' "$tmp/mapped" "$@" &
	exec 8>"$tmp/mapped" # it is in the namespace when this returns
	echo 0 0 4294967295 >"/proc/$!/uid_map"
	echo 0 0 4294967295 >"/proc/$!/gid_map"
	echo >&8
	exec 8>&-
	wait $!
}

# All of / but /sys, which is a folder with all that has to be in it.
mkdir -p "$tmp/root/sys/fs/fuse/connections"
for each in /*; do
	if [ -L "$each" ]; then
		cp -P "$each" "$tmp/root/"
	elif [ -d "$each" ]; then
		mkdir -p "$tmp/root$each"
	fi
done
# shellcheck disable=SC2016 # for the inner shell
without_sysfs=$(printf 'for each in %s/*; do
	[ -L $each ] || [ $each = %s/sys ] || mount --rbind ${each#%s} $each
done; set -- chroot %s "$@"' "$tmp/root" "$tmp/root" "$tmp/root" "$tmp/root")

of_another_ns='registering a backing file needs CAP_SYS_ADMIN of the initial user namespace, .*'
if unshare --user true 2>/dev/null; then
	lacking "a user namespace" "$of_another_ns" unshare --user --map-root-user
	lacking "a user namespace without a root" "$of_another_ns" unshare --user
	mkfifo "$tmp/mapped"
	lacking "a user namespace that maps everyone" "$of_another_ns" mapping_everyone
else
	n=$((n + 1))
	echo "ok $n - user namespaces # SKIP privilege: none can be made, as in a chroot"
fi
lacking "root without the capability" 'this root has no CAP_SYS_ADMIN of the initial user namespace, .*' \
	setpriv --bounding-set -sys_admin
lacking "no /sys" 'no /sys/fs/fuse/connections: No such file or directory' after 'umount -R /sys'
lacking "/sys that is no mount" '/sys is no mount: Invalid argument' after "$without_sysfs"
lacking "no /proc" '/proc is not mounted' after 'umount --recursive --lazy /proc'
mkdir "$tmp/dev"
touch "$tmp/dev/null"
lacking "no /dev/fuse" '/dev/fuse cannot be opened: No such file or directory' \
	after "mount --bind /dev/null '$tmp/dev/null' && mount --rbind '$tmp/dev' /dev"
lacking "a device that is another" '/dev/fuse cannot be opened: No such device' \
	after 'mount --bind /dev/null /dev/fuse'
# Nothing has this number, as nothing has that of /dev/fuse before the module is loaded.
mknod "$tmp/node" c 10 254
lacking "no driver" '/dev/fuse cannot be opened: No such device' \
	after "mount --bind '$tmp/node' /dev/fuse"

# And one on which they run all the same.
exits "a kernel without user namespaces" 0 after '
	mount -t tmpfs none /proc
	mkdir -p /proc/self/ns' "$built/contain" --host
exits "what is read-only in a container" 0 after '
	mount --rbind /sys/fs/fuse/connections /sys/fs/fuse/connections
	mount -o remount,bind,ro /sys/fs/fuse/connections
	mount -o remount,bind,ro /sys' "$built/cases/drop" --filter E1
exits "in a PID namespace" 0 unshare --pid --fork --mount-proc "$built/cases/drop" --filter E1

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# On a host where no case can run, run.sh in each of its modes and a program started by hand or by
# kselftest's runner exit with 4 and print one line that says what is missing.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built cases/drop
need_built contain
need_fuse
"$built/contain" --host || skip_all "config: this host itself lacks something, see above"
run=$scripts/run.sh
export OUTPUT="$built" FPT_SERVER="$built/servers/raw"

# Both outputs together are one line, which ends with what to do.
one_line() # PATTERN
{
	[ "$(wc -l <"$tmp/both")" -eq 1 ] || { echo "not one line:"; cat "$tmp/both"; return 1; }
	line_in "$tmp/both" "$1 (.*)"
}

# lacking WHAT PATTERN COMMAND...: COMMAND runs its arguments on such a host.
lacking()
{
	what=$1 pattern=$2
	shift 2
	exits "$what: a run" 4 "$@" "$run" --run-dir "$tmp/run"
	check "says what is missing" one_line "run.sh: $pattern"
	check "and leaves nothing" test ! -e "$tmp/run"
	exits "$what: --probe" 4 "$@" "$run" --probe --server raw
	check "says what is missing" one_line "run.sh: $pattern"
	exits "$what: --mount" 4 "$@" "$run" --mount 'true {source} {mountpoint}'
	check "says what is missing" one_line "run.sh: $pattern"
	exits "$what: the probe" 4 "$@" "$built/probe"
	check "says what is missing" one_line "cannot be tried: $pattern"
	exits "$what: a program of cases" 4 "$@" "$built/cases/drop"
	sed -i '/^TAP version/d' "$tmp/both"
	check "says what is missing" one_line "1\.\.0 # SKIP [a-z]*: $pattern"
}

# Runs COMMAND in a mount namespace that SCRIPT has changed.
after() # SCRIPT COMMAND...
{
	script=$1
	shift
	unshare --mount sh -ec "$script"' && exec "$@"' - "$@"
}

mapping_all_ids() # COMMAND...
{
	# shellcheck disable=SC2016 # for the inner shell
	unshare --user sh -c 'read -r _ <"$0" && exec "$@"' "$tmp/mapped" "$@" &
	exec 8>"$tmp/mapped" # returns once the shell is in the namespace
	echo 0 0 4294967295 >"/proc/$!/uid_map"
	echo 0 0 4294967295 >"/proc/$!/gid_map"
	echo >&8
	exec 8>&-
	wait $!
}

# All of / except /sys, which is a plain directory with the expected content.
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

not_initial_ns='registering a backing file needs CAP_SYS_ADMIN of the initial user namespace, .*'
if unshare --user true 2>/dev/null; then
	lacking "a user namespace" "$not_initial_ns" unshare --user --map-root-user
	lacking "a user namespace without root" "$not_initial_ns" unshare --user
	mkfifo "$tmp/mapped"
	lacking "a user namespace that maps all IDs" "$not_initial_ns" mapping_all_ids
else
	n=$((n + 1))
	echo "ok $n - user namespaces # SKIP privilege: unshare --user fails, as in a chroot"
fi
lacking "root without the capability" 'this root has no CAP_SYS_ADMIN of the initial user namespace, .*' \
	setpriv --bounding-set -sys_admin
lacking "no /sys" 'no /sys/fs/fuse/connections: No such file or directory' after 'umount -R /sys'
lacking "/sys is not a mount point" '/sys is not a mount point: Invalid argument' after "$without_sysfs"
lacking "no /proc" '/proc is not mounted' after 'umount --recursive --lazy /proc'
mkdir "$tmp/dev"
touch "$tmp/dev/null"
lacking "no /dev/fuse" '/dev/fuse cannot be opened: No such file or directory' \
	after "mount --bind /dev/null '$tmp/dev/null' && mount --rbind '$tmp/dev' /dev"
lacking "/dev/fuse is another device" '/dev/fuse cannot be opened: No such device' \
	after 'mount --bind /dev/null /dev/fuse'
# No driver has this number, like that of /dev/fuse before the module is loaded.
mknod "$tmp/node" c 10 254
lacking "no driver" '/dev/fuse cannot be opened: No such device' \
	after "mount --bind '$tmp/node' /dev/fuse"

# Hosts on which the cases run nevertheless.
exits "a kernel without user namespaces" 0 after '
	mount -t tmpfs none /proc
	mkdir -p /proc/self/ns' "$built/contain" --host
exits "a container with read-only /sys" 0 after '
	mount --rbind /sys/fs/fuse/connections /sys/fs/fuse/connections
	mount -o remount,bind,ro /sys/fs/fuse/connections
	mount -o remount,bind,ro /sys' "$built/cases/drop" --filter E1
exits "in a PID namespace" 0 unshare --pid --fork --mount-proc "$built/cases/drop" --filter E1

finish

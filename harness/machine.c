// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine.h"

/* USER_NS_INIT_INO of <linux/nsfs.h>, in every kernel: the number of the initial user namespace. */
#define INITIAL_USER_NS 0xEFFFFFFDUL

static char reason[320];

static bool has_sys_admin(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];

	return syscall(SYS_capget, &header, caps) == 0 && caps[0].effective & 1 << CAP_SYS_ADMIN;
}

static const char *privilege_missing(void)
{
	struct stat ns = { .st_ino = INITIAL_USER_NS }; /* all that there is without CONFIG_USER_NS */

	if (access("/proc/self/ns", F_OK) < 0)
		return "config: /proc is not mounted (mount -t proc proc /proc)";
	if (stat("/proc/self/ns/user", &ns) < 0 && errno != ENOENT)
		return "config: /proc/self/ns/user cannot be read (look at /proc and security modules)";
	if (ns.st_ino != INITIAL_USER_NS)
		return "privilege: registering a backing file needs CAP_SYS_ADMIN of the initial user "
		       "namespace, and this is another one, as in a rootless container "
		       "(run it as root of the host, or in a privileged container of that root)";
	if (has_sys_admin())
		return NULL;
	if (geteuid())
		return "privilege: mounting needs root (run it with sudo or in a root shell)";
	return "privilege: this root has no CAP_SYS_ADMIN of the initial user namespace, which mounting "
	       "and registering a backing file need (in a container: --privileged)";
}

static void because(const char *what, const char *remedy)
{
	snprintf(reason, sizeof(reason), "%s: %s (%s)", what, strerror(errno), remedy);
}

/* In a process of its own. */
static void try_mounts(int device)
{
	static const char permit[] = "seccomp or a security module may forbid it, as a container's "
				     "do: --privileged";
	char options[80];

	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
	if (unshare(CLONE_NEWNS) < 0)
		because("privilege: no mount namespace can be made", permit);
	else if (access(WORLD_DIR, F_OK) < 0)
		because("config: no " WORLD_DIR, "mount -t sysfs sysfs /sys; modprobe fuse");
	else if (mount(NULL, "/sys", NULL, MS_REC | MS_PRIVATE, NULL) < 0 && errno == EINVAL)
		because("config: /sys is no mount", "mount -t sysfs sysfs /sys");
	else if (mount(NULL, "/sys", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		 mount("fpt", WORLD_DIR, "tmpfs", 0, NULL) < 0 ||
		 mount("fpt", WORLD_DIR, "fuse", 0, options) < 0)
		because("privilege: nothing can be mounted on " WORLD_DIR, permit);
}

static const char *mounts_missing(int device)
{
	int said[2], status;
	ssize_t len = 0;
	pid_t pid = -1;

	if (pipe2(said, O_CLOEXEC) == 0)
		pid = fork();
	if (pid == 0) {
		try_mounts(device);
		_exit(write(said[1], reason, strlen(reason)) < 0);
	}
	if (pid < 0)
		return "config: no process can be made (look at the limits of processes and files)";
	close(said[1]);
	len = read(said[0], reason, sizeof(reason) - 1);
	close(said[0]);
	waitpid(pid, &status, 0);
	return len > 0 ? reason : NULL;
}

/* -1 also where it is not that device. */
static int open_device(void)
{
	int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	struct stat st;

	if (device < 0 || (fstat(device, &st) == 0 && st.st_rdev == makedev(10, 229)))
		return device;
	close(device);
	errno = ENODEV;
	return -1;
}

static const char *device_missing(void)
{
	int device = open_device();
	const char *why;

	if (device < 0) {
		because("config: /dev/fuse cannot be opened",
			"modprobe fuse, or set CONFIG_FUSE_FS in the kernel; in a container: "
			"--device /dev/fuse");
		return reason;
	}
	why = mounts_missing(device);
	close(device);
	return why;
}

const char *machine_missing(void)
{
	return privilege_missing() ?: device_missing();
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuse_uapi.h"
#include "need.h"

static bool file_has_word(const char *path, const char *word)
{
	char line[512];
	bool found = false;
	FILE *file = fopen(path, "re");

	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, word);
	if (file)
		fclose(file);
	return found;
}

static const char *realtime_missing(void)
{
	const struct sched_param lowest = { .sched_priority = 1 }, none = { 0 };

	if (sched_setscheduler(0, SCHED_FIFO, &lowest) < 0)
		return "privilege: SCHED_FIFO is refused (give CAP_SYS_NICE and a real-time budget)";
	sched_setscheduler(0, SCHED_OTHER, &none);
	return NULL;
}

static const char *userns_missing(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER) ? 1 : 0);
	waitpid(pid, &status, 0);
	if (pid < 0 || status)
		return "config: no user namespaces can be made (set CONFIG_USER_NS=y, "
		       "user.max_user_namespaces > 0; not from within a chroot)";
	return NULL;
}

static const char *overlayfs_missing(void)
{
	if (file_has_word("/proc/filesystems", "\toverlay\n"))
		return NULL;
	return "config: no overlayfs (set CONFIG_OVERLAY_FS, modprobe overlay)";
}

static const char *fusectl_missing(void)
{
	if (file_has_word("/proc/filesystems", "\tfusectl\n"))
		return NULL;
	return "config: no fusectl (set CONFIG_FUSE_FS, modprobe fuse)";
}

static const char *memfd_secret_missing(void)
{
	int fd = syscall(SYS_memfd_secret, 0);

	if (fd < 0)
		return "config: no memfd_secret (set CONFIG_SECRETMEM=y, boot with secretmem.enable=1)";
	close(fd);
	return NULL;
}

bool kernel_has_function(const char *name)
{
	char word[128];

	snprintf(word, sizeof(word), " %s", name);
	return file_has_word("/proc/kallsyms", word);
}

static const char *kallsyms_missing(void)
{
	if (file_has_word("/proc/kallsyms", " fuse_"))
		return NULL;
	return "config: names of kernel functions are hidden (set CONFIG_KALLSYMS=y)";
}

static const char *sync_init_missing(void)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	int err = ioctl(fd, FUSE_DEV_IOC_SYNC_INIT) < 0 ? errno : 0;

	close(fd);
	return err ? "kernel: no FUSE_DEV_IOC_SYNC_INIT (Linux 6.18 has it)" : NULL;
}

static bool is_installed(const char *program)
{
	char dirs[4096], path[4096 + 64], *save;

	snprintf(dirs, sizeof(dirs), "%s", getenv("PATH") ?: "/usr/sbin:/usr/bin:/sbin:/bin");
	for (char *dir = strtok_r(dirs, ":", &save); dir; dir = strtok_r(NULL, ":", &save)) {
		snprintf(path, sizeof(path), "%s/%s", dir, program);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static const char *ext4_missing(void)
{
	if (!file_has_word("/proc/filesystems", "\text4\n"))
		return "config: no ext4 (set CONFIG_EXT4_FS, modprobe ext4)";
	if (access("/dev/loop-control", R_OK | W_OK) < 0)
		return "config: no loop devices (set CONFIG_BLK_DEV_LOOP, modprobe loop)";
	if (!is_installed("mkfs.ext4"))
		return "config: no mkfs.ext4 (install e2fsprogs)";
	return NULL;
}

static const char *aio_missing(void)
{
	/* A null pointer, as a context that was made would take long to destroy. */
	if (syscall(SYS_io_setup, 1, NULL) < 0 && errno == ENOSYS)
		return "config: no io_setup(2) (set CONFIG_AIO=y)";
	return NULL;
}

static const char *io_uring_missing(void)
{
#ifdef HAVE_LIBURING
	int fd = syscall(SYS_io_uring_setup, 0, NULL);

	if (fd < 0 && errno != EFAULT && errno != EINVAL)
		return "config: no io_uring (set CONFIG_IO_URING=y, kernel.io_uring_disabled=0)";
	return NULL;
#else
	return "config: built without liburing (install liburing-dev, run make clean and make)";
#endif
}

/* Set and not empty, as "run.sh --destructive" does. */
static const char *destructive_missing(void)
{
	const char *allowed = getenv("FPT_DESTRUCTIVE");

	if (allowed && *allowed)
		return NULL;
	return "privilege: the case may leave the kernel unusable (give run.sh --destructive, "
	       "only where the kernel can be thrown away)";
}

static const char *landlock_missing(void)
{
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0)
		return NULL;
	return "config: no Landlock (set CONFIG_SECURITY_LANDLOCK=y, boot with lsm=landlock)";
}

static const char *fanotify_missing(void)
{
	int fd = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC);
	int err = fd < 0 ? -1 : fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, "/");

	close(fd);
	if (!err)
		return NULL;
	return "config: no permission events (set CONFIG_FANOTIFY_ACCESS_PERMISSIONS=y)";
}

/* In a mount namespace of its own, as debugfs need not be mounted. */
static bool has_failslab(void)
{
	int status = 1;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 ||
		    mount(NULL, "/sys", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			_exit(1);
		mount("fpt", "/sys/kernel/debug", "debugfs", 0, NULL);
		_exit(access("/sys/kernel/debug/failslab/ignore-gfp-wait", W_OK) < 0);
	}
	waitpid(pid, &status, 0);
	return pid > 0 && status == 0;
}

static const char *faults_missing(void)
{
	if (access("/proc/self/fail-nth", W_OK) == 0 && has_failslab())
		return NULL;
	return "config: allocations cannot be made to fail (set CONFIG_FAULT_INJECTION=y, "
	       "CONFIG_FAILSLAB=y, CONFIG_FAULT_INJECTION_DEBUG_FS=y, as scripts/kernel.sh debug does)";
}

bool kernel_checks_locks(void)
{
	char line[128];
	int on = 0;
	FILE *file = fopen("/proc/lockdep_stats", "re");

	while (file && !on && fgets(line, sizeof(line), file))
		sscanf(line, " debug_locks: %d", &on);
	if (file)
		fclose(file);
	return on;
}

static const char *lockdep_missing(void)
{
	if (access("/proc/lockdep_stats", R_OK) < 0)
		return "config: no lockdep (set CONFIG_PROVE_LOCKING=y, as scripts/kernel.sh debug does)";
	if (!kernel_checks_locks())
		return "kernel: lockdep has been off since it reported something";
	return NULL;
}

const struct need need_table[] = {
	{ NEED_PASSTHROUGH, "passthrough", NULL },
	{ NEED_NO_PASSTHROUGH, "no-passthrough", NULL },
	{ NEED_REALTIME, "realtime", realtime_missing },
	{ NEED_USERNS, "userns", userns_missing },
	{ NEED_OVERLAYFS, "overlayfs", overlayfs_missing },
	{ NEED_FUSECTL, "fusectl", fusectl_missing },
	{ NEED_MEMFD_SECRET, "memfd_secret", memfd_secret_missing },
	{ NEED_KALLSYMS, "kallsyms", kallsyms_missing },
	{ NEED_SYNC_INIT, "sync-init", sync_init_missing },
	{ NEED_URING, "over-io-uring", NULL },
	{ NEED_EXT4, "ext4", ext4_missing },
	{ NEED_AIO, "aio", aio_missing },
	{ NEED_IO_URING, "io_uring", io_uring_missing },
	{ NEED_DESTRUCTIVE, "destructive", destructive_missing },
	{ NEED_LANDLOCK, "landlock", landlock_missing },
	{ NEED_FANOTIFY, "fanotify", fanotify_missing },
	{ NEED_FAULTS, "faults", faults_missing },
	{ NEED_LOCKDEP, "lockdep", lockdep_missing },
};
const size_t need_count = sizeof(need_table) / sizeof(need_table[0]);

/* Where nothing is measured there is one record, that of the boot. */
static bool ima_measures(void)
{
	int records = 0;
	FILE *file = fopen("/sys/kernel/security/ima/runtime_measurements_count", "re");

	if (file && fscanf(file, "%d", &records) != 1)
		records = 0;
	if (file)
		fclose(file);
	return records > 1;
}

const char *need_missing(unsigned int needs)
{
	if (ima_measures())
		return "config: IMA measures files, which it reads when they are opened (boot "
		       "without ima_policy=, load no policy that measures)";
	for (size_t i = 0; i < need_count; i++) {
		const char *why;

		if (!(needs & need_table[i].bit) || !need_table[i].missing)
			continue;
		why = need_table[i].missing();
		if (why)
			return why;
	}
	return NULL;
}

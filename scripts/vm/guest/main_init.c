// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's init: prepares the guest, runs the job list and ends the guest. README.md beside
 * this folder has the steps and the streams.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coverage.h"
#include "guest.h"
#include "jobs.h"
#include "kernel_log.h"
#include "leaks.h"
#include "job_list.h"
#include "stream_out.h"

#define JOB_LIST      "/vm/job-list"
#define PORT_VARIABLE "FPT_VM_STREAM"

static bool wants_shell;

static void end_guest(void)
{
	reboot(RB_AUTOBOOT); /* with -no-reboot this ends QEMU, even without ACPI */
	for (;;)
		pause();
}

static void fail(const char *what)
{
	fprintf(stderr, "vm: %s: %s\n", what, strerror(errno));
	end_guest();
}

static void mount_on(const char *dir, const char *type, const char *options)
{
	mkdir(dir, 0755);
	mount(type, dir, type, 0, options);
}

/* Opens the console: messages go there from here on. */
static void make_dev(void)
{
	int console;

	mkdir("/dev", 0755);
	/* CONFIG_DEVTMPFS_MOUNT has mounted it already. */
	if (access("/dev/null", F_OK) < 0 && mount("dev", "/dev", "devtmpfs", 0, NULL) < 0)
		fail("no devtmpfs (set CONFIG_DEVTMPFS)");
	console = open("/dev/console", O_RDWR | O_NOCTTY);
	for (int fd = 0; console >= 0 && fd < 3; fd++)
		dup2(console, fd);
	if (console > 2)
		close(console);
}

static void make_root(void)
{
	mount_on("/proc", "proc", NULL);
	mount_on("/sys", "sysfs", NULL);
	mount_on("/tmp", "tmpfs", "mode=1777");
	mount_on("/sys/kernel/security", "securityfs", NULL);
	mount_on("/run", "tmpfs", "mode=755");
	mount_on("/dev/shm", "tmpfs", "mode=1777");
	mkdir("/root", 0700);
	if (symlink("/proc/self/fd", "/dev/fd") < 0 || chdir("/tmp") < 0)
		stream_printf(STREAM_REMARK, -1, "cannot set up the guest's root: %s",
			      strerror(errno));
}

static void load_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST)
		stream_printf(STREAM_REMARK, -1, "cannot load module %s: %s",
			      strrchr(path, '/') + 1, strerror(errno));
	close(fd);
}

static void load(const struct job_list_line *line, void *unused)
{
	load_module(line->word[1]);
}

/* The kernel has the port's name from its command line, and gives it to init. */
static void open_stream(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", getenv(PORT_VARIABLE) ?: "");
	unsetenv(PORT_VARIABLE);
	if (!stream_open(path))
		fail("no second channel (scripts/vm/README.md has the options for it)");
}

static void prepare(const struct job_list_line *line, void *unused)
{
	if (!strcmp(line->word[0], "set"))
		guest_write(line->word[1], line->word[2]);
	else if (!strcmp(line->word[0], "marker"))
		kernel_log_begin(line->word[1]);
	else if (!strcmp(line->word[0], "shell"))
		wants_shell = true;
}

static void send_hello(void)
{
	struct utsname name;

	uname(&name);
	stream_printf(STREAM_HELLO, -1, "%s", name.release);
	stream_flush();
}

static void set_environment(const struct job_list_line *line, void *unused)
{
	setenv(line->word[1], line->word[2], 1);
}

static void run_shell(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		job_list_each(JOB_LIST, "env", set_environment, NULL);
		setenv("FPT_SERVER", "/suite/servers/raw", 0);
		setsid();
		ioctl(STDIN_FILENO, TIOCSCTTY, 1);
		if (chdir("/root") == 0)
			execl("/bin/sh", "-sh", NULL);
		fail("/bin/sh");
	}
	while (wait(NULL) != pid)
		;
}

int main(void)
{
	make_dev();
	/* The second channel may need a module. */
	job_list_each(JOB_LIST, "module", load, NULL);
	open_stream();
	make_root();
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
	setpriority(PRIO_PROCESS, 0, -10);
	send_hello();
	job_list_each(JOB_LIST, NULL, prepare, NULL);
	mount_on("/sys/fs/fuse/connections", "fusectl", NULL);
	if (wants_shell) {
		run_shell();
	} else {
		bool done = jobs_run(JOB_LIST);

		if (done)
			leaks_find();
		coverage_send(JOB_LIST);
		kernel_log_end();
		stream_printf(STREAM_DONE, -1, done ? "all jobs" : "stuck");
	}
	stream_end();
	end_guest();
}

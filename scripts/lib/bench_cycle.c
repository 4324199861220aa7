// SPDX-License-Identifier: GPL-2.0
/*
 * The minimum of a case: a process with a mount namespace, a server, one file opened and closed,
 * everything torn down. Prints the microseconds of each cycle.
 */
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shared/wire_format.h"

#define MOUNTPOINT "/mnt"
#define FILE_INO   2
#define VALID	   100 /* seconds */

static int or_die(int result, const char *what)
{
	if (result < 0)
		err(1, "%s", what);
	return result;
}

static void reply(int device, const struct wire_in_header *in, void *body, size_t size)
{
	struct wire_out_header out = { .len = sizeof(out) + size, .unique = in->unique };
	const struct iovec parts[] = { { &out, sizeof(out) }, { body, size } };

	if (writev(device, parts, 2) < 0)
		_exit(1);
}

static void serve(int device)
{
	static union {
		struct wire_in_header header;
		char space[FUSE_MIN_READ_BUFFER + 65536];
	} in;
	struct wire_init_out init = { .major = WIRE_MAJOR,
				      .minor = WIRE_MINOR,
				      .max_write = 65536 };
	struct wire_entry_out entry = {
		.nodeid = FILE_INO,
		.entry_valid = VALID,
		.attr_valid = VALID,
		.attr = { .ino = FILE_INO, .mode = S_IFREG | 0644, .nlink = 1 }
	};
	struct wire_open_out open = { 0 };

	while (read(device, &in, sizeof(in)) > 0) {
		switch (in.header.opcode) {
		case FUSE_INIT:
			reply(device, &in.header, &init, sizeof(init));
			break;
		case FUSE_LOOKUP:
			reply(device, &in.header, &entry, sizeof(entry));
			break;
		case FUSE_OPEN:
			reply(device, &in.header, &open, sizeof(open));
			break;
		case FUSE_FORGET:
			break;
		default:
			reply(device, &in.header, NULL, 0);
		}
	}
	_exit(0);
}

static pid_t start_server(int device)
{
	pid_t parent = getpid(), pid = or_die(fork(), "fork");

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	serve(device);
	return 0;
}

static void cycle(void)
{
	char options[80];
	int device, file;
	pid_t server;

	or_die(unshare(CLONE_NEWNS), "unshare (run as root)");
	or_die(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "make / private");
	device = or_die(open("/dev/fuse", O_RDWR | O_CLOEXEC), "/dev/fuse");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
	or_die(mount("cycle", MOUNTPOINT, "fuse", 0, options), "mount on " MOUNTPOINT);
	server = start_server(device);
	close(device);
	file = or_die(open(MOUNTPOINT "/f", O_RDONLY), "open");
	close(file);
	or_die(umount(MOUNTPOINT), "umount");
	waitpid(server, NULL, 0);
}

static long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
	long count = argc == 2 ? atol(argv[1]) : 0;

	if (count <= 0)
		errx(1, "usage: bench-cycle COUNT");
	while (count--) {
		long start = now_us();
		pid_t parent = getpid(), pid = or_die(fork(), "fork");
		int status;

		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() == parent)
				cycle();
			_exit(0);
		}
		waitpid(pid, &status, 0);
		if (status)
			return 1;
		printf("%ld\n", now_us() - start);
	}
	return 0;
}

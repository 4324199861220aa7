// SPDX-License-Identifier: GPL-2.0
/* The kernel itself as the user of a passthrough file. Promises D1, T26. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world/io_methods.h"

#define PAGE sysconf(_SC_PAGESIZE)

/* --- scripts ----------------------------------------------------------------------- */

static int make_script(const char *name, const char *interpreter)
{
	int fd = open(backing_path(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	int size = fd < 0 ? -1 : dprintf(fd, "#!%s\n", interpreter);
	int err = size < 0 ? -errno : 0;

	close(fd);
	return err;
}

WORLD_FIXTURE(script);

CASE(script, runs_without_read, .promise = "D1",
	.title = "executing a script that is a passthrough file runs its interpreter and sends no READ")
{
	long pid;

	ASSERT_RET(backing_program("program"), 0);
	ASSERT_RET(make_script("script", backing_path("program")), 0);
	open_rule(w, "script reg=at-open");
	ASSERT_POSITIVE(pid = client_spawn(client(w), fuse_path("script")));
	EXPECT_RET(client_reap(client(w), pid), 42);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough RELEASE");
}

/* --- acct(2) ------------------------------------------------------------------------- */

#define RECORD 64 /* acct(5) */

/* Exits at once, accounted in the file. */
static int run_accounted(const char *path)
{
	pid_t pid;

	if (acct(path) < 0)
		return errno;
	pid = fork();
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	return acct(NULL) < 0 ? errno : 0;
}

/* In a PID namespace of its own, whose accounting ends with it. 0 or -errno. */
static int64_t do_account(void *path)
{
	int status;
	pid_t pid;

	if (unshare(CLONE_NEWPID) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		_exit(run_accounted(path));
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

static long client_account(struct client *c, const char *path)
{
	char copy[128];

	snprintf(copy, sizeof(copy), "%s", path);
	return client_run(c, do_account, copy, sizeof(copy), "account in %s", path);
}

WORLD_FIXTURE(acct);

CASE(acct, writes_backing_file, .promise = "D1",
	.title = "acct(2) with a passthrough file appends whole records to the backing file and sends no WRITE")
{
	struct stat st;
	long err;

	register_ok(w);
	open_rule(w, "f reg=reuse times=any");
	open_settled_ok(w, "f", O_RDWR);
	err = client_account(client(w), fuse_path("f"));
	if (err == -ENOSYS)
		CASE_SKIP("config: no acct(2) (set CONFIG_BSD_PROCESS_ACCT)");
	ASSERT_RET(err, 0);
	EXPECT_HOLDS(!strstr(world_requests(w), "WRITE"), "no WRITE is sent");
	ASSERT_RET(stat(backing_path("f"), &st), 0);
	EXPECT_HOLDS(st.st_size > 1 && st.st_size % RECORD == 1,
		     "whole records follow the first byte");
}

/* --- swap ------------------------------------------------------------------------------ */

#define SWAP_PAGES 10

/* What mkswap(8) makes. 0 or -errno. */
static int make_swap(const char *name)
{
	int fd = open(backing_path(name), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600), err = 0;
	const uint32_t header[] = { 1, SWAP_PAGES - 1 }; /* version, last page */
	static const char zeros[4096], magic[] = "SWAPSPACE2";

	for (long end = 0; end < SWAP_PAGES * PAGE; end += sizeof(zeros))
		if (pwrite(fd, zeros, sizeof(zeros), end) < 0)
			err = -errno;
	if (pwrite(fd, header, sizeof(header), 1024) < 0 ||
	    pwrite(fd, magic, strlen(magic), PAGE - strlen(magic)) < 0)
		err = -errno;
	close(fd);
	return err;
}

WORLD_FIXTURE(swapon);

CASE(swapon, fails_einval, .promise = "T26",
	.title = "swapon(2) of a passthrough file with a swap header reads it by READ and fails with EINVAL")
{
	static char path[128]; /* at the same address in the client, a fork */
	long err;

	snprintf(path, sizeof(path), "%s", fuse_path("swap"));
	ASSERT_RET(make_swap("swap"), 0);
	open_rule(w, "swap reg=at-open");
	err = client_call(client(w), swapon, (long)path, 0);
	if (err == -ENOSYS)
		CASE_SKIP("config: no swapon(2) (set CONFIG_SWAP)");
	if (err == 0)
		client_call(client(w), swapoff, (long)path);
	EXPECT_RET(err, -EINVAL);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough READ FLUSH RELEASE");
}

CASE_MAIN()

// SPDX-License-Identifier: GPL-2.0
/* Options of both mounts: sync, noatime, noexec, nosuid. Promises T16 to T19. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "world/io_methods.h"
#include "world/proc.h"

/* --- sync ------------------------------------------------------------------------ */

WORLD_FIXTURE(sync);

CASE(sync, backing_mount_syncs, .promise = "T17",
	.title = "a write to a passthrough file syncs the backing file if that is on a mount with the option sync")
{
	long fd;

	open_rule(w, "f reg=reuse");
	register_on_other_ok(w, "no-passthrough");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_WRITE(w, fd, "g");
	EXPECT_OTHER_REQUESTS(w, "OPEN WRITE");

	ASSERT_RET(world_set_mount_flags("other", MS_SYNCHRONOUS), 0);
	EXPECT_WRITE(w, fd, "h");
	EXPECT_OTHER_REQUESTS(w, "WRITE FSYNC");
	EXPECT_REQUESTS(w, "");
}

CASE(sync, fuse_mount_syncs, .promise = "T16",
	.title = "a write to a passthrough file on a FUSE mount with the option sync syncs the backing file",
	.xfail = "IS_SYNC() is asked of the backing inode alone")
{
	long fd, cached;

	open_rule(w, "f reg=reuse");
	open_rule(w, "g");
	register_on_other_ok(w, "no-passthrough");
	fd = open_settled_ok(w, "f", O_RDWR);
	cached = open_settled_ok(w, "g", O_RDWR);
	world_other_requests(w);
	ASSERT_RET(world_set_mount_flags("fuse", MS_SYNCHRONOUS), 0);

	EXPECT_WRITE(w, cached, "h");
	ASSERT_TEXT(world_requests(w), "WRITE FSYNC");
	EXPECT_WRITE(w, fd, "h");
	EXPECT_OTHER_REQUESTS(w, "WRITE FSYNC");
}

/* --- noatime --------------------------------------------------------------------- */

#define LONG_AGO 1

/* Reads f on mounts with these MS_ flags: the atime of the backing file after that, or -errno. */
static long atime_after_read(struct world *w, unsigned long fuse, unsigned long backing)
{
	const struct timespec times[] = { { .tv_sec = LONG_AGO }, { .tv_sec = LONG_AGO } };
	int err = world_set_mount_flags("fuse", MS_BIND | fuse) ?:
			  world_set_mount_flags("backing", MS_BIND | backing);
	struct stat st;
	char byte;
	long fd;

	if (err < 0 || utimensat(AT_FDCWD, backing_path("f"), times, 0) < 0)
		return err ?: -errno;
	fd = client_open(client(w), "f", O_RDONLY);
	if (client_read(client(w), fd, &byte, 1, 0) != 1 || stat(backing_path("f"), &st) < 0)
		return -EIO;
	client_close(client(w), fd);
	return st.st_atime;
}

WORLD_FIXTURE(noatime);

CASE(noatime, backing_mount_keeps_atime, .promise = "T17",
	.title = "a read keeps the access time of a backing file on a mount with the option noatime")
{
	register_ok(w);
	open_rule(w, "f reg=reuse times=2");
	EXPECT_RET(atime_after_read(w, 0, MS_NOATIME), LONG_AGO);
	EXPECT_HOLDS(atime_after_read(w, 0, MS_RELATIME) > LONG_AGO,
		     "without it, the atime is new");
}

CASE(noatime, fuse_mount_updates_atime, .promise = "T18",
	.title = "a read on a FUSE mount with the option noatime updates the access time of the backing file")
{
	register_ok(w);
	open_rule(w, "f reg=reuse");
	EXPECT_HOLDS(atime_after_read(w, MS_NOATIME, 0) > LONG_AGO, "the atime is new");
}

CASE(noatime, not_handed_on, .promise = "T18", .abilities = "inspect",
	.title = "on a FUSE mount with the option noatime the backing file is opened without O_NOATIME")
{
	register_on_other_ok(w, "no-passthrough");
	open_rule(w, "f reg=reuse");
	ASSERT_RET(world_set_mount_flags("fuse", MS_BIND | MS_NOATIME), 0);

	open_ok(w, "f", O_RDONLY);
	EXPECT_RET(other_server_inspect(w, "OPEN", "flags") & O_NOATIME, 0);
}

/* --- noexec, nosuid ---------------------------------------------------------------- */

#define USER 1000

/* Executes the passthrough file "program" on mounts with these MS_ flags; see client_spawn(). */
static long spawn_on(struct world *w, unsigned long fuse, unsigned long backing)
{
	return world_set_mount_flags("fuse", MS_BIND | fuse)		   ?:
		       world_set_mount_flags("backing", MS_BIND | backing) ?:
		       client_spawn(client(w), fuse_path("program"));
}

/* The effective user ID of the process, or -errno. */
static long euid_of(pid_t pid)
{
	FILE *status = fopen(proc_path(pid, "status"), "re");
	char line[128];
	long euid = -ENOENT;

	while (status && fgets(line, sizeof(line), status))
		sscanf(line, "Uid: %*d %ld", &euid);
	if (status)
		fclose(status);
	return euid;
}

WORLD_FIXTURE(execve);

CASE(execve, fuse_noexec_eacces, .promise = "T19",
	.title = "execve(2) of a passthrough file fails with EACCES if the FUSE mount, not the backing one, has noexec")
{
	long pid;

	ASSERT_RET(backing_program("program"), 0);
	open_rule(w, "program reg=at-open times=any");
	EXPECT_RET(spawn_on(w, MS_NOEXEC, 0), -EACCES);
	ASSERT_POSITIVE(pid = spawn_on(w, 0, MS_NOEXEC));
	EXPECT_RET(client_reap(client(w), pid), 42);
	EXPECT_RET(client_spawn(client(w), backing_path("program")), -EACCES);
}

CASE(execve, fuse_nosuid_ignores_setuid, .promise = "T19",
	.title = "setuid bits of passthrough files have no effect if the FUSE mount, not the backing one, has nosuid")
{
	long pid;

	ASSERT_RET(backing_program("program"), 0);
	ASSERT_RET(chmod(backing_path("program"), 04755), 0);
	open_rule(w, "program reg=at-open times=any");
	ASSERT_RET(client_setuid(client(w), USER), 0);
	ASSERT_POSITIVE(pid = spawn_on(w, MS_NOSUID, 0));
	EXPECT_RET(euid_of(pid), USER);
	EXPECT_RET(client_reap(client(w), pid), 42);

	ASSERT_POSITIVE(pid = spawn_on(w, 0, MS_NOSUID));
	EXPECT_RET(euid_of(pid), 0);
	EXPECT_RET(client_reap(client(w), pid), 42);
}

CASE_MAIN()

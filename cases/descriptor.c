// SPDX-License-Identifier: GPL-2.0
/* Calls that take a descriptor and no data: which file answers. Promises D2, T20, T24, T25. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "world/io_methods.h"
#include "world/proc.h"

/* --- identity ------------------------------------------------------------------------ */

/* The number after @key in the fdinfo of a descriptor of the client, or -ENODATA. */
static int64_t fdinfo_of(const struct client *c, long fd, const char *key)
{
	char name[32], line[128];
	int64_t value = -ENODATA;
	FILE *file;

	snprintf(name, sizeof(name), "fdinfo/%ld", fd);
	file = fopen(proc_path(c->pid, name), "re");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)))
			sscanf(line + strlen(key), "%" SCNd64, &value);
	if (file)
		fclose(file);
	return value;
}

/* Where the link of a descriptor of the client leads. */
static const char *link_of(const struct client *c, long fd)
{
	static char path[PATH_MAX];
	char name[32];
	ssize_t len;

	snprintf(name, sizeof(name), "fd/%ld", fd);
	len = readlink(proc_path(c->pid, name), path, sizeof(path) - 1);
	path[len < 0 ? 0 : len] = '\0';
	return path;
}

WORLD_FIXTURE(identity);

CASE(identity, names_fuse_file, .promise = "D2",
	.title = "fstat(2), statx(2), fstatfs(2) and procfs show device, inode, mount and path of the FUSE file")
{
	struct client *c = client(w);
	struct statx st, by_path;
	struct statfs fs;
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_RET(client_fstatx(c, fd, 0, &st), 0);
	EXPECT_RET(client_statx(c, fuse_path(""), 0, &by_path), 0);
	EXPECT_HOLDS(st.stx_dev_minor == by_path.stx_dev_minor, "the device is that of the mount");
	EXPECT_HOLDS(statx_mnt_id(&st) == statx_mnt_id(&by_path),
		     "the mount is that of the directory");
	EXPECT_RET(client_statx(c, backing_path("f"), 0, &by_path), 0);
	EXPECT_HOLDS(statx_mnt_id(&st) != statx_mnt_id(&by_path),
		     "the mount is not that of the backing file");
	EXPECT_HOLDS(fdinfo_of(c, fd, "mnt_id:") == (int64_t)statx_mnt_id(&st),
		     "so is that in fdinfo");
	EXPECT_RET(fdinfo_of(c, fd, "ino:"), st.stx_ino);
	EXPECT_TEXT(link_of(c, fd), fuse_path("f"));
	EXPECT_RET(client_call_data(c, fstatfs, 1, &fs, sizeof(fs), fd), 0);
	EXPECT_RET(fs.f_type, FUSE_SUPER_MAGIC);
}

/* --- file handles ---------------------------------------------------------------------- */

union handle {
	struct file_handle head;
	char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
};

WORLD_FIXTURE(handle);

CASE(handle, opens_passthrough, .promise = "D2",
	.title = "open_by_handle_at(2) of a passthrough file sends OPEN; at the backing mount it fails with ESTALE")
{
	static union handle handle; /* at the same address in the client, a fork */
	static int mount_id;
	struct client *c = client(w);
	long fd, again;

	register_ok(w);
	open_rule(w, "f reg=reuse times=2");
	fd = open_settled_ok(w, "f", O_RDWR);
	handle.head.handle_bytes = MAX_HANDLE_SZ;
	EXPECT_RET(client_call_data(c, name_to_handle_at, 2, &handle, sizeof(handle), fd, (long)"",
				    0, (long)&mount_id, AT_EMPTY_PATH),
		   0);
	ASSERT_POSITIVE(again = client_call_data(c, open_by_handle_at, 1, &handle, sizeof(handle),
						 client_open(c, fuse_path(""), O_RDONLY), 0,
						 O_RDWR));
	EXPECT_RET(server_wait(w, "OPEN", 1), 1);
	EXPECT_WRITE(c, again, "g");
	EXPECT_BACKING("f", "g");
	EXPECT_RET(client_call_data(c, open_by_handle_at, 1, &handle, sizeof(handle),
				    client_open(c, backing_path(""), O_RDONLY), 0, O_RDWR),
		   -ESTALE);
}

/* --- one file, two processes ------------------------------------------------------------ */

WORLD_FIXTURE(pidfd_getfd);

CASE(pidfd_getfd, shares_passthrough_file, .promise = "D2",
	.title = "a descriptor from pidfd_getfd(2) writes to the backing file; the last close of both sends RELEASE")
{
	struct client *other = client_number(w, 1);
	long fd, pidfd, copy;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	ASSERT_POSITIVE(pidfd = client_call(other, pidfd_open, client(w)->pid, 0));
	ASSERT_POSITIVE(copy = client_call(other, pidfd_getfd, pidfd, fd, 0));
	EXPECT_CLOSE(w, fd);
	EXPECT_REQUESTS(w, "FLUSH");
	EXPECT_WRITE(other, copy, "g");
	EXPECT_BACKING("f", "g");
	EXPECT_REQUESTS(w, "");
	EXPECT_CLOSE(other, copy);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_REQUESTS(w, "FLUSH RELEASE");
}

/* --- ioctl(2) ----------------------------------------------------------------------------- */

WORLD_FIXTURE(clone);

CASE(clone, between_passthrough_files_eopnotsupp, .promise = "D2",
	.title = "FICLONE, FICLONERANGE, FIDEDUPERANGE of two passthrough files fail with EOPNOTSUPP, send nothing")
{
	struct file_clone_range range = { .src_length = 0 };
	struct file_dedupe_range same = { .src_length = 1 };
	struct client *c = client(w);
	long f, g;

	open_rule(w, "f reg=at-open");
	open_rule(w, "g reg=at-open");
	f = open_settled_ok(w, "f", O_RDWR);
	g = open_settled_ok(w, "g", O_RDWR);
	range.src_fd = f;
	EXPECT_RET(client_call(c, ioctl, g, FICLONE, f), -EOPNOTSUPP);
	EXPECT_RET(client_call_data(c, ioctl, 2, &range, sizeof(range), g, FICLONERANGE),
		   -EOPNOTSUPP);
	EXPECT_RET(client_call_data(c, ioctl, 2, &same, sizeof(same), f, FIDEDUPERANGE),
		   -EOPNOTSUPP);
	EXPECT_BACKING("g", "g");
	EXPECT_REQUESTS(w, "");
}

CASE(clone, to_backing_filesystem_exdev, .promise = "D2",
	.title = "FICLONE between a passthrough file and a file of the backing filesystem fails with EXDEV")
{
	struct client *c = client(w);
	long f, h;

	open_rule(w, "f reg=at-open");
	f = open_settled_ok(w, "f", O_RDWR);
	h = open_ok(c, backing_path("h"), O_RDWR);
	EXPECT_RET(client_call(c, ioctl, h, FICLONE, f), -EXDEV);
	EXPECT_RET(client_call(c, ioctl, f, FICLONE, h), -EXDEV);
	EXPECT_REQUESTS(w, "");
}

WORLD_FIXTURE(ioctl);
FIXTURE_VARIANT(ioctl)
{
	unsigned long request;
	long result;
};
FIXTURE_VARIANT_ADD(ioctl, fiemap) { .request = FS_IOC_FIEMAP, .result = -EOPNOTSUPP };
FIXTURE_VARIANT_ADD(ioctl, fifreeze) { .request = FIFREEZE, .result = -EOPNOTSUPP };
FIXTURE_VARIANT_ADD(ioctl, fibmap) { .request = FIBMAP, .result = 0 };

static const struct world_opts on_ext4 = { .backing = "ext4" };

CASE(ioctl, ignores_backing_filesystem, .promise = "D2", .world = &on_ext4,
	.today = "of FIBMAP no document says what a filesystem without blocks returns",
	.title = "ioctls that ext4 supports are not passed on: FUSE refuses them, or (FIBMAP) returns block 0")
{
	long fd, block[8] = { 0 };

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_RET(
		client_call_data(client(w), ioctl, 2, block, sizeof(block), fd, variant->request),
		variant->result);
	EXPECT_RET(block[0], 0);
	EXPECT_WRITE(w, fd, "g");
	EXPECT_REQUESTS(w, "");
}

/* --- fcntl(2) ------------------------------------------------------------------------------- */

#define LONG_AGO 1

/*
 * Opens f with @flags, then sets @more, and reads: whether the backing file has a new atime, or
 * -errno.
 */
static long atime_is_new_after_setfl(struct world *w, int flags, int more)
{
	const struct timespec times[] = { { .tv_sec = LONG_AGO }, { .tv_sec = LONG_AGO } };
	struct stat st;
	char byte;
	long fd;

	if (utimensat(AT_FDCWD, backing_path("f"), times, 0) < 0)
		return -errno;
	fd = client_open(client(w), "f", flags);
	if (client_call(client(w), fcntl, fd, F_SETFL, more) != 0 ||
	    client_read(client(w), fd, &byte, 1, 0) != 1 || stat(backing_path("f"), &st) < 0)
		return -EIO;
	return st.st_atime > LONG_AGO;
}

WORLD_FIXTURE(setfl);

#define AT_OPEN_ONLY "the backing file keeps the O_NOATIME of its open"

CASE(setfl, sets_o_noatime, .promise = "T20", .xfail = AT_OPEN_ONLY,
	.title = "after F_SETFL sets O_NOATIME, a read keeps the access time of the backing file")
{
	open_rule(w, "f reg=at-open");
	EXPECT_RET(atime_is_new_after_setfl(w, O_RDONLY, O_NOATIME), false);
}

CASE(setfl, clears_o_noatime, .promise = "T20", .xfail = AT_OPEN_ONLY,
	.title = "after F_SETFL clears O_NOATIME, a read updates the access time of the backing file")
{
	open_rule(w, "f reg=at-open");
	EXPECT_RET(atime_is_new_after_setfl(w, O_RDONLY | O_NOATIME, 0), true);
}

WORLD_FIXTURE(rw_hint);

CASE(rw_hint, not_for_backing_file, .promise = "T25",
	.title = "F_SET_RW_HINT sets the hint of the FUSE file, and none of the backing file, even after a write")
{
	int backing = open(backing_path("f"), O_RDWR | O_CLOEXEC);
	uint64_t hint = RWH_WRITE_LIFE_LONG;
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_RET(client_call_data(client(w), fcntl, 2, &hint, sizeof(hint), fd, F_SET_RW_HINT),
		   0);
	hint = 0;
	EXPECT_RET(client_call_data(client(w), fcntl, 2, &hint, sizeof(hint), fd, F_GET_RW_HINT),
		   0);
	EXPECT_RET(hint, RWH_WRITE_LIFE_LONG);
	EXPECT_REQUESTS(w, "");
	EXPECT_RET(fcntl(backing, F_GET_RW_HINT, &hint), 0);
	EXPECT_RET(hint, RWH_WRITE_LIFE_NOT_SET);
	EXPECT_WRITE(w, fd, "w");
	EXPECT_RET(fcntl(backing, F_GET_RW_HINT, &hint), 0);
	EXPECT_RET(hint, RWH_WRITE_LIFE_NOT_SET);
	close(backing);
}

WORLD_FIXTURE(setlease);

CASE(setlease, broken_by_fuse_opens, .promise = "T24",
	.title = "opens for writing of a passthrough file break its read lease, those of the backing file do not")
{
	int backing;
	long fd;

	signal(SIGIO, SIG_IGN); /* the clients inherit it: the lease breaker's signal */
	register_ok(w);
	open_rule(w, "f reg=reuse times=2");
	fd = open_settled_ok(w, "f", O_RDONLY);
	EXPECT_RET(client_call(client(w), fcntl, fd, F_SETLEASE, F_RDLCK), 0);
	backing = open(backing_path("f"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
	TODAY(EXPECT_RET(errno_or_0(backing), 0));
	close(backing);
	EXPECT_RET(client_call(client(w), fcntl, fd, F_GETLEASE), F_RDLCK);

	EXPECT_RET(client_open(client_number(w, 1), "f", O_RDWR | O_NONBLOCK), -EAGAIN);
	EXPECT_RET(client_call(client(w), fcntl, fd, F_GETLEASE), F_UNLCK);
	EXPECT_REQUESTS(w, "");
	EXPECT_RET(client_call(client(w), fcntl, fd, F_SETLEASE, F_UNLCK), 0);
	EXPECT_POSITIVE(client_open(client_number(w, 1), "f", O_RDWR | O_NONBLOCK));
}

CASE_MAIN()

// SPDX-License-Identifier: GPL-2.0
/* Requests that a passthrough file still sends to the server. Promises D1, D2, D16. */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shared/fuse_uapi.h"
#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define PAGE sysconf(_SC_PAGESIZE)

/* The client is a fork: what has an address before it starts has the same one there. */
#define AT(data) ((long)(data))

/* --- FSYNC ------------------------------------------------------------------ */

WORLD_FIXTURE(sync);

CASE(sync, fdatasync_sends_fsync, .promise = "D2", .abilities = "inspect hold",
	.title = "fdatasync(2) sends FSYNC with the file handle and FUSE_FSYNC_FDATASYNC")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	ASSERT_RET(server_hold(w, "FSYNC"), 0);
	client_start_call(c, fdatasync, fd);
	EXPECT_RET(server_wait(w, "FSYNC", 1), 1);
	EXPECT_RET(server_inspect(w, "FSYNC", "flags"), FUSE_FSYNC_FDATASYNC);
	EXPECT_RET(server_inspect(w, "FSYNC", "fh"), 1);
	EXPECT_RET(server_go(w, "FSYNC"), 1);
	EXPECT_RET(client_finish(c), 0);
	EXPECT_REQUESTS(w, "FSYNC");
}

CASE(sync, fsync_not_resent_after_enosys, .promise = "D2", .abilities = "inspect",
	.title = "fsync(2) sends FSYNC without flags; after ENOSYS fsync(2) and fdatasync(2) succeed and send nothing")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_WRITE_BY(w, BY_PREAD, fd, PAGE, 0, NEW);
	EXPECT_RET(client_call(client(w), fsync, fd), 0);
	EXPECT_REQUESTS(w, "FSYNC");
	EXPECT_RET(server_inspect(w, "FSYNC", "flags"), 0);
	EXPECT_RET(client_call(client(w), fsync, fd), 0);
	EXPECT_RET(client_call(client(w), fdatasync, fd), 0);
	EXPECT_REQUESTS(w, "");
}

CASE(sync, fsync_skips_backing_file, .promise = "D2",
	.title = "fsync(2) sends FSYNC to the server and does not sync the backing file")
{
	long fd;

	open_rule(w, "f reg=reuse");
	register_on_other_ok(w, "no-passthrough");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_WRITE_BY(w, BY_PREAD, fd, PAGE, 0, NEW);
	EXPECT_RET(client_call(client(w), fsync, fd), 0);
	EXPECT_REQUESTS(w, "FSYNC");
	TODAY(EXPECT_OTHER_REQUESTS(w, "OPEN WRITE"));
}

CASE(sync, msync_syncs_backing_file, .promise = "D1",
	.title = "msync(2) syncs the backing file and sends no request")
{
	int64_t fd, at;

	open_rule(w, "f reg=reuse");
	register_on_other_ok(w, "no-passthrough");
	fd = open_settled_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, PROT_READ | PROT_WRITE, MAP_SHARED, PAGE, 0);
	EXPECT_POKE(w, at, 'g');
	EXPECT_RET(client_call(client(w), msync, at, PAGE, MS_SYNC), 0);
	EXPECT_REQUESTS(w, "");
	EXPECT_OTHER_REQUESTS_MERGED(w, "OPEN READ WRITE FSYNC");
	EXPECT_BACKING("f", "g");
}

/* --- FLUSH and RELEASE ------------------------------------------------------- */

WORLD_FIXTURE(close);

CASE(close, each_sends_flush, .promise = "D2", .abilities = "inspect",
	.title = "each close(2) of a duplicated descriptor sends FLUSH; the last one also sends RELEASE")
{
	struct client *c = client(w);
	long fd, copy;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	ASSERT_POSITIVE(copy = client_call(c, dup, fd));
	EXPECT_REQUESTS(w, "");
	EXPECT_CLOSE(c, fd);
	EXPECT_REQUESTS(w, "FLUSH");
	EXPECT_WRITE(c, copy, "g");
	EXPECT_CLOSE(c, copy);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_REQUESTS(w, "FLUSH RELEASE");
	EXPECT_RET(server_inspect(w, "RELEASE", "fh"), 1);
	EXPECT_RET(server_inspect(w, "RELEASE", "flags") & O_ACCMODE, O_RDWR);
}

CASE(close, noflush_sends_release_only, .promise = "D2",
	.title = "with FOPEN_NOFLUSH close(2) of a duplicated descriptor sends no FLUSH, only the last one RELEASE")
{
	struct client *c = client(w);
	long fd, copy;

	open_rule(w, "f reg=at-open flags=passthrough,noflush");
	fd = open_settled_ok(w, "f", O_RDWR);
	ASSERT_POSITIVE(copy = client_call(c, dup, fd));
	EXPECT_CLOSE(c, copy);
	EXPECT_REQUESTS(w, "");
	EXPECT_CLOSE(c, fd);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_REQUESTS(w, "RELEASE");
}

/* --- SETATTR, FALLOCATE, LSEEK ------------------------------------------------ */

WORLD_FIXTURE(ftruncate);

CASE(ftruncate, sends_setattr, .promise = "D2", .abilities = "inspect",
	.title = "ftruncate(2) sends SETATTR, and a read ends at the size that the server has set")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, 3 * PAGE, 0);
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_RET(client_call(c, ftruncate, fd, PAGE + 1), 0);
	EXPECT_REQUESTS(w, "SETATTR");
	EXPECT_RET(server_inspect(w, "SETATTR", "size"), PAGE + 1);
	EXPECT_RET(server_inspect(w, "SETATTR", "fh"), 1);
	EXPECT_RET(client_read_by(c, BY_PREAD, fd, 3 * PAGE, 0, OLD), PAGE + 1);
	EXPECT_WRITE_BY(c, BY_PREAD, fd, PAGE, 2 * PAGE, NEW);
	EXPECT_BACKING_PATTERN("f", NEW, PAGE, 2 * PAGE);
	EXPECT_REQUESTS(w, "");
}

WORLD_FIXTURE(fchmod);

CASE(fchmod, sends_setattr, .promise = "D2",
	.title = "fchmod(2) sends SETATTR, and the server changes the mode")
{
	struct stat st;
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_RET(client_call(client(w), fchmod, fd, 0600), 0);
	EXPECT_REQUESTS(w, "SETATTR");
	ASSERT_RET(stat(backing_path("f"), &st), 0);
	EXPECT_RET(st.st_mode & 07777, 0600);
}

WORLD_FIXTURE(fallocate);

CASE(fallocate, sends_request, .promise = "D2", .abilities = "inspect",
	.title = "fallocate(2) sends FALLOCATE until ENOSYS, leaves the backing file alone and fails with EOPNOTSUPP")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_RET(client_call(c, fallocate, fd, FALLOC_FL_KEEP_SIZE, 7, PAGE), -EOPNOTSUPP);
	EXPECT_REQUESTS(w, "FALLOCATE");
	EXPECT_RET(server_inspect(w, "FALLOCATE", "flags"), FALLOC_FL_KEEP_SIZE);
	EXPECT_RET(server_inspect(w, "FALLOCATE", "offset"), 7);
	EXPECT_RET(server_inspect(w, "FALLOCATE", "size"), PAGE);
	EXPECT_RET(client_call(c, fallocate, fd, 0, 0, PAGE), -EOPNOTSUPP);
	EXPECT_REQUESTS(w, "");
	EXPECT_BACKING("f", "f");
}

WORLD_FIXTURE(lseek_data);

CASE(lseek_data, sends_request, .promise = "D2", .abilities = "inspect",
	.title = "SEEK_DATA sends LSEEK; after ENOSYS SEEK_DATA and SEEK_HOLE use the cached size")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGE, 2 * PAGE);
	fd = open_settled_ok(w, "f", O_RDWR);
	TODAY(EXPECT_RET(client_call(c, lseek, fd, 5, SEEK_DATA), 5));
	EXPECT_REQUESTS(w, "LSEEK");
	EXPECT_RET(server_inspect(w, "LSEEK", "offset"), 5);
	EXPECT_RET(server_inspect(w, "LSEEK", "flags"), SEEK_DATA);
	TODAY(EXPECT_RET(client_call(c, lseek, fd, 5, SEEK_HOLE), 3 * PAGE));
	EXPECT_REQUESTS(w, "");
}

WORLD_FIXTURE(lseek_set);

CASE(lseek_set, sends_nothing, .promise = "D2",
	.title = "SEEK_SET, SEEK_CUR and SEEK_END send nothing, even after a read; a write makes SEEK_END send GETATTR")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGE, 0);
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_RET(client_call(c, lseek, fd, 5, SEEK_SET), 5);
	EXPECT_RET(client_call(c, lseek, fd, 3, SEEK_CUR), 8);
	EXPECT_READ_BY(c, BY_PREAD, fd, PAGE, 0, OLD);
	EXPECT_RET(client_call(c, lseek, fd, -1, SEEK_END), PAGE - 1);
	EXPECT_REQUESTS(w, "");
	EXPECT_WRITE_AT(c, fd, PAGE, "g");
	EXPECT_RET(client_call(c, lseek, fd, 0, SEEK_END), PAGE + 1);
	EXPECT_REQUESTS(w, "GETATTR");
}

/* --- IOCTL, POLL, xattr --------------------------------------------------------- */

WORLD_FIXTURE(ioctl);

CASE(ioctl, getflags_enotty, .promise = "D2",
	.title = "FS_IOC_GETFLAGS sends OPEN, IOCTL and RELEASE; on ENOSYS it fails with ENOTTY")
{
	static int flags;
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_RET(client_call(client(w), ioctl, fd, FS_IOC_GETFLAGS, AT(&flags)), -ENOTTY);
	EXPECT_RET(server_wait(w, "IOCTL", 1), 1);
	TODAY(EXPECT_REQUESTS(w, "OPEN IOCTL RELEASE"));
}

CASE(ioctl, getflags_ignores_backing_id, .promise = "D2",
	.title = "FS_IOC_GETFLAGS ignores another ID in the reply to its OPEN; passthrough I/O continues",
	.today = "that FS_IOC_GETFLAGS sends an OPEN is not promised")
{
	static int flags;
	long fd;

	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=at-open times=any");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_RET(client_call(client(w), ioctl, fd, FS_IOC_GETFLAGS, AT(&flags)), -ENOTTY);
	EXPECT_REQUESTS(w, "OPEN+passthrough IOCTL RELEASE");
	EXPECT_WRITE(w, fd, "g");
	EXPECT_BACKING("f", "g");
}

CASE(ioctl, unknown_enotty, .promise = "D2",
	.title = "an unknown ioctl(2) sends IOCTL; on ENOSYS it fails with ENOTTY")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_RET(client_call(client(w), ioctl, fd, 0x7fff, 0), -ENOTTY);
	EXPECT_REQUESTS_ABOUT(w, "IOCTL", "IOCTL");
}

WORLD_FIXTURE(poll);

CASE(poll, sends_request, .promise = "D2",
	.title = "poll(2) sends POLL; after ENOSYS it reports the file ready and sends nothing")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(c, "f", O_RDWR);
	EXPECT_RET(client_poll(c, fd, POLLIN | POLLOUT), POLLIN | POLLOUT);
	EXPECT_REQUESTS_ABOUT(w, "POLL", "LOOKUP OPEN+passthrough POLL");
	EXPECT_RET(client_poll(c, fd, POLLIN), POLLIN);
	EXPECT_REQUESTS_ABOUT(w, "POLL", "");
}

WORLD_FIXTURE(xattr);

CASE(xattr, sends_requests, .promise = "D2",
	.title = "xattr calls send GETXATTR, LISTXATTR, SETXATTR, REMOVEXATTR; on ENOSYS they fail with EOPNOTSUPP")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(c, "f", O_RDWR);
	world_requests(w);
	EXPECT_RET(client_fgetxattr(c, fd, "user.a"), -EOPNOTSUPP);
	EXPECT_RET(client_call(c, flistxattr, fd, 0, 0), -EOPNOTSUPP);
	EXPECT_RET(client_call(c, fsetxattr, fd, AT("user.a"), AT("1"), 1, 0), -EOPNOTSUPP);
	EXPECT_RET(client_call(c, fremovexattr, fd, AT("user.a")), -EOPNOTSUPP);
	EXPECT_REQUESTS_ABOUT(w, "GETXATTR", "GETXATTR LISTXATTR SETXATTR REMOVEXATTR");
}

/* --- errors of the server --------------------------------------------------------- */

WORLD_FIXTURE(server_error);
FIXTURE_VARIANT(server_error)
{
	const char *op;
	enum client_call call;
	int64_t args[5]; /* after the descriptor */
};
#define FAILS(name, request, ...) \
	FIXTURE_VARIANT_ADD(server_error, name) \
	{ \
		.op = request, .call = CALL_##name, .args = { __VA_ARGS__ } \
	}
FAILS(fsync, "FSYNC");
FAILS(close, "FLUSH");
FAILS(ftruncate, "SETATTR", 4096);
FAILS(fchmod, "SETATTR", 0600);
FAILS(fallocate, "FALLOCATE", 0, 0, 4096);
FAILS(lseek, "LSEEK", 0, SEEK_DATA);
FAILS(ioctl, "IOCTL", 0x7fff);
FAILS(flistxattr, "LISTXATTR");

CASE(server_error, fails_call_edquot, .promise = "D2", .abilities = "override-reply",
	.title = "when the server answers EDQUOT, the call leaves the backing file unchanged and fails with EDQUOT")
{
	const int64_t *a = variant->args;
	long fd;

	open_rule(w, "f reg=at-open");
	ASSERT_RET(server_override_reply(w, variant->op, "EDQUOT"), 0);
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_RET(client_run_call(client(w), variant->call,
				   (int64_t[6]) { fd, a[0], a[1], a[2], a[3], a[4] }),
		   -EDQUOT);
	EXPECT_RET(server_wait(w, variant->op, 1), 1);
	EXPECT_BACKING("f", "f");
}

/* --- opening again ------------------------------------------------------------------ */

static long client_reopen(struct client *c, int fd, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return client_open(c, path, flags);
}

WORLD_FIXTURE(proc_fd);

CASE(proc_fd, sends_open, .promise = "D16",
	.title = "open(2) of /proc/self/fd/N sends OPEN and has an access mode of its own")
{
	struct client *c = client(w);
	long fd, again;

	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse");
	fd = open_settled_ok(w, "f", O_RDONLY);
	ASSERT_POSITIVE(again = client_reopen(c, fd, O_RDWR));
	EXPECT_REQUESTS(w, "OPEN+passthrough");
	EXPECT_WRITE(c, again, "g");
	EXPECT_RET(client_write(c, fd, "h", 1, 0), -EBADF);
	EXPECT_BACKING("f", "g");
}

WORLD_FIXTURE(o_path);

CASE(o_path, sends_no_open, .promise = "D16",
	.title = "open(2) with O_PATH sends no OPEN; reopening that descriptor through /proc/self/fd does")
{
	struct client *c = client(w);
	char data[1];
	long path, fd;

	open_rule(w, "f reg=at-open");
	path = open_ok(c, "f", O_PATH);
	EXPECT_RET(client_read(c, path, data, 1, 0), -EBADF);
	EXPECT_REQUESTS(w, "LOOKUP");
	ASSERT_POSITIVE(fd = client_reopen(c, path, O_RDONLY));
	EXPECT_READ(c, fd, "f");
	EXPECT_REQUESTS(w, "OPEN+passthrough");
	EXPECT_CLOSE(c, path);
	EXPECT_REQUESTS(w, "");
}

CASE_MAIN()

// SPDX-License-Identifier: GPL-2.0
/* What of a passthrough file is still the server's, and is sent to it. Rows D2, D16. */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* seeds */

#define PAGE 4096L

/* Addresses of the case process are the client's as well, that is a fork of it. */
#define AT(data) ((long)(data))

/* --- FSYNC ------------------------------------------------------------------ */

WORLD_FIXTURE(sync);

CASE(sync, is_the_servers, .row = "D2",
     .title = "fsync(2) and fdatasync(2) send FSYNC and say which",
     .needs = NEED_PASSTHROUGH, .can = "seen hold")
{
	struct client *c = client(w);
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	ASSERT_RET(server_hold(w, "FSYNC"), 0);
	client_start_call(c, fdatasync, fd);
	EXPECT_RET(server_wait(w, "FSYNC", 1), 1);
	EXPECT_RET(server_seen(w, "FSYNC", "flags"), 1);
	EXPECT_RET(server_seen(w, "FSYNC", "fh"), 1);
	EXPECT_RET(server_go(w, "FSYNC"), 1);
	EXPECT_RET(client_finish(c), 0);
	EXPECT_OPS(w, "FSYNC");
}

CASE(sync, is_not_asked_for_again, .row = "D2",
     .title = "fsync(2) succeeds where the server answers FSYNC with ENOSYS, and it is not sent "
	      "again",
     .needs = NEED_PASSTHROUGH, .can = "seen")
{
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_write_by(client(w), WAY_PREAD, fd, PAGE, 0, NEW), PAGE);
	EXPECT_RET(client_call(client(w), fsync, fd), 0);
	EXPECT_OPS(w, "FSYNC");
	EXPECT_RET(server_seen(w, "FSYNC", "flags"), 0);
	EXPECT_RET(client_call(client(w), fsync, fd), 0);
	EXPECT_RET(client_call(client(w), fdatasync, fd), 0);
	EXPECT_OPS(w, "");
}

CASE(sync, is_not_the_backing_files, .row = "D2",
     .title = "fsync(2) does not sync the backing file: its own server sees the WRITE and no FSYNC",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	plan(w, "f reg=reuse");
	ASSERT_POSITIVE(register_on_other(w, "no-passthrough"));
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_write_by(client(w), WAY_PREAD, fd, PAGE, 0, NEW), PAGE);
	EXPECT_RET(client_call(client(w), fsync, fd), 0);
	EXPECT_OPS(w, "FSYNC");
	EXPECT_OTHER_OPS(w, "OPEN WRITE");
}

CASE(sync, of_a_mapping_is_the_backing_files, .row = "D2",
     .title = "msync(2) syncs the backing file and not the FUSE file",
     .needs = NEED_PASSTHROUGH)
{
	long fd, at;

	plan(w, "f reg=reuse");
	ASSERT_POSITIVE(register_on_other(w, "no-passthrough"));
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	ASSERT_POSITIVE(at = client_mmap(client(w), fd, PROT_READ | PROT_WRITE, MAP_SHARED, PAGE,
					 0));
	EXPECT_RET(client_poke(client(w), at, 'g'), 0);
	EXPECT_RET(client_call(client(w), msync, at, PAGE, MS_SYNC), 0);
	EXPECT_OPS(w, "");
	EXPECT_OTHER_OPS_MERGED(w, "OPEN READ WRITE FSYNC");
	EXPECT_RET(backing_file_is("f", "g"), 1);
}

/* --- FLUSH and RELEASE ------------------------------------------------------- */

WORLD_FIXTURE(closing);

CASE(closing, flushes_each_time, .row = "D2",
     .title = "every close(2) of a duplicated descriptor sends FLUSH, the last one RELEASE too",
     .needs = NEED_PASSTHROUGH, .can = "seen")
{
	struct client *c = client(w);
	long fd, copy;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	ASSERT_POSITIVE(copy = client_call(c, dup, fd));
	EXPECT_OPS(w, "");
	EXPECT_RET(client_close(c, fd), 0);
	EXPECT_OPS(w, "FLUSH");
	EXPECT_RET(client_write(c, copy, "g", 1, 0), 1);
	EXPECT_RET(client_close(c, copy), 0);
	EXPECT_OPS(w, "FLUSH RELEASE");
	EXPECT_RET(server_seen(w, "RELEASE", "fh"), 1);
	EXPECT_RET(server_seen(w, "RELEASE", "flags") & O_ACCMODE, O_RDWR);
}

CASE(closing, does_not_flush_where_told, .row = "D2",
     .title = "a file opened with FOPEN_NOFLUSH sends RELEASE and no FLUSH",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd, copy;

	plan(w, "f reg=at-open flags=passthrough,noflush");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	ASSERT_POSITIVE(copy = client_call(c, dup, fd));
	EXPECT_RET(client_close(c, copy), 0);
	EXPECT_OPS(w, "");
	EXPECT_RET(client_close(c, fd), 0);
	EXPECT_OPS(w, "RELEASE");
}

/* --- SETATTR, FALLOCATE, LSEEK ------------------------------------------------ */

WORLD_FIXTURE(change);

CASE(change, of_the_size_is_the_servers, .row = "D2",
     .title = "ftruncate(2) sends SETATTR, and the file is as long as the server has made it",
     .needs = NEED_PASSTHROUGH, .can = "seen")
{
	struct client *c = client(w);
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_RET(backing_fill("f", OLD, 3 * PAGE, 0), 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_call(c, ftruncate, fd, PAGE + 1), 0);
	EXPECT_OPS(w, "SETATTR");
	EXPECT_RET(server_seen(w, "SETATTR", "size"), PAGE + 1);
	EXPECT_RET(server_seen(w, "SETATTR", "fh"), 1);
	EXPECT_RET(client_read_by(c, WAY_PREAD, fd, 3 * PAGE, 0, OLD), PAGE + 1);
	EXPECT_RET(client_write_by(c, WAY_PREAD, fd, PAGE, 2 * PAGE, NEW), PAGE);
	EXPECT_RET(backing_match("f", NEW, PAGE, 2 * PAGE), PAGE);
	EXPECT_OPS(w, "");
}

CASE(change, of_the_mode_is_the_servers, .row = "D2",
     .title = "fchmod(2) sends SETATTR",
     .needs = NEED_PASSTHROUGH)
{
	struct stat st;
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_call(client(w), fchmod, fd, 0600), 0);
	EXPECT_OPS(w, "SETATTR");
	ASSERT_RET(stat(backing_path("f"), &st), 0);
	EXPECT_RET(st.st_mode & 07777, 0600);
}

CASE(change, of_the_blocks_is_the_servers, .row = "D2",
     .title = "fallocate(2) sends FALLOCATE, once if that is ENOSYS, and the backing file stays "
	      "as it is",
     .needs = NEED_PASSTHROUGH, .can = "seen")
{
	struct client *c = client(w);
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_call(c, fallocate, fd, FALLOC_FL_KEEP_SIZE, 7, PAGE), -EOPNOTSUPP);
	EXPECT_OPS(w, "FALLOCATE");
	EXPECT_RET(server_seen(w, "FALLOCATE", "flags"), FALLOC_FL_KEEP_SIZE);
	EXPECT_RET(server_seen(w, "FALLOCATE", "offset"), 7);
	EXPECT_RET(server_seen(w, "FALLOCATE", "size"), PAGE);
	EXPECT_RET(client_call(c, fallocate, fd, 0, 0, PAGE), -EOPNOTSUPP);
	EXPECT_OPS(w, "");
	EXPECT_RET(backing_file_is("f", "f"), 1);
}

WORLD_FIXTURE(seek);

CASE(seek, for_data_and_holes_is_the_servers, .row = "D2",
     .title = "lseek(2) with SEEK_DATA sends LSEEK, and goes by the size in FUSE's attributes once "
	      "that is ENOSYS",
     .needs = NEED_PASSTHROUGH, .can = "seen")
{
	struct client *c = client(w);
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_RET(backing_fill("f", OLD, PAGE, 2 * PAGE), 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_call(c, lseek, fd, 5, SEEK_DATA), 5);
	EXPECT_OPS(w, "LSEEK");
	EXPECT_RET(server_seen(w, "LSEEK", "offset"), 5);
	EXPECT_RET(server_seen(w, "LSEEK", "flags"), SEEK_DATA);
	EXPECT_RET(client_call(c, lseek, fd, 5, SEEK_HOLE), 3 * PAGE);
	EXPECT_OPS(w, "");
}

CASE(seek, to_a_number_is_the_kernels, .row = "D2",
     .title = "lseek(2) with SEEK_SET, SEEK_CUR and, while the size is valid, SEEK_END sends "
	      "nothing",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_RET(backing_fill("f", OLD, PAGE, 0), 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_call(c, lseek, fd, 5, SEEK_SET), 5);
	EXPECT_RET(client_call(c, lseek, fd, 3, SEEK_CUR), 8);
	EXPECT_RET(client_call(c, lseek, fd, -1, SEEK_END), PAGE - 1);
	EXPECT_OPS(w, "");
	EXPECT_RET(client_write(c, fd, "g", 1, PAGE), 1);
	EXPECT_RET(client_call(c, lseek, fd, 0, SEEK_END), PAGE + 1);
	EXPECT_OPS(w, "GETATTR");
}

/* --- IOCTL, POLL, xattr --------------------------------------------------------- */

WORLD_FIXTURE(question);

CASE(question, of_inode_flags_is_the_servers, .row = "D2",
     .title = "FS_IOC_GETFLAGS sends IOCTL, on a file handle of its own",
     .needs = NEED_PASSTHROUGH)
{
	static int flags;
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_call(client(w), ioctl, fd, FS_IOC_GETFLAGS, AT(&flags)), -ENOTTY);
	EXPECT_OPS(w, "OPEN IOCTL RELEASE");
}

CASE(question, of_inode_flags_opens_no_backing_file, .row = "D2",
     .title = "FS_IOC_GETFLAGS does not mind an ID of another file in the reply to its OPEN",
     .needs = NEED_PASSTHROUGH)
{
	static int flags;
	long fd;

	plan(w, "f reg=at-open");
	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_call(client(w), ioctl, fd, FS_IOC_GETFLAGS, AT(&flags)), -ENOTTY);
	EXPECT_OPS(w, "OPEN+passthrough IOCTL RELEASE");
	EXPECT_RET(client_write(client(w), fd, "g", 1, 0), 1);
	EXPECT_RET(backing_file_is("f", "g"), 1);
}

CASE(question, of_an_unknown_ioctl_is_the_servers, .row = "D2",
     .title = "an unknown ioctl(2) sends IOCTL, and is ENOTTY where that is ENOSYS",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_call(client(w), ioctl, fd, 0x7fff, 0), -ENOTTY);
	EXPECT_OPS(w, "IOCTL");
}

CASE(question, of_readiness_is_the_servers, .row = "D2",
     .title = "poll(2) sends POLL, once if that is ENOSYS, and the file is ready then",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(c, "f", O_RDWR));
	EXPECT_RET(client_poll(c, fd, POLLIN | POLLOUT), POLLIN | POLLOUT);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough POLL");
	EXPECT_RET(client_poll(c, fd, POLLIN), POLLIN);
	EXPECT_OPS(w, "");
}

CASE(question, of_attributes_is_the_servers, .row = "D2",
     .title = "extended attributes are the server's: GETXATTR, LISTXATTR, SETXATTR, REMOVEXATTR",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(c, "f", O_RDWR));
	world_ops(w);
	EXPECT_RET(client_fgetxattr(c, fd, "user.a"), -EOPNOTSUPP);
	EXPECT_RET(client_call(c, flistxattr, fd, 0, 0), -EOPNOTSUPP);
	EXPECT_RET(client_call(c, fsetxattr, fd, AT("user.a"), AT("1"), 1, 0), -EOPNOTSUPP);
	EXPECT_RET(client_call(c, fremovexattr, fd, AT("user.a")), -EOPNOTSUPP);
	EXPECT_OPS(w, "GETXATTR LISTXATTR SETXATTR REMOVEXATTR");
}

/* --- the server's word counts ---------------------------------------------------- */

WORLD_FIXTURE(error);
FIXTURE_VARIANT(error)
{
	const char *op;
	long nr, args[5]; /* behind the descriptor */
};
FIXTURE_VARIANT_ADD(error, fsync) { "FSYNC", SYS_fsync, {} };
FIXTURE_VARIANT_ADD(error, close) { "FLUSH", SYS_close, {} };
FIXTURE_VARIANT_ADD(error, ftruncate) { "SETATTR", SYS_ftruncate, { PAGE } };
FIXTURE_VARIANT_ADD(error, fchmod) { "SETATTR", SYS_fchmod, { 0600 } };
FIXTURE_VARIANT_ADD(error, fallocate) { "FALLOCATE", SYS_fallocate, { 0, 0, PAGE } };
FIXTURE_VARIANT_ADD(error, lseek) { "LSEEK", SYS_lseek, { 0, SEEK_DATA } };
FIXTURE_VARIANT_ADD(error, ioctl) { "IOCTL", SYS_ioctl, { 0x7fff } };
FIXTURE_VARIANT_ADD(error, flistxattr) { "LISTXATTR", SYS_flistxattr, {} };

CASE(error, of_the_server_is_the_callers, .row = "D2",
     .title = "an error of the server fails the call, and the backing file stays as it is",
     .needs = NEED_PASSTHROUGH, .can = "answers")
{
	const long *a = variant->args;
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_RET(server_call(&w->server, -1, "answer %s EDQUOT", variant->op), 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_syscall(client(w), variant->op, variant->nr,
				  (long[6]){ fd, a[0], a[1], a[2], a[3], a[4] }), -EDQUOT);
	EXPECT_RET(server_wait(w, variant->op, 1), 1);
	EXPECT_RET(backing_file_is("f", "f"), 1);
}

/* --- opening again ------------------------------------------------------------------ */

WORLD_FIXTURE(descriptor);

static long client_reopen(struct client *c, int fd, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return client_open(c, path, flags);
}

CASE(descriptor, is_opened_again_by_the_server, .row = "D16",
     .title = "open(2) of /proc/self/fd/N is an OPEN of its own, with an ID and access of its own",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd, again;

	plan(w, "f reg=at-open");
	plan(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDONLY));
	ASSERT_POSITIVE(again = client_reopen(c, fd, O_RDWR));
	EXPECT_OPS(w, "OPEN+passthrough");
	EXPECT_RET(client_write(c, again, "g", 1, 0), 1);
	EXPECT_RET(client_write(c, fd, "h", 1, 0), -EBADF);
	EXPECT_RET(backing_file_is("f", "g"), 1);
}

CASE(descriptor, of_a_path_opens_nothing, .row = "D16",
     .title = "open(2) with O_PATH sends no OPEN, opening what it gives does",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	char data[1];
	long path, fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(path = client_open(c, "f", O_PATH));
	EXPECT_RET(client_read(c, path, data, 1, 0), -EBADF);
	EXPECT_OPS(w, "LOOKUP");
	ASSERT_POSITIVE(fd = client_reopen(c, path, O_RDONLY));
	EXPECT_RET(client_read(c, fd, data, 1, 0), 1);
	EXPECT_OPS(w, "OPEN+passthrough");
	EXPECT_RET(client_close(c, path), 0);
	EXPECT_OPS(w, "");
}

CASE_MAIN()

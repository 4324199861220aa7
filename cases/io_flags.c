// SPDX-License-Identifier: GPL-2.0
/* Flags of open(2), fcntl(2), preadv2(2) and pwritev2(2), and limits. Rows D8 to D11, D22. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "client/pattern.h"
#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* seeds */

#define PAGE 4096L

/* Newer than some headers. */
#ifndef RWF_NOWAIT
#define RWF_NOWAIT 0x8
#endif
#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20
#endif
#ifndef RWF_ATOMIC
#define RWF_ATOMIC 0x40
#endif
#ifndef RWF_DONTCACHE
#define RWF_DONTCACHE 0x80
#endif

/* --- append ---------------------------------------------------------------- */

/* How many bytes of f are right, when PAGE bytes of NEW from 0 on stand behind @end of OLD. */
static long bytes_with_appended(long end)
{
	long kept = backing_match("f", OLD, end, 0), len = -1;
	int fd = open(backing_path("f"), O_RDONLY | O_CLOEXEC);
	char data[PAGE + 1];

	if (fd >= 0)
		len = pread(fd, data, sizeof(data), end);
	close(fd);
	return len == PAGE ? kept + (long)pattern_match(data, len, NEW, 0) : -1;
}

WAY_FIXTURE(append);
EACH_SIMPLE_CALL(append);

CASE(append, goes_to_the_end_where_opened_so, .row = "D8",
     .title = "a write to a file opened with O_APPEND goes to the end, wherever it was to go",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	ASSERT_RET(backing_fill("f", OLD, PAGE, 0), 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_WRONLY | O_APPEND));
	EXPECT_RET(client_write_by(client(w), variant->way, fd, PAGE, 0, NEW), PAGE);
	EXPECT_RET(bytes_with_appended(PAGE), 2 * PAGE);
	EXPECT_OPS(w, "");
}

CASE(append, goes_to_the_end_where_set_so, .row = "D8",
     .title = "a write goes to the end when F_SETFL has added O_APPEND after open(2)",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	ASSERT_RET(backing_fill("f", OLD, PAGE, 0), 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_WRONLY));
	EXPECT_RET(client_call(client(w), fcntl, fd, F_SETFL, O_APPEND), 0);
	EXPECT_RET(client_write_by(client(w), variant->way, fd, PAGE, 0, NEW), PAGE);
	EXPECT_RET(bytes_with_appended(PAGE), 2 * PAGE);
}

CASE(append, goes_to_the_end_of_the_backing_file, .row = "D8",
     .title = "a write appends to the backing file as it is, not to the size that FUSE has cached",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_WRONLY | O_APPEND));
	ASSERT_RET(backing_fill("f", OLD, PAGE, 0), 0);
	EXPECT_RET(client_write_by(client(w), variant->way, fd, PAGE, 0, NEW), PAGE);
	EXPECT_RET(bytes_with_appended(PAGE), 2 * PAGE);
	EXPECT_OPS(w, "");
}

WORLD_FIXTURE(appended);

CASE(appended, by_one_write, .row = "D8",
     .title = "pwritev2(2) with RWF_APPEND goes to the end, the next write without it does not",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_RET(backing_fill("f", OLD, PAGE, 0), 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_WRONLY));
	EXPECT_RET(client_pwritev2(c, fd, PAGE, 0, NEW, RWF_APPEND), PAGE);
	EXPECT_RET(bytes_with_appended(PAGE), 2 * PAGE);
	EXPECT_RET(client_pwritev2(c, fd, PAGE, 0, OLD, 0), PAGE);
	EXPECT_RET(bytes_with_appended(PAGE), 2 * PAGE);
	EXPECT_OPS(w, "");
}

CASE(appended, by_two_in_turn, .row = "D8",
     .title = "what two clients append in turn stands in the order in which they wrote it",
     .needs = NEED_PASSTHROUGH)
{
	struct client *alice = client(w), *bob = client_number(w, 1);
	long a, b;

	plan(w, "f reg=at-open");
	plan(w, "f reg=reuse");
	ASSERT_POSITIVE(a = client_open(alice, "f", O_WRONLY | O_APPEND));
	ASSERT_POSITIVE(b = client_open(bob, "f", O_WRONLY | O_APPEND));
	EXPECT_RET(client_write(alice, a, "one,", 4, 0), 4);
	EXPECT_RET(client_write(bob, b, "two,", 4, 0), 4);
	EXPECT_RET(client_write(alice, a, "three,", 6, 0), 6);
	EXPECT_RET(client_write(bob, b, "four", 4, 0), 4);
	EXPECT_RET(backing_file_is("f", "fone,two,three,four"), 1);
}

CASE(appended, moves_the_position, .row = "D8",
     .title = "after an append the file's position is the end",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_RET(backing_fill("f", OLD, PAGE, 0), 0);
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_WRONLY | O_APPEND));
	EXPECT_RET(client_write_by(client(w), WAY_READ, fd, 7, 0, NEW), 7);
	EXPECT_RET(client_call(client(w), lseek, fd, 0, SEEK_CUR), PAGE + 7);
}

WORLD_FIXTURE(no_splice);
FIXTURE_VARIANT(no_splice)
{
	enum way way;
	bool set_later;
};
FIXTURE_VARIANT_ADD(no_splice, opened_so) { WAY_SPLICE, false };
FIXTURE_VARIANT_ADD(no_splice, set_so) { WAY_SPLICE, true };
FIXTURE_VARIANT_ADD(no_splice, sendfile_opened_so) { WAY_SENDFILE, false };
FIXTURE_VARIANT_ADD(no_splice, sendfile_set_so) { WAY_SENDFILE, true };

CASE(no_splice, into_what_appends, .row = "D11",
     .title = "splice(2) and sendfile(2) into a file in append mode are EINVAL",
     .needs = NEED_PASSTHROUGH)
{
	int append = variant->set_later ? 0 : O_APPEND;
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_WRONLY | append));
	EXPECT_RET(client_call(client(w), fcntl, fd, F_SETFL, O_APPEND), 0);
	EXPECT_RET(client_write_by(client(w), variant->way, fd, PAGE, 0, NEW), -EINVAL);
	EXPECT_RET(backing_file_is("f", "f"), 1);
}

/* --- append-only, and append mode taken away ---------------------------------- */

#define NOT_LOOKED_AT                                                                          \
	.fixed_by = "7.3.4 (backing-file: enforce append-only and immutable backing inodes)",  \
	.xfail_before = "7.3.4",                                                               \
	.xfail = "writes do not look at the flags of the backing inode"

WAY_FIXTURE(append_only);
EACH_CALL(append_only);

CASE(append_only, is_not_written_after_fcntl, .row = "D22",
     .title = "when F_SETFL has cleared O_APPEND a write to an append-only backing file is EPERM, "
	      "and until then it appends",
     .needs = NEED_PASSTHROUGH, NOT_LOOKED_AT)
{
	long fd;

	SKIP_UNLESS(variant->needs);
	ASSERT_RET(backing_fill("f", OLD, PAGE, 0), 0);
	ASSERT_RET(register_f(w), 1);
	SET_INODE_FLAGS(FS_APPEND_FL);
	plan(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_WRONLY | O_APPEND));
	ASSERT_RET(client_write_by(client(w), WAY_PREAD, fd, PAGE, 0, NEW), PAGE);
	ASSERT_RET(client_call(client(w), fcntl, fd, F_SETFL, 0), 0);
	EXPECT_RET(client_write_by(client(w), variant->way, fd, PAGE, 0, NEW), -EPERM);
	EXPECT_RET(bytes_with_appended(PAGE), 2 * PAGE);
}

WORLD_FIXTURE(append_only_once);

CASE(append_only_once, is_not_written_with_rwf_noappend, .row = "D22",
     .title = "pwritev2(2) with RWF_NOAPPEND to an append-only backing file is EPERM, without "
	      "it a write appends",
     .needs = NEED_PASSTHROUGH, NOT_LOOKED_AT)
{
	long fd;

	ASSERT_RET(backing_fill("f", OLD, PAGE, 0), 0);
	ASSERT_RET(register_f(w), 1);
	SET_INODE_FLAGS(FS_APPEND_FL);
	plan(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_WRONLY | O_APPEND));
	ASSERT_RET(client_pwritev2(client(w), fd, PAGE, 0, NEW, 0), PAGE);
	EXPECT_RET(client_pwritev2(client(w), fd, PAGE, 0, NEW, RWF_NOAPPEND), -EPERM);
	EXPECT_RET(bytes_with_appended(PAGE), 2 * PAGE);
}

/* --- flags of one transfer -------------------------------------------------- */

WORLD_FIXTURE(refused_flag);
FIXTURE_VARIANT(refused_flag)
{
	int flag;
};
FIXTURE_VARIANT_ADD(refused_flag, nowait) { RWF_NOWAIT };
FIXTURE_VARIANT_ADD(refused_flag, atomic) { RWF_ATOMIC };
FIXTURE_VARIANT_ADD(refused_flag, dontcache) { RWF_DONTCACHE };

CASE(refused_flag, transfers_nothing, .row = "D9",
     .title = "a read and a write with RWF_NOWAIT, RWF_ATOMIC, RWF_DONTCACHE are EOPNOTSUPP, and "
	      "nothing is written",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_RET(backing_fill("f", OLD, PAGE, 0), 0);
	ASSERT_POSITIVE(fd = client_open(c, "f", O_RDWR));
	EXPECT_RET(client_preadv2(c, fd, PAGE, 0, OLD, variant->flag), -EOPNOTSUPP);
	EXPECT_RET(client_pwritev2(c, fd, PAGE, 0, NEW, variant->flag), -EOPNOTSUPP);
	EXPECT_RET(backing_match("f", OLD, PAGE, 0), PAGE);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough");
}

WORLD_FIXTURE(taken_flag);
FIXTURE_VARIANT(taken_flag)
{
	int flag;
};
FIXTURE_VARIANT_ADD(taken_flag, dsync) { RWF_DSYNC };
FIXTURE_VARIANT_ADD(taken_flag, sync) { RWF_SYNC };
FIXTURE_VARIANT_ADD(taken_flag, hipri) { RWF_HIPRI };

CASE(taken_flag, transfers_all, .row = "D9",
     .title = "a read and a write with RWF_DSYNC, RWF_SYNC, RWF_HIPRI succeed, and send nothing",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_RET(backing_fill("f", OLD, PAGE, 0), 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_preadv2(c, fd, PAGE, 0, OLD, variant->flag), PAGE);
	EXPECT_RET(client_pwritev2(c, fd, PAGE, 0, NEW, variant->flag), PAGE);
	EXPECT_RET(backing_match("f", NEW, PAGE, 0), PAGE);
	EXPECT_OPS(w, "");
}

/* --- synchronous writes, on a backing file whose server tells of each FSYNC -- */

WORLD_FIXTURE(synced);
FIXTURE_VARIANT(synced)
{
	int open, rwf;
	int datasync; /* what FSYNC says */
};
FIXTURE_VARIANT_ADD(synced, dsync) { 0, RWF_DSYNC, 1 };
FIXTURE_VARIANT_ADD(synced, sync) { 0, RWF_SYNC, 0 };
FIXTURE_VARIANT_ADD(synced, opened_dsync) { O_DSYNC, 0, 1 };
FIXTURE_VARIANT_ADD(synced, opened_sync) { O_SYNC, 0, 0 };

CASE(synced, is_the_backing_file, .row = "D9",
     .title = "RWF_DSYNC, RWF_SYNC, O_DSYNC and O_SYNC reach the backing file: it is synced as "
	      "asked, and its owner is not told",
     .needs = NEED_PASSTHROUGH, .can = "seen")
{
	long fd;

	plan(w, "f reg=reuse");
	ASSERT_POSITIVE(register_on_other(w, "no-passthrough"));
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_WRONLY | variant->open));
	EXPECT_OTHER_OPS(w, "OPEN");
	EXPECT_RET(client_pwritev2(client(w), fd, PAGE, 0, NEW, variant->rwf), PAGE);
	EXPECT_OTHER_OPS(w, "WRITE FSYNC");
	EXPECT_RET(server_call(&w->other, -1, "seen FSYNC flags"), variant->datasync);
	EXPECT_OPS(w, "");
}

WAY_FIXTURE(sync_by);
EACH_CALL(sync_by);

CASE(sync_by, each_call, .row = "D9",
     .title = "a write to a file opened with O_DSYNC syncs the backing file by whatever call it is",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=reuse");
	ASSERT_POSITIVE(register_on_other(w, "no-passthrough"));
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_WRONLY | O_DSYNC));
	EXPECT_OTHER_OPS(w, "OPEN");
	EXPECT_RET(client_write_by(client(w), variant->way, fd, PAGE, 0, NEW), PAGE);
	EXPECT_OTHER_OPS(w, "WRITE FSYNC");
	EXPECT_OPS(w, "");
}

CASE(sync_by, nothing_unless_asked_for, .row = "D9",
     .title = "a write to a file opened without O_DSYNC does not sync the backing file",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=reuse");
	ASSERT_POSITIVE(register_on_other(w, "no-passthrough"));
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_WRONLY));
	EXPECT_OTHER_OPS(w, "OPEN");
	EXPECT_RET(client_write_by(client(w), variant->way, fd, PAGE, 0, NEW), PAGE);
	EXPECT_OTHER_OPS(w, "WRITE");
}

/* --- limits ----------------------------------------------------------------- */

WAY_FIXTURE(size_limit);
EACH_SIMPLE_CALL(size_limit);

CASE(size_limit, cuts_a_write, .row = "D10",
     .title = "RLIMIT_FSIZE of the client cuts a write at the limit, the next one is EFBIG",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	struct statx st;
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_WRONLY));
	ASSERT_RET(client_limit(c, RLIMIT_FSIZE, PAGE), 0);
	EXPECT_RET(client_write_by(c, variant->way, fd, 2 * PAGE, 0, NEW), PAGE);
	EXPECT_RET(client_write_by(c, variant->way, fd, PAGE, PAGE, NEW), -EFBIG);
	EXPECT_RET(backing_match("f", NEW, 2 * PAGE, 0), PAGE);
	EXPECT_RET(client_fstatx(c, fd, AT_STATX_DONT_SYNC, &st), 0);
	EXPECT_RET(st.stx_size, PAGE);
}

CASE(size_limit, of_another_does_not_count, .row = "D10",
     .title = "RLIMIT_FSIZE of one client does not cut the write of another",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	ASSERT_RET(client_limit(client_number(w, 1), RLIMIT_FSIZE, PAGE), 0);
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_WRONLY));
	EXPECT_RET(client_write_by(client(w), variant->way, fd, 2 * PAGE, 0, NEW), 2 * PAGE);
	EXPECT_RET(backing_match("f", NEW, 2 * PAGE, 0), 2 * PAGE);
}

CASE_MAIN()

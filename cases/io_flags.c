// SPDX-License-Identifier: GPL-2.0
/* Flags of open(2), fcntl(2), preadv2(2) and pwritev2(2), and limits. Promises D8 to D11, D22. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "client/pattern.h"
#include "shared/fuse_uapi.h"
#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define PAGE sysconf(_SC_PAGESIZE)

/* --- append ---------------------------------------------------------------- */

/*
 * How many bytes of f, from the first on, are right: a page of OLD, then what was appended, a page
 * of NEW and no more.
 */
static long match_appended(void)
{
	long right = backing_match("f", OLD, PAGE, 0), len;
	int fd = open(backing_path("f"), O_RDONLY | O_CLOEXEC);
	char data[PAGE + 1];

	if (right == PAGE) {
		len = pread(fd, data, sizeof(data), PAGE);
		right += len > PAGE ? len : (long)pattern_match(data, len < 0 ? 0 : len, NEW, 0);
	}
	close(fd);
	return right;
}

/* Shows the first wrong byte, or the first one too many. */
#define EXPECT_APPENDED() \
	_EXPECT_ROWS(0, "right bytes of backing file f", match_appended(), since("0", 2 * PAGE))

IO_METHOD_FIXTURE(append_mode);
EACH_SIMPLE_CALL(append_mode);

CASE(append_mode, o_append_ignores_offset, .promise = "D8",
	.title = "a write to a file opened with O_APPEND appends and ignores its offset")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGE, 0);
	fd = open_settled_ok(w, "f", O_WRONLY | O_APPEND);
	EXPECT_WRITE_BY(w, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_APPENDED();
	EXPECT_REQUESTS(w, "");
}

CASE(append_mode, setfl_takes_effect, .promise = "D8",
	.title = "a write appends once F_SETFL has set O_APPEND after open(2)")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGE, 0);
	fd = open_settled_ok(w, "f", O_WRONLY);
	EXPECT_RET(client_call(client(w), fcntl, fd, F_SETFL, O_APPEND), 0);
	EXPECT_WRITE_BY(w, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_APPENDED();
}

CASE(append_mode, uses_backing_eof, .promise = "D8",
	.title = "an append starts at EOF of the backing file, not at the cached size")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_WRONLY | O_APPEND);
	backing_fill_ok("f", OLD, PAGE, 0);
	EXPECT_WRITE_BY(w, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_APPENDED();
	EXPECT_REQUESTS(w, "");
}

WORLD_FIXTURE(append_write);

CASE(append_write, rwf_append_applies_once, .promise = "D8",
	.title = "pwritev2(2) with RWF_APPEND appends; the next write without it uses its offset")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGE, 0);
	fd = open_settled_ok(w, "f", O_WRONLY);
	EXPECT_RET(client_pwritev2(c, fd, PAGE, 0, NEW, RWF_APPEND), PAGE);
	EXPECT_APPENDED();
	EXPECT_RET(client_pwritev2(c, fd, PAGE, 0, OLD, 0), PAGE);
	EXPECT_APPENDED();
	EXPECT_REQUESTS(w, "");
}

CASE(append_write, alternating_clients_in_order, .promise = "D8",
	.title = "alternating appends of two clients are concatenated in order")
{
	struct client *alice = client(w), *bob = client_number(w, 1);
	long a, b;

	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse");
	a = open_ok(alice, "f", O_WRONLY | O_APPEND);
	b = open_ok(bob, "f", O_WRONLY | O_APPEND);
	EXPECT_WRITE(alice, a, "one,");
	EXPECT_WRITE(bob, b, "two,");
	EXPECT_WRITE(alice, a, "three,");
	EXPECT_WRITE(bob, b, "four");
	EXPECT_BACKING("f", "fone,two,three,four");
}

CASE(append_write, moves_position_to_eof, .promise = "D8",
	.title = "an append moves the file position to EOF")
{
	long fd;

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGE, 0);
	fd = open_ok(w, "f", O_WRONLY | O_APPEND);
	EXPECT_WRITE_BY(w, BY_READ, fd, 7, 0, NEW);
	EXPECT_RET(client_call(client(w), lseek, fd, 0, SEEK_CUR), PAGE + 7);
}

WORLD_FIXTURE(into_append_mode);
FIXTURE_VARIANT(into_append_mode)
{
	enum io_method io_method;
	int open; /* flags of open(2), before F_SETFL */
};
FIXTURE_VARIANT_ADD(into_append_mode, splice_o_append) { .io_method = BY_SPLICE, .open = O_APPEND };
FIXTURE_VARIANT_ADD(into_append_mode, splice_setfl) { .io_method = BY_SPLICE };
FIXTURE_VARIANT_ADD(into_append_mode, sendfile_o_append) { .io_method = BY_SENDFILE,
							   .open = O_APPEND };
FIXTURE_VARIANT_ADD(into_append_mode, sendfile_setfl) { .io_method = BY_SENDFILE };

CASE(into_append_mode, fails_einval, .promise = "D11",
	.title = "splice(2) and sendfile(2) into a file in append mode write nothing and fail with EINVAL")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_WRONLY | variant->open);
	EXPECT_RET(client_call(client(w), fcntl, fd, F_SETFL, O_APPEND), 0);
	EXPECT_RET(client_write_by(client(w), variant->io_method, fd, PAGE, 0, NEW), -EINVAL);
	EXPECT_BACKING("f", "f");
}

/* --- append-only backing files ------------------------------------------------- */

#define NOT_ENFORCED \
	.fixed_by = "7.3.4 (backing-file: enforce append-only and immutable backing inodes)", \
	.xfail_before = "7.3.4", .xfail = "writes do not check the flags of the backing inode"

IO_METHOD_FIXTURE(append_only);
EACH_CALL(append_only);

CASE(append_only, o_append_cleared_eperm, .promise = "D22",
	.title = "on an append-only backing file, F_SETFL that clears O_APPEND, or the next write, fails with EPERM",
	NOT_ENFORCED)
{
	long fd, err;

	SKIP_UNLESS(variant->needs);
	backing_fill_ok("f", OLD, PAGE, 0);
	ASSERT_POSITIVE(register_f(w));
	SET_INODE_FLAGS(FS_APPEND_FL);
	open_rule(w, "f reg=reuse");
	fd = open_settled_ok(w, "f", O_WRONLY | O_APPEND);
	ASSERT_RET(client_write_by(client(w), BY_PREAD, fd, PAGE, 0, NEW), PAGE);
	err = client_call(client(w), fcntl, fd, F_SETFL, 0);
	if (err == 0)
		err = client_write_by(client(w), variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_RET(err, -EPERM);
	EXPECT_APPENDED();
}

WORLD_FIXTURE(append_only_pwritev2);

CASE(append_only_pwritev2, rwf_noappend_eperm, .promise = "D22",
	.title = "pwritev2(2) to an append-only backing file appends; with RWF_NOAPPEND it fails with EPERM",
	NOT_ENFORCED)
{
	long fd;

	backing_fill_ok("f", OLD, PAGE, 0);
	ASSERT_POSITIVE(register_f(w));
	SET_INODE_FLAGS(FS_APPEND_FL);
	open_rule(w, "f reg=reuse");
	fd = open_settled_ok(w, "f", O_WRONLY | O_APPEND);
	ASSERT_RET(client_pwritev2(client(w), fd, PAGE, 0, NEW, 0), PAGE);
	EXPECT_RET(client_pwritev2(client(w), fd, PAGE, 0, NEW, RWF_NOAPPEND), -EPERM);
	EXPECT_APPENDED();
}

WORLD_FIXTURE(append_only_copy);

CASE(append_only_copy, o_append_cleared_eperm, .promise = "D22",
	.title = "copy_file_range(2) to an append-only backing file fails with EPERM once O_APPEND is cleared",
	NOT_ENFORCED)
{
	struct client *c = client(w);
	long from, to, err;

	backing_fill_ok("f", OLD, PAGE, 0);
	backing_fill_ok("g", NEW, PAGE, 0);
	ASSERT_POSITIVE(register_f(w));
	SET_INODE_FLAGS(FS_APPEND_FL);
	open_rule(w, "f reg=reuse");
	to = open_settled_ok(w, "f", O_WRONLY | O_APPEND);
	from = open_ok(w, "g", O_RDONLY);
	err = client_call(c, fcntl, to, F_SETFL, 0);
	if (err == 0)
		err = client_call(c, copy_file_range, from, 0, to, 0, PAGE, 0);
	EXPECT_FAILS(err, -EPERM);
	EXPECT_BACKING_PATTERN_EXACTLY("f", OLD, PAGE, 0);
}

/* --- flags of one transfer -------------------------------------------------- */

WORLD_FIXTURE(unsupported_rwf);
FIXTURE_VARIANT(unsupported_rwf)
{
	int flag;
};
FIXTURE_VARIANT_ADD(unsupported_rwf, nowait) { .flag = RWF_NOWAIT };
FIXTURE_VARIANT_ADD(unsupported_rwf, atomic) { .flag = RWF_ATOMIC };
FIXTURE_VARIANT_ADD(unsupported_rwf, dontcache) { .flag = RWF_DONTCACHE };

CASE(unsupported_rwf, io_fails_eopnotsupp, .promise = "D9",
	.title = "I/O with RWF_NOWAIT, RWF_ATOMIC or RWF_DONTCACHE writes nothing and fails with EOPNOTSUPP",
	.today = "which flags FUSE supports is not promised")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGE, 0);
	fd = open_ok(c, "f", O_RDWR);
	EXPECT_RET(client_preadv2(c, fd, PAGE, 0, OLD, variant->flag), -EOPNOTSUPP);
	EXPECT_RET(client_pwritev2(c, fd, PAGE, 0, NEW, variant->flag), -EOPNOTSUPP);
	EXPECT_BACKING_PATTERN("f", OLD, PAGE, 0);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

WORLD_FIXTURE(supported_rwf);
FIXTURE_VARIANT(supported_rwf)
{
	int flag;
};
FIXTURE_VARIANT_ADD(supported_rwf, dsync) { .flag = RWF_DSYNC };
FIXTURE_VARIANT_ADD(supported_rwf, sync) { .flag = RWF_SYNC };
FIXTURE_VARIANT_ADD(supported_rwf, hipri) { .flag = RWF_HIPRI };

CASE(supported_rwf, io_succeeds, .promise = "D9",
	.title = "I/O with RWF_DSYNC, RWF_SYNC or RWF_HIPRI succeeds and sends no request")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGE, 0);
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_RET(client_preadv2(c, fd, PAGE, 0, OLD, variant->flag), PAGE);
	EXPECT_RET(client_pwritev2(c, fd, PAGE, 0, NEW, variant->flag), PAGE);
	EXPECT_BACKING_PATTERN("f", NEW, PAGE, 0);
	EXPECT_REQUESTS(w, "");
}

/* --- synchronous writes: the backing file is on a second mount, which logs FSYNC -- */

WORLD_FIXTURE(sync_flag);
FIXTURE_VARIANT(sync_flag)
{
	int open, rwf;
	int fsync_flags;
};
FIXTURE_VARIANT_ADD(sync_flag, rwf_dsync) { .rwf = RWF_DSYNC, .fsync_flags = FUSE_FSYNC_FDATASYNC };
FIXTURE_VARIANT_ADD(sync_flag, rwf_sync) { .rwf = RWF_SYNC };
FIXTURE_VARIANT_ADD(sync_flag, o_dsync) { .open = O_DSYNC, .fsync_flags = FUSE_FSYNC_FDATASYNC };
FIXTURE_VARIANT_ADD(sync_flag, o_sync) { .open = O_SYNC };

#define EXPECT_FSYNC_FLAGS(w, flags) EXPECT_RET(other_server_inspect(w, "FSYNC", "flags"), flags)

CASE(sync_flag, syncs_backing_file, .promise = "D9", .abilities = "inspect",
	.title = "RWF_SYNC, RWF_DSYNC, O_SYNC and O_DSYNC sync the backing file (DSYNC: data only) and send no request")
{
	long fd;

	open_rule(w, "f reg=reuse");
	register_on_other_ok(w, "no-passthrough");
	fd = open_settled_ok(w, "f", O_WRONLY | variant->open);
	EXPECT_OTHER_REQUESTS(w, "OPEN");
	EXPECT_RET(client_pwritev2(client(w), fd, PAGE, 0, NEW, variant->rwf), PAGE);
	EXPECT_OTHER_REQUESTS(w, "WRITE FSYNC");
	if (variant->fsync_flags)
		TODAY(EXPECT_FSYNC_FLAGS(w, variant->fsync_flags)); /* more may be synced */
	else
		EXPECT_FSYNC_FLAGS(w, 0);
	EXPECT_REQUESTS(w, "");
}

IO_METHOD_FIXTURE(backing_sync);
EACH_CALL(backing_sync);

CASE(backing_sync, done_with_o_dsync, .promise = "D9",
	.title = "a write to a file opened with O_DSYNC syncs the backing file")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=reuse");
	register_on_other_ok(w, "no-passthrough");
	fd = open_settled_ok(w, "f", O_WRONLY | O_DSYNC);
	EXPECT_OTHER_REQUESTS(w, "OPEN");
	EXPECT_WRITE_BY(w, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_OTHER_REQUESTS(w, "WRITE FSYNC");
	EXPECT_REQUESTS(w, "");
}

CASE(backing_sync, not_done_without_o_dsync, .promise = "D9",
	.title = "a write to a file opened without O_DSYNC does not sync the backing file")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=reuse");
	register_on_other_ok(w, "no-passthrough");
	fd = open_settled_ok(w, "f", O_WRONLY);
	EXPECT_OTHER_REQUESTS(w, "OPEN");
	EXPECT_WRITE_BY(w, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_OTHER_REQUESTS(w, "WRITE");
}

/* --- limits ----------------------------------------------------------------- */

IO_METHOD_FIXTURE(rlimit_fsize);
EACH_SIMPLE_CALL(rlimit_fsize);

CASE(rlimit_fsize, short_write_then_efbig, .promise = "D10",
	.title = "a write across the client's RLIMIT_FSIZE is short; the next one fails with EFBIG")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_WRONLY);
	ASSERT_RET(client_limit(c, RLIMIT_FSIZE, PAGE), 0);
	EXPECT_RET(client_write_by(c, variant->io_method, fd, 2 * PAGE, 0, NEW), PAGE);
	EXPECT_RET(client_write_by(c, variant->io_method, fd, PAGE, PAGE, NEW), -EFBIG);
	EXPECT_RET(backing_match("f", NEW, 2 * PAGE, 0), PAGE);
	EXPECT_CACHED_SIZE(c, fd, PAGE);
}

CASE(rlimit_fsize, other_client_unaffected, .promise = "D10",
	.title = "RLIMIT_FSIZE of one client does not limit writes of another")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	ASSERT_RET(client_limit(client_number(w, 1), RLIMIT_FSIZE, PAGE), 0);
	fd = open_ok(w, "f", O_WRONLY);
	EXPECT_WRITE_BY(w, variant->io_method, fd, 2 * PAGE, 0, NEW);
	EXPECT_BACKING_PATTERN("f", NEW, 2 * PAGE, 0);
}

CASE_MAIN()

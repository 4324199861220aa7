// SPDX-License-Identifier: GPL-2.0
/* What no kernel keeps so far: cases that are expected to fail. Promises K1 to K5, K8. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "world/io_methods.h"

#define CLIENT 1000

enum {
	SEED = 7,
	END = 100,
	DONE = 3
}; /* a pattern, the size of its file, what a short write did */

WORLD_FIXTURE(cached_open);

/*
 * Client 0 has a parallel direct write in flight, and the cached open of client 1 waits for it.
 * Then client 2 opens the file for passthrough: the descriptor.
 */
static long open_amid_wait(struct world *w)
{
	struct client *writer = client(w), *waiter = client_number(w, 1);
	long fd;

	open_rule(w, "f flags=direct_io,parallel_direct_writes");
	open_rule(w, "f");
	open_rule(w, "f reg=at-open");
	fd = open_ok(writer, "f", O_RDWR);
	ASSERT_RET(server_hold(w, "WRITE"), 0);
	client_start_write(writer, fd, "F", 1, 0);
	ASSERT_RET(server_wait(w, "WRITE", 1), 1);
	client_start_open(waiter, "f", O_RDWR);
	ASSERT_RET(server_wait(w, "OPEN", 2), 2);
	ASSERT_RET(world_settle(&w->server, "fuse"), 0); /* and is answered */
	EXPECT_HOLDS(client_is_busy(waiter), "the cached open waits for the WRITE");
	return open_ok(client_number(w, 2), "f", O_RDWR);
}

CASE(cached_open, ended_by_passthrough_open, .promise = "K1", .needs = NEED_DESTRUCTIVE,
	.abilities = "hold",
	.title = "a cached open waiting for a parallel direct write returns at a passthrough open",
	.xfail = "a passthrough open wakes nobody")
{
	struct client *waiter = client_number(w, 1), *passthrough = client_number(w, 2);
	long fd = open_amid_wait(w);

	EXPECT_HOLDS(!client_is_busy(waiter), "the cached open ends with the passthrough open");
	EXPECT_RET(server_go(w, "WRITE"), 1);
	EXPECT_RET(client_finish(client(w)), 1);
	EXPECT_CLOSE(passthrough, fd);
	client_finish(waiter);
}

CASE(cached_open, woken_by_write_end, .promise = "K1", .needs = NEED_DESTRUCTIVE, .abilities = "hold",
	.title = "a cached open waiting for a parallel direct write returns at its end, even after a passthrough open",
	.xfail = "the wake-up is missed while the inode is in passthrough mode")
{
	struct client *waiter = client_number(w, 1), *passthrough = client_number(w, 2);
	long fd = open_amid_wait(w);

	EXPECT_RET(server_go(w, "WRITE"), 1);
	EXPECT_RET(client_finish(client(w)), 1);
	EXPECT_HOLDS(!client_is_busy(waiter), "the cached open ends with the write");
	EXPECT_CLOSE(passthrough, fd);
	client_finish(waiter);
}

WORLD_FIXTURE(o_append);

CASE(o_append, cleared_by_fcntl, .promise = "K2",
	.title = "a passthrough write after F_SETFL cleared O_APPEND goes to its offset",
	.xfail = "the backing file keeps the O_APPEND of its open")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_WRONLY | O_APPEND);

	ASSERT_RET(client_call(client(w), fcntl, fd, F_SETFL, 0), 0);
	ASSERT_RET(client_write(client(w), fd, "F", 1, 0), 1);
	EXPECT_BACKING("f", "F");
}

WORLD_FIXTURE(o_append_cleared);
FIXTURE_VARIANT(o_append_cleared)
{
	enum io_method io_method;
};
FIXTURE_VARIANT_ADD(o_append_cleared, splice) { .io_method = BY_SPLICE };
FIXTURE_VARIANT_ADD(o_append_cleared, sendfile) { .io_method = BY_SENDFILE };

CASE(o_append_cleared, lands_at_offset, .promise = "K2",
	.title = "splice(2) and sendfile(2) into a passthrough file after F_SETFL cleared O_APPEND write at the offset",
	.xfail = "the backing file keeps the O_APPEND of its open")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_WRONLY | O_APPEND);

	ASSERT_RET(client_call(client(w), fcntl, fd, F_SETFL, 0), 0);
	ASSERT_RET(client_write_by(client(w), variant->io_method, fd, 1, 0, 1), 1);
	EXPECT_BACKING_PATTERN_EXACTLY("f", 1, 1, 0);
}

CASE(o_append, overridden_by_rwf_noappend, .promise = "K2",
	.title = "a passthrough write with RWF_NOAPPEND to an O_APPEND file goes to its offset",
	.xfail = "RWF_NOAPPEND does not reach the backing file")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_WRONLY | O_APPEND);

	ASSERT_RET(client_pwritev2(client(w), fd, 1, 0, 1, RWF_NOAPPEND), 1);
	EXPECT_BACKING_PATTERN_EXACTLY("f", 1, 1, 0);
}

CASE(o_append, cleared_by_fcntl_for_aio, .promise = "K2", .needs = NEED_AIO,
	.title = "a libaio passthrough write after F_SETFL cleared O_APPEND goes to its offset")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_WRONLY | O_APPEND);

	EXPECT_RET(client_call(client(w), fcntl, fd, F_SETFL, 0), 0);
	EXPECT_WRITE_BY(w, BY_AIO, fd, 1, 0, 1);
	EXPECT_BACKING_PATTERN_EXACTLY("f", 1, 1, 0);
}

WORLD_FIXTURE(read_ahead);
FIXTURE_VARIANT(read_ahead)
{
	bool by_readahead; /* else by posix_fadvise(2) */
};
FIXTURE_VARIANT_ADD(read_ahead, fadv_willneed) { .by_readahead = false };
FIXTURE_VARIANT_ADD(read_ahead, readahead) { .by_readahead = true };

static long start_read_ahead(struct client *c, bool by_readahead, int fd)
{
	return by_readahead ? client_call(c, readahead, fd, 0, 1) :
			      client_call(c, posix_fadvise, fd, 0, 1, POSIX_FADV_WILLNEED);
}

CASE(read_ahead, sends_no_read, .promise = "K3",
	.title = "readahead on a passthrough file sends no READ",
	.xfail = "the file is read ahead into the FUSE page cache")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDONLY);

	ASSERT_RET(start_read_ahead(client(w), variant->by_readahead, fd), 0);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

CASE(read_ahead, leaves_no_stale_page, .promise = "K3",
	.title = "after readahead and a write on a passthrough file, a KEEP_CACHE open reads the written data",
	.xfail = "the page read ahead stays in the FUSE page cache")
{
	char data[1] = "";
	long fd;

	open_rule(w, "f reg=at-open");
	open_rule(w, "f flags=keep_cache");
	fd = open_ok(w, "f", O_RDWR);
	ASSERT_RET(start_read_ahead(client(w), variant->by_readahead, fd), 0);
	world_requests(w); /* when it returns, the server has answered what it was sent */
	ASSERT_RET(client_write(client(w), fd, "F", 1, 0), 1);
	ASSERT_RET(client_close(client(w), fd), 0);

	fd = open_ok(w, "f", O_RDONLY);
	ASSERT_RET(client_read(client(w), fd, data, 1, 0), 1);
	EXPECT_CONTENT("read", data, 1, "F", 1);
}

WORLD_FIXTURE(no_read_ahead);

CASE(no_read_ahead, leaves_no_stale_page, .promise = "K3",
	.title = "after a passthrough write without readahead, a KEEP_CACHE open reads the written data")
{
	long fd;

	open_rule(w, "f reg=at-open");
	open_rule(w, "f flags=keep_cache");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_CLOSE(w, fd);

	fd = open_ok(w, "f", O_RDONLY);
	EXPECT_READ(w, fd, "F");
}

/*
 * An ordinary user writes the first byte of f. The mode of the backing file then, or -errno; -EIO:
 * the open was refused.
 */
static long mode_after_write(struct world *w, mode_t before)
{
	struct stat st;
	long fd, len;

	if (chmod(backing_path("f"), before) < 0)
		return -errno;
	fd = client_setuid(client(w), CLIENT) ?: client_open(client(w), "f", O_WRONLY);
	len = fd < 0 ? fd : client_write(client(w), fd, "F", 1, 0);
	if (len != 1)
		return len < 0 ? len : -ENODATA;
	return stat(backing_path("f"), &st) < 0 ? -errno : (long)(st.st_mode & 07777);
}

WORLD_FIXTURE(setid_bits);
FIXTURE_VARIANT(setid_bits)
{
	const char *init;
	mode_t before;
};
FIXTURE_VARIANT_ADD(setid_bits, setuid_killpriv) { .init = "killpriv", .before = 04777 };
FIXTURE_VARIANT_ADD(setid_bits, setgid_killpriv) { .init = "killpriv", .before = 02777 };
FIXTURE_VARIANT_ADD(setid_bits, setuid_killpriv_v2) { .init = "killpriv-v2", .before = 04777 };
FIXTURE_VARIANT_ADD(setid_bits, setgid_killpriv_v2) { .init = "killpriv-v2", .before = 02777 };

static const struct world_opts no_start = { .no_start = true };

/* The control of a refusal: without HANDLE_KILLPRIV passthrough works. */
static void passthrough_works_on_other_ok(struct world *w)
{
	ASSERT_RET(world_start_other(w, ""), 0);
	if (other_backing_open(w, backing_path("g")) < 0) {
		case_note_broken_by("server", "the server registers no backing file");
		return;
	}
	other_open_rule(w, "g reg=reuse");
	open_ok(client_number(w, 1), world_path("other", "g"), O_RDWR);
}

CASE(setid_bits, cleared_or_refused, .promise = "K4", .world = &no_start,
	.title = "with HANDLE_KILLPRIV(_V2), an unprivileged write clears setuid and setgid, or passthrough fails",
	.xfail = "the backing file is written with the credentials of the server, which may keep them")
{
	long id, mode;

	START(w, variant->init);
	id = try_register_f(w);
	if (id == -EPERM) { /* the kernel did not enable both */
		passthrough_works_on_other_ok(w);
		return;
	}
	ASSERT_POSITIVE(id);
	open_rule(w, "f reg=reuse");
	mode = mode_after_write(w, variant->before);
	if (mode == -EIO)
		passthrough_works_on_other_ok(w);
	else
		EXPECT_RET(mode, 0777);
}

WORLD_FIXTURE(setid_bits_no_killpriv);
FIXTURE_VARIANT(setid_bits_no_killpriv)
{
	mode_t before;
};
FIXTURE_VARIANT_ADD(setid_bits_no_killpriv, setuid) { .before = 04777 };
FIXTURE_VARIANT_ADD(setid_bits_no_killpriv, setgid) { .before = 02777 };

CASE(setid_bits_no_killpriv, cleared_by_setattr, .promise = "K4",
	.title = "without HANDLE_KILLPRIV, an unprivileged passthrough write clears setuid and setgid bits by SETATTR")
{
	open_rule(w, "f reg=at-open");

	EXPECT_RET(mode_after_write(w, variant->before), 0777);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough GETXATTR GETATTR SETATTR");
}

WORLD_FIXTURE(lock_order);

CASE(lock_order, fuse_on_fuse_no_lockdep_report, .promise = "K5", .needs = NEED_LOCKDEP,
	.title = "a passthrough write to a backing file on another FUSE mount causes no lockdep report",
	.xfail = "the superblocks of both mounts, and their inodes, have locks of the same classes",
	.known_report = {
		"possible recursive locking detected",
		"([(]sb_writers.*at: (backing_file|fuse_passthrough)|i_mutex_key.*at: fuse_passthrough)_(write_iter|splice_write)",
	})
{
	long fd;

	ASSERT_POSITIVE(register_on_other(w, "no-passthrough"));
	open_rule(w, "f reg=reuse");
	fd = open_ok(w, "f", O_WRONLY);

	EXPECT_WRITE(w, fd, "F");
	EXPECT_HOLDS(kernel_checks_locks(), "lockdep has reported nothing");
}

WORLD_FIXTURE(short_transfer);
FIXTURE_VARIANT(short_transfer)
{
	const char *rule;
};
FIXTURE_VARIANT_ADD(short_transfer, direct) { .rule = "f flags=direct_io" };
FIXTURE_VARIANT_ADD(short_transfer,
		    passthrough_direct) { .rule = "f reg=at-open flags=passthrough,direct_io" };

#define POSITION_STAYS \
	"io_uring asks for the rest of a short transfer, and fuse_direct_IO() has not moved the position"

static void check_read_ends_at_eof(struct world *w, const char *rule, long flags)
{
	long fd;

	backing_fill_ok("f", SEED, END, 0);
	open_rule(w, "%s", rule);
	fd = open_ok(w, "f", O_RDONLY | flags);

	ASSERT_RET(client_read_by(client(w), BY_PREAD, fd, END, END - 1, SEED), 1);
	EXPECT_RET(client_read_by(client(w), BY_IO_URING, fd, END, END - 1, SEED), 1);
}

CASE(short_transfer, io_uring_read_ends_at_eof, .promise = "K8", .needs = NEED_IO_URING,
	.title = "an io_uring read across EOF of a file with DIRECT_IO returns the bytes up to EOF",
	.xfail = POSITION_STAYS, .xfail_since = "6.16")
{
	check_read_ends_at_eof(w, variant->rule, 0);
}

CASE(short_transfer, o_direct_io_uring_read_ends_at_eof, .promise = "K8", .needs = NEED_IO_URING,
	.title = "with O_DIRECT and DIRECT_IO an io_uring read across EOF returns the bytes up to EOF",
	.xfail = POSITION_STAYS)
{
	check_read_ends_at_eof(w, variant->rule, O_DIRECT);
}

CASE(short_transfer, o_direct_io_uring_write_continues, .promise = "K8", .needs = NEED_IO_URING,
	.abilities = "override-reply arbitrary-reply inspect",
	.title = "with O_DIRECT and DIRECT_IO io_uring continues behind what the server wrote",
	.xfail = POSITION_STAYS)
{
	long fd;

	ASSERT_RET(server_override_reply(w, "WRITE", REPLY_FIELDS, reply_fields(DONE, 0)), 0);
	open_rule(w, "%s", variant->rule);
	fd = open_ok(w, "f", O_RDWR | O_DIRECT);

	/* The client, or io_uring for it, continues until all is written. */
	ASSERT_RET(client_write_by(client(w), BY_PREAD, fd, 3 * DONE, 0, SEED), 3 * DONE);
	ASSERT_RET(server_inspect(w, "WRITE", "offset"), 2 * DONE);
	EXPECT_RET(client_write_by(client(w), BY_IO_URING, fd, 3 * DONE, 0, SEED), 3 * DONE);
	EXPECT_RET(server_inspect(w, "WRITE", "offset"), 2 * DONE);
}

CASE_MAIN()

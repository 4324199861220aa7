// SPDX-License-Identifier: GPL-2.0
/* What the reply to OPEN may say: IDs, flags, and what becomes of an open that fails. Rows R1 to R7, R30. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "world/case_helpers.h"

static const struct world_opts same_cpu = { .same_cpu = true };
static const struct world_opts no_start = { .no_start = true };

/* --- R1: EIO whatever the cause -------------------------------------------- */

WORLD_FIXTURE(backing_error);
FIXTURE_VARIANT(backing_error)
{
	const char *row; /* of the server that the backing file is on */
};
FIXTURE_VARIANT_ADD(backing_error, eperm) { "open-rule f error=EPERM" };
FIXTURE_VARIANT_ADD(backing_error, eacces) { "open-rule f error=EACCES" };
FIXTURE_VARIANT_ADD(backing_error, enoent) { "open-rule f error=ENOENT" };
FIXTURE_VARIANT_ADD(backing_error, eintr) { "open-rule f error=EINTR" };
FIXTURE_VARIANT_ADD(backing_error, enospc) { "open-rule f error=ENOSPC" };
FIXTURE_VARIANT_ADD(backing_error, enomem) { "open-rule f error=ENOMEM" };
FIXTURE_VARIANT_ADD(backing_error, etxtbsy) { "open-rule f error=ETXTBSY" };
FIXTURE_VARIANT_ADD(backing_error, estale) { "open-rule f error=ESTALE" };
FIXTURE_VARIANT_ADD(backing_error, enotconn) { "open-rule f error=ENOTCONN" };

CASE(backing_error, open_eio, .promise = "R1",
	.title = "any error opening the backing file fails open(2) with EIO, without a retry; the next open succeeds")
{
	EXPECT_RET(world_start_other(w, "no-passthrough"), 0);
	EXPECT_RET(server_backing_open(w, world_path("other", "f"), "mode=ro"), 1);
	EXPECT_RET(server_call(&w->other, -1, "%s", variant->row), 0);
	open_rule(w, "f reg=reuse times=2");

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough RELEASE");
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

WORLD_FIXTURE(error_reply);

CASE(error_reply, returned_unchanged, .promise = "R1",
	.title = "open(2) fails with the error in the OPEN reply, and no RELEASE is sent")
{
	open_rule(w, "f reg=at-open error=ENOSPC");

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -ENOSPC);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

/* --- R2: RELEASE ------------------------------------------------------------ */

WORLD_FIXTURE(failed_open);

CASE(failed_open, waits_for_release, .promise = "R2", .needs = NEED_REALTIME, .abilities = "hold",
	.world = &same_cpu,
	.title = "a failed passthrough open sends RELEASE and returns EIO only after the reply to it")
{
	open_rule(w, "f reg=at-open drop=before-reply");
	EXPECT_RET(client_be_fifo(client(w)), 0);
	EXPECT_RET(server_hold(w, "RELEASE"), 0);

	client_start_open(client(w), "f", O_RDWR);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_HOLDS(client_is_busy(client(w)), "open(2) waits for the reply to RELEASE");
	EXPECT_RET(server_go(w, "RELEASE"), 1);
	EXPECT_RET(client_finish(client(w)), -EIO);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough RELEASE");
}

CASE(failed_open, releases_own_handle, .promise = "R2", .abilities = "inspect",
	.title = "RELEASE of a failed passthrough open has the handle of its OPEN reply and the node and flags of OPEN")
{
	const long flags = O_WRONLY | O_NONBLOCK | O_APPEND | O_SYNC;

	open_rule(w, "f reg=at-open drop=before-reply");
	EXPECT_POSITIVE(client_open(client(w), "g", O_RDWR));

	EXPECT_RET(client_open(client(w), "f", flags), -EIO);
	EXPECT_RET(server_inspect(w, "RELEASE", "fh"), 2);
	EXPECT_RET(server_inspect(w, "RELEASE", "node"), server_inspect(w, "OPEN", "node"));
	EXPECT_RET(server_inspect(w, "RELEASE", "flags"), server_inspect(w, "OPEN", "flags"));
	EXPECT_RET(server_inspect(w, "RELEASE", "flags") & (flags | O_ACCMODE), flags);
}

CASE(failed_open, ignores_release_error_eio, .promise = "R2", .abilities = "override-reply",
	.title = "a failed passthrough open ignores an error reply to its RELEASE and fails with EIO")
{
	open_rule(w, "f reg=at-open drop=before-reply");
	EXPECT_RET(server_answer(w, "RELEASE", "ENOENT"), 0);

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough RELEASE");
}

CASE(failed_open, abort_ends_wait_eio, .promise = "R2", .needs = NEED_FUSECTL, .abilities = "hold",
	.title = "an abort ends the wait of a failed passthrough open for its RELEASE reply; the open fails with EIO")
{
	open_rule(w, "f reg=at-open drop=before-reply");
	EXPECT_RET(server_hold(w, "RELEASE"), 0);

	client_start_open(client(w), "f", O_RDWR);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_RET(world_abort(), 0);
	EXPECT_RET(client_finish(client(w)), -EIO);
}

/* --- R3, R4: flags ---------------------------------------------------------- */

WORLD_FIXTURE(allowed_flags);
FIXTURE_VARIANT(allowed_flags)
{
	const char *flags, *op, *at_read, *at_close;
};
#define ALLOWED(name, flags, op, at_read, at_close)                                           \
	FIXTURE_VARIANT_ADD(allowed_flags, name)                                                    \
	{ "f reg=at-open flags=passthrough" flags, "LOOKUP OPEN+passthrough" op, at_read, at_close }

/* clang-format off */
ALLOWED(passthrough_alone, "", "", "", "FLUSH RELEASE");
ALLOWED(direct_io, ",direct_io", "+direct_io", "READ", "FLUSH RELEASE");
ALLOWED(parallel, ",parallel_direct_writes", "+parallel_direct_writes", "", "FLUSH RELEASE");
ALLOWED(noflush, ",noflush", "+noflush", "", "RELEASE");
ALLOWED(direct_io_parallel, ",direct_io,parallel_direct_writes",
	"+direct_io+parallel_direct_writes", "READ", "FLUSH RELEASE");
ALLOWED(direct_io_noflush, ",direct_io,noflush", "+direct_io+noflush", "READ", "RELEASE");
ALLOWED(noflush_parallel, ",noflush,parallel_direct_writes",
	"+noflush+parallel_direct_writes", "", "RELEASE");
ALLOWED(all, ",direct_io,noflush,parallel_direct_writes",
	"+direct_io+noflush+parallel_direct_writes", "READ", "RELEASE");
/* clang-format on */

CASE(allowed_flags, take_effect, .promise = "R3",
	.title = "passthrough works with any mix of DIRECT_IO (sends READ), NOFLUSH (no FLUSH), PARALLEL_DIRECT_WRITES")
{
	char data[1] = "";
	long fd;

	open_rule(w, variant->flags);

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_REQUESTS(w, variant->op);
	EXPECT_RET(client_read(client(w), fd, data, 1, 0), 1);
	EXPECT_RET(data[0], 'f');
	EXPECT_REQUESTS(w, variant->at_read);
	EXPECT_CLOSE(w, fd);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_REQUESTS(w, variant->at_close);
}

WORLD_FIXTURE(rejected_flags);
FIXTURE_VARIANT(rejected_flags)
{
	const char *row;
};
#define REFUSED(fixture, name, flags)                                                         \
	FIXTURE_VARIANT_ADD(fixture, name)                                                    \
	{ "f reg=at-open flags=passthrough," flags }

REFUSED(rejected_flags, keep_cache, "keep_cache");
REFUSED(rejected_flags, nonseekable, "nonseekable");
REFUSED(rejected_flags, cache_dir, "cache_dir");
REFUSED(rejected_flags, direct_io_keep_cache, "direct_io,keep_cache");
REFUSED(rejected_flags, noflush_keep_cache, "noflush,keep_cache");
REFUSED(rejected_flags, parallel_nonseekable, "direct_io,parallel_direct_writes,nonseekable");

static void refuses(struct world *w, const char *row)
{
	open_rule(w, row);
	open_rule(w, "f reg=reuse");

	ASSERT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

CASE(rejected_flags, open_eio, .promise = "R4",
	.title = "passthrough with KEEP_CACHE, NONSEEKABLE or CACHE_DIR fails the open with EIO; the ID stays usable")
{
	refuses(w, variant->row);
}

WORLD_FIXTURE(stream_or_undefined_flags);
FIXTURE_VARIANT(stream_or_undefined_flags)
{
	const char *row;
};
REFUSED(stream_or_undefined_flags, stream, "stream");
REFUSED(stream_or_undefined_flags, direct_io_stream, "direct_io,stream");
REFUSED(stream_or_undefined_flags, bit8, "bit8");
REFUSED(stream_or_undefined_flags, bit31, "bit31");
REFUSED(stream_or_undefined_flags, direct_io_bit31, "direct_io,bit31");

CASE(stream_or_undefined_flags, open_eio, .promise = "R4", .abilities = "arbitrary-flags",
	.title = "passthrough with STREAM or an undefined flag fails the open with EIO; the ID stays usable")
{
	refuses(w, variant->row);
}

WORLD_FIXTURE(flags_without_passthrough);
FIXTURE_VARIANT(flags_without_passthrough)
{
	const char *row;
};
FIXTURE_VARIANT_ADD(flags_without_passthrough, keep_cache) { "f flags=keep_cache" };
FIXTURE_VARIANT_ADD(flags_without_passthrough, nonseekable) { "f flags=nonseekable" };
FIXTURE_VARIANT_ADD(flags_without_passthrough, stream) { "f flags=stream" };
FIXTURE_VARIANT_ADD(flags_without_passthrough, cache_dir) { "f flags=cache_dir" };
FIXTURE_VARIANT_ADD(flags_without_passthrough, bit31) { "f flags=bit31" };

CASE(flags_without_passthrough, open_succeeds, .promise = "R4", .abilities = "arbitrary-flags",
	.title = "an OPEN reply without passthrough may have the flags that passthrough rejects")
{
	open_rule(w, variant->row);

	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

/* --- R5, R6, R7: IDs -------------------------------------------------------- */

WORLD_FIXTURE(id_without_flag);
FIXTURE_VARIANT(id_without_flag)
{
	const char *row, *ops;
};
FIXTURE_VARIANT_ADD(id_without_flag, valid) { "f reg=at-open flags=none", "LOOKUP OPEN READ" };
FIXTURE_VARIANT_ADD(id_without_flag, unknown) { "f reg=forged id=12345 flags=none", "LOOKUP OPEN READ" };
FIXTURE_VARIANT_ADD(id_without_flag, negative) { "f reg=forged id=-1 flags=none", "LOOKUP OPEN READ" };
FIXTURE_VARIANT_ADD(id_without_flag, unknown_direct_io)
{
	"f reg=forged id=12345 flags=direct_io", "LOOKUP OPEN+direct_io READ"
};

CASE(id_without_flag, ignored, .promise = "R5", .abilities = "arbitrary-flags nonpositive-id",
	.title = "an ID in an OPEN reply without FOPEN_PASSTHROUGH is ignored: read(2) sends READ")
{
	char data[1] = "";
	long fd;

	open_rule(w, variant->row);

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(client_read(client(w), fd, data, 1, 0), 1);
	EXPECT_REQUESTS(w, variant->ops);
}

WORLD_FIXTURE(unallocated_id);
FIXTURE_VARIANT(unallocated_id)
{
	const char *row;
};
#define BAD_ID(fixture, name, id)                                                             \
	FIXTURE_VARIANT_ADD(fixture, name)                                                    \
	{ "f reg=forged id=" id };                                                            \
	FIXTURE_VARIANT_ADD(fixture, name##_direct_io)                                        \
	{ "f reg=forged flags=passthrough,direct_io id=" id }

BAD_ID(unallocated_id, unknown, "12345");
BAD_ID(unallocated_id, next, "2");
BAD_ID(unallocated_id, int_max, "0x7fffffff");

static void fails_and_is_mended(struct world *w,
				const char *row)
{
	EXPECT_RET(register_f(w), 1);
	open_rule(w, row);
	open_rule(w, "f reg=forged id=1");

	ASSERT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

CASE(unallocated_id, open_eio, .promise = "R6", .abilities = "arbitrary-id",
	.title = "passthrough with an unallocated ID fails the open with EIO; the next open with a valid ID succeeds")
{
	fails_and_is_mended(w, variant->row);
}

WORLD_FIXTURE(nonpositive_id);
FIXTURE_VARIANT(nonpositive_id)
{
	const char *row;
};
BAD_ID(nonpositive_id, zero, "0");
BAD_ID(nonpositive_id, minus_1, "-1");
BAD_ID(nonpositive_id, int_min, "0x80000000");

CASE(nonpositive_id, open_eio, .promise = "R6", .abilities = "arbitrary-id nonpositive-id",
	.title = "passthrough with an ID of 0 or below fails the open with EIO; the next with a valid ID succeeds")
{
	fails_and_is_mended(w, variant->row);
}

WORLD_FIXTURE(foreign_id);

CASE(foreign_id, open_eio, .promise = "R6", .abilities = "arbitrary-id",
	.title = "passthrough with an ID of another connection fails the open with EIO")
{
	EXPECT_RET(world_start_other(w, ""), 0);
	EXPECT_RET(register_f(w), 1);
	for (int id = 1; id <= 2; id++)
		EXPECT_RET(other_backing_open(w, backing_path("f")), id);
	open_rule(w, "f reg=forged id=2");

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
}

WORLD_FIXTURE(not_negotiated);
FIXTURE_VARIANT(not_negotiated)
{
	const char *init;
};
FIXTURE_VARIANT_ADD(not_negotiated, not_requested) { "no-passthrough" };
FIXTURE_VARIANT_ADD(not_negotiated, depth_3) { "depth=3" };

CASE(not_negotiated, passthrough_open_eio, .promise = "R7", .abilities = "arbitrary-id",
	.world = &no_start,
	.title = "without negotiated passthrough, FOPEN_PASSTHROUGH fails the open with EIO; an ordinary open succeeds")
{
	START(w, variant->init);
	open_rule(w, "f reg=forged id=1");

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough RELEASE");
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

/* --- R30: the page cache ----------------------------------------------------- */

WORLD_FIXTURE(page_cache);
FIXTURE_VARIANT(page_cache)
{
	const char *row; /* of an open in between */
	const char *ops, *data;
};
FIXTURE_VARIANT_ADD(page_cache, no_passthrough_open) { NULL, "OPEN+keep_cache", "f" };
FIXTURE_VARIANT_ADD(page_cache, passthrough_open)
{
	"f reg=at-open", "OPEN+passthrough FLUSH RELEASE OPEN+keep_cache READ", "F"
};

CASE(page_cache, dropped_by_passthrough_open, .promise = "R30",
	.title = "a KEEP_CACHE open shows cached pages unless a passthrough open in between dropped them")
{
	struct client *c = client(w);
	char data[1] = "";
	long fd;

	EXPECT_POSITIVE(fd = client_open(c, "f", O_RDONLY));
	EXPECT_RET(client_read(c, fd, data, 1, 0), 1);
	EXPECT_CLOSE(c, fd);
	EXPECT_WRITE(c, client_open(c, backing_path("f"), O_WRONLY), "F");
	EXPECT_REQUESTS(w, "LOOKUP OPEN READ FLUSH RELEASE");
	if (variant->row) {
		open_rule(w, variant->row);
		EXPECT_CLOSE(c, client_open(c, "f", O_RDONLY));
		EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	}
	open_rule(w, "f flags=keep_cache");

	EXPECT_POSITIVE(fd = client_open(c, "f", O_RDONLY));
	EXPECT_RET(client_read(c, fd, data, 1, 0), 1);
	EXPECT_RET(data[0], variant->data[0]);
	EXPECT_REQUESTS(w, variant->ops);
}

CASE_MAIN()

// SPDX-License-Identifier: GPL-2.0
/* What the reply to OPEN may say: IDs, flags, and what becomes of an open that fails. Rows R1 to R7, R30. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "world/case_helpers.h"

static const struct world_opts same_cpu = { .same_cpu = true };
static const struct world_opts no_start = { .no_start = true };

/* --- R1: EIO whatever the cause -------------------------------------------- */

WORLD_FIXTURE(error);
FIXTURE_VARIANT(error)
{
	const char *row; /* of the server that the backing file is on */
};
FIXTURE_VARIANT_ADD(error, eperm) { "plan f error=EPERM" };
FIXTURE_VARIANT_ADD(error, eacces) { "plan f error=EACCES" };
FIXTURE_VARIANT_ADD(error, enoent) { "plan f error=ENOENT" };
FIXTURE_VARIANT_ADD(error, eintr) { "plan f error=EINTR" };
FIXTURE_VARIANT_ADD(error, enospc) { "plan f error=ENOSPC" };
FIXTURE_VARIANT_ADD(error, enomem) { "plan f error=ENOMEM" };
FIXTURE_VARIANT_ADD(error, etxtbsy) { "plan f error=ETXTBSY" };
FIXTURE_VARIANT_ADD(error, estale) { "plan f error=ESTALE" };
FIXTURE_VARIANT_ADD(error, enotconn) { "plan f error=ENOTCONN" };

CASE(error, of_the_backing_open_is_eio, .row = "R1",
     .title = "whatever error the backing filesystem gives when its file is opened, open(2) fails "
	      "with EIO, is not tried again, and the file can be opened later",
     .needs = NEED_PASSTHROUGH)
{
	EXPECT_RET(world_start_other(w, "no-passthrough"), 0);
	EXPECT_RET(server_backing_open(w, world_path("other", "f"), "mode=ro"), 1);
	EXPECT_RET(server_call(&w->other, -1, "%s", variant->row), 0);
	plan(w, "f reg=reuse times=2");

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough RELEASE");
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

WORLD_FIXTURE(error_reply);

CASE(error_reply, is_given_as_it_is, .row = "R1",
     .title = "an error as reply to OPEN is the error of open(2), whatever ID and flags stand "
	      "beside it, and nothing is released",
     .needs = NEED_PASSTHROUGH)
{
	plan(w, "f reg=at-open error=ENOSPC");

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -ENOSPC);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough");
}

/* --- R2: RELEASE ------------------------------------------------------------ */

WORLD_FIXTURE(failed_open);

CASE(failed_open, is_released_before_it_returns, .row = "R2",
     .title = "a passthrough open that fails sends RELEASE, and returns when that is answered",
     .needs = NEED_PASSTHROUGH | NEED_REALTIME, .can = "hold", .world = &same_cpu)
{
	plan(w, "f reg=at-open drop=before-reply");
	EXPECT_RET(client_be_fifo(client(w)), 0);
	EXPECT_RET(server_hold(w, "RELEASE"), 0);

	client_start_open(client(w), "f", O_RDWR);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_HOLDS(client_is_busy(client(w)), "open(2) waits for the reply to RELEASE");
	EXPECT_RET(server_go(w, "RELEASE"), 1);
	EXPECT_RET(client_finish(client(w)), -EIO);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough RELEASE");
}

CASE(failed_open, releases_its_own_handle, .row = "R2",
     .title = "the RELEASE of a passthrough open that fails has the handle of its OPEN reply, the "
	      "node and the flags of its OPEN",
     .needs = NEED_PASSTHROUGH, .can = "seen")
{
	const long flags = O_WRONLY | O_NONBLOCK | O_APPEND | O_SYNC;

	plan(w, "f reg=at-open drop=before-reply");
	EXPECT_POSITIVE(client_open(client(w), "g", O_RDWR));

	EXPECT_RET(client_open(client(w), "f", flags), -EIO);
	EXPECT_RET(server_seen(w, "RELEASE", "fh"), 2);
	EXPECT_RET(server_seen(w, "RELEASE", "node"), server_seen(w, "OPEN", "node"));
	EXPECT_RET(server_seen(w, "RELEASE", "flags"), server_seen(w, "OPEN", "flags"));
	EXPECT_RET(server_seen(w, "RELEASE", "flags") & (flags | O_ACCMODE), flags);
}

CASE(failed_open, does_not_care_what_release_says, .row = "R2",
     .title = "an error as reply to the RELEASE of a passthrough open that fails changes nothing: EIO",
     .needs = NEED_PASSTHROUGH, .can = "answers")
{
	plan(w, "f reg=at-open drop=before-reply");
	EXPECT_RET(server_call(&w->server, -1, "answer RELEASE ENOENT"), 0);

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough RELEASE");
}

CASE(failed_open, ends_with_the_connection, .row = "R2",
     .title = "a passthrough open that waits for the reply to RELEASE returns EIO when the "
	      "connection is aborted",
     .needs = NEED_PASSTHROUGH | NEED_FUSECTL, .can = "hold")
{
	plan(w, "f reg=at-open drop=before-reply");
	EXPECT_RET(server_hold(w, "RELEASE"), 0);

	client_start_open(client(w), "f", O_RDWR);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_RET(world_abort(), 0);
	EXPECT_RET(client_finish(client(w)), -EIO);
}

/* --- R3, R4: flags ---------------------------------------------------------- */

WORLD_FIXTURE(allowed);
FIXTURE_VARIANT(allowed)
{
	const char *flags, *op, *at_read, *at_close;
};
#define ALLOWED(name, flags, op, at_read, at_close)                                           \
	FIXTURE_VARIANT_ADD(allowed, name)                                                    \
	{ "f reg=at-open flags=passthrough" flags, "LOOKUP OPEN+passthrough" op, at_read, at_close }

/* clang-format off */
ALLOWED(alone, "", "", "", "FLUSH RELEASE");
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

CASE(allowed, flags_have_their_effect, .row = "R3",
     .title = "passthrough goes with DIRECT_IO, PARALLEL_DIRECT_WRITES and NOFLUSH in every "
	      "combination: DIRECT_IO reads from the server, NOFLUSH leaves FLUSH out",
     .needs = NEED_PASSTHROUGH)
{
	char data[1] = "";
	long fd;

	plan(w, variant->flags);

	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_OPS(w, variant->op);
	EXPECT_RET(client_read(client(w), fd, data, 1, 0), 1);
	EXPECT_RET(data[0], 'f');
	EXPECT_OPS(w, variant->at_read);
	EXPECT_RET(client_close(client(w), fd), 0);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_OPS(w, variant->at_close);
}

WORLD_FIXTURE(refused);
FIXTURE_VARIANT(refused)
{
	const char *row;
};
#define REFUSED(fixture, name, flags)                                                         \
	FIXTURE_VARIANT_ADD(fixture, name)                                                    \
	{ "f reg=at-open flags=passthrough," flags }

REFUSED(refused, keep_cache, "keep_cache");
REFUSED(refused, nonseekable, "nonseekable");
REFUSED(refused, cache_dir, "cache_dir");
REFUSED(refused, direct_io_keep_cache, "direct_io,keep_cache");
REFUSED(refused, noflush_keep_cache, "noflush,keep_cache");
REFUSED(refused, parallel_nonseekable, "direct_io,parallel_direct_writes,nonseekable");

static void refuses(struct __test_metadata *_metadata, struct world *w, const char *row)
{
	plan(w, row);
	plan(w, "f reg=reuse");

	ASSERT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

CASE(refused, flags_fail_the_open, .row = "R4",
     .title = "passthrough with KEEP_CACHE, NONSEEKABLE or CACHE_DIR, whatever else is set, fails "
	      "the open with EIO; the same ID without them is good",
     .needs = NEED_PASSTHROUGH)
{
	refuses(_metadata, w, variant->row);
}

WORLD_FIXTURE(refused_odd);
FIXTURE_VARIANT(refused_odd)
{
	const char *row;
};
REFUSED(refused_odd, stream, "stream");
REFUSED(refused_odd, direct_io_stream, "direct_io,stream");
REFUSED(refused_odd, bit8, "bit8");
REFUSED(refused_odd, bit31, "bit31");
REFUSED(refused_odd, direct_io_bit31, "direct_io,bit31");

CASE(refused_odd, flags_fail_the_open, .row = "R4",
     .title = "passthrough with STREAM or with a flag that it does not know fails the open with EIO; "
	      "the same ID without them is good",
     .needs = NEED_PASSTHROUGH, .can = "flags-any")
{
	refuses(_metadata, w, variant->row);
}

WORLD_FIXTURE(other_flags);
FIXTURE_VARIANT(other_flags)
{
	const char *row;
};
FIXTURE_VARIANT_ADD(other_flags, keep_cache) { "f flags=keep_cache" };
FIXTURE_VARIANT_ADD(other_flags, nonseekable) { "f flags=nonseekable" };
FIXTURE_VARIANT_ADD(other_flags, stream) { "f flags=stream" };
FIXTURE_VARIANT_ADD(other_flags, cache_dir) { "f flags=cache_dir" };
FIXTURE_VARIANT_ADD(other_flags, bit31) { "f flags=bit31" };

CASE(other_flags, are_refused_with_passthrough_only, .row = "R4",
     .title = "the flags that passthrough refuses are no mistake in the reply to an ordinary open",
     .needs = NEED_PASSTHROUGH, .can = "flags-any")
{
	plan(w, variant->row);

	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

/* --- R5, R6, R7: IDs -------------------------------------------------------- */

WORLD_FIXTURE(id_alone);
FIXTURE_VARIANT(id_alone)
{
	const char *row, *ops;
};
FIXTURE_VARIANT_ADD(id_alone, good) { "f reg=at-open flags=none", "LOOKUP OPEN READ" };
FIXTURE_VARIANT_ADD(id_alone, unknown) { "f reg=forged id=12345 flags=none", "LOOKUP OPEN READ" };
FIXTURE_VARIANT_ADD(id_alone, negative) { "f reg=forged id=-1 flags=none", "LOOKUP OPEN READ" };
FIXTURE_VARIANT_ADD(id_alone, direct_io)
{
	"f reg=forged id=12345 flags=direct_io", "LOOKUP OPEN+direct_io READ"
};

CASE(id_alone, is_ignored, .row = "R5",
     .title = "an ID in the reply without the flag for passthrough is ignored: the open is an "
	      "ordinary one",
     .needs = NEED_PASSTHROUGH, .can = "flags-any forge-any")
{
	char data[1] = "";
	long fd;

	plan(w, variant->row);

	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(client_read(client(w), fd, data, 1, 0), 1);
	EXPECT_OPS(w, variant->ops);
}

WORLD_FIXTURE(bad_id);
FIXTURE_VARIANT(bad_id)
{
	const char *row;
};
#define BAD_ID(fixture, name, id)                                                             \
	FIXTURE_VARIANT_ADD(fixture, name)                                                    \
	{ "f reg=forged id=" id };                                                            \
	FIXTURE_VARIANT_ADD(fixture, name##_direct_io)                                        \
	{ "f reg=forged flags=passthrough,direct_io id=" id }

BAD_ID(bad_id, unknown, "12345");
BAD_ID(bad_id, next, "2");
BAD_ID(bad_id, int_max, "0x7fffffff");

static void fails_and_is_mended(struct __test_metadata *_metadata, struct world *w,
				const char *row)
{
	EXPECT_RET(register_f(w), 1);
	plan(w, row);
	plan(w, "f reg=forged id=1");

	ASSERT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

CASE(bad_id, fails_the_open, .row = "R6",
     .title = "passthrough with an ID that was not given out fails the open with EIO; a good one "
	      "succeeds directly after",
     .needs = NEED_PASSTHROUGH, .can = "forge")
{
	fails_and_is_mended(_metadata, w, variant->row);
}

WORLD_FIXTURE(no_id);
FIXTURE_VARIANT(no_id)
{
	const char *row;
};
BAD_ID(no_id, zero, "0");
BAD_ID(no_id, minus_1, "-1");
BAD_ID(no_id, int_min, "0x80000000");

CASE(no_id, fails_the_open, .row = "R6",
     .title = "passthrough with an ID of 0 or below fails the open with EIO; a good one succeeds "
	      "directly after",
     .needs = NEED_PASSTHROUGH, .can = "forge forge-any")
{
	fails_and_is_mended(_metadata, w, variant->row);
}

WORLD_FIXTURE(id);

CASE(id, of_another_connection_fails_the_open, .row = "R6",
     .title = "passthrough with an ID of another connection fails the open with EIO",
     .needs = NEED_PASSTHROUGH, .can = "forge")
{
	EXPECT_RET(world_start_other(w, ""), 0);
	EXPECT_RET(register_f(w), 1);
	for (int id = 1; id <= 2; id++)
		EXPECT_RET(server_call(&w->other, -1, "backing-open path=%s", backing_path("f")), id);
	plan(w, "f reg=forged id=2");

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
}

WORLD_FIXTURE(not_negotiated);
FIXTURE_VARIANT(not_negotiated)
{
	const char *init;
};
FIXTURE_VARIANT_ADD(not_negotiated, not_asked_for) { "no-passthrough" };
FIXTURE_VARIANT_ADD(not_negotiated, depth_refused) { "depth=3" };

CASE(not_negotiated, passthrough_fails_the_open, .row = "R7",
     .title = "where passthrough was not negotiated a reply with its flag fails the open with EIO, "
	      "and ordinary opens succeed",
     .needs = NEED_PASSTHROUGH, .can = "forge", .world = &no_start)
{
	START(w, variant->init);
	plan(w, "f reg=forged id=1");

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough RELEASE");
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

/* --- R30: the page cache ----------------------------------------------------- */

WORLD_FIXTURE(cached_page);
FIXTURE_VARIANT(cached_page)
{
	const char *row; /* of an open in between */
	const char *ops, *data;
};
FIXTURE_VARIANT_ADD(cached_page, without_an_open_between) { NULL, "OPEN+keep_cache", "f" };
FIXTURE_VARIANT_ADD(cached_page, and_a_passthrough_open)
{
	"f reg=at-open", "OPEN+passthrough FLUSH RELEASE OPEN+keep_cache READ", "F"
};

CASE(cached_page, is_dropped_by_passthrough_opens_alone, .row = "R30",
     .title = "a passthrough open drops what the page cache has of the file, which a later KEEP_CACHE "
	      "open would show",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	char data[1] = "";
	long fd;

	EXPECT_POSITIVE(fd = client_open(c, "f", O_RDONLY));
	EXPECT_RET(client_read(c, fd, data, 1, 0), 1);
	EXPECT_RET(client_close(c, fd), 0);
	EXPECT_RET(client_write(c, client_open(c, backing_path("f"), O_WRONLY), "F", 1, 0), 1);
	EXPECT_OPS(w, "LOOKUP OPEN READ FLUSH RELEASE");
	if (variant->row) {
		plan(w, variant->row);
		EXPECT_RET(client_close(c, client_open(c, "f", O_RDONLY)), 0);
		EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	}
	plan(w, "f flags=keep_cache");

	EXPECT_POSITIVE(fd = client_open(c, "f", O_RDONLY));
	EXPECT_RET(client_read(c, fd, data, 1, 0), 1);
	EXPECT_RET(data[0], variant->data[0]);
	EXPECT_OPS(w, variant->ops);
}

CASE_MAIN()

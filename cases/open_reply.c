// SPDX-License-Identifier: GPL-2.0
/* Replies to OPEN: errors, flags and IDs. Promises R1 to R7, R30. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "world/case_helpers.h"

static const struct world_opts before_init = { .no_start = true };

/* --- R1: errors ------------------------------------------------------------ */

WORLD_FIXTURE(backing_error);
FIXTURE_VARIANT(backing_error)
{
	const char *error; /* of the server that serves the backing file, to OPEN */
};
FIXTURE_VARIANT_ADD(backing_error, eperm) { .error = "EPERM" };
FIXTURE_VARIANT_ADD(backing_error, eacces) { .error = "EACCES" };
FIXTURE_VARIANT_ADD(backing_error, enoent) { .error = "ENOENT" };
FIXTURE_VARIANT_ADD(backing_error, eintr) { .error = "EINTR" };
FIXTURE_VARIANT_ADD(backing_error, enospc) { .error = "ENOSPC" };
FIXTURE_VARIANT_ADD(backing_error, enomem) { .error = "ENOMEM" };
FIXTURE_VARIANT_ADD(backing_error, etxtbsy) { .error = "ETXTBSY" };
FIXTURE_VARIANT_ADD(backing_error, estale) { .error = "ESTALE" };
FIXTURE_VARIANT_ADD(backing_error, enotconn) { .error = "ENOTCONN" };

CASE(backing_error, open_eio, .promise = "R1",
	.title = "any error opening the backing file fails open(2) with EIO, without a retry; the next open succeeds")
{
	EXPECT_RET(world_start_other(w, "no-passthrough"), 0);
	POSITIVE_OK("register the other f",
		    server_backing_open(w, world_path("other", "f"), "mode=ro"));
	other_open_rule(w, "f error=%s", variant->error);
	open_rule(w, "f reg=reuse times=2");

	EXPECT_FAILS(client_open(client(w), "f", O_RDWR), -EIO);
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

CASE(failed_open, waits_for_release, .promise = "R2", .abilities = "hold",
	.title = "a failed passthrough open sends RELEASE and returns EIO only after the reply to it")
{
	open_rule(w, "f reg=at-open drop=before-reply");
	EXPECT_RET(server_hold(w, "RELEASE"), 0);

	client_start_open(client(w), "f", O_RDWR);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	TODAY(EXPECT_HOLDS(client_is_busy(client(w)), "open(2) waits for the reply to RELEASE"));
	EXPECT_RET(server_go(w, "RELEASE"), 1);
	EXPECT_FAILS(client_finish(client(w)), -EIO);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough RELEASE");
}

CASE(failed_open, releases_own_handle, .promise = "R2", .abilities = "inspect",
	.title = "RELEASE of a failed passthrough open has the handle of its OPEN reply and the node and flags of OPEN")
{
	const long flags = O_WRONLY | O_NONBLOCK | O_APPEND | O_SYNC;

	open_rule(w, "f reg=at-open drop=before-reply");
	EXPECT_POSITIVE(client_open(client(w), "g", O_RDWR));

	EXPECT_FAILS(client_open(client(w), "f", flags), -EIO);
	EXPECT_RET(server_inspect(w, "RELEASE", "fh"), 2);
	EXPECT_RET(server_inspect(w, "RELEASE", "node"), server_inspect(w, "OPEN", "node"));
	EXPECT_RET(server_inspect(w, "RELEASE", "flags"), server_inspect(w, "OPEN", "flags"));
	EXPECT_RET(server_inspect(w, "RELEASE", "flags") & (flags | O_ACCMODE), flags);
}

CASE(failed_open, ignores_release_error_eio, .promise = "R2", .abilities = "override-reply",
	.title = "a failed passthrough open ignores an error reply to its RELEASE and fails with EIO")
{
	open_rule(w, "f reg=at-open drop=before-reply");
	EXPECT_RET(server_override_reply(w, "RELEASE", "ENOENT"), 0);

	EXPECT_FAILS(client_open(client(w), "f", O_RDWR), -EIO);
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
	EXPECT_FAILS(client_finish(client(w)), -EIO);
}

/* --- R3, R4: flags ---------------------------------------------------------- */

WORLD_FIXTURE(allowed_flags);
FIXTURE_VARIANT(allowed_flags)
{
	const char *rule;
	const char *at_open, *at_read, *at_close; /* requests */
};
#define ALLOWED(name, flags, shown_flags, read_requests, close_requests) \
	FIXTURE_VARIANT_ADD(allowed_flags, name) \
	{ \
		.rule = "f reg=at-open flags=passthrough" flags, \
		.at_open = "LOOKUP OPEN+passthrough" shown_flags, .at_read = read_requests, \
		.at_close = close_requests \
	}

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
	long fd;

	open_rule(w, "%s", variant->rule);

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_REQUESTS(w, variant->at_open);
	EXPECT_READ(w, fd, "f");
	EXPECT_REQUESTS(w, variant->at_read);
	EXPECT_CLOSE(w, fd);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_REQUESTS(w, variant->at_close);
}

WORLD_FIXTURE(rejected_flags);
FIXTURE_VARIANT(rejected_flags)
{
	const char *rule;
};
#define REJECTED(fixture, name, flags) \
	FIXTURE_VARIANT_ADD(fixture, name) \
	{ \
		.rule = "f reg=at-open flags=passthrough," flags \
	}

REJECTED(rejected_flags, keep_cache, "keep_cache");
REJECTED(rejected_flags, nonseekable, "nonseekable");
REJECTED(rejected_flags, cache_dir, "cache_dir");
REJECTED(rejected_flags, direct_io_keep_cache, "direct_io,keep_cache");
REJECTED(rejected_flags, noflush_keep_cache, "noflush,keep_cache");
REJECTED(rejected_flags, parallel_nonseekable, "direct_io,parallel_direct_writes,nonseekable");

CASE(rejected_flags, open_eio, .promise = "R4",
	.title = "passthrough with KEEP_CACHE, NONSEEKABLE or CACHE_DIR fails the open with EIO; the ID stays usable")
{
	open_rule(w, "%s", variant->rule);
	open_rule(w, "f reg=reuse");

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

WORLD_FIXTURE(stream_or_undefined_flags);
FIXTURE_VARIANT(stream_or_undefined_flags)
{
	const char *rule;
};
REJECTED(stream_or_undefined_flags, stream, "stream");
REJECTED(stream_or_undefined_flags, direct_io_stream, "direct_io,stream");
REJECTED(stream_or_undefined_flags, io_uring_zero_copy, "bit8");
REJECTED(stream_or_undefined_flags, bit31, "bit31");
REJECTED(stream_or_undefined_flags, direct_io_bit31, "direct_io,bit31");

CASE(stream_or_undefined_flags, open_eio, .promise = "R4", .abilities = "arbitrary-flags",
	.title = "PASSTHROUGH with STREAM, ZERO_COPY or an unknown flag fails the open with EIO; the ID stays usable")
{
	open_rule(w, "%s", variant->rule);
	open_rule(w, "f reg=reuse");

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

WORLD_FIXTURE(flags_without_passthrough);
FIXTURE_VARIANT(flags_without_passthrough)
{
	const char *rule;
};
FIXTURE_VARIANT_ADD(flags_without_passthrough, keep_cache) { .rule = "f flags=keep_cache" };
FIXTURE_VARIANT_ADD(flags_without_passthrough, nonseekable) { .rule = "f flags=nonseekable" };
FIXTURE_VARIANT_ADD(flags_without_passthrough, stream) { .rule = "f flags=stream" };
FIXTURE_VARIANT_ADD(flags_without_passthrough, cache_dir) { .rule = "f flags=cache_dir" };
FIXTURE_VARIANT_ADD(flags_without_passthrough, bit31) { .rule = "f flags=bit31" };

CASE(flags_without_passthrough, open_succeeds, .promise = "R4", .abilities = "arbitrary-flags",
	.title = "an OPEN reply without passthrough may have the flags that passthrough rejects")
{
	open_rule(w, "%s", variant->rule);

	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

/* --- R5, R6, R7: IDs -------------------------------------------------------- */

WORLD_FIXTURE(id_without_flag);
FIXTURE_VARIANT(id_without_flag)
{
	const char *rule, *requests;
};
FIXTURE_VARIANT_ADD(id_without_flag, valid) { .rule = "f reg=at-open flags=none",
					      .requests = "LOOKUP OPEN READ" };
FIXTURE_VARIANT_ADD(id_without_flag, unknown) { .rule = "f reg=forged id=12345 flags=none",
						.requests = "LOOKUP OPEN READ" };
FIXTURE_VARIANT_ADD(id_without_flag, negative) { .rule = "f reg=forged id=-1 flags=none",
						 .requests = "LOOKUP OPEN READ" };
FIXTURE_VARIANT_ADD(id_without_flag,
		    unknown_direct_io) { .rule = "f reg=forged id=12345 flags=direct_io",
					 .requests = "LOOKUP OPEN+direct_io READ" };

CASE(id_without_flag, ignored, .promise = "R5", .abilities = "arbitrary-flags nonpositive-id",
	.title = "an ID in an OPEN reply without FOPEN_PASSTHROUGH is ignored: read(2) sends READ")
{
	long fd;

	open_rule(w, "%s", variant->rule);

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_READ(w, fd, "f");
	EXPECT_REQUESTS(w, variant->requests);
}

/* A reply to OPEN that names this ID, and one that names the registered one. */
static void expect_refused_id(struct world *w, long id, const char *flags)
{
	open_rule(w, "f reg=forged id=%ld flags=%s", id, flags);
	open_rule(w, "f reg=reuse");

	EXPECT_FAILS(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

#define NEXT_ID 0 /* the one after the registered ID */

WORLD_FIXTURE(unallocated_id);
FIXTURE_VARIANT(unallocated_id)
{
	const char *flags;
	int id;
};
#define FORGED_ID(fixture, name, number) \
	FIXTURE_VARIANT_ADD(fixture, name) { .flags = "passthrough", .id = number }; \
	FIXTURE_VARIANT_ADD(fixture, name##_direct_io) \
	{ \
		.flags = "passthrough,direct_io", .id = number \
	}

FORGED_ID(unallocated_id, unknown, 12345);
FORGED_ID(unallocated_id, next, NEXT_ID);
FORGED_ID(unallocated_id, int_max, INT_MAX);

CASE(unallocated_id, open_eio, .promise = "R6", .abilities = "arbitrary-id",
	.title = "passthrough with an unallocated ID fails the open with EIO; the next open with a valid ID succeeds")
{
	long id = register_ok(w);

	expect_refused_id(w, variant->id ?: id + 1, variant->flags);
}

WORLD_FIXTURE(nonpositive_id);
FIXTURE_VARIANT(nonpositive_id)
{
	const char *flags;
	int id;
};
FORGED_ID(nonpositive_id, zero, 0);
FORGED_ID(nonpositive_id, minus_1, -1);
FORGED_ID(nonpositive_id, int_min, INT_MIN);

CASE(nonpositive_id, open_eio, .promise = "R6", .abilities = "arbitrary-id nonpositive-id",
	.title = "passthrough with an ID of 0 or below fails the open with EIO; the next with a valid ID succeeds")
{
	register_ok(w);
	expect_refused_id(w, variant->id, variant->flags);
}

WORLD_FIXTURE(foreign_id);

CASE(foreign_id, open_eio, .promise = "R6", .abilities = "arbitrary-id",
	.title = "passthrough with an ID of another connection fails the open with EIO")
{
	long own, foreign, second;

	EXPECT_RET(world_start_other(w, ""), 0);
	own = register_ok(w);
	foreign = POSITIVE_OK("register f", other_backing_open(w, backing_path("f")));
	second = POSITIVE_OK("register f again", other_backing_open(w, backing_path("f")));
	open_rule(w, "f reg=forged id=%ld", foreign == own ? second : foreign);

	EXPECT_FAILS(client_open(client(w), "f", O_RDWR), -EIO);
}

WORLD_FIXTURE(not_negotiated);
FIXTURE_VARIANT(not_negotiated)
{
	const char *init;
};
FIXTURE_VARIANT_ADD(not_negotiated, not_requested) { .init = "no-passthrough" };
FIXTURE_VARIANT_ADD(not_negotiated, depth_3) { .init = "depth=3" };

CASE(not_negotiated, passthrough_open_eio, .promise = "R7", .abilities = "arbitrary-id",
	.world = &before_init,
	.title = "without negotiated passthrough, FOPEN_PASSTHROUGH fails the open with EIO; an ordinary open succeeds")
{
	START(w, variant->init);
	open_rule(w, "f reg=forged id=1");

	EXPECT_FAILS(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough RELEASE");
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

/* --- R30: the page cache ----------------------------------------------------- */

WORLD_FIXTURE(page_cache);
FIXTURE_VARIANT(page_cache)
{
	const char *between;		/* the rule of an open in between, or NULL */
	const char *requests, *content; /* of the open with KEEP_CACHE */
};
FIXTURE_VARIANT_ADD(page_cache, no_passthrough_open) { .between = NULL,
						       .requests = "OPEN+keep_cache",
						       .content = "f" };
FIXTURE_VARIANT_ADD(page_cache, passthrough_open) {
	.between = "f reg=at-open",
	.requests = "OPEN+passthrough FLUSH RELEASE OPEN+keep_cache READ",
	.content = "F"
};

CASE(page_cache, dropped_by_passthrough_open, .promise = "R30",
	.title = "a KEEP_CACHE open shows cached pages unless a passthrough open in between dropped them")
{
	long fd = open_ok(w, "f", O_RDONLY);

	EXPECT_READ(w, fd, "f");
	EXPECT_CLOSE(w, fd);
	EXPECT_WRITE(w, client_open(client(w), backing_path("f"), O_WRONLY), "F");
	EXPECT_REQUESTS(w, "LOOKUP OPEN READ FLUSH RELEASE");
	if (variant->between) {
		open_rule(w, "%s", variant->between);
		EXPECT_CLOSE(w, client_open(client(w), "f", O_RDONLY));
		EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	}
	open_rule(w, "f flags=keep_cache");

	fd = open_ok(w, "f", O_RDONLY);
	EXPECT_READ(w, fd, variant->content);
	EXPECT_REQUESTS(w, variant->requests);
}

CASE_MAIN()

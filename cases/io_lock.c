// SPDX-License-Identifier: GPL-2.0
/* Which writes are in flight beside a direct write. Promises D20, W6, W9. */
#include <errno.h>
#include <fcntl.h>

#include "world/case_helpers.h"

static const struct world_opts with_mmap = { .init = "direct-io-allow-mmap" };

#define DIRECT		     "flags=direct_io"
#define PARALLEL	     "flags=direct_io,parallel_direct_writes"
#define PASSTHROUGH	     "reg=at-lookup flags=passthrough,direct_io"
#define PASSTHROUGH_PARALLEL PASSTHROUGH ",parallel_direct_writes"

/* What becomes of the second write while the first is in flight. */
#define OVERLAPS "overlaps"
#define WAITS	 "waits"

WORLD_FIXTURE(direct_writes);
FIXTURE_VARIANT(direct_writes)
{
	const char *opens; /* words of the open rule of both files */
	const char *held;  /* open rule of a further file, open meanwhile; or NULL */
	int flags;	   /* of open(2) */
	off_t offset;
	const char *second_write;
};
FIXTURE_VARIANT_ADD(direct_writes, parallel) { .opens = PARALLEL, .second_write = OVERLAPS };
FIXTURE_VARIANT_ADD(direct_writes, not_parallel) { .opens = DIRECT, .second_write = WAITS };
FIXTURE_VARIANT_ADD(direct_writes,
		    past_eof) { .opens = PARALLEL, .offset = 1, .second_write = WAITS };
FIXTURE_VARIANT_ADD(direct_writes,
		    o_append) { .opens = PARALLEL, .flags = O_APPEND, .second_write = WAITS };
FIXTURE_VARIANT_ADD(direct_writes,
		    cached_open_held) { .opens = PARALLEL, .held = "f", .second_write = WAITS };
FIXTURE_VARIANT_ADD(direct_writes, passthrough_open_held) { .opens = PASSTHROUGH_PARALLEL,
							    .held = "f reg=reuse",
							    .second_write = OVERLAPS };
FIXTURE_VARIANT_ADD(direct_writes, passthrough_parallel) { .opens = PASSTHROUGH_PARALLEL,
							   .second_write = OVERLAPS };
FIXTURE_VARIANT_ADD(direct_writes, passthrough_not_parallel) { .opens = PASSTHROUGH,
							       .second_write = WAITS };
FIXTURE_VARIANT_ADD(direct_writes, passthrough_past_eof) { .opens = PASSTHROUGH_PARALLEL,
							   .offset = 1,
							   .second_write = WAITS };

/*
 * Both clients write a byte; the server holds the first WRITE. The second client waits for that, or
 * its WRITE is answered.
 */
static const char *second_write(struct world *w, long fd, long second_fd, off_t offset)
{
	struct client *first = client(w), *second = client_number(w, 1);

	world_requests(w);
	if (server_hold(w, "WRITE") < 0)
		return "the server does not hold WRITE";
	client_start_write(first, fd, "F", 1, offset);
	if (server_wait(w, "WRITE", 1) < 1)
		return "the first write sends no WRITE";
	client_start_write(second, second_fd, "G", 1, offset);
	client_is_busy(second); /* returns when it waits for the first write, or for the server */
	world_requests(w);	/* returns when the server has answered all that it was sent */
	return client_is_busy(second) ? WAITS : OVERLAPS;
}

static void expect_second_write(struct world *w, long fd, long second_fd, off_t offset,
				const char *wanted)
{
	EXPECT_TEXT(second_write(w, fd, second_fd, offset), wanted);
	EXPECT_RET(server_go(w, "WRITE"), 1);
	EXPECT_RET(client_finish(client(w)), 1);
	EXPECT_RET(client_finish(client_number(w, 1)), 1);
}

CASE(direct_writes, overlap_only_if_allowed, .promise = "W6", .abilities = "hold",
	.title = "direct writes overlap only with PARALLEL_DIRECT_WRITES, within EOF, not appending, no cached open")
{
	struct client *first = client(w), *second = client_number(w, 1);
	long fd, second_fd;

	open_rule(w, "f times=2 %s", variant->opens);
	fd = open_ok(first, "f", O_RDWR | variant->flags);
	second_fd = open_ok(second, "f", O_RDWR | variant->flags);
	if (variant->held) {
		open_rule(w, "%s", variant->held);
		open_ok(first, "f", O_RDWR);
	}

	expect_second_write(w, fd, second_fd, variant->offset, variant->second_write);
}

WORLD_FIXTURE(cached_open);

CASE(cached_open, close_allows_parallel_writes, .promise = "W6", .abilities = "hold",
	.title = "PARALLEL_DIRECT_WRITES writes overlap again once the last cached open of the file is closed")
{
	struct client *first = client(w), *second = client_number(w, 1);
	long cached[2], fd, second_fd;

	open_rule(w, "f times=2 " PARALLEL);
	fd = open_ok(first, "f", O_RDWR);
	second_fd = open_ok(second, "f", O_RDWR);
	open_rule(w, "f times=2");
	for (int i = 0; i < 2; i++)
		cached[i] = open_ok(first, "f", O_RDWR);
	for (int i = 0; i < 2; i++)
		EXPECT_CLOSE(first, cached[i]);

	expect_second_write(w, fd, second_fd, 0, OVERLAPS);
}

CASE(cached_open, second_keeps_writes_exclusive, .promise = "W6", .abilities = "hold",
	.title = "of two cached opens, the second keeps PARALLEL_DIRECT_WRITES writes from overlapping after a close")
{
	struct client *first = client(w), *second = client_number(w, 1);
	long cached, fd, second_fd;

	open_rule(w, "f times=2 " PARALLEL);
	fd = open_ok(first, "f", O_RDWR);
	second_fd = open_ok(second, "f", O_RDWR);
	open_rule(w, "f times=2");
	cached = open_ok(first, "f", O_RDWR);
	open_ok(first, "f", O_RDWR);
	EXPECT_CLOSE(first, cached);

	expect_second_write(w, fd, second_fd, 0, WAITS);
}

WORLD_FIXTURE(mapped_file);

CASE(mapped_file, release_allows_parallel_writes, .promise = "W6", .abilities = "hold",
	.world = &with_mmap,
	.title = "a DIRECT_IO file that was mapped shared keeps direct writes from overlapping until its release")
{
	struct client *first = client(w), *second = client_number(w, 1);
	int64_t mapped, fd, second_fd, at;

	open_rule(w, "f times=3 " PARALLEL);
	fd = open_ok(first, "f", O_RDWR);
	second_fd = open_ok(second, "f", O_RDWR);
	mapped = open_ok(second, "f", O_RDWR);
	for (int i = 0; i < 2; i++) {
		at = mmap_ok(second, mapped, PROT_READ, MAP_SHARED, 1, 0);
		EXPECT_RET(client_call(second, munmap, at, 1), 0);
	}

	TODAY(expect_second_write(w, fd, second_fd, 0, WAITS)); /* the mapping is gone */
	EXPECT_CLOSE(second, mapped);
	expect_second_write(w, fd, second_fd, 0, OVERLAPS);
}

WORLD_FIXTURE(beside_direct_write);

/* Client 1 has opened f for passthrough, and the server holds a WRITE. The descriptor. */
static long open_beside_direct_write(struct world *w)
{
	long fd, direct;

	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse flags=passthrough,direct_io,parallel_direct_writes");
	fd = open_ok(client_number(w, 1), "f", O_RDWR);
	direct = open_ok(w, "f", O_RDWR);
	ASSERT_RET(server_hold(w, "WRITE"), 0);
	client_start_write(client(w), direct, "F", 1, 0);
	ASSERT_RET(server_wait(w, "WRITE", 1), 1);
	return fd;
}

CASE(beside_direct_write, splice_waits, .promise = "W9", .abilities = "hold",
	.title = "splice(2) into a passthrough file waits for a direct write in flight")
{
	struct client *other = client_number(w, 1);
	long fd = open_beside_direct_write(w);

	client_start_write_by(other, BY_SPLICE, fd, 1, 0, 1);
	EXPECT_HOLDS(client_is_busy(other), "splice(2) waits for the WRITE");
	EXPECT_RET(server_go(w, "WRITE"), 1);
	EXPECT_RET(client_finish(client(w)), 1);
	EXPECT_RET(client_finish(other), 1);
	EXPECT_BACKING_PATTERN("f", 1, 1, 0);
}

CASE(beside_direct_write, zero_length_does_not_wait, .promise = "D20", .abilities = "hold",
	.title = "a zero-length write to a passthrough file does not wait for a direct write in flight")
{
	struct client *other = client_number(w, 1);
	long fd = open_beside_direct_write(w);

	client_start_write(other, fd, "", 0, 0);
	EXPECT_HOLDS(client_ends(other), "the zero-length write does not wait");
	EXPECT_RET(server_go(w, "WRITE"), 1);
	EXPECT_RET(client_finish(client(w)), 1);
	EXPECT_RET(client_finish(other), 0);
}

CASE_MAIN()

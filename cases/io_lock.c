// SPDX-License-Identifier: GPL-2.0
/* Which direct writes are at the server at the same time. Promise W6. */
#include <errno.h>
#include <fcntl.h>

#include "world/case_helpers.h"

static const struct world_opts on_one_cpu = { .same_cpu = true };

WORLD_FIXTURE(direct_writes);
FIXTURE_VARIANT(direct_writes)
{
	const char *row; /* of the plan, for both opens */
	const char *third; /* of the plan, for a further open that is held; or NULL */
	int flags;	 /* of open(2) */
	off_t offset;
	bool waits;
};
#define DIRECT	 "f times=2 flags=direct_io"
#define PARALLEL DIRECT ",parallel_direct_writes"
#define BOTH	 "f times=2 reg=at-lookup flags=passthrough,direct_io"
FIXTURE_VARIANT_ADD(direct_writes, parallel) { PARALLEL, NULL, O_RDWR, 0, false };
FIXTURE_VARIANT_ADD(direct_writes, not_parallel) { DIRECT, NULL, O_RDWR, 0, true };
FIXTURE_VARIANT_ADD(direct_writes, past_eof) { PARALLEL, NULL, O_RDWR, 1, true };
FIXTURE_VARIANT_ADD(direct_writes, o_append) { PARALLEL, NULL, O_RDWR | O_APPEND, 0, true };
FIXTURE_VARIANT_ADD(direct_writes, cached_open_held) { PARALLEL, "f", O_RDWR, 0, true };
FIXTURE_VARIANT_ADD(direct_writes, passthrough_open_held)
{
	BOTH ",parallel_direct_writes", "f reg=reuse", O_RDWR, 0, false
};
FIXTURE_VARIANT_ADD(direct_writes, passthrough_parallel)
{
	BOTH ",parallel_direct_writes", NULL, O_RDWR, 0, false
};
FIXTURE_VARIANT_ADD(direct_writes, passthrough_not_parallel) { BOTH, NULL, O_RDWR, 0, true };
FIXTURE_VARIANT_ADD(direct_writes, passthrough_past_eof)
{
	BOTH ",parallel_direct_writes", NULL, O_RDWR, 1, true
};

/*
 * Both clients write a byte, of which the server holds back what comes. 1 if the second write has
 * to wait for the first one, 0 if it does not.
 */
static long second_write_waits(struct world *w, long fd, long second_fd, off_t offset)
{
	struct client *first = client(w), *second = client_number(w, 1);

	client_be_fifo(second);
	if (server_hold(w, "WRITE") < 0)
		return -EPROTO;
	client_start_write(first, fd, "F", 1, offset);
	if (server_wait(w, "WRITE", 1) < 1)
		return -ENODATA;
	client_start_write(second, second_fd, "G", 1, offset);
	world_requests(w); /* by now the server has answered what it was sent */
	return client_is_busy(second);
}

CASE(direct_writes, overlap_only_if_allowed, .promise = "W6", .needs = NEED_REALTIME,
	.abilities = "hold", .world = &on_one_cpu,
	.title = "direct writes overlap only with PARALLEL_DIRECT_WRITES, within EOF, not appending, no cached open")
{
	struct client *first = client(w), *second = client_number(w, 1);
	long fd, second_fd;

	open_rule(w, variant->row);
	fd = open_ok(first, "f", variant->flags);
	second_fd = open_ok(second, "f", variant->flags);
	if (variant->third) {
		open_rule(w, variant->third);
		ASSERT_POSITIVE(client_open(first, "f", O_RDWR));
	}

	EXPECT_RET(second_write_waits(w, fd, second_fd, variant->offset), variant->waits);
	EXPECT_RET(server_go(w, "WRITE"), 1);
	EXPECT_RET(client_finish(first), 1);
	EXPECT_RET(client_finish(second), 1);
}

WORLD_FIXTURE(cached_open);

CASE(cached_open, close_allows_parallel_writes, .promise = "W6", .needs = NEED_REALTIME,
	.abilities = "hold", .world = &on_one_cpu,
	.title = "PARALLEL_DIRECT_WRITES writes overlap again once the last cached open of the file is closed")
{
	struct client *first = client(w), *second = client_number(w, 1);
	long cached[2], fd, second_fd;

	open_rule(w, PARALLEL);
	fd = open_ok(first, "f", O_RDWR);
	second_fd = open_ok(second, "f", O_RDWR);
	open_rule(w, "f times=2");
	for (int i = 0; i < 2; i++)
		cached[i] = open_ok(first, "f", O_RDWR);
	for (int i = 0; i < 2; i++)
		EXPECT_CLOSE(first, cached[i]);

	EXPECT_RET(second_write_waits(w, fd, second_fd, 0), 0);
	EXPECT_RET(server_go(w, "WRITE"), 1);
	EXPECT_RET(client_finish(first), 1);
	EXPECT_RET(client_finish(second), 1);
}

CASE_MAIN()

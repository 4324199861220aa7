// SPDX-License-Identifier: GPL-2.0
/* What ends a shared mapping that waits for parallel direct writes. Promises M12, M13. */
#include <errno.h>
#include <fcntl.h>

#include "world/case_helpers.h"

#define PARALLEL "flags=direct_io,parallel_direct_writes"

static const struct world_opts with_mmap = { .init = "direct-io-allow-mmap" };

WORLD_FIXTURE(passthrough_open);

/*
 * The writer's WRITE is held, the mapper waits for it, and a passthrough open comes. Its
 * descriptor.
 */
static long open_while_mmap_waits(struct world *w, struct client *mapper, struct client *opener)
{
	long fd;

	if (!world_open_rule(w, "f times=2 " PARALLEL) || !world_open_rule(w, "f reg=at-open"))
		return -EPROTO;
	fd = client_open(mapper, "f", O_RDWR);
	server_hold(w, "WRITE");
	client_start_write(client(w), client_open(client(w), "f", O_RDWR), "F", 1, 0);
	server_wait(w, "WRITE", 1);
	client_start_call(mapper, mmap, 0, 1, PROT_READ, MAP_SHARED, fd, 0);
	EXPECT_HOLDS(client_is_busy(mapper), "the mapping waits for the WRITE");
	return client_open(opener, "f", O_RDWR);
}

#define open_while_mmap_waits_ok(w, mapper, opener) \
	POSITIVE_OK("open f while the mapping waits", open_while_mmap_waits(w, mapper, opener))

CASE(passthrough_open, ends_mmap_enodev, .promise = "M12", .world = &with_mmap, .abilities = "hold",
	.title = "a passthrough open ends a shared mapping that waits for a parallel direct write, with ENODEV",
	.xfail = "nobody wakes the mapping, and the source has ETXTBSY for it")
{
	struct client *mapper = client_number(w, 1), *opener = client_number(w, 2);
	int64_t fd, mapping;

	fd = open_while_mmap_waits_ok(w, mapper, opener);
	EXPECT_HOLDS(!client_is_busy(mapper), "the mapping waits no longer");

	server_go(w, "WRITE");
	client_finish(client(w));
	client_close(opener, fd);
	mapping = client_finish(mapper);
	EXPECT_RET(mapping < 0 ? mapping : 0, -ENODEV);
}

CASE(passthrough_open, close_ends_wait, .promise = "M13", .world = &with_mmap, .abilities = "hold",
	.title = "a mapping that waited while a passthrough file was open ends once write and file have ended")
{
	struct client *mapper = client_number(w, 1), *opener = client_number(w, 2);
	long fd;

	fd = open_while_mmap_waits_ok(w, mapper, opener);
	EXPECT_RET(server_go(w, "WRITE"), 1);
	EXPECT_RET(client_finish(client(w)), 1);
	EXPECT_CLOSE(opener, fd);
	EXPECT_HOLDS(!client_is_busy(mapper), "the mapping waits no longer");
}

CASE_MAIN()

// SPDX-License-Identifier: GPL-2.0
/* FOPEN_IO_URING_ZERO_COPY of Linux 7.3 in the reply to OPEN. Promise R33. */
#include <fcntl.h>

#include "world/io_methods.h"

#define ZERO_COPY "bit8"

WORLD_FIXTURE(without_passthrough);
FIXTURE_VARIANT(without_passthrough)
{
	const char *rule;
};
FIXTURE_VARIANT_ADD(without_passthrough, cached) { .rule = "f flags=" ZERO_COPY };
FIXTURE_VARIANT_ADD(without_passthrough, direct_io) { .rule = "f flags=direct_io," ZERO_COPY };

CASE(without_passthrough, falls_back_to_copying, .promise = "R33", .since = "7.3",
	.abilities = "arbitrary-flags",
	.title = "IO_URING_ZERO_COPY without a zero-copy queue: reads and writes are copied from and to the server")
{
	long fd;

	open_rule(w, "%s", variant->rule);
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_READ(w, fd, "f");
	EXPECT_WRITE(w, fd, "F");
	EXPECT_BACKING("f", "F");
	EXPECT_REQUESTS(w, "READ WRITE");
}

CASE_MAIN()

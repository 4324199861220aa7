// SPDX-License-Identifier: GPL-2.0
/* Large offsets, and limits of size. Promises D1, D2. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define PAGE sysconf(_SC_PAGESIZE)
#define GIB  ((off_t)1 << 30)

/* --- large offsets ----------------------------------------------------------------- */

IO_METHOD_FIXTURE(past_4_gib);
EACH_WRITE_METHOD(past_4_gib);

CASE(past_4_gib, reaches_backing_file, .promise = "D1",
	.title = "I/O past 4 GiB reaches the backing file at that offset, and sends no request")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, 2 * PAGE, 0);
	backing_fill_ok("f", OLD, 2 * PAGE, 5 * GIB);
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_WRITE_BY(w, variant->io_method, fd, PAGE, 5 * GIB, NEW);
	EXPECT_READ_BY(w, variant->io_method, fd, PAGE, 5 * GIB, NEW);
	EXPECT_BACKING_PATTERN("f", NEW, PAGE, 5 * GIB);
	EXPECT_BACKING_PATTERN("f", OLD, 2 * PAGE, 0);
	EXPECT_REQUESTS(w, "");
}

/* --- limits -------------------------------------------------------------------------- */

WORLD_FIXTURE(rlimit_fsize);

CASE(rlimit_fsize, ftruncate_efbig, .promise = "D2",
	.title = "ftruncate(2) past RLIMIT_FSIZE of the client fails with EFBIG and sends nothing")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	ASSERT_RET(client_limit(client(w), RLIMIT_FSIZE, PAGE), 0);
	EXPECT_RET(client_call(client(w), ftruncate, fd, PAGE + 1), -EFBIG);
	EXPECT_REQUESTS(w, "");
	EXPECT_RET(client_call(client(w), ftruncate, fd, PAGE), 0);
	EXPECT_REQUESTS(w, "SETATTR");
}

CASE_MAIN()

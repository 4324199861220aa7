// SPDX-License-Identifier: GPL-2.0
/* A server that answers OPEN with ENOSYS is sent no further OPEN. Promises R29, R31. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "world/case_helpers.h"

WORLD_FIXTURE(after_enosys);

#define READAHEAD_FIX "commit bd5603eaae0a (fuse: fix readahead reclaim deadlock)"

#define SINCE_READAHEAD_FIX(before, after) \
	since("6.9", before), since("6.12.64", after, READAHEAD_FIX), since("6.13", before), \
		since("6.18.3", after, READAHEAD_FIX)

CASE(after_enosys, beside_passthrough_eio, .promise = "R29",
	.today = "looks like a side effect of " READAHEAD_FIX,
	.title = "ENOSYS beside a passthrough open, which stays usable, fails open(2) with EIO from 6.12.64/6.18.3 on")
{
	long fd;

	open_rule(w, "f reg=at-open");
	open_rule(w, "f error=ENOSYS");
	fd = open_ok(w, "f", O_RDWR);

	for (int i = 0; i < 2; i++)
		EXPECT_RET_SINCE(errno_or_0(client_open(client(w), "f", O_RDWR)),
				 SINCE_READAHEAD_FIX(0, -EIO));
	EXPECT_READ(w, fd, "f");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough OPEN");
}

CASE(after_enosys, other_files_send_no_open, .promise = "R29",
	.title = "after ENOSYS to OPEN, other files open without a request, and reading them sends READ")
{
	long fd;

	open_rule(w, "f reg=at-open");
	open_rule(w, "g error=ENOSYS");
	open_ok(w, "f", O_RDWR);
	open_ok(w, "g", O_RDWR);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough LOOKUP OPEN");

	fd = open_ok(w, "h", O_RDWR);
	EXPECT_READ(w, fd, "h");
	EXPECT_REQUESTS(w, "LOOKUP READ");
}

CASE(after_enosys, reopen_sends_no_open, .promise = "R29",
	.title = "after ENOSYS to OPEN, a closed passthrough file reopens without passthrough and pins nothing")
{
	long fd;

	open_rule(w, "f reg=at-open");
	open_rule(w, "g error=ENOSYS");
	fd = open_ok(w, "f", O_RDWR);
	open_ok(w, "g", O_RDWR);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_BACKING_BUSY();
	EXPECT_CLOSE(w, fd);

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_READ(w, fd, "f");
	EXPECT_RET(server_wait(w, "OPEN", 2), 2);
	EXPECT_RET(server_wait(w, "READ", 1), 1);
	EXPECT_BACKING_FREE();
}

/* How many RELEASEs reached the server since the last call. */
static int count_releases(struct world *w)
{
	int count = 0;

	for (const char *ops = world_requests(w); (ops = strstr(ops, "RELEASE")); ops++)
		count++;
	return count;
}

WORLD_FIXTURE(no_release);

CASE(no_release, earlier_passthrough_open, .promise = "R31",
	.title = "after ENOSYS to OPEN, an earlier passthrough open sends no RELEASE from 6.12.64/6.18.3 on")
{
	long fds[2];

	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse");
	open_rule(w, "g error=ENOSYS");
	for (int i = 0; i < 2; i++)
		fds[i] = open_ok(w, "f", O_RDWR);
	EXPECT_CLOSE(w, fds[0]);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_RET(count_releases(w), 1);
	open_ok(w, "g", O_RDWR);

	EXPECT_CLOSE(w, fds[1]);
	EXPECT_RET_SINCE(count_releases(w), SINCE_READAHEAD_FIX(1, 0));
}

CASE(no_release, failed_create_eio, .promise = "R31",
	.title = "after ENOSYS, CREATE passes through; a closed ID fails with EIO, no RELEASE from 6.12.64/6.18.3 on")
{
	long fd;

	open_rule(w, "g error=ENOSYS");
	open_rule(w, "new reg=at-open");
	open_rule(w, "newer reg=at-open drop=before-reply");
	open_ok(w, "g", O_RDWR);
	EXPECT_REQUESTS(w, "LOOKUP OPEN");

	fd = open_ok(w, "new", O_RDWR | O_CREAT);
	EXPECT_WRITE(w, fd, "n");
	EXPECT_REQUESTS(w, "LOOKUP CREATE+passthrough GETXATTR");
	EXPECT_RET(client_open(client(w), "newer", O_RDWR | O_CREAT), -EIO);
	EXPECT_RET_SINCE(count_releases(w), SINCE_READAHEAD_FIX(1, 0));
}

CASE_MAIN()

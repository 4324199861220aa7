// SPDX-License-Identifier: GPL-2.0
/* A request timeout beside passthrough. Promise N14. */
#include <fcntl.h>

#include "shared/fuse_uapi.h"
#include "world/case_helpers.h"

static const struct world_opts an_hour = { .init = "request-timeout=3600" };

WORLD_FIXTURE(negotiated);

CASE(negotiated, io_continues_while_request_waits, .promise = "N14",
	.abilities = "arbitrary-init hold", .world = &an_hour,
	.title = "with a request timeout, passthrough I/O continues while a request of the connection waits")
{
	struct client *waiter = client_number(w, 1);
	long fd;

	if (!(w->offered & FUSE_REQUEST_TIMEOUT))
		CASE_SKIP("kernel: INIT does not offer FUSE_REQUEST_TIMEOUT (Linux 6.15 or newer)");
	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_RET(server_hold(w, "FSYNC"), 0);
	client_start_call(waiter, fsync, client_open(waiter, "g", O_RDONLY));
	EXPECT_RET(server_wait(w, "FSYNC", 1), 1);

	EXPECT_READ(w, fd, "F");
	EXPECT_WRITE(w, fd, "G");
	EXPECT_BACKING("f", "G");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough GETXATTR LOOKUP OPEN FSYNC");
	EXPECT_RET(server_go(w, "FSYNC"), 1);
	EXPECT_RET(client_finish(waiter), 0);
}

CASE_MAIN()

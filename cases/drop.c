// SPDX-License-Identifier: GPL-2.0
/* When a backing ID is dropped: early, late, never, after its channel. Rows E. */
#include <errno.h>
#include <fcntl.h>

#include "../fixtures/verbs.h"

WORLD_FIXTURE(early);

CASE(early, before_reply_fails_open, .row = "E1",
     .title = "an ID closed before the OPEN reply fails the open with EIO",
     .needs = NEED_PASSTHROUGH)
{
	plan(w, "f reg=at-open drop=before-reply");

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough RELEASE");
}

static const struct world_opts same_cpu = { .same_cpu = true };

CASE(early, after_reply_before_client_runs_fails_open, .row = "E2",
     .title = "an ID closed between the OPEN reply and open(2) returning fails the open with EIO",
     .needs = NEED_PASSTHROUGH | NEED_REALTIME, .world = &same_cpu)
{
	plan(w, "f reg=at-open drop=after-reply fifo");

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_RET(server_backing_close(w, last_id(w), ""), -ENOENT);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough RELEASE");
}

CASE_MAIN()

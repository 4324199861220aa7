// SPDX-License-Identifier: GPL-2.0
/* After FUSE_DEV_IOC_SYNC_INIT, ioctls wait for the mount. Promises O1, C1. */
#include <errno.h>

#include "world/case_helpers.h"

/* The server interrupts a call that the kernel does not wake: EINTR. */
#define BOUNDED "timeout=4000"

static const struct world_opts unmounted = { .unmounted = true };

static int64_t do_mount(void *arg)
{
	return world_mount_device(*(struct world **)arg);
}

/* With FUSE_DEV_IOC_SYNC_INIT mount(2) waits for the reply to INIT. */
static void client_start_mount(struct client *c, struct world *w)
{
	client_begin(c, do_mount, &w, sizeof(w), "mount the device");
}

WORLD_FIXTURE(early_ioctl);

CASE(early_ioctl, backing_open_waits_eperm, .promise = "O1",
	.needs = NEED_SYNC_INIT, .abilities = "arbitrary-ioctl", .since = "6.18",
	.world = &unmounted,
	.title = "after SYNC_INIT an early BACKING_OPEN waits for the mount and fails with EPERM; after INIT it works")
{
	unsigned int waiting;
	long result;

	ASSERT_RET(server_sync_init(w), 0);
	waiting = server_start_backing_open(w, backing_path("f"), BOUNDED);
	EXPECT_HOLDS(server_is_busy(&w->server), "BACKING_OPEN waits");
	client_start_mount(client(w), w);
	result = server_finish(&w->server, waiting);
	START(w, NULL);

	EXPECT_HOLDS(result != -EINTR, "the mount ends the wait");
	TODAY(EXPECT_RET(result, -EPERM));
	EXPECT_RET(client_finish(client(w)), 0);
	EXPECT_POSITIVE(try_register_f(w));
}

CASE(early_ioctl, backing_close_waits_eperm, .promise = "C1",
	.needs = NEED_SYNC_INIT, .abilities = "arbitrary-ioctl", .since = "6.18",
	.world = &unmounted,
	.title = "after SYNC_INIT an early BACKING_CLOSE waits for the mount and fails with EPERM; after INIT it works")
{
	unsigned int waiting;
	long result, id;

	ASSERT_RET(server_sync_init(w), 0);
	waiting = server_start_backing_close(w, 1, BOUNDED);
	EXPECT_HOLDS(server_is_busy(&w->server), "BACKING_CLOSE waits");
	client_start_mount(client(w), w);
	result = server_finish(&w->server, waiting);
	START(w, NULL);

	EXPECT_FAILS(result, -EPERM);
	EXPECT_RET(client_finish(client(w)), 0);
	id = register_ok(w);
	EXPECT_RET(server_backing_close(w, id, ""), 0);
}

CASE_MAIN()

// SPDX-License-Identifier: GPL-2.0
/* FUSE_DEV_IOC_BACKING_CLOSE: who may, with which IDs, on which device. Rows C. */
#include <errno.h>
#include <limits.h>

#include "world/case_helpers.h"

/* A kernel that lets the call wait must not hang the case: it gets EINTR then. */
#define BOUNDED "timeout=1000"

static const struct world_opts unmounted = { .unmounted = true };
static const struct world_opts not_negotiated = { .init = "no-passthrough" };

WORLD_FIXTURE(unmounted_close);

CASE(unmounted_close, is_eperm, .row = "C1",
     .title = "closing an ID on a device that is not mounted is EPERM, without waiting",
     .can = "ioctl-any", .world = &unmounted,
     .fixed_by = "7.1.7 or before (waits for the mount only after FUSE_DEV_IOC_SYNC_INIT)")
{
	EXPECT_RET_SINCE(server_backing_close(w, 1, BOUNDED), since("0", -ENOTTY),
			 since("6.9", -EPERM));
}

CASE(unmounted_close, waits_after_sync_init, .row = "C1",
     .title = "after FUSE_DEV_IOC_SYNC_INIT closing an ID waits for the mount, a signal ends it",
     .since = "6.18", .needs = NEED_SYNC_INIT, .can = "ioctl-any", .world = &unmounted)
{
	EXPECT_RET(server_call(&w->server, -1, "sync-init"), 0);

	EXPECT_RET(server_backing_close(w, 1, "timeout=5"), -EINTR);
}

WORLD_FIXTURE(close_pointer);

CASE(close_pointer, bad_is_efault, .row = "C2",
     .title = "closing an ID behind a bad pointer is EFAULT",
     .needs = NEED_PASSTHROUGH, .can = "ioctl-any")
{
	EXPECT_RET(server_backing_close(w, 0, "ptr=bad"), -EFAULT);
}

CASE(close_pointer, efault_beats_eperm, .row = "C2",
     .title = "a bad pointer is noticed before passthrough that was not negotiated",
     .needs = NEED_PASSTHROUGH, .can = "ioctl-any", .world = &not_negotiated)
{
	EXPECT_RET(server_backing_close(w, 0, "ptr=bad"), -EFAULT);
}

WORLD_FIXTURE(close_privilege);

CASE(close_privilege, not_negotiated_is_eperm, .row = "C3",
     .title = "closing any ID, 0 and -1 too, is EPERM where passthrough was not negotiated",
     .needs = NEED_PASSTHROUGH, .world = &not_negotiated)
{
	EXPECT_RET(server_backing_close(w, 1, ""), -EPERM);
	EXPECT_RET(server_backing_close(w, 0, ""), -EPERM);
	EXPECT_RET(server_backing_close(w, -1, ""), -EPERM);
}

static void expect_only_root_closes(struct __test_metadata *_metadata, struct world *w,
				    const char *as)
{
	ASSERT_RET(register_f(w), 1);

	EXPECT_RET(server_backing_close(w, 1, as), -EPERM);
	EXPECT_RET(server_backing_close(w, 0, as), -EPERM);
	EXPECT_RET(server_backing_close(w, 1, ""), 0);
}

CASE(close_privilege, ordinary_user_is_eperm, .row = "C3",
     .title = "closing an ID, a valid one or 0, is EPERM without CAP_SYS_ADMIN and has no effect",
     .needs = NEED_PASSTHROUGH, .can = "credentials")
{
	expect_only_root_closes(_metadata, w, "as=uid:1000");
}

CASE(close_privilege, is_that_capability_alone, .row = "C3",
     .title = "closing an ID takes CAP_SYS_ADMIN and no other capability, and none is as good",
     .needs = NEED_PASSTHROUGH, .can = "credentials")
{
	ASSERT_RET(register_f(w), 1);

	EXPECT_RET(server_backing_close(w, 1, AS_ALL_BUT_ADMIN), -EPERM);
	EXPECT_RET(server_backing_close(w, 1, AS_ADMIN_ALONE), 0);
}

CASE(close_privilege, root_of_child_userns_is_eperm, .row = "C3",
     .title = "closing an ID, a valid one or 0, is EPERM for the root of a child user namespace "
	      "and has no effect",
     .needs = NEED_PASSTHROUGH | NEED_USERNS, .can = "credentials")
{
	expect_only_root_closes(_metadata, w, "as=userns");
}

WORLD_FIXTURE(bad_id);
FIXTURE_VARIANT(bad_id)
{
	long id;
};
FIXTURE_VARIANT_ADD(bad_id, zero) { 0 };
FIXTURE_VARIANT_ADD(bad_id, minus_one) { -1 };
FIXTURE_VARIANT_ADD(bad_id, smallest) { 0x80000000 };

CASE(bad_id, is_einval, .row = "C4",
     .title = "closing 0 or a negative ID is EINVAL",
     .needs = NEED_PASSTHROUGH)
{
	EXPECT_RET(server_backing_close(w, variant->id, ""), -EINVAL);
}

WORLD_FIXTURE(unknown_id);
FIXTURE_VARIANT(unknown_id)
{
	long id;
};
FIXTURE_VARIANT_ADD(unknown_id, next) { 2 };
FIXTURE_VARIANT_ADD(unknown_id, far) { 12345 };
FIXTURE_VARIANT_ADD(unknown_id, greatest) { INT_MAX };

CASE(unknown_id, is_enoent, .row = "C5",
     .title = "closing an ID that was never given out is ENOENT",
     .needs = NEED_PASSTHROUGH)
{
	ASSERT_RET(register_f(w), 1);

	EXPECT_RET(server_backing_close(w, variant->id, ""), -ENOENT);
}

WORLD_FIXTURE(closed_id);

CASE(closed_id, is_enoent, .row = "C6",
     .title = "closing an ID a second time is ENOENT",
     .needs = NEED_PASSTHROUGH)
{
	ASSERT_RET(register_f(w), 1);

	EXPECT_RET(server_backing_close(w, 1, ""), 0);
	EXPECT_RET(server_backing_close(w, 1, ""), -ENOENT);
}

WORLD_FIXTURE(dead_connection_close);

CASE(dead_connection_close, works_after_abort, .row = "C7",
     .title = "closing an ID works on an aborted connection",
     .needs = NEED_PASSTHROUGH | NEED_FUSECTL)
{
	ASSERT_RET(register_f(w), 1);
	ASSERT_RET(world_abort(), 0);
	EXPECT_RET(client_stat(client(w), "f"), -ENOTCONN);

	EXPECT_RET(server_backing_close(w, 1, ""), 0);
	EXPECT_RET(server_backing_close(w, 1, ""), -ENOENT);
}

CASE(dead_connection_close, works_after_umount, .row = "C7",
     .title = "closing an ID works after umount, as long as the device is open",
     .needs = NEED_PASSTHROUGH)
{
	ASSERT_RET(register_f(w), 1);
	ASSERT_RET(world_umount("fuse"), 0);

	EXPECT_RET(server_backing_close(w, 1, ""), 0);
	EXPECT_RET(server_backing_close(w, 1, ""), -ENOENT);
}

CASE_MAIN()

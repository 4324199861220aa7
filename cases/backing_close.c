// SPDX-License-Identifier: GPL-2.0
/* FUSE_DEV_IOC_BACKING_CLOSE: who may, with which IDs, on which device. Promises C. */
#include <errno.h>
#include <limits.h>

#include "world/case_helpers.h"

/* In a kernel that waits here the call ends with EINTR, instead of never. */
#define BOUNDED "timeout=1000"

static const struct world_opts unmounted = { .unmounted = true };
static const struct world_opts not_negotiated = { .init = "no-passthrough" };
static const struct world_opts init_unanswered = { .no_start = true };

WORLD_FIXTURE(unmounted_device);

CASE(unmounted_device, eperm, .promise = "C1", .needs_not = NEED_PASSTHROUGH,
	.abilities = "arbitrary-ioctl", .world = &unmounted,
	.title = "closing an ID on an unmounted device fails with EPERM without waiting",
	.fixed_by = "7.1.7 or before (wait for the mount only after FUSE_DEV_IOC_SYNC_INIT)")
{
	EXPECT_FAILS_SINCE(server_backing_close(w, 1, BOUNDED), since("0", -ENOTTY),
			   since("6.9", -EPERM));
}

CASE(unmounted_device, sync_init_waits_eintr, .promise = "C1", .needs = NEED_SYNC_INIT,
	.needs_not = NEED_PASSTHROUGH, .abilities = "arbitrary-ioctl", .since = "6.18",
	.world = &unmounted,
	.title = "after FUSE_DEV_IOC_SYNC_INIT, closing an ID waits for the mount; a signal interrupts it with EINTR")
{
	EXPECT_RET(server_sync_init(w), 0);

	EXPECT_RET(server_backing_close(w, 1, "timeout=5"), -EINTR);
}

WORLD_FIXTURE(bad_pointer);

CASE(bad_pointer, efault, .promise = "C2", .abilities = "arbitrary-ioctl",
	.title = "closing an ID with a bad pointer fails with EFAULT")
{
	EXPECT_RET(server_backing_close(w, 0, "ptr=bad"), -EFAULT);
}

CASE(bad_pointer, efault_before_eperm, .promise = "C2", .abilities = "arbitrary-ioctl",
	.world = &not_negotiated,
	.title = "EFAULT for a bad pointer takes precedence over EPERM without negotiated passthrough")
{
	EXPECT_FAILS(server_backing_close(w, 0, "ptr=bad"), -EFAULT);
}

WORLD_FIXTURE(permission);

CASE(permission, not_negotiated_eperm, .promise = "C3", .world = &not_negotiated,
	.title = "closing ID 1, 0 or -1 without negotiated passthrough fails with EPERM")
{
	EXPECT_FAILS(server_backing_close(w, 1, ""), -EPERM);
	EXPECT_FAILS(server_backing_close(w, 0, ""), -EPERM);
	EXPECT_FAILS(server_backing_close(w, -1, ""), -EPERM);
}

WORLD_FIXTURE(passthrough_off);
FIXTURE_VARIANT(passthrough_off)
{
	const char *init;
	const char *since; /* before, such a reply turned it on */
};
FIXTURE_VARIANT_ADD(passthrough_off, depth_0) { .init = "depth=0" };
FIXTURE_VARIANT_ADD(passthrough_off, depth_3) { .init = "depth=3" };
FIXTURE_VARIANT_ADD(passthrough_off, writeback_cache) { .init = "writeback", .since = "6.10.10" };

CASE(passthrough_off, eperm_before_enoent, .promise = "C3", .world = &init_unanswered,
	.today = "no document says which error takes precedence",
	.title = "after an INIT reply that turns passthrough off, closing an unknown ID fails with EPERM, not ENOENT")
{
	START(w, variant->init);
	if (variant->since)
		EXPECT_RET_SINCE(server_backing_close(w, 1, ""), since("6.9", -ENOENT),
				 since(variant->since, -EPERM));
	else
		EXPECT_RET(server_backing_close(w, 1, ""), -EPERM);
}

/*
 * @as: words of "backing-close" for a task without CAP_SYS_ADMIN, which the kernel is to require no
 * longer: the task gets an error or closes the ID, once.
 */
static void expect_eperm_without_effect(struct world *w, const char *as)
{
	long id = register_ok(w), result;

	TODAY(EXPECT_RET(result = server_backing_close(w, id, as), -EPERM));
	EXPECT_FAILS(server_backing_close(w, 0, as), -EPERM);
	if (result < 0)
		EXPECT_RET(server_backing_close(w, id, ""), 0);
	else
		EXPECT_FAILS(server_backing_close(w, id, ""), -ENOENT);
}

CASE(permission, ordinary_user_eperm, .promise = "C3", .abilities = "credentials",
	.title = "closing a valid ID or 0 as an ordinary user has no effect and fails with EPERM")
{
	expect_eperm_without_effect(w, "as=uid:1000");
}

CASE(permission, needs_cap_sys_admin_only, .promise = "C3", .abilities = "credentials",
	.title = "closing an ID requires CAP_SYS_ADMIN alone; no other capability suffices")
{
	long id = register_ok(w);

	TODAY(EXPECT_RET(server_backing_close(w, id, AS_ALL_BUT_ADMIN), -EPERM));
	id = register_ok(w);
	EXPECT_RET(server_backing_close(w, id, AS_ADMIN_ALONE), 0);
}

CASE(permission, child_userns_root_eperm, .promise = "C3", .needs = NEED_USERNS,
	.abilities = "credentials",
	.title = "closing a valid ID or 0 as root of a child user namespace has no effect and fails with EPERM")
{
	expect_eperm_without_effect(w, "as=userns");
}

WORLD_FIXTURE(invalid_id);
FIXTURE_VARIANT(invalid_id)
{
	long id;
};
FIXTURE_VARIANT_ADD(invalid_id, zero) { .id = 0 };
FIXTURE_VARIANT_ADD(invalid_id, minus_one) { .id = -1 };
FIXTURE_VARIANT_ADD(invalid_id, int_min) { .id = INT_MIN };

CASE(invalid_id, einval, .promise = "C4",
	.title = "closing ID 0 or a negative ID fails with EINVAL")
{
	EXPECT_FAILS(server_backing_close(w, variant->id, ""), -EINVAL);
}

WORLD_FIXTURE(unknown_id);
FIXTURE_VARIANT(unknown_id)
{
	long id;
};
FIXTURE_VARIANT_ADD(unknown_id, id_2) { .id = 2 };
FIXTURE_VARIANT_ADD(unknown_id, id_12345) { .id = 12345 };
FIXTURE_VARIANT_ADD(unknown_id, int_max) { .id = INT_MAX };

CASE(unknown_id, enoent, .promise = "C5",
	.title = "closing an ID that was not allocated fails with ENOENT and leaves others open")
{
	long id = register_ok(w);
	long unknown = variant->id == id ? 1 : variant->id;

	EXPECT_FAILS(server_backing_close(w, unknown, ""), -ENOENT);
	EXPECT_RET(server_backing_close(w, id, ""), 0);
}

WORLD_FIXTURE(closed_id);

CASE(closed_id, enoent, .promise = "C6",
	.title = "closing an ID a second time fails with ENOENT")
{
	long id = register_ok(w);

	EXPECT_RET(server_backing_close(w, id, ""), 0);
	EXPECT_FAILS(server_backing_close(w, id, ""), -ENOENT);
}

WORLD_FIXTURE(dead_connection);

CASE(dead_connection, close_after_abort, .promise = "C7", .needs = NEED_FUSECTL,
	.title = "an ID can be closed on an aborted connection")
{
	long id = register_ok(w);

	ASSERT_RET(world_abort(), 0);
	EXPECT_FAILS(client_stat(client(w), "f"), -ENOTCONN);

	EXPECT_RET(server_backing_close(w, id, ""), 0);
	EXPECT_FAILS(server_backing_close(w, id, ""), -ENOENT);
}

CASE(dead_connection, close_after_umount, .promise = "C7",
	.title = "an ID can be closed after umount while the device is open")
{
	long id = register_ok(w);

	ASSERT_RET(world_umount("fuse"), 0);

	EXPECT_RET(server_backing_close(w, id, ""), 0);
	EXPECT_FAILS(server_backing_close(w, id, ""), -ENOENT);
}

CASE_MAIN()

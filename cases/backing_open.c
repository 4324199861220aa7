// SPDX-License-Identifier: GPL-2.0
/* FUSE_DEV_IOC_BACKING_OPEN: who may, with what, on which device. Rows O but the kinds of files. */
#include <errno.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "world/overlay.h"
#include "world/case_helpers.h"

/* A kernel that lets the call wait must not hang the case: it gets EINTR then. */
#define BOUNDED "timeout=1000"

#define BLOCKING_FIXED_BY "7.1.7 or before (waits for the mount only after FUSE_DEV_IOC_SYNC_INIT)"

static const struct world_opts unmounted = { .unmounted = true };
static const struct world_opts not_negotiated = { .init = "no-passthrough" };
static const struct world_opts init_refused = { .init = "error=EPROTO" };
static const struct world_opts init_unanswered = { .no_start = true };
static const struct world_opts child_userns = { .userns = true };
static const struct world_opts depth_2 = { .init = "depth=2" };

static long register_with(struct world *w, const char *words)
{
	return server_backing_open(w, backing_path("f"), words);
}

WORLD_FIXTURE(unmounted_open);

CASE(unmounted_open, is_eperm, .row = "O1",
     .title = "registering on a device that is not mounted is EPERM, without waiting",
     .can = "ioctl-any", .world = &unmounted, .fixed_by = BLOCKING_FIXED_BY)
{
	EXPECT_RET_SINCE(register_with(w, BOUNDED), since("0", -ENOTTY), since("6.9", -EPERM));
}

CASE(unmounted_open, waits_after_sync_init, .row = "O1",
     .title = "after FUSE_DEV_IOC_SYNC_INIT registering waits for the mount, a signal ends it",
     .since = "6.18", .needs = NEED_SYNC_INIT, .can = "ioctl-any", .world = &unmounted)
{
	EXPECT_RET(server_call(&w->server, -1, "sync-init"), 0);

	EXPECT_RET(register_with(w, "timeout=5"), -EINTR);
}

WORLD_FIXTURE(unsupported_open);

CASE(unsupported_open, is_eopnotsupp, .row = "O2",
     .title = "a kernel built without passthrough refuses to register with EOPNOTSUPP",
     .since = "any", .needs = NEED_NO_PASSTHROUGH, .can = "passthrough")
{
	EXPECT_RET_SINCE(try_register_f(w), since("0", -ENOTTY), since("6.9", -EOPNOTSUPP));
}

WORLD_FIXTURE(open_argument);

CASE(open_argument, bad_pointer_is_efault, .row = "O3",
     .title = "registering with a bad pointer is EFAULT",
     .needs = NEED_PASSTHROUGH, .can = "ioctl-any")
{
	EXPECT_RET(register_with(w, "ptr=bad"), -EFAULT);
}

CASE(open_argument, flags_are_einval, .row = "O5",
     .title = "every bit of fuse_backing_map.flags is EINVAL",
     .needs = NEED_PASSTHROUGH, .can = "ioctl-any")
{
	for (unsigned int bit = 0; bit < 32; bit++) {
		char words[32];

		snprintf(words, sizeof(words), "flags=0x%x", 1u << bit);
		EXPECT_RET(register_with(w, words), -EINVAL);
	}
}

CASE(open_argument, padding_is_einval, .row = "O5",
     .title = "fuse_backing_map.padding that is not 0 is EINVAL, in both its halves",
     .needs = NEED_PASSTHROUGH, .can = "ioctl-any")
{
	EXPECT_RET(register_with(w, "padding=1"), -EINVAL);
	EXPECT_RET(register_with(w, "padding=0x100000000"), -EINVAL);
}

CASE(open_argument, negative_descriptor_is_ebadf, .row = "O6",
     .title = "registering descriptor -1 is EBADF",
     .needs = NEED_PASSTHROUGH, .can = "odd-values")
{
	EXPECT_RET(server_backing_open_fd(w, -1, "num=-1"), -EBADF);
}

CASE(open_argument, at_fdcwd_is_ebadf, .row = "O6",
     .title = "registering AT_FDCWD is EBADF, the working directory is not meant",
     .needs = NEED_PASSTHROUGH)
{
	EXPECT_RET(server_backing_open_fd(w, -1, "num=-100"), -EBADF);
}

CASE(open_argument, closed_descriptor_is_ebadf, .row = "O6",
     .title = "registering a descriptor that is not open is EBADF",
     .needs = NEED_PASSTHROUGH)
{
	EXPECT_RET(server_backing_open_fd(w, -1, "num=1000"), -EBADF);
}

CASE(open_argument, o_path_is_accepted, .row = "O6",
     .title = "an O_PATH descriptor can be registered from 6.12 on, before it is EBADF",
     .needs = NEED_PASSTHROUGH)
{
	EXPECT_RET_SINCE(register_with(w, "mode=path"), since("6.9", -EBADF), since("6.12", 1));
}

WORLD_FIXTURE(open_privilege);

CASE(open_privilege, not_negotiated_is_eperm, .row = "O4",
     .title = "registering is EPERM where the reply to INIT did not ask for passthrough",
     .needs = NEED_PASSTHROUGH, .world = &not_negotiated)
{
	EXPECT_RET(try_register_f(w), -EPERM);
}

CASE(open_privilege, init_refused_is_eperm, .row = "O4",
     .title = "registering is EPERM after an error as reply to INIT",
     .needs = NEED_PASSTHROUGH, .can = "init-any", .world = &init_refused)
{
	EXPECT_RET(try_register_f(w), -EPERM);
}

CASE(open_privilege, init_unanswered_is_eperm, .row = "O4",
     .title = "registering is EPERM as long as INIT is not answered, and works right after",
     .needs = NEED_PASSTHROUGH, .can = "ioctl-any", .world = &init_unanswered)
{
	long early = register_with(w, BOUNDED);

	START(w, NULL);

	EXPECT_RET(early, -EPERM);
	EXPECT_RET(try_register_f(w), 1);
}

CASE(open_privilege, ordinary_user_is_eperm, .row = "O4",
     .title = "registering is EPERM without CAP_SYS_ADMIN",
     .needs = NEED_PASSTHROUGH, .can = "credentials")
{
	register_f(w); /* broken where root cannot either */
	EXPECT_RET(register_with(w, "as=uid:1000"), -EPERM);
}

CASE(open_privilege, is_that_capability_alone, .row = "O4",
     .title = "registering takes CAP_SYS_ADMIN and no other capability, and none is as good",
     .needs = NEED_PASSTHROUGH, .can = "credentials")
{
	EXPECT_RET(register_with(w, AS_ALL_BUT_ADMIN), -EPERM);
	EXPECT_RET(register_with(w, AS_ADMIN_ALONE), 1);
}

CASE(open_privilege, root_of_child_userns_is_eperm, .row = "O4",
     .title = "registering is EPERM for the root of a child user namespace",
     .needs = NEED_PASSTHROUGH | NEED_USERNS, .can = "credentials")
{
	register_f(w);
	EXPECT_RET(register_with(w, "as=userns"), -EPERM);
}

CASE(open_privilege, mounter_in_child_userns_is_eperm, .row = "O4",
     .title = "registering is EPERM in a child user namespace also for who mounted there",
     .needs = NEED_PASSTHROUGH | NEED_USERNS, .world = &child_userns)
{
	EXPECT_RET(try_register_f(w), -EPERM);
}

WORLD_FIXTURE(order);

CASE(order, unmounted_beats_efault, .row = "O1",
     .title = "an unmounted device is noticed before a bad pointer",
     .can = "ioctl-any", .world = &unmounted, .fixed_by = BLOCKING_FIXED_BY)
{
	EXPECT_RET_SINCE(register_with(w, "ptr=bad " BOUNDED), since("0", -ENOTTY),
			 since("6.9", -EPERM));
}

CASE(order, efault_beats_eperm, .row = "O3",
     .title = "a bad pointer is noticed before passthrough that was not negotiated",
     .needs = NEED_PASSTHROUGH, .can = "ioctl-any", .world = &not_negotiated)
{
	EXPECT_RET(register_with(w, "ptr=bad"), -EFAULT);
}

CASE(order, eperm_beats_einval, .row = "O4",
     .title = "missing permission is noticed before flags that are not 0",
     .needs = NEED_PASSTHROUGH, .can = "ioctl-any", .world = &not_negotiated)
{
	EXPECT_RET(register_with(w, "flags=1"), -EPERM);
}

CASE(order, eperm_beats_ebadf, .row = "O4",
     .title = "missing permission is noticed before a descriptor that is not open",
     .needs = NEED_PASSTHROUGH, .world = &not_negotiated)
{
	EXPECT_RET(server_backing_open_fd(w, -1, "num=1000"), -EPERM);
}

CASE(order, einval_beats_ebadf, .row = "O5",
     .title = "flags that are not 0 are noticed before a descriptor that is not open",
     .needs = NEED_PASSTHROUGH, .can = "ioctl-any")
{
	EXPECT_RET(server_backing_open_fd(w, -1, "num=-1 flags=1"), -EINVAL);
}

WORLD_FIXTURE(backing_depth);

CASE(backing_depth, one_below_one_is_eloop, .row = "O9",
     .title = "with max_stack_depth 1 a file on overlayfs is ELOOP",
     .needs = NEED_PASSTHROUGH | NEED_OVERLAYFS)
{
	ASSERT_RET(stack_overlay("backing", "overlay"), 0);

	EXPECT_RET(server_backing_open(w, world_path("overlay", "f"), ""), -ELOOP);
}

CASE(backing_depth, one_below_two_is_accepted, .row = "O9",
     .title = "with max_stack_depth 2 a file on overlayfs can be registered",
     .needs = NEED_PASSTHROUGH | NEED_OVERLAYFS, .world = &depth_2)
{
	ASSERT_RET(stack_overlay("backing", "overlay"), 0);

	EXPECT_RET(server_backing_open(w, world_path("overlay", "f"), ""), 1);
}

CASE(backing_depth, two_below_two_is_eloop, .row = "O9",
     .title = "with max_stack_depth 2 a file on overlayfs on overlayfs is ELOOP",
     .needs = NEED_PASSTHROUGH | NEED_OVERLAYFS, .world = &depth_2)
{
	ASSERT_RET(stack_overlay("backing", "overlay"), 0);
	ASSERT_RET(stack_overlay("overlay", "overlay2"), 0);

	EXPECT_RET(server_backing_open(w, world_path("overlay2", "f"), ""), -ELOOP);
}

WORLD_FIXTURE(dead_connection_open);

CASE(dead_connection_open, works_after_abort, .row = "O12",
     .title = "registering works on an aborted connection",
     .needs = NEED_PASSTHROUGH | NEED_FUSECTL)
{
	ASSERT_RET(world_abort(), 0);
	EXPECT_RET(client_stat(client(w), "f"), -ENOTCONN);

	EXPECT_RET(try_register_f(w), 1);
}

CASE(dead_connection_open, works_after_umount, .row = "O12",
     .title = "registering works after umount, as long as the device is open",
     .needs = NEED_PASSTHROUGH)
{
	ASSERT_RET(world_umount("fuse"), 0);

	EXPECT_RET(try_register_f(w), 1);
}

WORLD_FIXTURE(second_device);

CASE(second_device, clone_registers, .row = "O13",
     .title = "what was registered on a cloned device can be closed on the original",
     .needs = NEED_PASSTHROUGH, .can = "devices")
{
	ASSERT_RET(server_device(w, "second", "clone"), 0);

	EXPECT_RET(register_with(w, "dev=second"), 1);
	EXPECT_RET(server_backing_close(w, 1, ""), 0);
	EXPECT_RET(server_backing_close(w, 1, ""), -ENOENT);
}

CASE(second_device, clone_closes, .row = "O13",
     .title = "what was registered on the original can be closed on a cloned device",
     .needs = NEED_PASSTHROUGH, .can = "devices")
{
	ASSERT_RET(server_device(w, "second", "clone"), 0);

	EXPECT_RET(try_register_f(w), 1);
	EXPECT_RET(server_backing_close(w, 1, "dev=second"), 0);
	EXPECT_RET(server_backing_close(w, 1, ""), -ENOENT);
}

CASE(second_device, not_cloned_is_eperm, .row = "O13",
     .title = "registering on a second device that was not cloned is EPERM",
     .needs = NEED_PASSTHROUGH, .can = "devices", .fixed_by = BLOCKING_FIXED_BY)
{
	ASSERT_RET(server_device(w, "second", "new"), 0);
	register_f(w);

	EXPECT_RET(register_with(w, "dev=second " BOUNDED), -EPERM);
}

WORLD_FIXTURE(other_ioctl);
FIXTURE_VARIANT(other_ioctl)
{
	unsigned long nr;
};
FIXTURE_VARIANT_ADD(other_ioctl, unknown_number) { _IO(FUSE_DEV_IOC_MAGIC, 255) };
FIXTURE_VARIANT_ADD(other_ioctl, other_size) { _IOW(FUSE_DEV_IOC_MAGIC, 1, char[8]) };
FIXTURE_VARIANT_ADD(other_ioctl, other_direction) {
	_IOR(FUSE_DEV_IOC_MAGIC, 1, struct fuse_backing_map)
};
FIXTURE_VARIANT_ADD(other_ioctl, of_a_terminal) { TCGETS };

CASE(other_ioctl, is_enotty, .row = "O14",
     .title = "an ioctl that the device does not know is ENOTTY",
     .since = "any", .can = "ioctl-any")
{
	EXPECT_RET(server_call(&w->server, -1, "ioctl 0x%lx", variant->nr), -ENOTTY);
}

CASE_MAIN()

// SPDX-License-Identifier: GPL-2.0
/* FUSE_DEV_IOC_BACKING_OPEN: permission, arguments, devices. Promises O1 to O6, O9, O12 to O14. */
#include <errno.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "world/overlay.h"
#include "world/case_helpers.h"

/* In a kernel that waits here the call ends with EINTR, instead of never. */
#define BOUNDED "timeout=1000"

#define BLOCKING_FIXED_BY "7.1.7 or before (wait for the mount only after FUSE_DEV_IOC_SYNC_INIT)"

static const struct world_opts unmounted = { .unmounted = true };
static const struct world_opts not_negotiated = { .init = "no-passthrough" };
static const struct world_opts init_refused = { .init = "error=EPROTO" };
static const struct world_opts init_unanswered = { .no_start = true };
static const struct world_opts child_userns = { .userns = true };
static const struct world_opts depth_2 = { .init = "depth=2" };

static long register_f_with(struct world *w, const char *words)
{
	return server_backing_open(w, backing_path("f"), words);
}

WORLD_FIXTURE(unmounted_device);

CASE(unmounted_device, eperm, .promise = "O1", .needs_not = NEED_PASSTHROUGH,
	.abilities = "arbitrary-ioctl", .world = &unmounted,
	.title = "registering on an unmounted device fails with EPERM without waiting",
	.fixed_by = BLOCKING_FIXED_BY)
{
	EXPECT_FAILS_SINCE(register_f_with(w, BOUNDED), since("0", -ENOTTY), since("6.9", -EPERM));
}

CASE(unmounted_device, sync_init_waits_eintr, .promise = "O1", .needs = NEED_SYNC_INIT,
	.needs_not = NEED_PASSTHROUGH, .abilities = "arbitrary-ioctl", .since = "6.18",
	.world = &unmounted,
	.title = "after FUSE_DEV_IOC_SYNC_INIT, registering waits for the mount; a signal interrupts it with EINTR")
{
	EXPECT_RET(server_sync_init(w), 0);

	EXPECT_RET(register_f_with(w, "timeout=5"), -EINTR);
}

WORLD_FIXTURE(kernel_without_passthrough);

CASE(kernel_without_passthrough, eopnotsupp, .promise = "O2", .needs = NEED_NO_PASSTHROUGH,
	.needs_not = NEED_PASSTHROUGH, .abilities = "passthrough", .since = "any",
	.title = "a kernel without passthrough rejects registering with EOPNOTSUPP, before 6.9 with ENOTTY")
{
	EXPECT_FAILS_SINCE(try_register_f(w), since("0", -ENOTTY), since("6.9", -EOPNOTSUPP));
}

WORLD_FIXTURE(argument);

CASE(argument, bad_pointer_efault, .promise = "O3", .abilities = "arbitrary-ioctl",
	.title = "registering with a bad pointer fails with EFAULT")
{
	EXPECT_RET(register_f_with(w, "ptr=bad"), -EFAULT);
}

CASE(argument, flags_einval, .promise = "O5", .abilities = "arbitrary-ioctl",
	.title = "registering with all or any one bit of fuse_backing_map.flags set fails with EINVAL")
{
	EXPECT_RET(register_f_with(w, "flags=0xffffffff"), -EINVAL);
	for (unsigned int bit = 0; bit < 32; bit++) {
		char words[32];

		snprintf(words, sizeof(words), "flags=0x%x", 1u << bit);
		TODAY(EXPECT_RET(register_f_with(w, words), -EINVAL));
	}
}

CASE(argument, padding_einval, .promise = "O5", .abilities = "arbitrary-ioctl",
	.today = "padding may become a field",
	.title = "registering with nonzero fuse_backing_map.padding, in either half, fails with EINVAL")
{
	EXPECT_RET(register_f_with(w, "padding=1"), -EINVAL);
	EXPECT_RET(register_f_with(w, "padding=0x100000000"), -EINVAL);
}

CASE(argument, negative_fd_ebadf, .promise = "O6", .abilities = "invalid-fd",
	.title = "registering descriptor -1 fails with EBADF")
{
	EXPECT_FAILS(server_backing_open_fd(w, -1, "num=-1"), -EBADF);
}

CASE(argument, at_fdcwd_ebadf, .promise = "O6",
	.title = "AT_FDCWD does not mean the working directory: registering it fails with EBADF")
{
	EXPECT_FAILS(server_backing_open_fd(w, -1, "num=-100"), -EBADF);
}

CASE(argument, closed_fd_ebadf, .promise = "O6",
	.title = "registering a descriptor that is not open fails with EBADF")
{
	EXPECT_FAILS(server_backing_open_fd(w, -1, "num=1000"), -EBADF);
}

CASE(argument, o_path_accepted, .promise = "O6",
	.title = "an O_PATH descriptor can be registered from 6.12 on; before, registering it fails with EBADF")
{
	EXPECT_RET_SINCE(errno_or_0(register_f_with(w, "mode=path")), since("6.9", -EBADF),
			 since("6.12", 0, O_PATH_ALLOWED_BY));
}

WORLD_FIXTURE(refused);
FIXTURE_VARIANT(refused)
{
	const char *file, *words;
};
FIXTURE_VARIANT_ADD(refused, flags) { .file = "f", .words = "flags=1" };
FIXTURE_VARIANT_ADD(refused, padding) { .file = "f", .words = "padding=1" };
FIXTURE_VARIANT_ADD(refused, all_but_cap_sys_admin) { .file = "f", .words = AS_ALL_BUT_ADMIN };
FIXTURE_VARIANT_ADD(refused, directory) { .file = "", .words = "mode=ro" };

CASE(refused, leaves_nothing, .promise = "L1", .abilities = "arbitrary-ioctl credentials",
	.title = "a refused registration, twice, pins nothing; the next two IDs are consecutive to those before")
{
	long id = register_ok(w);

	for (int i = 0; i < 2; i++)
		EXPECT_RET(errno_or_0(server_backing_open(w, backing_path(variant->file),
							  variant->words)) < 0,
			   1);
	TODAY(EXPECT_RET(register_file_ok(w, "g", ""), id + 1));
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_RET(server_drop(w, id), 0);
	EXPECT_BACKING_FREE();
}

WORLD_FIXTURE(permission);

CASE(permission, not_negotiated_eperm, .promise = "O4", .world = &not_negotiated,
	.title = "registering without passthrough in the reply to INIT fails with EPERM")
{
	EXPECT_FAILS(try_register_f(w), -EPERM);
}

CASE(permission, init_error_eperm, .promise = "O4", .abilities = "arbitrary-init",
	.world = &init_refused,
	.title = "registering after an error reply to INIT fails with EPERM")
{
	EXPECT_FAILS(try_register_f(w), -EPERM);
}

CASE(permission, init_unanswered_eperm, .promise = "O4", .abilities = "arbitrary-ioctl",
	.world = &init_unanswered,
	.title = "registering fails with EPERM until INIT is answered, and works right after")
{
	long early = register_f_with(w, BOUNDED);

	START(w, NULL);

	EXPECT_FAILS(early, -EPERM);
	EXPECT_POSITIVE(try_register_f(w));
}

/*
 * @as: words of "backing-open" for a task without CAP_SYS_ADMIN, which the kernel is to require no
 * longer: the task gets an error or an ID that it can close.
 */
static void expect_eperm_or_id(struct world *w, const char *as)
{
	long id;

	TODAY(EXPECT_RET(id = register_f_with(w, as), -EPERM));
	if (id >= 0)
		EXPECT_RET(server_backing_close(w, id, as), 0);
}

CASE(permission, ordinary_user_eperm, .promise = "O4", .abilities = "credentials",
	.title = "registering as an ordinary user fails with EPERM")
{
	register_ok(w); /* where root cannot register either, the case is broken */
	expect_eperm_or_id(w, "as=uid:1000");
}

CASE(permission, needs_cap_sys_admin_only, .promise = "O4", .abilities = "credentials",
	.title = "registering requires CAP_SYS_ADMIN alone; no other capability suffices")
{
	expect_eperm_or_id(w, AS_ALL_BUT_ADMIN);
	EXPECT_POSITIVE(register_f_with(w, AS_ADMIN_ALONE));
}

CASE(permission, child_userns_root_eperm, .promise = "O4", .needs = NEED_USERNS,
	.abilities = "credentials",
	.title = "registering as root of a child user namespace fails with EPERM")
{
	register_ok(w);
	expect_eperm_or_id(w, "as=userns");
}

CASE(permission, child_userns_mounter_eperm, .promise = "O4", .needs = NEED_USERNS,
	.world = &child_userns,
	.title = "registering in a child user namespace fails with EPERM, even for the mounter")
{
	expect_eperm_or_id(w, "");
}

WORLD_FIXTURE(error_precedence);

CASE(error_precedence, unmounted_eperm_before_efault, .promise = "O1",
	.needs_not = NEED_PASSTHROUGH, .abilities = "arbitrary-ioctl", .world = &unmounted,
	.title = "EPERM for an unmounted device takes precedence over EFAULT for a bad pointer",
	.fixed_by = BLOCKING_FIXED_BY)
{
	EXPECT_FAILS_SINCE(register_f_with(w, "ptr=bad " BOUNDED), since("0", -ENOTTY),
			   since("6.9", -EPERM));
}

CASE(error_precedence, efault_before_eperm, .promise = "O3", .abilities = "arbitrary-ioctl",
	.world = &not_negotiated,
	.title = "EFAULT for a bad pointer takes precedence over EPERM without negotiated passthrough")
{
	EXPECT_FAILS(register_f_with(w, "ptr=bad"), -EFAULT);
}

CASE(error_precedence, eperm_before_einval, .promise = "O4", .abilities = "arbitrary-ioctl",
	.world = &not_negotiated,
	.title = "EPERM without negotiated passthrough takes precedence over EINVAL for nonzero flags")
{
	EXPECT_FAILS(register_f_with(w, "flags=1"), -EPERM);
}

CASE(error_precedence, eperm_before_ebadf, .promise = "O4", .world = &not_negotiated,
	.title = "EPERM without negotiated passthrough takes precedence over EBADF for a closed descriptor")
{
	EXPECT_FAILS(server_backing_open_fd(w, -1, "num=1000"), -EPERM);
}

CASE(error_precedence, einval_before_ebadf, .promise = "O5", .abilities = "arbitrary-ioctl",
	.title = "EINVAL for nonzero flags takes precedence over EBADF for descriptor -1")
{
	EXPECT_FAILS(server_backing_open_fd(w, -1, "num=-1 flags=1"), -EINVAL);
}

WORLD_FIXTURE(stack_depth);

CASE(stack_depth, max_1_overlayfs_eloop, .promise = "O9", .needs = NEED_OVERLAYFS,
	.title = "with max_stack_depth 1, registering a file on overlayfs fails with ELOOP")
{
	ASSERT_RET(overlay_mount("backing", "overlay"), 0);

	EXPECT_FAILS(server_backing_open(w, world_path("overlay", "f"), ""), -ELOOP);
}

CASE(stack_depth, max_2_overlayfs_accepted, .promise = "O9", .needs = NEED_OVERLAYFS,
	.world = &depth_2,
	.title = "with max_stack_depth 2, a file on overlayfs can be registered")
{
	ASSERT_RET(overlay_mount("backing", "overlay"), 0);

	EXPECT_POSITIVE(server_backing_open(w, world_path("overlay", "f"), ""));
}

CASE(stack_depth, max_2_nested_overlayfs_eloop, .promise = "O9", .needs = NEED_OVERLAYFS,
	.world = &depth_2,
	.title = "with max_stack_depth 2, registering a file on overlayfs on overlayfs fails with ELOOP")
{
	ASSERT_RET(overlay_mount("backing", "overlay"), 0);
	ASSERT_RET(overlay_mount("overlay", "overlay2"), 0);

	EXPECT_FAILS(server_backing_open(w, world_path("overlay2", "f"), ""), -ELOOP);
}

WORLD_FIXTURE(dead_connection);

CASE(dead_connection, register_after_abort, .promise = "O12", .needs = NEED_FUSECTL,
	.title = "a file can be registered on an aborted connection")
{
	ASSERT_RET(world_abort(), 0);
	EXPECT_RET(client_stat(client(w), "f"), -ENOTCONN);

	EXPECT_POSITIVE(try_register_f(w));
}

CASE(dead_connection, register_after_umount, .promise = "O12",
	.title = "a file can be registered after umount while the device is open")
{
	ASSERT_RET(world_umount("fuse"), 0);

	EXPECT_POSITIVE(try_register_f(w));
}

WORLD_FIXTURE(second_device);

CASE(second_device, register_on_clone, .promise = "O13", .abilities = "devices",
	.title = "an ID registered on a cloned device can be closed on the original")
{
	long id;

	ASSERT_RET(server_device(w, "second", "clone"), 0);

	ASSERT_POSITIVE(id = register_f_with(w, "dev=second"));
	EXPECT_RET(server_backing_close(w, id, ""), 0);
	EXPECT_FAILS(server_backing_close(w, id, "dev=second"), -ENOENT);
}

CASE(second_device, close_on_clone, .promise = "O13", .abilities = "devices",
	.title = "an ID registered on the original device can be closed on a clone")
{
	long id = register_ok(w);

	ASSERT_RET(server_device(w, "second", "clone"), 0);

	EXPECT_RET(server_backing_close(w, id, "dev=second"), 0);
	EXPECT_FAILS(server_backing_close(w, id, ""), -ENOENT);
}

CASE(second_device, not_cloned_eperm, .promise = "O13", .abilities = "devices",
	.title = "registering on a second device that is not a clone fails with EPERM",
	.fixed_by = BLOCKING_FIXED_BY)
{
	ASSERT_RET(server_device(w, "second", "new"), 0);
	register_ok(w);

	EXPECT_FAILS(register_f_with(w, "dev=second " BOUNDED), -EPERM);
}

WORLD_FIXTURE(unknown_ioctl);
FIXTURE_VARIANT(unknown_ioctl)
{
	unsigned long number;
};
FIXTURE_VARIANT_ADD(unknown_ioctl, unknown_number) { .number = _IO(FUSE_DEV_IOC_MAGIC, 255) };
FIXTURE_VARIANT_ADD(unknown_ioctl, wrong_size) { .number = _IOW(FUSE_DEV_IOC_MAGIC, 1, char[8]) };
FIXTURE_VARIANT_ADD(unknown_ioctl, wrong_direction) { .number = _IOR(FUSE_DEV_IOC_MAGIC, 1,
								     struct fuse_backing_map) };
FIXTURE_VARIANT_ADD(unknown_ioctl, tcgets) { .number = TCGETS };

CASE(unknown_ioctl, enotty, .promise = "O14", .needs_not = NEED_PASSTHROUGH,
	.abilities = "arbitrary-ioctl", .since = "any",
	.title = "an ioctl that the FUSE device does not know fails with ENOTTY")
{
	EXPECT_RET(server_ioctl(w, variant->number), -ENOTTY);
}

CASE_MAIN()

// SPDX-License-Identifier: GPL-2.0
/* How INIT turns passthrough on or off, and how deep it may stack. Rows N. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "world/overlay.h"
#include "world/case_helpers.h"

static const struct world_opts no_start = { .no_start = true };
static const struct world_opts depth_2 = { .init = "depth=2" };
static const struct world_opts refused = { .init = "depth=3" };

/*
 * FUSE_DEV_IOC_BACKING_OPEN of a file that the case process opens: a server that opens or closes
 * a file on a mount of its own waits for itself. O_PATH has no FLUSH at close.
 */
static long register_path(struct world *w, const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	long result = fd < 0 ? -errno : server_backing_open_fd(w, fd, "");

	close(fd);
	return result;
}

/* Up to 6.11 O_PATH itself is refused. */
#define EXPECT_REGISTERS(w, path, want)                                                       \
	EXPECT_RET_SINCE(register_path(w, path), since("6.9", -EBADF), since("6.12", want))

WORLD_FIXTURE(offer);

CASE(offer, made_iff_configured, .row = "N1",
     .title = "INIT offers FUSE_PASSTHROUGH if and only if the kernel is built with it",
     .since = "any", .needs = NEED_KALLSYMS, .can = "passthrough")
{
	bool offered = w->offered & FUSE_PASSTHROUGH;

	EXPECT_RET(offered, kernel_has_function("fuse_passthrough_read_iter"));
}

CASE(offer, needs_only_minor_6, .row = "N2",
     .title = "passthrough is on with protocol minor 6 in the reply to INIT, 40 is not needed",
     .needs = NEED_PASSTHROUGH, .can = "init-any", .world = &no_start)
{
	START(w, "minor=6");

	EXPECT_RET(try_register_f(w), 1);
}

WORLD_FIXTURE(depths);
FIXTURE_VARIANT(depths)
{
	const char *init;
};
FIXTURE_VARIANT_ADD(depths, one) { .init = "depth=1" };
FIXTURE_VARIANT_ADD(depths, two) { .init = "depth=2" };

CASE(depths, turn_passthrough_on, .row = "N2",
     .title = "passthrough is on with max_stack_depth 1 and 2",
     .needs = NEED_PASSTHROUGH, .world = &no_start)
{
	START(w, variant->init);

	EXPECT_RET(try_register_f(w), 1);
}

WORLD_FIXTURE(refusal);
FIXTURE_VARIANT(refusal)
{
	const char *init;
};
FIXTURE_VARIANT_ADD(refusal, not_asked_for) { .init = "no-passthrough" };
FIXTURE_VARIANT_ADD(refusal, depth_0) { .init = "depth=0" };
FIXTURE_VARIANT_ADD(refusal, depth_3) { .init = "depth=3" };
FIXTURE_VARIANT_ADD(refusal, depth_0x80000001) { .init = "depth=0x80000001" };

CASE(refusal, is_silent, .row = "N3",
     .title = "a reply to INIT that the kernel does not take for passthrough: the mount works, "
	      "registering is EPERM",
     .needs = NEED_PASSTHROUGH, .world = &no_start)
{
	START(w, variant->init);

	EXPECT_RET(client_stat(client(w), "f"), 0);
	EXPECT_RET(try_register_f(w), -EPERM);
}

WORLD_FIXTURE(odd_reply);
FIXTURE_VARIANT(odd_reply)
{
	const char *init;
};
FIXTURE_VARIANT_ADD(odd_reply, without_init_ext) { .init = "no-init-ext" };
FIXTURE_VARIANT_ADD(odd_reply, short_reply) { .init = "short" };
FIXTURE_VARIANT_ADD(odd_reply, minor_5) { .init = "minor=5" };

CASE(odd_reply, is_refused_silently, .row = "N3",
     .title = "a reply to INIT of an older protocol: the mount works, registering is EPERM",
     .needs = NEED_PASSTHROUGH, .can = "init-any", .world = &no_start)
{
	START(w, variant->init);

	EXPECT_RET(client_stat(client(w), "f"), 0);
	EXPECT_RET(try_register_f(w), -EPERM);
}

WORLD_FIXTURE(no_passthrough);

CASE(no_passthrough, with_writeback_cache, .row = "N2",
     .title = "FUSE_WRITEBACK_CACHE and passthrough exclude each other: registering is EPERM",
     .needs = NEED_PASSTHROUGH, .world = &no_start)
{
	START(w, "writeback");

	EXPECT_RET(client_stat(client(w), "f"), 0);
	EXPECT_RET_SINCE(try_register_f(w), since("6.9", 1), since("6.10.10", -EPERM));
}

CASE(no_passthrough, after_init_error, .row = "N3",
     .title = "an error as reply to INIT: requests fail with ECONNREFUSED, registering is EPERM",
     .needs = NEED_PASSTHROUGH, .can = "init-any", .world = &no_start)
{
	START(w, "error=EPROTO");

	EXPECT_RET(client_stat(client(w), "f"), -ECONNREFUSED);
	EXPECT_RET(try_register_f(w), -EPERM);
}

WORLD_FIXTURE(superblock);

CASE(superblock, of_depth_1_is_a_layer_once, .row = "N4",
     .title = "with max_stack_depth 1 overlayfs takes the mount as a layer, and no further one "
	      "on top",
     .needs = NEED_PASSTHROUGH | NEED_OVERLAYFS)
{
	EXPECT_RET(stack_overlay("fuse", "overlay"), 0);
	EXPECT_RET(stack_overlay("overlay", "overlay2"), -EINVAL);
}

CASE(superblock, of_depth_2_is_no_layer, .row = "N4",
     .title = "with max_stack_depth 2 overlayfs does not take the mount as a layer: EINVAL",
     .needs = NEED_PASSTHROUGH | NEED_OVERLAYFS, .world = &depth_2)
{
	EXPECT_RET(stack_overlay("fuse", "overlay"), -EINVAL);
}

CASE(superblock, of_refused_depth_stays_0, .row = "N4",
     .title = "where passthrough was refused the mount has depth 0: two layers of overlayfs fit",
     .needs = NEED_PASSTHROUGH | NEED_OVERLAYFS, .world = &refused)
{
	EXPECT_RET(stack_overlay("fuse", "overlay"), 0);
	EXPECT_RET(stack_overlay("overlay", "overlay2"), 0);
}

WORLD_FIXTURE(own_mount);
FIXTURE_VARIANT(own_mount)
{
	const char *init;
};
FIXTURE_VARIANT_ADD(own_mount, depth_1) { .init = "depth=1" };
FIXTURE_VARIANT_ADD(own_mount, depth_2) { .init = "depth=2" };

CASE(own_mount, is_no_backing, .row = "N5",
     .title = "a file of the mount itself is no backing file of it: ELOOP",
     .needs = NEED_PASSTHROUGH, .world = &no_start)
{
	START(w, variant->init);

	EXPECT_REGISTERS(w, fuse_path("f"), -ELOOP);
}

/* The same of overlayfs is row O9, in backing_open.c. */
WORLD_FIXTURE(on_fuse);
FIXTURE_VARIANT(on_fuse)
{
	const char *init, *other; /* of this mount, and of the one that has the backing file */
	long result;
};
FIXTURE_VARIANT_ADD(on_fuse, depth_1_on_1) { "depth=1", "depth=1", -ELOOP };
FIXTURE_VARIANT_ADD(on_fuse, depth_2_on_1) { "depth=2", "depth=1", 1 };
FIXTURE_VARIANT_ADD(on_fuse, depth_1_on_2) { "depth=1", "depth=2", -ELOOP };
FIXTURE_VARIANT_ADD(on_fuse, depth_2_on_2) { "depth=2", "depth=2", -ELOOP };

CASE(on_fuse, passthrough_counts_its_depth, .row = "N6",
     .title = "a file on another FUSE mount with passthrough is a backing file only for a "
	      "greater max_stack_depth than that mount's",
     .needs = NEED_PASSTHROUGH, .world = &no_start)
{
	START(w, variant->init);
	EXPECT_RET(world_start_other(w, variant->other), 0);

	EXPECT_REGISTERS(w, world_path("other", "f"), variant->result);
}

WORLD_FIXTURE(on_plain_fuse);

CASE(on_plain_fuse, has_depth_0, .row = "N7",
     .title = "a file on a FUSE mount without passthrough is a backing file",
     .needs = NEED_PASSTHROUGH)
{
	EXPECT_RET(world_start_other(w, "no-passthrough"), 0);

	EXPECT_REGISTERS(w, world_path("other", "f"), 1);
}

WORLD_FIXTURE(io_uring);

CASE(io_uring, leaves_ids_to_the_ioctl, .row = "N8",
     .title = "passthrough is negotiated beside FUSE_OVER_IO_URING, and IDs go by ioctl",
     .since = "6.14", .needs = NEED_PASSTHROUGH | NEED_URING, .can = "init-any",
     .world = &no_start)
{
	START(w, "over-io-uring");

	EXPECT_RET(try_register_f(w), 1);
}

CASE(io_uring, carries_requests_beside_passthrough, .row = "N8",
     .title = "over io_uring: OPEN comes through the ring, and reads of the open file not at all",
     .since = "6.14", .needs = NEED_PASSTHROUGH | NEED_URING, .can = "over-io-uring")
{
	long fd, before = server_over_ring(w);
	char data[1];

	plan(w, "f reg=at-open");

	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDONLY));
	EXPECT_RET(client_read(client(w), fd, data, 1, 0), 1);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough");
	EXPECT_RET(server_over_ring(w) - before, 3); /* with the STATFS that closes the list */
}

CASE_MAIN()

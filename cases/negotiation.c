// SPDX-License-Identifier: GPL-2.0
/* How the reply to INIT turns passthrough on or off, and stacking depths. Promises N1 to N8. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <unistd.h>

#include "world/overlay.h"
#include "world/case_helpers.h"

static const struct world_opts before_init = { .no_start = true };
static const struct world_opts depth_2 = { .init = "depth=2" };
static const struct world_opts depth_3 = { .init = "depth=3" };
static const struct world_opts invalid_depth = { .init = "depth=0x80000001" };

#define WRITEBACK_REFUSED_BY \
	"commit 3ab394b363c5 (fuse: disable the combination of passthrough and writeback cache)"

/*
 * Opened by the case process: a server that opens or closes a file on its own mount deadlocks.
 * Closing an O_PATH descriptor sends no FLUSH.
 */
static long register_path(struct world *w, const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	long result = fd < 0 ? -errno : server_backing_open_fd(w, fd, "");

	close(fd);
	return result;
}

#define EXPECT_REGISTERED(w, path) \
	EXPECT_RET_SINCE(errno_or_0(register_path(w, path)), since("6.9", -EBADF), \
			 since("6.12", 0, O_PATH_ALLOWED_BY))
#define EXPECT_TOO_DEEP(w, path) \
	EXPECT_FAILS_SINCE(register_path(w, path), since("6.9", -EBADF), since("6.12", -ELOOP))

WORLD_FIXTURE(init);

CASE(init, offer_iff_configured, .promise = "N1", .needs = NEED_KALLSYMS,
	.needs_not = NEED_PASSTHROUGH, .abilities = "passthrough", .since = "any",
	.title = "INIT offers FUSE_PASSTHROUGH if and only if the kernel is built with it")
{
	bool offered = w->offered & FUSE_PASSTHROUGH;

	EXPECT_RET(try_register_f(w) > 0, offered);
	TODAY(EXPECT_RET(offered, kernel_has_function("fuse_passthrough_read_iter")));
}

CASE(init, minor_6_suffices, .promise = "N2", .abilities = "arbitrary-init", .world = &before_init,
	.today = "both sides are to use the smaller minor, and passthrough came with 40",
	.title = "protocol minor 6 in the reply to INIT suffices for passthrough; minor 40 is not required")
{
	START(w, "minor=6");

	EXPECT_POSITIVE(try_register_f(w));
}

WORLD_FIXTURE(max_stack_depth);
FIXTURE_VARIANT(max_stack_depth)
{
	const char *init;
};
FIXTURE_VARIANT_ADD(max_stack_depth, depth_1) { .init = "depth=1" };
FIXTURE_VARIANT_ADD(max_stack_depth, depth_2) { .init = "depth=2" };

CASE(max_stack_depth, enables_passthrough, .promise = "N2", .world = &before_init,
	.title = "max_stack_depth 1 or 2 in the reply to INIT enables passthrough")
{
	START(w, variant->init);

	EXPECT_POSITIVE(try_register_f(w));
}

/* The mount works as if the request had not been made; today, it might be refused as a whole. */
#define EXPECT_OFF(w) \
	do { \
		TODAY(EXPECT_RET(client_stat(client(w), "f"), 0)); \
		EXPECT_FAILS(try_register_f(w), -EPERM); \
	} while (0)

WORLD_FIXTURE(no_valid_request);
FIXTURE_VARIANT(no_valid_request)
{
	const char *init;
};
FIXTURE_VARIANT_ADD(no_valid_request, no_flag) { .init = "no-passthrough" };
FIXTURE_VARIANT_ADD(no_valid_request, depth_0) { .init = "depth=0" };
FIXTURE_VARIANT_ADD(no_valid_request, depth_0x80000001) { .init = "depth=0x80000001" };

CASE(no_valid_request, registering_eperm, .promise = "N3", .world = &before_init,
	.title = "an INIT reply without a valid passthrough request leaves passthrough off; the mount works")
{
	START(w, variant->init);

	EXPECT_OFF(w);
}

WORLD_FIXTURE(passthrough_off);

CASE(passthrough_off, depth_3_eperm, .promise = "N3", .world = &depth_3,
	.today = "the maximum of 2 is that of current kernels",
	.title = "max_stack_depth 3 in the reply to INIT leaves passthrough off; the mount works")
{
	EXPECT_OFF(w);
}

WORLD_FIXTURE(older_protocol);
FIXTURE_VARIANT(older_protocol)
{
	const char *init;
};
FIXTURE_VARIANT_ADD(older_protocol, no_init_ext) { .init = "no-init-ext" };
FIXTURE_VARIANT_ADD(older_protocol, short_reply) { .init = "short" };
FIXTURE_VARIANT_ADD(older_protocol, minor_5) { .init = "minor=5" };

CASE(older_protocol, registering_eperm, .promise = "N3", .abilities = "arbitrary-init",
	.world = &before_init,
	.title = "an INIT reply of an older protocol leaves passthrough off; the mount works")
{
	START(w, variant->init);

	EXPECT_OFF(w);
}

CASE(passthrough_off, writeback_cache_eperm, .promise = "N2", .world = &before_init,
	.title = "FUSE_WRITEBACK_CACHE turns passthrough off from 6.10.10 on: registering fails with EPERM")
{
	START(w, "writeback");

	TODAY(EXPECT_RET(client_stat(client(w), "f"), 0));
	EXPECT_RET_SINCE(errno_or_0(try_register_f(w)), since("6.9", 0),
			 since("6.10.10", -EPERM, WRITEBACK_REFUSED_BY));
}

CASE(passthrough_off, init_error_eperm, .promise = "N3", .abilities = "arbitrary-init",
	.world = &before_init,
	.title = "after an error reply to INIT, requests fail with ECONNREFUSED, registering with EPERM")
{
	START(w, "error=EPROTO");

	EXPECT_FAILS(client_stat(client(w), "f"), -ECONNREFUSED);
	EXPECT_FAILS(try_register_f(w), -EPERM);
}

WORLD_FIXTURE(overlayfs_layer);

CASE(overlayfs_layer, depth_1_only_once, .promise = "N4", .needs = NEED_OVERLAYFS,
	.title = "with max_stack_depth 1, overlayfs takes the mount as a layer; a further one on top fails with EINVAL")
{
	EXPECT_RET(overlay_mount("fuse", "overlay"), 0);
	TODAY(EXPECT_RET(overlay_mount("overlay", "overlay2"), -EINVAL));
}

CASE(overlayfs_layer, depth_2_einval, .promise = "N4", .needs = NEED_OVERLAYFS, .world = &depth_2,
	.title = "with max_stack_depth 2, mounting overlayfs with the mount as a layer fails with EINVAL")
{
	EXPECT_FAILS(overlay_mount("fuse", "overlay"), -EINVAL);
}

CASE(overlayfs_layer, rejected_depth_counts_as_0, .promise = "N4", .needs = NEED_OVERLAYFS,
	.world = &invalid_depth,
	.title = "if passthrough is rejected, the mount has stack depth 0: two overlayfs mounts fit on top")
{
	EXPECT_RET(overlay_mount("fuse", "overlay"), 0);
	EXPECT_RET(overlay_mount("overlay", "overlay2"), 0);
}

WORLD_FIXTURE(own_mount);
FIXTURE_VARIANT(own_mount)
{
	const char *init;
};
FIXTURE_VARIANT_ADD(own_mount, depth_1) { .init = "depth=1" };
FIXTURE_VARIANT_ADD(own_mount, depth_2) { .init = "depth=2" };

CASE(own_mount, eloop, .promise = "N5", .world = &before_init,
	.title = "registering a file of the mount itself fails with ELOOP")
{
	START(w, variant->init);

	EXPECT_TOO_DEEP(w, fuse_path("f"));
}

/* For overlayfs see promise O9 in backing_open.c. */
WORLD_FIXTURE(other_passthrough_mount);
FIXTURE_VARIANT(other_passthrough_mount)
{
	const char *init, *other_init; /* of this mount; of the one with the backing file */
	bool too_deep;
};
FIXTURE_VARIANT_ADD(other_passthrough_mount,
		    depth_1_on_1) { .init = "depth=1", .other_init = "depth=1", .too_deep = true };
FIXTURE_VARIANT_ADD(other_passthrough_mount, depth_2_on_1) { .init = "depth=2",
							     .other_init = "depth=1" };
FIXTURE_VARIANT_ADD(other_passthrough_mount,
		    depth_1_on_2) { .init = "depth=1", .other_init = "depth=2", .too_deep = true };
FIXTURE_VARIANT_ADD(other_passthrough_mount,
		    depth_2_on_2) { .init = "depth=2", .other_init = "depth=2", .too_deep = true };

CASE(other_passthrough_mount, needs_greater_depth, .promise = "N6", .world = &before_init,
	.title = "a file on another passthrough mount can be registered only with a greater max_stack_depth")
{
	START(w, variant->init);
	EXPECT_RET(world_start_other(w, variant->other_init), 0);

	if (variant->too_deep)
		EXPECT_TOO_DEEP(w, world_path("other", "f"));
	else
		EXPECT_REGISTERED(w, world_path("other", "f"));
}

WORLD_FIXTURE(other_plain_mount);

CASE(other_plain_mount, can_be_registered, .promise = "N7",
	.title = "a file on a FUSE mount without passthrough can be registered")
{
	EXPECT_RET(world_start_other(w, "no-passthrough"), 0);

	EXPECT_REGISTERED(w, world_path("other", "f"));
}

WORLD_FIXTURE(fuse_over_io_uring);

CASE(fuse_over_io_uring, ids_by_ioctl, .promise = "N8", .needs = NEED_URING,
	.abilities = "arbitrary-init", .since = "6.14", .world = &before_init,
	.title = "passthrough can be negotiated with FUSE_OVER_IO_URING; IDs are registered by ioctl")
{
	START(w, "over-io-uring");

	EXPECT_POSITIVE(try_register_f(w));
}

CASE(fuse_over_io_uring, open_uses_ring, .promise = "N8", .needs = NEED_URING,
	.abilities = "over-io-uring", .since = "6.14",
	.title = "with FUSE_OVER_IO_URING, OPEN comes through the ring; reads of the open file send no request")
{
	long fd, count, before = server_over_ring(w);

	open_rule(w, "f reg=at-open");

	fd = open_ok(w, "f", O_RDONLY);
	EXPECT_READ(w, fd, "f");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
	count = server_over_ring(w) - before;
	EXPECT_HOLDS(count > 0, "requests come through the ring");
	TODAY(EXPECT_RET(count, 3)); /* STATFS ends the list of requests */
}

CASE_MAIN()

// SPDX-License-Identifier: GPL-2.0
/* Passthrough files of an idmapped FUSE mount. Promises P12, P13. */
#include <errno.h>
#include <fcntl.h>

#include "shared/fuse_uapi.h"
#include "world/case_helpers.h"
#include "world/idmapped_mount.h"

#define OWNER 1000 /* of root's files, at the idmapped mount */

static const struct world_opts with_idmap = { .init = "allow-idmap",
					      .fuse_options = "default_permissions" };
static const struct world_opts without_idmap = { .fuse_options = "default_permissions" };

static bool idmap_is_offered(const struct world *w)
{
	return w->offered & FUSE_ALLOW_IDMAP;
}

WORLD_FIXTURE(idmapped_mount);

CASE(idmapped_mount, passes_through, .promise = "P12", .since = "6.12", .needs = NEED_USERNS,
	.abilities = "arbitrary-init inspect", .world = &with_idmap,
	.title = "at an idmapped mount the mapped owner opens a file for passthrough, and I/O bypasses the server")
{
	struct client *owner = client(w);
	long fd;

	if (!idmap_is_offered(w))
		CASE_SKIP("kernel: INIT does not offer FUSE_ALLOW_IDMAP (Linux 6.12 or newer)");
	ASSERT_RET(world_mount_idmapped("fuse", OWNER), 0);
	open_rule(w, "f reg=at-open");
	ASSERT_RET(client_setuid(owner, OWNER), 0);
	EXPECT_RET(client_open(owner, "f", O_RDWR), -EACCES);

	fd = open_ok(owner, world_path("other", "f"), O_RDWR);
	EXPECT_READ(owner, fd, "f");
	EXPECT_WRITE(owner, fd, "F");
	EXPECT_BACKING("f", "F");
	EXPECT_REQUESTS(w, "GETATTR LOOKUP GETATTR OPEN+passthrough GETXATTR");
	TODAY(EXPECT_RET(server_inspect(w, "OPEN", "uid"), FUSE_INVALID_UIDGID));
}

static int64_t do_mount_idmapped(void *owner)
{
	return world_mount_idmapped("fuse", *(uid_t *)owner);
}

CASE(idmapped_mount, einval_without_allow_idmap, .promise = "P13", .needs = NEED_USERNS,
	.world = &without_idmap,
	.title = "a mount with passthrough whose server does not set ALLOW_IDMAP cannot be idmapped: EINVAL")
{
	uid_t owner = OWNER;

	EXPECT_RET(
		client_run(client(w), do_mount_idmapped, &owner, sizeof(owner), "mount idmapped"),
		-EINVAL);
}

CASE_MAIN()

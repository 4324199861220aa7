// SPDX-License-Identifier: GPL-2.0
/* Passthrough between two mounts, and two mounts of one file system. Promises T38 to T42. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/fuse_uapi.h"
#include "world/idmapped_mount.h"
#include "world/io_methods.h"

/* --- T38: a loop of two mounts -------------------------------------------------------- */

#define FILE_ROOT (S_IFREG | 0644)
#define BY_PATH	  "mode=path" /* opens nothing: neither server is asked */
#define LEVELS	  2	      /* of nesting, which the second server ends */

WORLD_FIXTURE(loop);

/*
 * Makes the root of the second mount a backing file of the first before INIT of the second is
 * answered, and then f of the first a backing file of the second. The last ID, or -errno.
 */
static long register_each_other(struct world *w)
{
	long err = world_mount_other(w, FILE_ROOT);

	err = err < 0 ? err : server_backing_open(w, world_path("other", ""), BY_PATH);
	err = err < 0 ? err : world_answer_other(w, "depth=2");
	return err < 0 ?
		       err :
		       server_call(&w->other, -1, "backing-open path=%s " BY_PATH, fuse_path("f"));
}

/* Else the two mounts pin each other for ever, also if the case is killed before. */
static void break_loop(struct world *w)
{
	server_backing_close(w, last_id(w), "");
	if (w->other.pid >= 0)
		other_backing_close(w, other_last_id(w));
}

CASE(loop, ends_at_stacking_depth, .promise = "T38", .since = "6.12", .abilities = "file-root",
	.needs = NEED_DESTRUCTIVE,
	.title = "if two mounts have backing files on each other, an open does not nest beyond the stacking depth",
	.xfail = "only a registration checks the depth, and INIT may raise it afterwards")
{
	long id, opens;

	register_file_ok(w, "g", "");
	id = register_each_other(w);
	if (id > 0) {
		open_rule(w, "f reg=reuse times=any");
		other_open_rule(w, "f reg=reuse times=%d", LEVELS);
		other_open_rule(w, "f error=EIO times=any");
		id = client_open(client(w), "f", O_RDONLY);
	}
	opens = server_wait(w, "OPEN", 0);
	break_loop(w);
	EXPECT_HOLDS(id == -EIO || id == -ELOOP || id == -EPERM,
		     "a registration or the open fails");
	EXPECT_HOLDS(opens <= 1, "an open of f does not lead to another one");
}

/* --- T39: the server of the mount below ends -------------------------------------------- */

WORLD_FIXTURE(dead_lower_server);
FIXTURE_VARIANT(dead_lower_server)
{
	const char *init;
	bool passes_through; /* on the mount below, too */
};
FIXTURE_VARIANT_ADD(dead_lower_server, plain) { .init = "no-passthrough" };
FIXTURE_VARIANT_ADD(dead_lower_server, passthrough) { .init = "depth=1", .passes_through = true };

static const struct world_opts depth_2 = { .init = "depth=2" };

static long open_above(struct world *w, const char *init, bool passes_through)
{
	if (world_start_other(w, init) < 0)
		return -EPROTO;
	if (passes_through) {
		other_open_rule(w, "f reg=at-open");
		other_open_rule(w, "f reg=reuse times=2");
	}
	if (register_other_f(w) < 0)
		return -EPROTO;
	open_rule(w, "f reg=reuse times=2");
	return client_open_settled(w, "f", O_RDWR);
}

CASE(dead_lower_server, fails_io_not_upper_mount, .promise = "T39", .world = &depth_2,
	.title = "when the server of the backing file dies, I/O fails unless it bypasses that server; new opens fail")
{
	long fd = open_above(w, variant->init, variant->passes_through);
	char data[1];

	ASSERT_POSITIVE(fd);
	server_kill(&w->other);
	world_wait_other_disconnected(w);

	if (variant->passes_through)
		EXPECT_READ(w, fd, "f");
	else
		EXPECT_HOLDS(client_read(client(w), fd, data, 1, 0) < 0, "the read fails");
	EXPECT_FAILS(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_CLOSE(w, fd);
	EXPECT_POSITIVE(client_open(client(w), "g", O_RDWR));
}

/* --- T40: a device mounted twice, and clones ---------------------------------------------- */

WORLD_FIXTURE(device_mounted_twice);

CASE(device_mounted_twice, shares_inodes, .promise = "T40",
	.title = "a device mounted twice shows one file system: a passthrough open in one bars cached ones in both")
{
	long fd;

	ASSERT_RET(world_mount_device_again(w), 0);
	open_rule(w, "f reg=at-open");
	open_rule(w, "f flags=none");
	open_rule(w, "f reg=reuse");

	fd = open_ok(w, world_path("other", "f"), O_RDWR);
	EXPECT_FAILS(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
	EXPECT_WRITE(w, fd, "F");
	EXPECT_BACKING("f", "F");
}

CASE(device_mounted_twice, outlives_first_mount, .promise = "T40",
	.title = "of a device mounted twice, one mount can be unmounted: passthrough opens in the other succeed")
{
	ASSERT_RET(world_mount_device_again(w), 0);
	EXPECT_RET(world_umount("fuse"), 0);
	open_rule(w, "f reg=at-open");

	EXPECT_READ(w, open_ok(w, world_path("other", "f"), O_RDWR), "f");
	EXPECT_PASSES_THROUGH(w);
}

WORLD_FIXTURE(clone);
static const struct world_opts unmounted = { .unmounted = true };

CASE(clone, onto_mounted_device_einval, .promise = "T41", .abilities = "devices arbitrary-ioctl",
	.title = "FUSE_DEV_IOC_CLONE onto a device that is mounted fails with EINVAL; its IDs stay usable")
{
	register_ok(w);
	ASSERT_RET(server_device(w, "clone", "clone"), 0);

	EXPECT_FAILS(server_clone_onto_main(w, "clone"), -EINVAL);
	open_rule(w, "f reg=reuse");
	EXPECT_READ(w, open_ok(w, "f", O_RDWR), "f");
}

CASE(clone, onto_other_connection_einval, .promise = "T41", .abilities = "devices",
	.title = "FUSE_DEV_IOC_CLONE onto the device of another connection fails with EINVAL; that keeps its IDs")
{
	int device = world_mount_fuse("other"), main = server_device_copy(&w->server);
	uint32_t from = main;
	long id;

	ASSERT_POSITIVE(main);
	ASSERT_RET(server_adopt_device(w, "other", device), 0);
	EXPECT_FAILS(ioctl(device, FUSE_DEV_IOC_CLONE, &from) < 0 ? -errno : 0, -EINVAL);
	id = register_file_ok(w, "f", "dev=other");
	EXPECT_FAILS(server_backing_close(w, id, ""), -ENOENT);
	EXPECT_RET(server_backing_close(w, id, "dev=other"), 0);
	close(main);
	close(device);
}

CASE(clone, unmounted_device_fails, .promise = "T41", .abilities = "devices arbitrary-ioctl",
	.world = &unmounted, .fixed_by = "7.1.7 or before (wait for the mount only after FUSE_DEV_IOC_SYNC_INIT)",
	.title = "FUSE_DEV_IOC_CLONE of a device that is not mounted fails, which keeps it usable")
{
	long refused;

	ASSERT_RET(server_device(w, "unmounted", "new"), 0);
	refused = server_clone_onto_main(w, "unmounted");
	EXPECT_HOLDS(refused < 0 && refused != -EINTR,
		     "cloning an unmounted device fails, and does not wait for a mount");
	EXPECT_RET(world_mount_device(w), 0);
	START(w, NULL);
	ASSERT_RET(server_device(w, "clone", "clone"), 0);
	ASSERT_POSITIVE(server_backing_open(w, backing_path("f"), "dev=clone"));
	open_rule(w, "f reg=reuse");
	EXPECT_READ(w, open_ok(w, "f", O_RDWR), "f");
	EXPECT_PASSES_THROUGH(w);
}

/* --- T42: ID maps of the two mounts -------------------------------------------------------- */

WORLD_FIXTURE(idmapped_backing);

CASE(idmapped_backing, passes_through, .promise = "T42", .needs = NEED_USERNS,
	.title = "a backing file on an idmapped mount can be registered; I/O bypasses the server and keeps its owner")
{
	struct stat st;
	long fd;

	ASSERT_RET(world_mount_idmapped("backing", 1000), 0);
	POSITIVE_OK("register f", server_backing_open(w, world_path("other", "f"), ""));
	open_rule(w, "f reg=reuse");

	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_READ(w, fd, "F");
	EXPECT_REQUESTS(w, "");
	EXPECT_BACKING("f", "F");
	ASSERT_RET(stat(backing_path("f"), &st), 0);
	EXPECT_RET(st.st_uid, 0);
}

CASE_MAIN()

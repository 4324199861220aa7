// SPDX-License-Identifier: GPL-2.0
/* What a passthrough open checks on the backing file, and what not. Promises R18 to R25. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world/io_methods.h"

static const struct world_opts ramfs_backing = { .backing = "ramfs" };
static const struct world_opts default_permissions = { .fuse_options = "default_permissions" };
static const struct world_opts before_init = { .no_start = true };

/* By a descriptor that blocks neither execve(2) nor a read-only remount. */
#define register_readonly_ok(w, name) register_file_ok(w, name, "mode=ro")

/* --- R18: the registered descriptor ----------------------------------------- */

WORLD_FIXTURE(registered_fd);
FIXTURE_VARIANT(registered_fd)
{
	int flags;
};
FIXTURE_VARIANT_ADD(registered_fd, o_rdonly) { .flags = O_RDONLY };
FIXTURE_VARIANT_ADD(registered_fd, o_wronly) { .flags = O_WRONLY };
FIXTURE_VARIANT_ADD(registered_fd, o_rdwr_append) { .flags = O_RDWR | O_APPEND };
FIXTURE_VARIANT_ADD(registered_fd, o_path) { .flags = O_PATH };

CASE(registered_fd, mode_and_offset_ignored, .promise = "R18",
	.title = "access mode, O_APPEND and offset of the registered descriptor do not affect an open or its I/O")
{
	const long before_6_12 = variant->flags & O_PATH ? -EBADF : 0;
	int registered = open(backing_path("f"), variant->flags | O_CLOEXEC);
	long id, fd;

	lseek(registered, 1, SEEK_SET);
	id = server_backing_open_fd(w, registered, "");
	close(registered);
	EXPECT_RET_SINCE(errno_or_0(id), since("6.9", before_6_12),
			 since("6.12", 0, O_PATH_ALLOWED_BY));
	if (id < 0)
		return;
	open_rule(w, "f reg=reuse");

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(client_call(client(w), lseek, fd, 0, SEEK_CUR), 0);
	EXPECT_READ(w, fd, "f");
	EXPECT_WRITE(w, fd, "F");
	EXPECT_BACKING("f", "F");
}

#define OPEN_FLAGS (O_ACCMODE | O_APPEND | O_DSYNC | O_NOATIME | O_NONBLOCK)

WORLD_FIXTURE(open_flags);
FIXTURE_VARIANT(open_flags)
{
	int flags;
};
FIXTURE_VARIANT_ADD(open_flags, reader) { .flags = O_RDONLY | O_NOATIME | O_NONBLOCK };
FIXTURE_VARIANT_ADD(open_flags, writer) { .flags = O_WRONLY | O_APPEND | O_DSYNC };

CASE(open_flags, those_of_client, .promise = "R18", .abilities = "inspect",
	.today = "no document says with which flags the backing file is opened",
	.title = "the backing file is opened with the flags of the client's open, and with none of the registered fd")
{
	register_on_other_ok(w, "no-passthrough"); /* O_RDWR */
	open_rule(w, "f reg=reuse");

	open_ok(w, "f", variant->flags);
	EXPECT_RET(other_server_inspect(w, "OPEN", "flags") & OPEN_FLAGS, variant->flags);
}

/* --- R19: permissions ------------------------------------------------------- */

WORLD_FIXTURE(mode_000);

CASE(mode_000, backing_mode_ignored, .promise = "R19",
	.title = "an ordinary user can open, read and write despite mode 000 of the backing file and its directory")
{
	long fd;

	EXPECT_RET(chmod(backing_path("f"), 0), 0);
	EXPECT_RET(chmod(backing_path(""), 0), 0);
	open_rule(w, "f reg=at-open");
	EXPECT_RET(client_setuid(client(w), 1000), 0);
	EXPECT_RET(client_open(client(w), backing_path("f"), O_RDONLY), -EACCES);

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_READ(w, fd, "f");
	EXPECT_WRITE(w, fd, "F");
	EXPECT_BACKING("f", "F");
}

CASE(mode_000, default_permissions_eacces, .promise = "R19", .world = &default_permissions,
	.title = "with default_permissions, an open of a mode 000 file sends no OPEN and fails with EACCES")
{
	EXPECT_RET(chmod(backing_path("f"), 0), 0);
	open_rule(w, "f reg=at-open");
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDONLY));
	EXPECT_REQUESTS(w, "GETATTR LOOKUP OPEN+passthrough");
	EXPECT_RET(client_setuid(client(w), 1000), 0);

	EXPECT_RET(client_open(client(w), "f", O_RDONLY), -EACCES);
	EXPECT_REQUESTS(w, "GETATTR");
}

/* --- R20, R21, R22: restrictions of the backing filesystem ------------------- */

WORLD_FIXTURE(read_only_backing);

CASE(read_only_backing, filesystem_write_eio, .promise = "R20",
	.title = "on a read-only backing filesystem opens for reading succeed, opens for writing fail with EIO")
{
	register_readonly_ok(w, "f");
	EXPECT_RET(world_make_readonly("backing"), 0);
	open_rule(w, "f reg=reuse times=3");

	EXPECT_FAILS(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_FAILS(client_open(client(w), "f", O_WRONLY), -EIO);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDONLY));
}

/* A second, read-only mount of the backing filesystem at "other". */
static int bind_readonly(void)
{
	const char *other = world_path("other", "");

	if (mount(backing_path(""), other, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, other, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
		return -errno;
	return 0;
}

CASE(read_only_backing, bind_mount_write_eio, .promise = "R20",
	.title = "a file registered through a read-only bind mount opens for reading; opens for writing fail with EIO")
{
	EXPECT_RET(bind_readonly(), 0);
	POSITIVE_OK("register f at other",
		    server_backing_open(w, world_path("other", "f"), "mode=ro"));
	open_rule(w, "f reg=reuse times=2");

	EXPECT_FAILS(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDONLY));
}

CASE(read_only_backing, refused_open_pins_nothing, .promise = "L2",
	.title = "an open for writing that a read-only backing mount refused keeps neither mount busy")
{
	EXPECT_RET(bind_readonly(), 0);
	POSITIVE_OK("register f at other",
		    server_backing_open(w, world_path("other", "f"), "mode=ro"));
	open_rule(w, "f reg=reuse");
	EXPECT_FAILS(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	world_requests(w); /* RELEASE has been answered */

	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(world_umount("other"), 0);
}

WORLD_FIXTURE(executed_backing);

CASE(executed_backing, write_open_eio, .promise = "R21",
	.title = "while the backing file is being executed, opens for reading succeed, opens for writing fail with EIO")
{
	struct client *runner = client_number(w, 1);
	long pid;

	EXPECT_RET(backing_program("program"), 0);
	register_readonly_ok(w, "program");
	open_rule(w, "program reg=reuse times=3");
	ASSERT_POSITIVE(pid = client_spawn(runner, backing_path("program")));

	EXPECT_FAILS(client_open(client(w), "program", O_RDWR), -EIO);
	EXPECT_POSITIVE(client_open(client(w), "program", O_RDONLY));
	EXPECT_RET(client_reap(runner, pid), 42);
	EXPECT_POSITIVE(client_open(client(w), "program", O_RDWR));
}

CASE(executed_backing, execve_etxtbsy, .promise = "R21",
	.title = "execve(2) of a backing file that is open for writing through passthrough fails with ETXTBSY")
{
	long fd, pid;

	EXPECT_RET(backing_program("program"), 0);
	register_readonly_ok(w, "program");
	open_rule(w, "program reg=reuse");

	fd = open_ok(w, "program", O_RDWR);
	EXPECT_RET(client_spawn(client(w), backing_path("program")), -ETXTBSY);
	EXPECT_CLOSE(w, fd);
	ASSERT_POSITIVE(pid = client_spawn(client(w), backing_path("program")));
	EXPECT_RET(client_reap(client(w), pid), 42);
}

WORLD_FIXTURE(o_direct);

CASE(o_direct, unsupported_eio, .promise = "R22", .world = &ramfs_backing,
	.title = "on a backing filesystem without direct I/O only opens with O_DIRECT fail with EIO")
{
	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse");

	EXPECT_FAILS(client_open(client(w), "f", O_RDWR | O_DIRECT), -EIO);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

CASE(o_direct, supported_succeeds, .promise = "R22",
	.title = "on a backing filesystem with direct I/O opens with and without O_DIRECT succeed side by side")
{
	int fd = open(backing_path("f"), O_RDONLY | O_DIRECT | O_CLOEXEC);

	if (fd < 0)
		CASE_SKIP("kernel: tmpfs has no O_DIRECT (Linux 6.6 or newer)");
	close(fd);
	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse");

	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR | O_DIRECT));
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

/* --- R23: O_TRUNC ----------------------------------------------------------- */

WORLD_FIXTURE(o_trunc);
FIXTURE_VARIANT(o_trunc)
{
	const char *init, *rule;
	long result;	     /* of open(2) */
	const char *at_open; /* requests */
	long sent;	     /* O_TRUNC, where OPEN has it */
	const char *content;
	const char *at_stat; /* requests */
};
FIXTURE_VARIANT_ADD(o_trunc, setattr) { .init = "",
					.rule = "f reg=at-open",
					.at_open = "LOOKUP OPEN+passthrough GETXATTR SETATTR",
					.content = "",
					.at_stat = "" };
FIXTURE_VARIANT_ADD(o_trunc, atomic) { .init = "atomic-o-trunc",
				       .rule = "f reg=at-open",
				       .at_open = "LOOKUP OPEN+passthrough GETXATTR",
				       .sent = O_TRUNC,
				       .content = "f",
				       .at_stat = "GETATTR" };
FIXTURE_VARIANT_ADD(o_trunc, failed_open) { .init = "",
					    .rule = "f reg=at-open drop=before-reply",
					    .result = -EIO,
					    .at_open = "LOOKUP OPEN+passthrough RELEASE",
					    .content = "f",
					    .at_stat = "" };
FIXTURE_VARIANT_ADD(o_trunc, failed_open_atomic) { .init = "atomic-o-trunc",
						   .rule = "f reg=at-open drop=before-reply",
						   .result = -EIO,
						   .at_open = "LOOKUP OPEN+passthrough RELEASE",
						   .sent = O_TRUNC,
						   .content = "f",
						   .at_stat = "" };

CASE(o_trunc, left_to_server, .promise = "R23", .abilities = "inspect", .world = &before_init,
	.title = "O_TRUNC is left to the server: SETATTR after a successful open, or in OPEN with ATOMIC_O_TRUNC")
{
	struct statx st;
	long opened;

	START(w, variant->init);
	open_rule(w, "%s", variant->rule);

	opened = client_open(client(w), "f", O_RDWR | O_TRUNC);
	if (variant->result)
		EXPECT_FAILS(opened, variant->result);
	else
		EXPECT_POSITIVE(opened);
	EXPECT_REQUESTS(w, variant->at_open);
	EXPECT_RET(server_inspect(w, "OPEN", "flags") & O_TRUNC, variant->sent);
	EXPECT_BACKING("f", variant->content);
	EXPECT_RET(client_statx(client(w), "f", 0, &st), 0);
	EXPECT_RET(st.stx_size, strlen(variant->content));
	EXPECT_REQUESTS(w, variant->at_stat);
}

WORLD_FIXTURE(o_trunc_of_fuse_file);

FIXTURE_VARIANT(o_trunc_of_fuse_file)
{
	const char *setattr; /* the reply of the server of the FUSE file; NULL: it truncates */
	long result;	     /* of open(2) */
};
FIXTURE_VARIANT_ADD(o_trunc_of_fuse_file, truncated) { .setattr = NULL };
FIXTURE_VARIANT_ADD(o_trunc_of_fuse_file, refused) { .setattr = "EROFS", .result = -EROFS };

CASE(o_trunc_of_fuse_file, not_handed_on, .promise = "R23", .abilities = "inspect",
	.title = "a backing file on FUSE with ATOMIC_O_TRUNC is opened without O_TRUNC: its server does not truncate",
	.xfail = "the backing file is opened with O_TRUNC, which overlayfs removes")
{
	SKIP_UNLESS_ABLE(w, variant->setattr ? "override-reply" : "");
	EXPECT_RET(world_start_other(w, "no-passthrough atomic-o-trunc"), 0);
	POSITIVE_OK("register the other f", server_backing_open(w, world_path("other", "f"), ""));
	open_rule(w, "f reg=reuse");
	if (variant->setattr)
		ASSERT_RET(server_override_reply(w, "SETATTR", "%s", variant->setattr), 0);

	ASSERT_RET(errno_or_0(client_open(client(w), "f", O_RDWR | O_TRUNC)), variant->result);
	EXPECT_RET(other_server_inspect(w, "OPEN", "flags") & O_TRUNC, 0);
}

/* --- R24: immutable and append-only ----------------------------------------- */

#define INODE_FLAGS_IGNORED \
	.fixed_by = "7.3.4 (backing-file: enforce append-only and immutable backing inodes)", \
	.xfail_before = "7.3.4", \
	.xfail = "passthrough opens do not check the flags of the backing inode"

WORLD_FIXTURE(inode_flags);
FIXTURE_VARIANT(inode_flags)
{
	int inode_flags;
	int allowed, rejected; /* flags of open(2) */
};
FIXTURE_VARIANT_ADD(inode_flags, immutable_rdwr) { .inode_flags = FS_IMMUTABLE_FL,
						   .allowed = O_RDONLY,
						   .rejected = O_RDWR };
FIXTURE_VARIANT_ADD(inode_flags, immutable_wronly_append) { .inode_flags = FS_IMMUTABLE_FL,
							    .allowed = O_RDONLY,
							    .rejected = O_WRONLY | O_APPEND };
FIXTURE_VARIANT_ADD(inode_flags, append_only_wronly) { .inode_flags = FS_APPEND_FL,
						       .allowed = O_WRONLY | O_APPEND,
						       .rejected = O_WRONLY };
FIXTURE_VARIANT_ADD(inode_flags, append_only_rdwr) { .inode_flags = FS_APPEND_FL,
						     .allowed = O_RDONLY,
						     .rejected = O_RDWR };

CASE(inode_flags, write_open_eio, .promise = "R24",
	.title = "an open for writing of an immutable file, or of an append-only one without O_APPEND, fails with EIO",
	INODE_FLAGS_IGNORED)
{
	register_readonly_ok(w, "f");
	SET_INODE_FLAGS(variant->inode_flags);
	ASSERT_RET(open(backing_path("f"), variant->rejected) < 0 ? -errno : 0, -EPERM);
	open_rule(w, "f reg=reuse times=2");

	ASSERT_POSITIVE(client_open(client(w), "f", variant->allowed));
	EXPECT_FAILS(client_open(client(w), "f", variant->rejected), -EIO);
}

/* --- R25: names ------------------------------------------------------------- */

static int unlink_f(void)
{
	return unlink(backing_path("f"));
}

static int rename_f(void)
{
	return rename(backing_path("f"), backing_path("elsewhere"));
}

static int replace_f(void)
{
	return rename(backing_path("g"), backing_path("f"));
}

WORLD_FIXTURE(backing_name);
FIXTURE_VARIANT(backing_name)
{
	int (*change)(void);
};
FIXTURE_VARIANT_ADD(backing_name, unlinked) { .change = unlink_f };
FIXTURE_VARIANT_ADD(backing_name, renamed) { .change = rename_f };
FIXTURE_VARIANT_ADD(backing_name, replaced) { .change = replace_f };

CASE(backing_name, change_ignored, .promise = "R25",
	.title = "unlinking, renaming or replacing a registered backing file does not affect open, read and write")
{
	long fd;

	EXPECT_RET(client_stat(client(w), "f"), 0);
	register_ok(w);
	EXPECT_RET(variant->change(), 0);
	open_rule(w, "f reg=reuse");

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_READ(w, fd, "f");
	EXPECT_WRITE(w, fd, "F");
	EXPECT_READ(w, fd, "F");
}

CASE_MAIN()

// SPDX-License-Identifier: GPL-2.0
/*
 * Replies to OPEN, CREATE and TMPFILE of the wrong size or content, or an error. Promises T43 to
 * T46.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world/io_methods.h"

#define CREATE_NEW (O_RDWR | O_CREAT | O_EXCL)

/* --- T43: the size of the reply ---------------------------------------------------------- */

WORLD_FIXTURE(size);
FIXTURE_VARIANT(size)
{
	const char *path, *file, *log; /* log: of the reply without flags */
	int flags;
};
FIXTURE_VARIANT_ADD(size, open) { .path = "f", .file = "f", .flags = O_RDWR };
FIXTURE_VARIANT_ADD(size, create) { .path = "new", .file = "new", .flags = CREATE_NEW };
FIXTURE_VARIANT_ADD(size, tmpfile) { .path = "", .file = "#tmpfile", .flags = O_RDWR | O_TMPFILE };

static long open_with_size(struct world *w, const char *path, const char *file, int flags,
			   const char *reply)
{
	open_rule(w, "%s %s", file, reply);
	if (!strcmp(file, "new"))
		unlink(backing_path("new"));
	return client_open(client(w), path, flags);
}

/* What the kernel makes of the reply's EINVAL. */
static int refused(const struct world *w)
{
	return server_can(&w->server, "over-io-uring") ? -EINVAL : -EIO;
}

CASE(size, must_be_16_bytes, .promise = "T43", .abilities = "arbitrary-reply tmpfile",
	.title = "a reply of 0, 8, 12, 20 or 24 bytes of struct fuse_open_out fails open(2), and pins nothing")
{
	static const int sizes[] = { 0, 8, 12, 20, 24 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char cached[32], passthrough[64];

		snprintf(cached, sizeof(cached), "size=%d", sizes[i]);
		snprintf(passthrough, sizeof(passthrough), "reg=at-open size=%d", sizes[i]);
		EXPECT_FAILS(
			open_with_size(w, variant->path, variant->file, variant->flags, cached),
			refused(w));
		EXPECT_FAILS(open_with_size(w, variant->path, variant->file, variant->flags,
					    passthrough),
			     refused(w));
		EXPECT_RET(server_drop(w, last_id(w)), 0);
	}
	EXPECT_BACKING_FREE();
}

CASE(size, sixteen_bytes_open, .promise = "T43", .abilities = "arbitrary-reply tmpfile",
	.title = "a reply of 16 bytes of struct fuse_open_out opens the file, for passthrough or not")
{
	long fd = open_with_size(w, variant->path, variant->file, variant->flags, "size=16");

	EXPECT_POSITIVE(fd);
	EXPECT_CLOSE(w, fd);
	EXPECT_POSITIVE(open_with_size(w, variant->path, variant->file, variant->flags,
				       "reg=at-open size=16"));
	EXPECT_PASSES_THROUGH(w);
}

/* --- T44: what the reply says of the file --------------------------------------------------- */

WORLD_FIXTURE(bad_entry);
FIXTURE_VARIANT(bad_entry)
{
	const char *words;
};
FIXTURE_VARIANT_ADD(bad_entry, directory) { .words = "entry-mode=0040755" };
FIXTURE_VARIANT_ADD(bad_entry, fifo) { .words = "entry-mode=0010644" };
FIXTURE_VARIANT_ADD(bad_entry, no_type) { .words = "entry-mode=0" };
FIXTURE_VARIANT_ADD(bad_entry, node_0) { .words = "entry-node=0" };
FIXTURE_VARIANT_ADD(bad_entry, node_of_root) { .words = "entry-node=1" };

CASE(bad_entry, fails_open_eio, .promise = "T44", .abilities = "arbitrary-reply",
	.title = "a CREATE reply that describes no regular file, or no node, fails open(2), and pins nothing")
{
	open_rule(w, "new reg=at-open %s", variant->words);

	EXPECT_FAILS(client_open(client(w), "new", CREATE_NEW), -EIO);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_BACKING_FREE();
}

CASE(bad_entry, not_released, .promise = "T44", .abilities = "arbitrary-reply",
	.today = "the kernel forgets the handle of such a reply; no document says that it must be released",
	.title = "after a CREATE reply that describes no regular file, or no node, the kernel sends no RELEASE")
{
	open_rule(w, "new reg=at-open %s", variant->words);

	EXPECT_FAILS(client_open(client(w), "new", CREATE_NEW), -EIO);
	EXPECT_REQUESTS(w, "LOOKUP CREATE+passthrough");
}

WORLD_FIXTURE(bad_tmpfile_entry);

CASE(bad_tmpfile_entry, fails_open_eio, .promise = "T44", .abilities = "arbitrary-reply tmpfile",
	.title = "a TMPFILE reply that describes a directory fails open(2), and pins nothing")
{
	open_rule(w, "#tmpfile reg=at-open entry-mode=0040755");

	EXPECT_FAILS(client_open(client(w), "", O_RDWR | O_TMPFILE), -EIO);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_BACKING_FREE();
}

/* --- T45: CREATE fails, or is not implemented --------------------------------- */

WORLD_FIXTURE(error);

CASE(error, reaches_open, .promise = "T45",
	.title = "an error as reply to CREATE is that of open(2), whatever ID stands in the rule; no RELEASE is sent")
{
	open_rule(w, "new error=EDQUOT");
	open_rule(w, "new reg=at-open error=EEXIST");
	open_rule(w, "new reg=at-open");

	EXPECT_RET(client_open(client(w), "new", CREATE_NEW), -EDQUOT);
	ASSERT_RET(unlink(backing_path("new")), 0);
	EXPECT_RET(client_open(client(w), "new", CREATE_NEW), -EEXIST);
	EXPECT_REQUESTS(w, "LOOKUP CREATE LOOKUP CREATE+passthrough");
	EXPECT_POSITIVE(client_open(client(w), "new", O_RDWR | O_CREAT));
}

CASE(error, enosys_falls_back_to_mknod, .promise = "T45", .abilities = "mknod",
	.title = "once CREATE has been answered with ENOSYS, MKNOD and OPEN take its place; the OPEN may pass through")
{
	long fd;

	open_rule(w, "new error=ENOSYS");
	open_rule(w, "new reg=at-open");
	open_rule(w, "new2 reg=at-open");

	fd = open_ok(w, "new", CREATE_NEW);
	EXPECT_REQUESTS(w, "LOOKUP CREATE MKNOD OPEN+passthrough");
	EXPECT_WRITE(w, fd, "n");
	EXPECT_BACKING("new", "n");
	open_ok(w, "new2", CREATE_NEW);
	EXPECT_REQUESTS(w, "GETXATTR LOOKUP MKNOD OPEN+passthrough");
}

/* --- O_TRUNC in CREATE and OPEN ------------------------------------------------ */

WORLD_FIXTURE(o_trunc);
static const struct world_opts killpriv_v2 = { .init = "atomic-o-trunc killpriv-v2" };

CASE(o_trunc, create_says_kill_suidgid, .promise = "T46", .world = &killpriv_v2,
	.abilities = "arbitrary-reply inspect",
	.title = "with KILLPRIV_V2 a passthrough CREATE with O_TRUNC, not by root, says FUSE_OPEN_KILL_SUIDGID")
{
	struct client *user = client_number(w, 1);

	open_rule(w, "new reg=at-open");
	open_rule(w, "new2 reg=at-open");
	ASSERT_RET(client_setuid(user, 1000), 0);

	open_ok(w, "new", O_RDWR | O_CREAT | O_TRUNC);
	EXPECT_RET(server_inspect(w, "CREATE", "open-flags"), 0);
	open_ok(user, "new2", O_RDWR | O_CREAT | O_TRUNC);
	EXPECT_RET(server_inspect(w, "CREATE", "open-flags"), FUSE_OPEN_KILL_SUIDGID);
}

CASE(o_trunc, open_says_kill_suidgid, .promise = "T46", .world = &killpriv_v2,
	.abilities = "arbitrary-reply inspect",
	.title = "with KILLPRIV_V2 a passthrough OPEN with O_TRUNC says FUSE_OPEN_KILL_SUIDGID, unless root opens")
{
	struct client *user = client_number(w, 1);

	open_rule(w, "f reg=at-open");
	open_rule(w, "g reg=at-open");
	ASSERT_RET(chmod(backing_path("f"), 0666), 0);
	ASSERT_RET(client_setuid(user, 1000), 0);

	open_ok(w, "g", O_RDWR | O_TRUNC);
	EXPECT_RET(server_inspect(w, "OPEN", "open-flags"), 0);
	open_ok(user, "f", O_RDWR | O_TRUNC);
	EXPECT_RET(server_inspect(w, "OPEN", "open-flags"), FUSE_OPEN_KILL_SUIDGID);
}

CASE_MAIN()

// SPDX-License-Identifier: GPL-2.0
/* Opens by other requests than OPEN: CREATE, TMPFILE, OPENDIR. Promises R26 to R28. */
#include <errno.h>
#include <fcntl.h>

#include "shared/fuse_uapi.h"
#include "world/case_helpers.h"

#define CREATE_NEW (O_RDWR | O_CREAT | O_EXCL)

/* FLUSH finds the node by the inode, RELEASE has what the reply to CREATE said. */
#define EXPECT_CLOSE_NAMES_NODE(w) \
	do { \
		long _node = server_inspect(w, "FLUSH", "node"); \
\
		EXPECT_HOLDS(_node > FUSE_ROOT_ID, "FLUSH names a node below the root"); \
		EXPECT_RET(server_inspect(w, "RELEASE", "node"), _node); \
		EXPECT_RET(server_inspect(w, "RELEASE", "fh"), server_inspect(w, "FLUSH", "fh")); \
	} while (0)

WORLD_FIXTURE(o_creat);

CASE(o_creat, io_reaches_backing_file, .promise = "R26",
	.title = "after a passthrough reply to CREATE, reads and writes reach the new backing file")
{
	long fd;

	open_rule(w, "new reg=at-open");

	fd = open_ok(w, "new", CREATE_NEW);
	EXPECT_WRITE(w, fd, "n");
	EXPECT_READ(w, fd, "n");
	EXPECT_BACKING("new", "n");
	EXPECT_REQUESTS(w, "LOOKUP CREATE+passthrough GETXATTR");
}

CASE(o_creat, close_names_new_node, .promise = "R26", .abilities = "inspect",
	.title = "FLUSH and RELEASE of a created passthrough file name its node and handle, not its directory's")
{
	long fd;

	open_rule(w, "new reg=at-open");

	fd = open_ok(w, "new", CREATE_NEW);
	EXPECT_CLOSE(w, fd);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_CLOSE_NAMES_NODE(w);
}

CASE(o_creat, cached_open_eio, .promise = "R26",
	.title = "beside a passthrough CREATE, opens with the same ID succeed; cached opens fail with EIO")
{
	open_rule(w, "new reg=at-open");
	open_rule(w, "new reg=reuse");
	open_rule(w, "new flags=none");

	open_ok(w, "new", CREATE_NEW);
	EXPECT_POSITIVE(client_open(client(w), "new", O_RDWR));
	EXPECT_RET(client_open(client(w), "new", O_RDWR), -EIO);
}

CASE(o_creat, existing_file_sends_open, .promise = "R26",
	.title = "O_CREAT of an existing file sends OPEN, which may be answered with passthrough")
{
	open_rule(w, "f reg=at-open");

	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR | O_CREAT));
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

WORLD_FIXTURE(bad_create_reply);
FIXTURE_VARIANT(bad_create_reply)
{
	const char *rule, *requests;
};
FIXTURE_VARIANT_ADD(bad_create_reply,
		    unknown_id) { .rule = "new reg=forged id=12345",
				  .requests = "LOOKUP CREATE+passthrough RELEASE" };
FIXTURE_VARIANT_ADD(bad_create_reply,
		    closed_id) { .rule = "new reg=at-open drop=before-reply",
				 .requests = "LOOKUP CREATE+passthrough RELEASE" };
FIXTURE_VARIANT_ADD(bad_create_reply,
		    bad_flags) { .rule = "new reg=at-open flags=passthrough,keep_cache",
				 .requests = "LOOKUP CREATE+passthrough+keep_cache RELEASE" };

CASE(bad_create_reply, file_remains_eio, .promise = "R26",
	.title = "a CREATE reply with a bad ID or flags fails open(2) with EIO; RELEASE is sent, the file stays usable")
{
	SKIP_UNLESS_ABLE(w, rule_ability(variant->rule));
	open_rule(w, "%s", variant->rule);
	open_rule(w, "new reg=at-open");

	EXPECT_FAILS(client_open(client(w), "new", CREATE_NEW), -EIO);
	EXPECT_REQUESTS(w, variant->requests);
	EXPECT_RET(client_stat(client(w), "new"), 0);
	EXPECT_RET(client_open(client(w), "new", CREATE_NEW), -EEXIST);
	EXPECT_POSITIVE(client_open(client(w), "new", O_RDWR | O_CREAT));
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

WORLD_FIXTURE(release_after_bad_create);

CASE(release_after_bad_create, open_waits_eio, .promise = "R26", .abilities = "hold inspect",
	.title = "after a bad CREATE reply, open(2) sends RELEASE with its fh and flags, awaits it, fails with EIO")
{
	open_rule(w, "new reg=at-open drop=before-reply");
	EXPECT_POSITIVE(client_open(client(w), "g", O_RDWR));
	EXPECT_RET(server_hold(w, "RELEASE"), 0);

	client_start_open(client(w), "new", CREATE_NEW | O_APPEND);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	TODAY(EXPECT_HOLDS(client_is_busy(client(w)), "open(2) waits for the reply to RELEASE"));
	EXPECT_RET(server_inspect(w, "RELEASE", "fh"), 2);
	EXPECT_RET(server_inspect(w, "RELEASE", "flags"), server_inspect(w, "CREATE", "flags"));
	EXPECT_HOLDS(server_inspect(w, "RELEASE", "node") > FUSE_ROOT_ID,
		     "RELEASE names a node below the root");
	EXPECT_RET(server_go(w, "RELEASE"), 1);
	EXPECT_FAILS(client_finish(client(w)), -EIO);
}

/* --- TMPFILE ----------------------------------------------------------------- */

WORLD_FIXTURE(o_tmpfile);

CASE(o_tmpfile, io_reaches_backing_file, .promise = "R27", .abilities = "tmpfile",
	.title = "after a passthrough reply to TMPFILE, I/O reaches the new backing file, which is pinned until close")
{
	long fd;

	open_rule(w, "#tmpfile reg=at-open");

	fd = open_ok(w, "", O_RDWR | O_TMPFILE);
	EXPECT_WRITE(w, fd, "t");
	EXPECT_READ(w, fd, "t");
	EXPECT_BACKING("#tmpfile", "t");
	EXPECT_REQUESTS(w, "TMPFILE+passthrough GETXATTR");
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_BACKING_BUSY();
	EXPECT_CLOSE(w, fd);
	EXPECT_BACKING_FREE();
}

CASE(o_tmpfile, close_names_new_node, .promise = "R27", .abilities = "tmpfile inspect",
	.title = "FLUSH and RELEASE of a passthrough O_TMPFILE file name its node and handle, not its directory's")
{
	long fd;

	open_rule(w, "#tmpfile reg=at-open");

	fd = open_ok(w, "", O_RDWR | O_TMPFILE);
	EXPECT_CLOSE(w, fd);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_CLOSE_NAMES_NODE(w);
}

WORLD_FIXTURE(bad_tmpfile_reply);
FIXTURE_VARIANT(bad_tmpfile_reply)
{
	const char *rule, *requests;
};
FIXTURE_VARIANT_ADD(bad_tmpfile_reply, unknown_id) { .rule = "#tmpfile reg=forged id=12345",
						     .requests = "TMPFILE+passthrough RELEASE" };
FIXTURE_VARIANT_ADD(bad_tmpfile_reply,
		    bad_flags) { .rule = "#tmpfile reg=at-open flags=passthrough,keep_cache",
				 .requests = "TMPFILE+passthrough+keep_cache RELEASE" };

CASE(bad_tmpfile_reply, sends_release_eio, .promise = "R27", .abilities = "tmpfile",
	.title = "a TMPFILE reply with a bad ID or flags fails open(2) with EIO; RELEASE is sent")
{
	SKIP_UNLESS_ABLE(w, rule_ability(variant->rule));
	open_rule(w, "%s", variant->rule);

	EXPECT_FAILS(client_open(client(w), "", O_RDWR | O_TMPFILE), -EIO);
	EXPECT_REQUESTS(w, variant->requests);
}

/* --- OPENDIR ----------------------------------------------------------------- */

WORLD_FIXTURE(opendir);
FIXTURE_VARIANT(opendir)
{
	const char *rule, *requests;
};
FIXTURE_VARIANT_ADD(opendir, unknown_id) { .rule = ". reg=forged id=12345",
					   .requests = "OPENDIR+passthrough" };
FIXTURE_VARIANT_ADD(opendir, valid_id) { .rule = ". reg=reuse", .requests = "OPENDIR+passthrough" };
FIXTURE_VARIANT_ADD(opendir, direct_io) { .rule = ". reg=reuse flags=passthrough,direct_io",
					  .requests = "OPENDIR+passthrough+direct_io" };

CASE(opendir, ignores_passthrough, .promise = "R28",
	.title = "passthrough flag and ID in an OPENDIR reply are ignored: the open directory pins no backing file")
{
	long fd, id;

	SKIP_UNLESS_ABLE(w, rule_ability(variant->rule));
	id = register_ok(w);
	open_rule(w, "%s", variant->rule);

	fd = open_ok(w, "", O_RDONLY | O_DIRECTORY);
	EXPECT_REQUESTS(w, variant->requests);
	EXPECT_RET(server_drop(w, id), 0);
	EXPECT_BACKING_FREE();
	EXPECT_CLOSE(w, fd);
	EXPECT_RET(server_wait(w, "RELEASEDIR", 1), 1);
}

CASE_MAIN()

// SPDX-License-Identifier: GPL-2.0
/* What libfuse's low-level API promises of passthrough. Rows F. Needs a server made with it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "world/overlay.h"
#include "world/case_helpers.h"

static const struct world_opts no_start = { .no_start = true };
static const struct world_opts not_negotiated = { .init = "no-passthrough" };

/* What the function itself returned, and errno's name behind it where that is an error. */
static const char *passthrough_open(struct world *w, const char *words)
{
	server_call(&w->server, -1, "backing-open bare %s", words);
	return server_text(&w->server);
}

static const char *passthrough_open_f(struct world *w)
{
	char words[200];

	snprintf(words, sizeof(words), "path=%s", backing_path("f"));
	return passthrough_open(w, words);
}

static const char *passthrough_close(struct world *w, const char *id)
{
	server_call(&w->server, -1, "backing-close %s bare", id);
	return server_text(&w->server);
}

WORLD_FIXTURE(passthrough_open);

CASE(passthrough_open, returns_the_id, .row = "F1",
     .title = "fuse_passthrough_open() returns the ID that the kernel gave",
     .needs = NEED_PASSTHROUGH, .can = "library-libfuse")
{
	EXPECT_TEXT(passthrough_open_f(w), "1");
	EXPECT_TEXT(passthrough_open_f(w), "2");
	EXPECT_RET(server_backing_close(w, 1, ""), 0);
	EXPECT_RET(server_backing_close(w, 2, ""), 0);
}

CASE(passthrough_open, returns_0_for_a_bad_descriptor, .row = "F1",
     .title = "fuse_passthrough_open() of a closed or negative descriptor returns 0, not -errno",
     .needs = NEED_PASSTHROUGH, .can = "library-libfuse")
{
	EXPECT_TEXT(passthrough_open(w, "num=99"), "0 EBADF");
	EXPECT_TEXT(passthrough_open(w, "num=-1"), "0 EBADF");
	EXPECT_TEXT(passthrough_open_f(w), "1");
}

CASE(passthrough_open, returns_0_for_a_stacked_file, .row = "F1",
     .title = "fuse_passthrough_open() of a file of a stacked filesystem returns 0",
     .needs = NEED_PASSTHROUGH, .can = "library-libfuse")
{
	EXPECT_TEXT(passthrough_open(w, "path=/proc/version mode=ro"), "0 ELOOP");
}

CASE(passthrough_open, returns_0_without_passthrough, .row = "F1",
     .title = "fuse_passthrough_open() where passthrough was not negotiated returns 0",
     .needs = NEED_PASSTHROUGH, .can = "library-libfuse", .world = &not_negotiated)
{
	EXPECT_TEXT(passthrough_open_f(w), "0 EPERM");
}

WORLD_FIXTURE(passthrough_close);

CASE(passthrough_close, returns_0, .row = "F2",
     .title = "fuse_passthrough_close() returns 0, and the ID is gone",
     .needs = NEED_PASSTHROUGH, .can = "library-libfuse")
{
	EXPECT_TEXT(passthrough_open_f(w), "1");
	EXPECT_TEXT(passthrough_close(w, "1"), "0");
	EXPECT_RET(world_umount("backing"), 0);
}

CASE(passthrough_close, returns_minus_1_for_an_error, .row = "F2",
     .title = "fuse_passthrough_close() returns what ioctl(2) does: for every error -1, not -errno",
     .needs = NEED_PASSTHROUGH, .can = "library-libfuse")
{
	EXPECT_TEXT(passthrough_close(w, "1"), "-1 ENOENT");
	EXPECT_TEXT(passthrough_close(w, "0"), "-1 EINVAL");
	EXPECT_TEXT(passthrough_close(w, "-1"), "-1 EINVAL");
}

CASE(passthrough_close, returns_minus_1_without_passthrough, .row = "F2",
     .title = "fuse_passthrough_close() where passthrough was not negotiated returns -1",
     .needs = NEED_PASSTHROUGH, .can = "library-libfuse", .world = &not_negotiated)
{
	EXPECT_TEXT(passthrough_close(w, "1"), "-1 EPERM");
}

WORLD_FIXTURE(clones);

static const struct world_opts two_threads = { .init = "threads=2 clone-fd" };

CASE(clones, ids_serve_requests_of_clones, .row = "F3",
     .title = "requests come through clones of the device: the IDs of the session's own descriptor "
	      "serve them",
     .needs = NEED_PASSTHROUGH, .can = "library-libfuse threads", .world = &two_threads)
{
	char data[1];
	long fd;

	plan(w, "f reg=at-open drop=at-release");

	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(client_read(client(w), fd, data, 1, 0), 1);
	EXPECT_RET(client_close(client(w), fd), 0);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough FLUSH RELEASE");
	EXPECT_RET(world_umount("backing"), 0);
}

CASE(clones, are_not_what_makes_ids, .row = "F3",
     .title = "without the session's own descriptor requests of clones are answered, but "
	      "fuse_passthrough_open() and fuse_passthrough_close() for them fail",
     .needs = NEED_PASSTHROUGH, .can = "library-libfuse threads", .world = &two_threads)
{
	EXPECT_TEXT(passthrough_open_f(w), "1");
	EXPECT_RET(server_call(&w->server, -1, "close-device main"), 0);
	EXPECT_TEXT(passthrough_open_f(w), "0 ENOTTY");
	EXPECT_TEXT(passthrough_close(w, "1"), "-1 ENOTTY");
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
	plan(w, "f reg=at-open");
	client(w)->wants_eproto = true;
	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EPROTO);
	EXPECT_OPS(w, "LOOKUP OPEN OPEN+passthrough");
}

/*
 * The journal shows what the plan says, not what the library sent. That is what
 * the kernel makes of the open: whether a write reaches the server.
 */
WORLD_FIXTURE(backing_id);

CASE(backing_id, above_0_opens_with_passthrough, .row = "F4",
     .title = "fi->backing_id above 0: fuse_reply_open() opens with passthrough",
     .needs = NEED_PASSTHROUGH, .can = "library-libfuse")
{
	long fd;

	plan(w, "f reg=at-open");

	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(client_write(client(w), fd, "F", 1, 0), 1);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough GETXATTR");
}

CASE(backing_id, above_0_creates_with_passthrough, .row = "F4",
     .title = "fi->backing_id above 0: fuse_reply_create() creates with passthrough",
     .needs = NEED_PASSTHROUGH, .can = "library-libfuse")
{
	long fd;

	plan(w, "new reg=at-open");

	ASSERT_POSITIVE(fd = client_open(client(w), "new", O_RDWR | O_CREAT));
	EXPECT_RET(client_write(client(w), fd, "N", 1, 0), 1);
	EXPECT_OPS(w, "LOOKUP CREATE+passthrough GETXATTR");
}

WORLD_FIXTURE(no_backing_id);

FIXTURE_VARIANT(no_backing_id)
{
	const char *id;
};
FIXTURE_VARIANT_ADD(no_backing_id, zero) { .id = "0" };
FIXTURE_VARIANT_ADD(no_backing_id, minus_1) { .id = "-1" };
FIXTURE_VARIANT_ADD(no_backing_id, int_min) { .id = "-2147483648" };

static bool plan_id(struct world *w, const char *file, const char *id)
{
	char row[64];

	snprintf(row, sizeof(row), "%s reg=forged id=%s flags=none", file, id);
	return world_plan(w, row);
}

CASE(no_backing_id, opens_without_passthrough, .row = "F4",
     .title = "fi->backing_id of 0 or below: fuse_reply_open() opens without passthrough",
     .needs = NEED_PASSTHROUGH, .can = "library-libfuse")
{
	long fd;

	EXPECT_RET(try_register_f(w), 1);
	EXPECT_RET(plan_id(w, "f", variant->id), 1);

	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(client_write(client(w), fd, "F", 1, 0), 1);
	EXPECT_OPS(w, "LOOKUP OPEN GETXATTR WRITE");
}

CASE(no_backing_id, creates_without_passthrough, .row = "F4",
     .title = "fi->backing_id of 0 or below: fuse_reply_create() creates without passthrough",
     .needs = NEED_PASSTHROUGH, .can = "library-libfuse")
{
	long fd;

	EXPECT_RET(try_register_f(w), 1);
	EXPECT_RET(plan_id(w, "new", variant->id), 1);

	ASSERT_POSITIVE(fd = client_open(client(w), "new", O_RDWR | O_CREAT));
	EXPECT_RET(client_write(client(w), fd, "N", 1, 0), 1);
	EXPECT_OPS(w, "LOOKUP CREATE GETXATTR WRITE");
}

CASE(backing_id, left_alone_opens_without_passthrough, .row = "F4",
     .title = "fi->backing_id as a handler gets it: fuse_reply_open() opens without passthrough",
     .needs = NEED_PASSTHROUGH, .can = "library-libfuse")
{
	long fd;

	EXPECT_RET(try_register_f(w), 1);

	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(client_write(client(w), fd, "F", 1, 0), 1);
	EXPECT_OPS(w, "LOOKUP OPEN GETXATTR WRITE");
}

CASE(backing_id, left_alone_creates_without_passthrough, .row = "F4",
     .title = "fi->backing_id as a handler gets it: fuse_reply_create() creates without passthrough",
     .needs = NEED_PASSTHROUGH, .can = "library-libfuse")
{
	long fd;

	EXPECT_RET(try_register_f(w), 1);

	ASSERT_POSITIVE(fd = client_open(client(w), "new", O_RDWR | O_CREAT));
	EXPECT_RET(client_write(client(w), fd, "N", 1, 0), 1);
	EXPECT_OPS(w, "LOOKUP CREATE GETXATTR WRITE");
}

/* The depth that was sent is the one of the FUSE superblock, which overlayfs counts. */
WORLD_FIXTURE(max_backing_depth);

CASE(max_backing_depth, left_alone_sends_1, .row = "F5",
     .title = "max_backing_stack_depth as the file system gets it sends 1: overlayfs may be on the "
	      "mount, once",
     .needs = NEED_PASSTHROUGH | NEED_OVERLAYFS, .can = "library-libfuse")
{
	EXPECT_RET(stack_overlay("fuse", "over"), 0);
	EXPECT_RET(stack_overlay("over", "over2"), -EINVAL);
}

CASE(max_backing_depth, of_0_sends_1, .row = "F5",
     .title = "max_backing_stack_depth 0 sends 1: backing files may not be on overlayfs, overlayfs "
	      "may be on the mount",
     .needs = NEED_PASSTHROUGH | NEED_OVERLAYFS, .can = "library-libfuse", .world = &no_start)
{
	START(w, "max-backing-stack-depth=0");

	EXPECT_RET(stack_overlay("fuse", "over"), 0);
	EXPECT_RET(stack_overlay("over", "over2"), -EINVAL);
	EXPECT_RET(try_register_f(w), 1);
	ASSERT_RET(stack_overlay("backing", "overlay"), 0);
	EXPECT_RET(server_backing_open(w, world_path("overlay", "f"), ""), -ELOOP);
}

CASE(max_backing_depth, of_1_sends_2, .row = "F5",
     .title = "max_backing_stack_depth 1 sends 2: backing files may be on overlayfs, overlayfs not "
	      "on the mount",
     .needs = NEED_PASSTHROUGH | NEED_OVERLAYFS, .can = "library-libfuse", .world = &no_start)
{
	START(w, "max-backing-stack-depth=1");

	EXPECT_RET(stack_overlay("fuse", "over"), -EINVAL);
	ASSERT_RET(stack_overlay("backing", "overlay"), 0);
	EXPECT_RET(server_backing_open(w, world_path("overlay", "f"), ""), 1);
}

CASE(max_backing_depth, is_not_sent_without_passthrough, .row = "F5",
     .title = "max_backing_stack_depth without FUSE_CAP_PASSTHROUGH is without effect",
     .needs = NEED_PASSTHROUGH | NEED_OVERLAYFS, .can = "library-libfuse", .world = &no_start)
{
	START(w, "no-passthrough max-backing-stack-depth=1");

	EXPECT_RET(stack_overlay("fuse", "over"), 0);
	EXPECT_RET(stack_overlay("over", "over2"), 0);
	EXPECT_RET(try_register_f(w), -EPERM);
}

WORLD_FIXTURE(bad_backing_depth);

FIXTURE_VARIANT(bad_backing_depth)
{
	const char *init;
};
FIXTURE_VARIANT_ADD(bad_backing_depth, of_2_is_3) { .init = "max-backing-stack-depth=2" };
FIXTURE_VARIANT_ADD(bad_backing_depth, of_uint32_max_is_0)
{
	.init = "max-backing-stack-depth=4294967295"
};

CASE(bad_backing_depth, turns_passthrough_off, .row = "F5",
     .title = "a max_backing_stack_depth that is sent as 3, or wraps to 0: the library does not "
	      "object, and the kernel leaves passthrough off",
     .needs = NEED_PASSTHROUGH, .can = "library-libfuse", .world = &no_start)
{
	START(w, variant->init);

	EXPECT_RET(client_stat(client(w), "f"), 0);
	EXPECT_RET(try_register_f(w), -EPERM);
}

WORLD_FIXTURE(asked);

FIXTURE_VARIANT(asked)
{
	const char *init;
};
FIXTURE_VARIANT_ADD(asked, by_function) { .init = "ask=function" };
FIXTURE_VARIANT_ADD(asked, by_want) { .init = "ask=want" };
FIXTURE_VARIANT_ADD(asked, by_want_ext) { .init = "ask=want_ext" };

CASE(asked, is_negotiated, .row = "F6",
     .title = "FUSE_CAP_PASSTHROUGH is negotiated when asked for by fuse_set_feature_flag(), "
	      "conn->want or conn->want_ext",
     .needs = NEED_PASSTHROUGH, .can = "library-libfuse", .world = &no_start)
{
	START(w, variant->init);

	EXPECT_RET(try_register_f(w), 1);
}

WORLD_FIXTURE(asked_both_ways);

CASE(asked_both_ways, is_negotiated, .row = "F6",
     .title = "FUSE_CAP_PASSTHROUGH is negotiated when asked for by fuse_set_feature_flag() while "
	      "other flags are set in conn->want",
     .needs = NEED_PASSTHROUGH, .can = "library-libfuse", .world = &no_start,
     .fixed_by = "libfuse 3.17.3 (more conn->want / conn->want_ext conversion fixes)")
{
	const char *why = world_start(w, "ask=mixed async-dio");

	if (why && strncmp(why, "broken: ", 8))
		CASE_SKIP("%s", why);
	EXPECT_HOLDS(!why, "INIT is answered");
	EXPECT_RET(try_register_f(w), 1);
}

/* passthrough_hp of libfuse 3.18.2 and 3.18.3 does the second; a case runs what it does. */
WORLD_FIXTURE(tmpfile_id);

CASE(tmpfile_id, closed_at_release_leaves_nothing, .row = "F7",
     .title = "an ID made for an O_TMPFILE file and closed at RELEASE leaves the backing "
	      "filesystem free",
     .needs = NEED_PASSTHROUGH, .can = "tmpfile library-libfuse")
{
	long fd;

	plan(w, "#tmpfile reg=at-open drop=at-release");

	ASSERT_POSITIVE(fd = client_open(client(w), ".", O_RDWR | O_TMPFILE));
	EXPECT_RET(client_close(client(w), fd), 0);
	EXPECT_OPS(w, "TMPFILE+passthrough FLUSH RELEASE");
	EXPECT_RET(world_umount("backing"), 0);
}

CASE(tmpfile_id, not_closed_keeps_the_backing_busy, .row = "F7",
     .title = "an ID made for an O_TMPFILE file and not closed keeps the backing filesystem busy",
     .needs = NEED_PASSTHROUGH, .can = "tmpfile library-libfuse")
{
	long fd;

	plan(w, "#tmpfile reg=at-open");

	ASSERT_POSITIVE(fd = client_open(client(w), ".", O_RDWR | O_TMPFILE));
	EXPECT_RET(client_close(client(w), fd), 0);
	EXPECT_OPS(w, "TMPFILE+passthrough FLUSH RELEASE");
	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(server_backing_close(w, last_id(w), ""), 0);
	EXPECT_RET(world_umount("backing"), 0);
}

WORLD_FIXTURE(destroyed_session);

FIXTURE_VARIANT(destroyed_session)
{
	const char *init;
};
FIXTURE_VARIANT_ADD(destroyed_session, of_one_thread) { .init = "threads=0" };
FIXTURE_VARIANT_ADD(destroyed_session, of_threads) { .init = "threads=2" };
FIXTURE_VARIANT_ADD(destroyed_session, of_threads_with_clones) { .init = "threads=2 clone-fd" };

CASE(destroyed_session, holds_no_ids, .row = "F9",
     .title = "after fuse_session_destroy() and the unmount no ID holds the backing filesystem, "
	      "while the process lives",
     .needs = NEED_PASSTHROUGH, .can = "library-libfuse threads", .world = &no_start)
{
	START(w, variant->init);
	EXPECT_RET(try_register_f(w), 1);
	EXPECT_RET(client_stat(client(w), "f"), 0);
	EXPECT_RET(world_umount("backing"), -EBUSY);

	EXPECT_RET(server_call(&w->server, -1, "destroy-session"), 0);
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(world_umount("backing"), 0);
	EXPECT_RET(last_id(w), 1);
}

/* The client runs before the server does, so with the reply it has opened the file. */
static const struct world_opts in_handler = { .init = "answer-in-handler", .same_cpu = true };

WORLD_FIXTURE(handler);

CASE(handler, drops_id_after_its_reply, .row = "F8",
     .title = "an ID that a handler drops after fuse_reply_open() has opened the file before",
     .needs = NEED_PASSTHROUGH | NEED_REALTIME, .can = "library-libfuse threads",
     .world = &in_handler)
{
	plan(w, "f reg=at-open drop=after-reply");

	EXPECT_RET(client_be_fifo(client(w)), 0);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

WORLD_FIXTURE(ring_handler);

CASE(ring_handler, drops_id_after_its_reply, .row = "F8",
     .title = "over io_uring, too, an ID that a handler drops after fuse_reply_open() has opened "
	      "the file before",
     .since = "6.14", .needs = NEED_PASSTHROUGH | NEED_REALTIME | NEED_URING,
     .can = "library-libfuse over-io-uring", .world = &in_handler,
     .xfail = "libfuse 3.18.3 sends the replies of a ring when all its handlers have returned")
{
	plan(w, "f reg=at-open drop=after-reply");

	EXPECT_RET(client_be_fifo(client(w)), 0);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

CASE_MAIN()

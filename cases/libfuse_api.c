// SPDX-License-Identifier: GPL-2.0
/* What libfuse's low-level API promises about passthrough. Promises F: the library, not the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "world/overlay.h"
#include "world/case_helpers.h"
#include "library_calls.h"

static const struct world_opts no_start = { .no_start = true };
static const struct world_opts not_negotiated = { .init = "no-passthrough" };

WORLD_FIXTURE(passthrough_open);

CASE(passthrough_open, returns_id, .promise = "F1", .abilities = "library-libfuse",
	.title = "fuse_passthrough_open() returns the ID allocated by the kernel, another one each time")
{
	long one, other;

	one = POSITIVE_OK("an ID", library_backing_open(w, backing_path("f"), ""));
	other = POSITIVE_OK("another ID", library_backing_open(w, backing_path("f"), ""));
	EXPECT_HOLDS(one != other, "the IDs differ");
	EXPECT_RET(server_backing_close(w, one, ""), 0);
	EXPECT_RET(server_backing_close(w, other, ""), 0);
}

CASE(passthrough_open, bad_fd_returns_0, .promise = "F1", .abilities = "library-libfuse",
	.title = "fuse_passthrough_open() of a closed or negative fd returns 0, not -errno")
{
	EXPECT_RET(library_backing_open_fd(w, 99), 0);
	EXPECT_RET(library_backing_open_fd(w, -1), 0);
	EXPECT_POSITIVE(library_backing_open(w, backing_path("f"), ""));
}

CASE(passthrough_open, procfs_file_returns_0, .promise = "F1", .abilities = "library-libfuse",
	.title = "fuse_passthrough_open() of a procfs file (too deeply stacked) returns 0")
{
	EXPECT_RET(library_backing_open(w, "/proc/version", "mode=ro"), 0);
}

CASE(passthrough_open, not_negotiated_returns_0, .promise = "F1", .abilities = "library-libfuse",
	.world = &not_negotiated,
	.title = "fuse_passthrough_open() without negotiated passthrough returns 0")
{
	EXPECT_RET(library_backing_open(w, backing_path("f"), ""), 0);
}

/* While the open waits at its gate, the library's functions are called for its request. */
WORLD_FIXTURE(request);
FIXTURE_VARIANT(request)
{
	const char *op, *path, *rule;
	int flags;
};
FIXTURE_VARIANT_ADD(request,
		    open) { .op = "OPEN", .path = "g", .rule = "g gate=reply", .flags = O_RDONLY };
FIXTURE_VARIANT_ADD(request, opendir) {
	.op = "OPENDIR", .path = ".", .rule = ". gate=reply", .flags = O_RDONLY | O_DIRECTORY
};
FIXTURE_VARIANT_ADD(request, create) {
	.op = "CREATE", .path = "new", .rule = "new gate=reply", .flags = O_RDWR | O_CREAT
};

CASE(request, registers_file, .promise = "F10", .abilities = "library-libfuse",
	.title = "an ID that fuse_passthrough_open() made for an OPEN, OPENDIR or CREATE backs an open")
{
	long fd;

	open_rule(w, "%s", variant->rule);
	open_rule(w, "f reg=reuse");

	client_start_open(client(w), variant->path, variant->flags);
	EXPECT_RET(server_wait(w, variant->op, 1), 1);
	ASSERT_POSITIVE(library_backing_open(w, backing_path("f"), ""));
	EXPECT_RET(server_go(w, "reply"), 1);
	EXPECT_POSITIVE(client_finish(client(w)));

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_BACKING("f", "F");
	EXPECT_PASSES_THROUGH(w);
}

WORLD_FIXTURE(passthrough_close);

CASE(passthrough_close, returns_0_and_releases, .promise = "F2", .abilities = "library-libfuse",
	.title = "fuse_passthrough_close() returns 0 and releases the backing file")
{
	long id = POSITIVE_OK("an ID", library_backing_open(w, backing_path("f"), ""));

	EXPECT_RET(library_backing_close(w, id), 0);
	EXPECT_BACKING_FREE();
}

#define EXPECT_NOT_CLOSED(w, id) \
	do { \
		long _result = library_backing_close(w, id); \
		EXPECT_HOLDS(_result < 0, "fuse_passthrough_close() reports the error"); \
		TODAY(EXPECT_RET(_result, -1)); \
	} while (0)

CASE(passthrough_close, bad_id_returns_minus_1, .promise = "F2", .abilities = "library-libfuse",
	.title = "fuse_passthrough_close() of an unknown ID, 0 or -1 returns a negative value: -1, not -errno")
{
	EXPECT_NOT_CLOSED(w, INT_MAX);
	EXPECT_NOT_CLOSED(w, 0);
	EXPECT_NOT_CLOSED(w, -1);
}

CASE(passthrough_close, not_negotiated_returns_minus_1, .promise = "F2",
	.abilities = "library-libfuse", .world = &not_negotiated,
	.title = "fuse_passthrough_close() without negotiated passthrough returns a negative value: -1")
{
	EXPECT_NOT_CLOSED(w, 1);
}

WORLD_FIXTURE(clone_fd);

static const struct world_opts two_threads = { .init = "threads=2 clone-fd" };

CASE(clone_fd, id_serves_any_clone, .promise = "F3", .abilities = "library-libfuse threads",
	.world = &two_threads,
	.title = "with clone_fd, an ID serves an open that is answered through a clone")
{
	long fd;

	open_rule(w, "f reg=at-open drop=at-release");

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_READ(w, fd, "f");
	EXPECT_CLOSE(w, fd);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough FLUSH RELEASE");
	EXPECT_BACKING_FREE();
}

CASE(clone_fd, needs_session_fd, .promise = "F3", .abilities = "library-libfuse threads",
	.world = &two_threads, .today = "libfuse does not say which descriptor it uses",
	.title = "without the session fd, clones serve requests, but fuse_passthrough_open() and _close() fail")
{
	long id = POSITIVE_OK("an ID", library_backing_open(w, backing_path("f"), ""));

	EXPECT_RET(server_close_device(w, "main"), 0);
	EXPECT_RET(library_backing_open(w, backing_path("f"), ""), 0);
	EXPECT_RET(library_backing_close(w, id), -1);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
	open_rule(w, "f reg=at-open");
	client(w)->wants_eproto = true;
	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EPROTO);
	EXPECT_REQUESTS(w, "LOOKUP OPEN OPEN+passthrough");
}

/*
 * The request log shows the flags of the open rule, not those that the library sent: whether the
 * open is one for passthrough shows in whether a write reaches the server.
 */
WORLD_FIXTURE(fi_backing_id);

CASE(fi_backing_id, positive_opens_passthrough, .promise = "F4", .abilities = "library-libfuse",
	.title = "fuse_reply_open() with fi->backing_id above 0 opens with passthrough")
{
	long fd;

	open_rule(w, "f reg=at-open");

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough GETXATTR");
}

CASE(fi_backing_id, positive_creates_passthrough, .promise = "F4", .abilities = "library-libfuse",
	.title = "fuse_reply_create() with fi->backing_id above 0 creates with passthrough")
{
	long fd;

	open_rule(w, "new reg=at-open");

	fd = open_ok(w, "new", O_RDWR | O_CREAT);
	EXPECT_WRITE(w, fd, "N");
	EXPECT_REQUESTS(w, "LOOKUP CREATE+passthrough GETXATTR");
}

#define NOT_SAID "libfuse says nothing of a negative backing_id"

WORLD_FIXTURE(negative_backing_id);
FIXTURE_VARIANT(negative_backing_id)
{
	int id;
};
FIXTURE_VARIANT_ADD(negative_backing_id, minus_1) { .id = -1 };
FIXTURE_VARIANT_ADD(negative_backing_id, int_min) { .id = INT_MIN };

CASE(negative_backing_id, opens_without_passthrough, .promise = "F4",
	.abilities = "library-libfuse", .today = NOT_SAID,
	.title = "fuse_reply_open() with a negative fi->backing_id opens without passthrough")
{
	long fd;

	EXPECT_POSITIVE(try_register_f(w));
	open_rule(w, "f reg=forged id=%d flags=none", variant->id);

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_REQUESTS(w, "LOOKUP OPEN GETXATTR WRITE");
}

CASE(negative_backing_id, creates_without_passthrough, .promise = "F4",
	.abilities = "library-libfuse", .today = NOT_SAID,
	.title = "fuse_reply_create() with a negative fi->backing_id creates without passthrough")
{
	long fd;

	EXPECT_POSITIVE(try_register_f(w));
	open_rule(w, "new reg=forged id=%d flags=none", variant->id);

	fd = open_ok(w, "new", O_RDWR | O_CREAT);
	EXPECT_WRITE(w, fd, "N");
	EXPECT_REQUESTS(w, "LOOKUP CREATE GETXATTR WRITE");
}

CASE(fi_backing_id, zero_opens_without, .promise = "F4", .abilities = "library-libfuse",
	.title = "fuse_reply_open() with fi->backing_id 0, a failed fuse_passthrough_open(), opens without passthrough")
{
	long fd;

	open_rule(w, "f reg=forged id=0 flags=none");

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_REQUESTS(w, "LOOKUP OPEN GETXATTR WRITE");
}

CASE(fi_backing_id, zero_creates_without, .promise = "F4", .abilities = "library-libfuse",
	.title = "fuse_reply_create() with fi->backing_id 0 creates without passthrough")
{
	long fd;

	open_rule(w, "new reg=forged id=0 flags=none");

	fd = open_ok(w, "new", O_RDWR | O_CREAT);
	EXPECT_WRITE(w, fd, "N");
	EXPECT_REQUESTS(w, "LOOKUP CREATE GETXATTR WRITE");
}

CASE(fi_backing_id, untouched_opens_without, .promise = "F4", .abilities = "library-libfuse",
	.title = "fuse_reply_open() with fi->backing_id untouched by the handler opens without passthrough")
{
	long fd;

	EXPECT_POSITIVE(try_register_f(w));

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_REQUESTS(w, "LOOKUP OPEN GETXATTR WRITE");
}

CASE(fi_backing_id, untouched_creates_without, .promise = "F4", .abilities = "library-libfuse",
	.title = "fuse_reply_create() with fi->backing_id untouched by the handler creates without passthrough")
{
	long fd;

	EXPECT_POSITIVE(try_register_f(w));

	fd = open_ok(w, "new", O_RDWR | O_CREAT);
	EXPECT_WRITE(w, fd, "N");
	EXPECT_REQUESTS(w, "LOOKUP CREATE GETXATTR WRITE");
}

/* The depth that is sent becomes that of the FUSE superblock, which overlayfs counts. */
WORLD_FIXTURE(max_backing_stack_depth);

/* One overlayfs can be mounted on top, and by the limit of the current kernel no other on that. */
#define EXPECT_DEPTH_1() \
	do { \
		EXPECT_RET(overlay_mount("fuse", "over"), 0); \
		TODAY(EXPECT_RET(overlay_mount("over", "over2"), -EINVAL)); \
	} while (0)

CASE(max_backing_stack_depth, untouched_sends_1, .promise = "F5", .needs = NEED_OVERLAYFS,
	.abilities = "library-libfuse",
	.title = "an untouched max_backing_stack_depth sends depth 1: overlayfs can be mounted on top, but only once")
{
	EXPECT_DEPTH_1();
	ASSERT_RET(overlay_mount("backing", "overlay"), 0);
	EXPECT_FAILS(server_backing_open(w, world_path("overlay", "f"), ""), -ELOOP);
}

CASE(max_backing_stack_depth, zero_sends_1, .promise = "F5", .needs = NEED_OVERLAYFS,
	.abilities = "library-libfuse", .world = &no_start,
	.title = "max_backing_stack_depth 0 sends depth 1: no backing file on overlayfs, one overlayfs on top")
{
	START(w, "max-backing-stack-depth=0");

	EXPECT_DEPTH_1();
	EXPECT_POSITIVE(try_register_f(w));
	ASSERT_RET(overlay_mount("backing", "overlay"), 0);
	EXPECT_FAILS(server_backing_open(w, world_path("overlay", "f"), ""), -ELOOP);
}

CASE(max_backing_stack_depth, one_sends_2, .promise = "F5", .needs = NEED_OVERLAYFS,
	.abilities = "library-libfuse", .world = &no_start,
	.title = "max_backing_stack_depth 1 sends depth 2: backing files may be on overlayfs, no overlayfs on top")
{
	START(w, "max-backing-stack-depth=1");

	EXPECT_FAILS(overlay_mount("fuse", "over"), -EINVAL);
	ASSERT_RET(overlay_mount("backing", "overlay"), 0);
	EXPECT_POSITIVE(server_backing_open(w, world_path("overlay", "f"), ""));
}

CASE(max_backing_stack_depth, ignored_without_passthrough, .promise = "F5", .needs = NEED_OVERLAYFS,
	.abilities = "library-libfuse", .world = &no_start,
	.title = "max_backing_stack_depth has no effect without FUSE_CAP_PASSTHROUGH")
{
	START(w, "no-passthrough max-backing-stack-depth=1");

	EXPECT_RET(overlay_mount("fuse", "over"), 0);
	EXPECT_RET(overlay_mount("over", "over2"), 0);
	EXPECT_FAILS(try_register_f(w), -EPERM);
}

WORLD_FIXTURE(bad_max_backing_stack_depth);
FIXTURE_VARIANT(bad_max_backing_stack_depth)
{
	const char *init;
};
FIXTURE_VARIANT_ADD(bad_max_backing_stack_depth,
		    two_sends_3) { .init = "max-backing-stack-depth=2" };
FIXTURE_VARIANT_ADD(bad_max_backing_stack_depth,
		    uint32_max_sends_0) { .init = "max-backing-stack-depth=4294967295" };

CASE(bad_max_backing_stack_depth, leaves_passthrough_off, .promise = "F5",
	.abilities = "library-libfuse", .world = &no_start,
	.today = "fuse_common.h says 1 is the largest in current kernels, not what a larger one does",
	.title = "a bad max_backing_stack_depth is sent as depth 3 or 0: passthrough stays off, the mount works")
{
	START(w, variant->init);

	EXPECT_RET(client_stat(client(w), "f"), 0);
	EXPECT_FAILS(try_register_f(w), -EPERM);
}

WORLD_FIXTURE(cap_passthrough);
FIXTURE_VARIANT(cap_passthrough)
{
	const char *init;
};
FIXTURE_VARIANT_ADD(cap_passthrough, fuse_set_feature_flag) { .init = "ask=function" };
FIXTURE_VARIANT_ADD(cap_passthrough, conn_want) { .init = "ask=want" };

CASE(cap_passthrough, negotiated, .promise = "F6", .abilities = "library-libfuse",
	.world = &no_start,
	.title = "FUSE_CAP_PASSTHROUGH set by fuse_set_feature_flag() or in conn->want is negotiated")
{
	START(w, variant->init);

	EXPECT_POSITIVE(try_register_f(w));
}

WORLD_FIXTURE(conn_want_ext);

CASE(conn_want_ext, negotiated, .promise = "F6", .abilities = "library-libfuse",
	.world = &no_start, .today = "fuse_common.h asks not to set conn->want_ext directly",
	.title = "FUSE_CAP_PASSTHROUGH set in conn->want_ext is negotiated")
{
	START(w, "ask=want_ext");

	EXPECT_POSITIVE(try_register_f(w));
}

WORLD_FIXTURE(no_request);

CASE(no_request, leaves_passthrough_off, .promise = "F11", .abilities = "library-libfuse",
	.world = &not_negotiated,
	.title = "without a request for FUSE_CAP_PASSTHROUGH no file can be registered, and the mount works")
{
	EXPECT_FAILS(try_register_f(w), -EPERM);
	EXPECT_RET(client_stat(client(w), "f"), 0);
}

WORLD_FIXTURE(cap_passthrough_mixed);

CASE(cap_passthrough_mixed, negotiated, .promise = "F6", .abilities = "library-libfuse",
	.world = &no_start,
	.title = "FUSE_CAP_PASSTHROUGH set by fuse_set_feature_flag() is negotiated beside flags set in conn->want",
	.fixed_by = "libfuse 3.17.3 (more conn->want / conn->want_ext conversion fixes)")
{
	const struct obstacle *why = world_start(w, "ask=mixed async-dio");

	if (why && !why->broken)
		CASE_SKIP("%s", why->why);
	EXPECT_HOLDS(!why, "INIT is answered");
	EXPECT_POSITIVE(try_register_f(w));
}

/* What passthrough_hp of libfuse 3.18.2 and 3.18.3 does is the second case. */
WORLD_FIXTURE(tmpfile_id);

CASE(tmpfile_id, closed_at_release_umount_ok, .promise = "F7",
	.abilities = "tmpfile library-libfuse",
	.title = "closing the ID of an O_TMPFILE file at RELEASE allows umount(2) of the backing filesystem")
{
	long fd;

	open_rule(w, "#tmpfile reg=at-open drop=at-release");

	fd = open_ok(w, ".", O_RDWR | O_TMPFILE);
	EXPECT_CLOSE(w, fd);
	EXPECT_REQUESTS(w, "TMPFILE+passthrough FLUSH RELEASE");
	EXPECT_BACKING_FREE();
}

CASE(tmpfile_id, unclosed_umount_ebusy, .promise = "F7", .abilities = "tmpfile library-libfuse",
	.today = "no document says how long an ID that is not closed pins its file",
	.title = "an O_TMPFILE file's ID, if not closed at RELEASE, makes umount(2) of the backing fail with EBUSY")
{
	long fd;

	open_rule(w, "#tmpfile reg=at-open");

	fd = open_ok(w, ".", O_RDWR | O_TMPFILE);
	EXPECT_CLOSE(w, fd);
	EXPECT_REQUESTS(w, "TMPFILE+passthrough FLUSH RELEASE");
	EXPECT_BACKING_BUSY();
	EXPECT_RET(server_backing_close(w, last_id(w), ""), 0);
	EXPECT_BACKING_FREE();
}

WORLD_FIXTURE(session_destroy);
FIXTURE_VARIANT(session_destroy)
{
	const char *init;
};
FIXTURE_VARIANT_ADD(session_destroy, single_thread) { .init = "threads=0" };
FIXTURE_VARIANT_ADD(session_destroy, multi_thread) { .init = "threads=2" };
FIXTURE_VARIANT_ADD(session_destroy, multi_thread_clone_fd) { .init = "threads=2 clone-fd" };

CASE(session_destroy, releases_ids, .promise = "F9", .abilities = "library-libfuse threads",
	.world = &no_start,
	.title = "after fuse_session_destroy() and umount(2) no ID pins the backing, though the process still runs")
{
	START(w, variant->init);
	EXPECT_POSITIVE(try_register_f(w));
	EXPECT_RET(client_stat(client(w), "f"), 0);
	EXPECT_BACKING_BUSY();

	EXPECT_RET(server_destroy_session(w), 0);
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_BACKING_FREE();
	EXPECT_POSITIVE(last_id(w)); /* the server still answers */
}

/* The client runs before the server does: as soon as the reply is sent the file is open. */
static const struct world_opts in_handler = { .init = "answer-in-handler", .same_cpu = true };

WORLD_FIXTURE(id_close_after_reply);

CASE(id_close_after_reply, open_succeeds, .promise = "F8", .needs = NEED_REALTIME,
	.abilities = "library-libfuse threads", .world = &in_handler,
	.title = "an open succeeds although the handler closes its ID right after fuse_reply_open()")
{
	open_rule(w, "f reg=at-open drop=after-reply");

	EXPECT_RET(client_be_fifo(client(w)), 0);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

WORLD_FIXTURE(id_close_after_uring_reply);

CASE(id_close_after_uring_reply, open_fails_eio, .promise = "F8",
	.needs = NEED_REALTIME | NEED_URING, .abilities = "library-libfuse over-io-uring",
	.since = "6.14", .world = &in_handler,
	.title = "over io_uring, an open fails with EIO if the handler closes its ID right after fuse_reply_open()")
{
	open_rule(w, "f reg=at-open drop=after-reply");

	EXPECT_RET(client_be_fifo(client(w)), 0);
	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
}

CASE_MAIN()

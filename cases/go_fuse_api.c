// SPDX-License-Identifier: GPL-2.0
/* What package fs of go-fuse promises about passthrough. Promises G: the library, not the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "world/overlay.h"
#include "world/case_helpers.h"
#include "library_calls.h"

/*
 * reg=library leaves the ID to the library. With flags=direct_io the file has no PassthroughFd(),
 * with reg=library-no-fd one that returns false.
 */
WORLD_FIXTURE(library_id);

CASE(library_id, shared_by_overlapping_opens, .promise = "G1", .abilities = "library-go-fuse",
	.title = "overlapping opens of one file use the same ID, and their I/O reaches the backing file")
{
	long one, other, id;

	open_rule(w, "f reg=library times=2");

	one = open_ok(w, "f", O_RDWR);
	id = POSITIVE_OK("the ID", last_id(w));
	other = open_ok(w, "f", O_RDWR);
	EXPECT_RET(last_id(w), id);
	EXPECT_WRITE(w, one, "F");
	EXPECT_READ(w, other, "F");
	EXPECT_BACKING("f", "F");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough OPEN+passthrough GETXATTR");
}

CASE(library_id, shared_with_creator, .promise = "G1", .abilities = "library-go-fuse",
	.title = "an open of a new file uses the ID of the CREATE")
{
	long created, opened, id;

	open_rule(w, "new reg=library times=2");

	created = open_ok(w, "new", O_RDWR | O_CREAT);
	id = POSITIVE_OK("the ID", last_id(w));
	opened = open_ok(w, "new", O_RDWR);
	EXPECT_RET(last_id(w), id);
	EXPECT_WRITE(w, created, "N");
	EXPECT_READ(w, opened, "N");
	EXPECT_REQUESTS(w, "LOOKUP CREATE+passthrough OPEN+passthrough GETXATTR");
}

CASE(library_id, closed_at_last_release, .promise = "G1", .abilities = "library-go-fuse",
	.title = "the ID is closed at the last RELEASE of its file, not before")
{
	long one, other;

	open_rule(w, "f reg=library times=3");

	one = open_ok(w, "f", O_RDWR);
	other = open_ok(w, "f", O_RDWR);
	EXPECT_CLOSE(w, other);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough OPEN+passthrough FLUSH RELEASE");
	EXPECT_POSITIVE(other = client_open(client(w), "f", O_RDWR)); /* with that ID, else EIO */
	EXPECT_CLOSE(w, other);
	EXPECT_BACKING_BUSY();
	EXPECT_CLOSE(w, one);
	EXPECT_REQUESTS(w, "OPEN+passthrough FLUSH RELEASE FLUSH RELEASE");
	EXPECT_FAILS(server_backing_close(w, last_id(w), ""), -ENOENT);
	EXPECT_BACKING_FREE();
}

CASE(library_id, closed_after_failed_open, .promise = "G1", .abilities = "library-go-fuse",
	.title = "a passthrough open that fails with EIO beside a cached one leaves no ID")
{
	long cached;

	open_rule(w, "f");
	open_rule(w, "f reg=library times=2");

	cached = open_ok(w, "f", O_RDWR);
	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_REQUESTS(w, "LOOKUP OPEN OPEN+passthrough RELEASE");
	EXPECT_FAILS(server_backing_close(w, last_id(w), ""), -ENOENT);
	EXPECT_CLOSE(w, cached);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

CASE(library_id, kept_after_other_release, .promise = "G2", .abilities = "library-go-fuse",
	.title = "the RELEASE of a failed open without a descriptor leaves the ID of the other open alone",
	.xfail = "go-fuse 2.8 and 2.9 count the release of every open of the file (releaseBackingIDRef()), so that the next one has another ID")
{
	open_rule(w, "f reg=library");
	open_rule(w, "f reg=library flags=direct_io");
	open_rule(w, "f reg=library");

	open_ok(w, "f", O_RDWR);
	ASSERT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough OPEN+direct_io RELEASE");
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

WORLD_FIXTURE(passthrough_fd);

CASE(passthrough_fd, false_opens_without_passthrough, .promise = "G3", .abilities = "library-go-fuse",
	.title = "an open whose PassthroughFd() returns false is an ordinary one, and does not affect others")
{
	long fd;

	open_rule(w, "f reg=library-no-fd");
	open_rule(w, "g reg=library");

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_REQUESTS(w, "LOOKUP OPEN GETXATTR WRITE");
	EXPECT_RET(server_passthrough_fd_calls(w), 1);
	open_ok(w, "g", O_RDWR);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

CASE(passthrough_fd, false_creates_without_passthrough, .promise = "G3",
	.abilities = "library-go-fuse",
	.title = "a new file whose PassthroughFd() returns false is opened without passthrough")
{
	long fd;

	open_rule(w, "new reg=library-no-fd");

	fd = open_ok(w, "new", O_RDWR | O_CREAT);
	EXPECT_WRITE(w, fd, "N");
	EXPECT_REQUESTS(w, "LOOKUP CREATE GETXATTR WRITE");
}

CASE(passthrough_fd, called_once, .promise = "G4", .abilities = "library-go-fuse",
	.title = "PassthroughFd() is called once for the first open of a file, and again when all are closed")
{
	long one, other;

	open_rule(w, "f reg=library times=3");

	one = open_ok(w, "f", O_RDWR);
	EXPECT_RET(server_passthrough_fd_calls(w), 1);
	other = open_ok(w, "f", O_RDWR);
	TODAY(EXPECT_RET(server_passthrough_fd_calls(w),
			 1)); /* the documentation has one for each */
	EXPECT_CLOSE(w, one);
	EXPECT_CLOSE(w, other);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough OPEN+passthrough FLUSH RELEASE FLUSH RELEASE");

	one = server_passthrough_fd_calls(w);
	open_ok(w, "f", O_RDWR);
	EXPECT_RET(server_passthrough_fd_calls(w), one + 1);
}

CASE(passthrough_fd, called_once_for_create, .promise = "G4", .abilities = "library-go-fuse",
	.title = "PassthroughFd() is called once for a new file")
{
	open_rule(w, "new reg=library");

	open_ok(w, "new", O_RDWR | O_CREAT);
	EXPECT_RET(server_passthrough_fd_calls(w), 1);
}

WORLD_FIXTURE(max_stack_depth);

CASE(max_stack_depth, unset_sends_1, .promise = "G5", .needs = NEED_OVERLAYFS,
	.abilities = "library-go-fuse",
	.title = "without MaxStackDepth passthrough works, and overlayfs can be mounted on top, but only once")
{
	EXPECT_POSITIVE(try_register_f(w));
	EXPECT_RET(overlay_mount("fuse", "over"), 0);
	TODAY(EXPECT_RET(overlay_mount("over", "over2"), -EINVAL));
	ASSERT_RET(overlay_mount("backing", "overlay"), 0);
	EXPECT_HOLDS(server_backing_open(w, world_path("overlay", "f"), "") < 0,
		     "a file on overlayfs is not registered");
}

WORLD_FIXTURE(failed_registration);

CASE(failed_registration, disables_passthrough, .promise = "G6", .abilities = "library-go-fuse",
	.title = "after a registration failed, opens that had passthrough before are ordinary ones")
{
	long fd;

	open_rule(w, "f reg=library times=2");
	open_rule(w, "g reg=library");

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_CLOSE(w, fd);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough FLUSH RELEASE");
	EXPECT_RET(client_stat(client(w), "g"), 0);
	ASSERT_RET(unlink(backing_path("g")), 0); /* the server has no descriptor then */
	open_ok(w, "g", O_RDWR);
	EXPECT_REQUESTS(w, "LOOKUP OPEN");

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_REQUESTS(w, "OPEN GETXATTR WRITE");
}

CASE_MAIN()

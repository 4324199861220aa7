// SPDX-License-Identifier: GPL-2.0
/* What package fs of go-fuse promises about passthrough. Promises G, for servers made with it. */
#include <errno.h>
#include <fcntl.h>

#include "world/case_helpers.h"

/* reg=library leaves the ID to the library; with flags=direct_io it gets no descriptor. */
WORLD_FIXTURE(library_id);

CASE(library_id, shared_by_overlapping_opens, .promise = "G1", .abilities = "library-go-fuse",
	.title = "overlapping opens of one file use the same ID, and their I/O reaches the backing file")
{
	long one, other, id;

	open_rule(w, "f reg=library times=2");

	one = open_ok(w, "f", O_RDWR);
	EXPECT_POSITIVE(id = last_id(w));
	other = open_ok(w, "f", O_RDWR);
	EXPECT_RET(last_id(w), id);
	EXPECT_WRITE(w, one, "F");
	EXPECT_READ(w, other, "F");
	EXPECT_BACKING("f", "F");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough OPEN+passthrough GETXATTR");
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
	EXPECT_RET(server_backing_close(w, last_id(w), ""), -ENOENT);
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
	EXPECT_RET(server_backing_close(w, last_id(w), ""), -ENOENT);
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

CASE_MAIN()

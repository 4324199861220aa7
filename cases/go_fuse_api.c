// SPDX-License-Identifier: GPL-2.0
/* What go-fuse's package fs promises of passthrough. Rows G. Needs a server made with it. */
#include <errno.h>
#include <fcntl.h>

#include "world/case_helpers.h"

/* reg=library leaves the ID to the library; with flags=direct_io it is given no descriptor. */
WORLD_FIXTURE(registry);

CASE(registry, overlapping_opens_share_the_id, .row = "G1",
     .title = "opens of one file that overlap name the same ID, and go to the backing file",
     .needs = NEED_PASSTHROUGH, .can = "library-go-fuse")
{
	char data[1] = "";
	long one, other, id;

	plan(w, "f reg=library times=2");

	ASSERT_POSITIVE(one = client_open(client(w), "f", O_RDWR));
	EXPECT_POSITIVE(id = last_id(w));
	ASSERT_POSITIVE(other = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(last_id(w), id);
	EXPECT_RET(client_write(client(w), one, "F", 1, 0), 1);
	EXPECT_RET(client_read(client(w), other, data, 1, 0), 1);
	EXPECT_RET(data[0], 'F');
	EXPECT_RET(backing_file_is("f", "F"), 1);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough OPEN+passthrough GETXATTR");
}

CASE(registry, id_goes_with_the_last_release, .row = "G1",
     .title = "the ID is closed at the last release of its file, not before",
     .needs = NEED_PASSTHROUGH, .can = "library-go-fuse")
{
	long one, other;

	plan(w, "f reg=library times=3");

	ASSERT_POSITIVE(one = client_open(client(w), "f", O_RDWR));
	ASSERT_POSITIVE(other = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(client_close(client(w), other), 0);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough OPEN+passthrough FLUSH RELEASE");
	EXPECT_POSITIVE(other = client_open(client(w), "f", O_RDWR)); /* with the same ID, or EIO */
	EXPECT_RET(client_close(client(w), other), 0);
	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(client_close(client(w), one), 0);
	EXPECT_OPS(w, "OPEN+passthrough FLUSH RELEASE FLUSH RELEASE");
	EXPECT_RET(server_backing_close(w, last_id(w), ""), -ENOENT);
	EXPECT_RET(world_umount("backing"), 0);
}

CASE(registry, id_of_a_failed_open_goes, .row = "G1",
     .title = "an open that fails in the kernel, as the file is open without passthrough, leaves "
	      "no ID",
     .needs = NEED_PASSTHROUGH, .can = "library-go-fuse")
{
	long cached;

	plan(w, "f");
	plan(w, "f reg=library times=2");

	ASSERT_POSITIVE(cached = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_OPS(w, "LOOKUP OPEN OPEN+passthrough RELEASE");
	EXPECT_RET(server_backing_close(w, last_id(w), ""), -ENOENT);
	EXPECT_RET(client_close(client(w), cached), 0);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

CASE(registry, release_of_another_open_leaves_the_id, .row = "G2",
     .title = "an open that gives no descriptor beside one that does fails in the kernel; its release "
	      "leaves the ID of the other one",
     .needs = NEED_PASSTHROUGH, .can = "library-go-fuse",
     .xfail = "go-fuse 2.8 and 2.9 count the release of every open of the file "
	      "(releaseBackingIDRef()), so that the next one has another ID")
{
	plan(w, "f reg=library");
	plan(w, "f reg=library flags=direct_io");
	plan(w, "f reg=library");

	ASSERT_POSITIVE(client_open(client(w), "f", O_RDWR));
	ASSERT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough OPEN+direct_io RELEASE");
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

CASE_MAIN()

// SPDX-License-Identifier: GPL-2.0
/* Opens by other requests than OPEN: CREATE, TMPFILE, OPENDIR. Rows R26 to R28. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "world/case_helpers.h"

#define CREATE_NEW (O_RDWR | O_CREAT | O_EXCL)

static const struct world_opts same_cpu = { .same_cpu = true };

WORLD_FIXTURE(create);

CASE(create, opens_the_new_backing_file, .row = "R26",
     .title = "a passthrough reply to CREATE: reads and writes go to the new backing file",
     .needs = NEED_PASSTHROUGH)
{
	char data[1] = "";
	long fd;

	plan(w, "new reg=at-open");

	ASSERT_POSITIVE(fd = client_open(client(w), "new", CREATE_NEW));
	EXPECT_RET(client_write(client(w), fd, "n", 1, 0), 1);
	EXPECT_RET(client_read(client(w), fd, data, 1, 0), 1);
	EXPECT_RET(data[0], 'n');
	EXPECT_RET(backing_file_is("new", "n"), 1);
	EXPECT_OPS(w, "LOOKUP CREATE+passthrough GETXATTR");
}

CASE(create, counts_as_a_passthrough_open, .row = "R26",
     .title = "beside a file that CREATE opened for passthrough: opens with the same ID succeed, "
	      "cached ones fail with EIO",
     .needs = NEED_PASSTHROUGH)
{
	plan(w, "new reg=at-open");
	plan(w, "new reg=reuse");
	plan(w, "new flags=none");

	ASSERT_POSITIVE(client_open(client(w), "new", CREATE_NEW));
	EXPECT_POSITIVE(client_open(client(w), "new", O_RDWR));
	EXPECT_RET(client_open(client(w), "new", O_RDWR), -EIO);
}

CASE(create, of_a_file_that_exists_is_an_open, .row = "R26",
     .title = "O_CREAT of a file that exists sends OPEN, whose reply may be a passthrough one",
     .needs = NEED_PASSTHROUGH)
{
	plan(w, "f reg=at-open");

	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR | O_CREAT));
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough");
}

WORLD_FIXTURE(failed_create);
FIXTURE_VARIANT(failed_create)
{
	const char *row, *ops;
};
FIXTURE_VARIANT_ADD(failed_create, unknown_id)
{
	"new reg=forged id=12345", "LOOKUP CREATE+passthrough RELEASE"
};
FIXTURE_VARIANT_ADD(failed_create, closed_id)
{
	"new reg=at-open drop=before-reply", "LOOKUP CREATE+passthrough RELEASE"
};
FIXTURE_VARIANT_ADD(failed_create, flags)
{
	"new reg=at-open flags=passthrough,keep_cache",
	"LOOKUP CREATE+passthrough+keep_cache RELEASE"
};

CASE(failed_create, leaves_the_name, .row = "R26",
     .title = "a passthrough reply to CREATE with a bad ID or bad flags: open(2) fails with EIO, "
	      "RELEASE is sent, and the file exists and can be opened",
     .needs = NEED_PASSTHROUGH)
{
	SKIP_UNLESS_SAYS(w, needed_by_row(variant->row));
	plan(w, variant->row);
	plan(w, "new reg=at-open");

	EXPECT_RET(client_open(client(w), "new", CREATE_NEW), -EIO);
	EXPECT_OPS(w, variant->ops);
	EXPECT_RET(client_stat(client(w), "new"), 0);
	EXPECT_RET(client_open(client(w), "new", CREATE_NEW), -EEXIST);
	EXPECT_POSITIVE(client_open(client(w), "new", O_RDWR | O_CREAT));
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough");
}

WORLD_FIXTURE(release);

CASE(release, of_failed_create_is_waited_for, .row = "R26",
     .title = "a CREATE whose reply fails the open sends RELEASE with its handle and flags, and "
	      "open(2) returns when that is answered",
     .needs = NEED_PASSTHROUGH | NEED_REALTIME, .can = "hold seen", .world = &same_cpu)
{
	plan(w, "new reg=at-open drop=before-reply");
	EXPECT_POSITIVE(client_open(client(w), "g", O_RDWR));
	EXPECT_RET(client_be_fifo(client(w)), 0);
	EXPECT_RET(server_hold(w, "RELEASE"), 0);

	client_start_open(client(w), "new", CREATE_NEW | O_APPEND);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_HOLDS(client_is_busy(client(w)), "open(2) waits for the reply to RELEASE");
	EXPECT_RET(server_seen(w, "RELEASE", "fh"), 2);
	EXPECT_RET(server_seen(w, "RELEASE", "flags"), server_seen(w, "CREATE", "flags"));
	EXPECT_RET(server_go(w, "RELEASE"), 1);
	EXPECT_RET(client_finish(client(w)), -EIO);
}

/* --- TMPFILE ----------------------------------------------------------------- */

WORLD_FIXTURE(tmpfile);

CASE(tmpfile, opens_the_new_backing_file, .row = "R27",
     .title = "a passthrough reply to TMPFILE: reads and writes go to the new backing file, which is "
	      "held until the file is closed",
     .needs = NEED_PASSTHROUGH, .can = "tmpfile")
{
	char data[1] = "";
	long fd;

	plan(w, "#tmpfile reg=at-open");

	ASSERT_POSITIVE(fd = client_open(client(w), "", O_RDWR | O_TMPFILE));
	EXPECT_RET(client_write(client(w), fd, "t", 1, 0), 1);
	EXPECT_RET(client_read(client(w), fd, data, 1, 0), 1);
	EXPECT_RET(data[0], 't');
	EXPECT_RET(backing_file_is("#tmpfile", "t"), 1);
	EXPECT_OPS(w, "TMPFILE+passthrough GETXATTR");
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(client_close(client(w), fd), 0);
	EXPECT_RET(world_umount("backing"), 0);
}

WORLD_FIXTURE(failed_tmpfile);
FIXTURE_VARIANT(failed_tmpfile)
{
	const char *row, *ops;
};
FIXTURE_VARIANT_ADD(failed_tmpfile, unknown_id)
{
	"#tmpfile reg=forged id=12345", "TMPFILE+passthrough RELEASE"
};
FIXTURE_VARIANT_ADD(failed_tmpfile, flags)
{
	"#tmpfile reg=at-open flags=passthrough,keep_cache", "TMPFILE+passthrough+keep_cache RELEASE"
};

CASE(failed_tmpfile, is_released, .row = "R27",
     .title = "a passthrough reply to TMPFILE with a bad ID or bad flags: open(2) fails with EIO, and "
	      "RELEASE is sent",
     .needs = NEED_PASSTHROUGH, .can = "tmpfile")
{
	SKIP_UNLESS_SAYS(w, needed_by_row(variant->row));
	plan(w, variant->row);

	EXPECT_RET(client_open(client(w), "", O_RDWR | O_TMPFILE), -EIO);
	EXPECT_OPS(w, variant->ops);
}

/* --- OPENDIR ----------------------------------------------------------------- */

WORLD_FIXTURE(opendir);
FIXTURE_VARIANT(opendir)
{
	const char *row, *ops;
};
FIXTURE_VARIANT_ADD(opendir, unknown_id) { ". reg=forged id=12345", "OPENDIR+passthrough" };
FIXTURE_VARIANT_ADD(opendir, good_id) { ". reg=reuse", "OPENDIR+passthrough" };
FIXTURE_VARIANT_ADD(opendir, direct_io)
{
	". reg=reuse flags=passthrough,direct_io", "OPENDIR+passthrough+direct_io"
};

CASE(opendir, ignores_passthrough, .row = "R28",
     .title = "a passthrough reply to OPENDIR: flag and ID are ignored, the directory is open and "
	      "holds no backing file",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	SKIP_UNLESS_SAYS(w, needed_by_row(variant->row));
	EXPECT_RET(register_f(w), 1);
	plan(w, variant->row);

	ASSERT_POSITIVE(fd = client_open(client(w), "", O_RDONLY | O_DIRECTORY));
	EXPECT_OPS(w, variant->ops);
	EXPECT_RET(server_drop(w, 1), 0);
	EXPECT_RET(world_umount("backing"), 0);
	EXPECT_RET(client_close(client(w), fd), 0);
	EXPECT_RET(server_wait(w, "RELEASEDIR", 1), 1);
}

CASE_MAIN()

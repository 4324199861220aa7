// SPDX-License-Identifier: GPL-2.0
/* What the crate fuser promises about passthrough. Promises U: the library, not the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "world/case_helpers.h"
#include "library_calls.h"

static const struct world_opts no_start = { .no_start = true };

WORLD_FIXTURE(set_max_stack_depth);
FIXTURE_VARIANT(set_max_stack_depth)
{
	const char *init, *results;
};
FIXTURE_VARIANT_ADD(set_max_stack_depth, returns_previous) {
	.init = "max-stack-depth=2,1",
	.results = "Ok(0) Ok(2)",
};
FIXTURE_VARIANT_ADD(set_max_stack_depth, above_2_err) {
	.init = "max-stack-depth=1,3",
	.results = "Ok(0) Err(2)",
};
FIXTURE_VARIANT_ADD(set_max_stack_depth, uint32_max_err) {
	.init = "max-stack-depth=1,4294967295",
	.results = "Ok(0) Err(2)",
};

CASE(set_max_stack_depth, keeps_accepted_depth, .promise = "U1", .abilities = "library-fuser",
	.world = &no_start,
	.title = "set_max_stack_depth() returns the previous value, or Err(2) above 2; the accepted value counts")
{
	START(w, variant->init);

	EXPECT_TEXT(server_max_stack_depth(w), variant->results);
	EXPECT_POSITIVE(try_register_f(w));
}

WORLD_FIXTURE(no_stack_depth);
FIXTURE_VARIANT(no_stack_depth)
{
	const char *init;
};
FIXTURE_VARIANT_ADD(no_stack_depth, not_called) { .init = "max-stack-depth=none" };
FIXTURE_VARIANT_ADD(no_stack_depth, zero) { .init = "max-stack-depth=0" };

CASE(no_stack_depth, leaves_passthrough_off, .promise = "U2", .abilities = "library-fuser",
	.world = &no_start,
	.title = "without set_max_stack_depth(), or with 0, no file can be registered, and the mount works")
{
	START(w, variant->init);

	EXPECT_FAILS(try_register_f(w), -EPERM);
	EXPECT_RET(client_stat(client(w), "f"), 0);
}

/* The rule names no ID, so the server calls opened() or created(). */
WORLD_FIXTURE(passthrough_flag);

CASE(passthrough_flag, opened_panics, .promise = "U3", .abilities = "library-fuser",
	.title = "opened() panics at FOPEN_PASSTHROUGH; fuser answers the open with EIO")
{
	open_rule(w, "f flags=passthrough");

	TODAY(EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO));
	EXPECT_RET(server_panics(w), 1);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

CASE(passthrough_flag, created_panics, .promise = "U3", .abilities = "library-fuser",
	.title = "created() panics at FOPEN_PASSTHROUGH; fuser answers the open with EIO")
{
	open_rule(w, "new flags=passthrough");

	TODAY(EXPECT_RET(client_open(client(w), "new", O_RDWR | O_CREAT), -EIO));
	EXPECT_RET(server_panics(w), 1);
	EXPECT_REQUESTS(w, "LOOKUP CREATE+passthrough");
}

/* The server calls opened_passthrough() and created_passthrough() without the flag. */
CASE(passthrough_flag, opened_passthrough_adds_it, .promise = "U4", .abilities = "library-fuser",
	.title = "opened_passthrough() opens with passthrough although its flags lack FOPEN_PASSTHROUGH")
{
	long fd;

	open_rule(w, "f reg=at-open");

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_BACKING("f", "F");
	EXPECT_PASSES_THROUGH(w);
}

CASE(passthrough_flag, created_passthrough_adds_it, .promise = "U4", .abilities = "library-fuser",
	.title = "created_passthrough() opens with passthrough although its flags lack FOPEN_PASSTHROUGH")
{
	long fd;

	open_rule(w, "new reg=at-open");

	fd = open_ok(w, "new", O_RDWR | O_CREAT);
	EXPECT_WRITE(w, fd, "N");
	EXPECT_BACKING("new", "N");
	EXPECT_PASSES_THROUGH(w);
}

WORLD_FIXTURE(backing_id);

CASE(backing_id, drop_closes, .promise = "U5", .abilities = "library-fuser",
	.title = "dropping a BackingId closes its ID, and with it the backing file")
{
	long id = register_ok(w);

	EXPECT_BACKING_BUSY();
	EXPECT_RET(server_drop(w, id), 0);
	EXPECT_FAILS(server_backing_close(w, id, ""), -ENOENT);
	EXPECT_BACKING_FREE();
}

CASE(backing_id, ended_session_no_ioctl, .promise = "U5", .abilities = "library-fuser end-session",
	.title = "dropping a BackingId of an ended session closes no ID of the connection that reuses its fd number")
{
	long id, other;
	int device;

	id = register_ok(w);
	EXPECT_RET(world_start_other(w, ""), 0);
	other = POSITIVE_OK("an ID of the same number", other_backing_open(w, backing_path("g")));
	if (other != id)
		CASE_SKIP("kernel: the IDs of two connections have different numbers");
	ASSERT_POSITIVE(device = server_device_copy(&w->other));
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(server_end_session_onto(w, device), 0);
	close(device);

	EXPECT_RET(errno_or_0(server_drop(w, id)), 0);
	EXPECT_TEXT(server_text(&w->server), "channel-gone");
	EXPECT_RET(other_backing_close(w, other), 0);
}

CASE_MAIN()

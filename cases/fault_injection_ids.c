// SPDX-License-Identifier: GPL-2.0
/* IDs, opens and unmounts when an allocation in the kernel fails. Promises X1, X2, X6 to X8. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "world/fault_injection_helpers.h"

/* --- X1, X7: the ioctls --------------------------------------------------------- */

static const char *fail_nth(unsigned int nth)
{
	static char words[32];

	snprintf(words, sizeof(words), "fail-nth=%u", nth);
	return words;
}

static int64_t register_once(struct world *w, unsigned int nth, bool *failed)
{
	long id = server_backing_open(w, backing_path("f"), fail_nth(nth));

	*failed = server_failed_nth(w) == 1;
	if (id > 0)
		server_backing_close(w, id, "");
	return id;
}

static int64_t unregister_once(struct world *w, unsigned int nth, bool *failed)
{
	long result, id = try_register_f(w);

	result = server_backing_close(w, id, fail_nth(nth));
	*failed = server_failed_nth(w) == 1;
	return id < 0 ? id : result;
}

WORLD_FIXTURE(ioctl);

CASE(ioctl, register_ok_or_enomem, .promise = "X1", .needs = NEED_FAULTS,
	.abilities = "fail-nth arbitrary-ioctl",
	.title = "if an allocation fails, registering succeeds or fails with ENOMEM, and no backing file stays pinned")
{
	struct alloc_failures report = alloc_failures_each(w, register_once);

	EXPECT_ENOMEM(report);
	TODAY(EXPECT_RET(report.eio, 0));
	EXPECT_POSITIVE(report.last);
	EXPECT_BACKING_FREE();
}

CASE(ioctl, close_succeeds, .promise = "X7", .needs = NEED_FAULTS,
	.abilities = "fail-nth arbitrary-ioctl",
	.title = "closing an ID succeeds and unpins the backing file, whichever allocation fails")
{
	struct alloc_failures report;
	bool failed;

	TODAY(EXPECT_RET(register_once(w, 1, &failed), -ENOMEM));
	EXPECT_HOLDS(failed, "allocations do fail");
	report = alloc_failures_each(w, unregister_once);
	EXPECT_UNHARMED(report);
	EXPECT_RET(report.last, 0);
	EXPECT_BACKING_FREE();
}

/* --- X2, X6: open and close ------------------------------------------------------- */

WORLD_FIXTURE(passthrough_file);
FIXTURE_VARIANT(passthrough_file)
{
	const char *rule, *path;
	int flags;
	const char *abilities;
};
FIXTURE_VARIANT_ADD(passthrough_file, existing) { .rule = "f reg=at-open drop=at-release times=any",
						  .path = "f",
						  .flags = O_RDWR,
						  .abilities = "" };
FIXTURE_VARIANT_ADD(passthrough_file,
		    o_tmpfile) { .rule = "#tmpfile reg=at-open drop=at-release times=any",
				 .path = "",
				 .flags = O_TMPFILE | O_RDWR,
				 .abilities = "tmpfile" };

static const FIXTURE_VARIANT(passthrough_file) * file; /* that each try opens */

/* Each open has an ID of its own: if one left anything behind, the next would fail with EIO. */
static int64_t open_once(struct world *w, unsigned int nth, bool *failed)
{
	long fd;

	client_fail_nth(client(w), nth);
	fd = client_open(client(w), file->path, file->flags);
	*failed = client_failed(client(w));
	if (fd >= 0)
		client_close(client(w), fd);
	return fd;
}

static int64_t close_once(struct world *w, unsigned int nth, bool *failed)
{
	long result, fd = client_open(client(w), file->path, file->flags);

	client_fail_nth(client(w), nth);
	result = client_close(client(w), fd);
	*failed = client_failed(client(w));
	return fd < 0 ? fd : result;
}

CASE(passthrough_file, open_ok_or_enomem_or_eio, .promise = "X2", .needs = NEED_FAULTS,
	.title = "if an allocation fails, a passthrough open succeeds or fails with ENOMEM or EIO, and leaks nothing")
{
	struct alloc_failures report;

	SKIP_UNLESS_ABLE(w, variant->abilities);
	file = variant;
	open_rule(w, "%s", variant->rule);
	report = alloc_failures_each(w, open_once);

	EXPECT_ENOMEM(report);
	/* Where it is the open of the backing file that fails. */
	TODAY(EXPECT_POSITIVE(report.eio));
	EXPECT_POSITIVE(report.last);
	world_requests(w); /* when it returns, the server has handled each RELEASE */
	EXPECT_BACKING_FREE();
}

CASE(passthrough_file, close_succeeds, .promise = "X6", .needs = NEED_FAULTS,
	.title = "close(2) succeeds, sends RELEASE and unpins the backing file, whichever allocation fails")
{
	struct alloc_failures report;
	bool failed;

	SKIP_UNLESS_ABLE(w, variant->abilities);
	file = variant;
	open_rule(w, "%s", variant->rule);
	TODAY(EXPECT_RET(open_once(w, 1, &failed), -ENOMEM));
	EXPECT_HOLDS(failed, "allocations do fail");
	report = alloc_failures_each(w, close_once);

	EXPECT_UNHARMED(report);
	EXPECT_RET(report.last, 0);
	world_requests(w);
	EXPECT_BACKING_FREE();
}

/* --- X8: unmount -------------------------------------------------------------------- */

static long umount_fail_nth(unsigned int nth, bool *failed)
{
	long result;

	fail_nth_arm(nth);
	result = world_umount("fuse");
	*failed = fail_nth_disarm();
	return result;
}

/* Of a mount that has an ID and had an open file. What was unmounted is mounted anew. */
static int64_t umount_once(struct world *w, unsigned int nth, bool *failed)
{
	long result, fd;

	world_open_rule(w, "f reg=at-open");
	fd = client_open(client(w), "f", O_RDWR);
	client_close(client(w), fd);
	result = umount_fail_nth(nth, failed);
	if (result == 0 && world_remount(w) < 0)
		return -EPROTO;
	return fd < 0 ? fd : result;
}

WORLD_FIXTURE(umount);

CASE(umount, ok_or_enomem, .promise = "X8", .needs = NEED_FAULTS,
	.title = "if an allocation fails, umount(2) fails with ENOMEM or frees all that the connection held")
{
	struct alloc_failures report = alloc_failures_each(w, umount_once);

	EXPECT_ALLOC_FAILED(report);
	TODAY(EXPECT_RET(report.eio, 0));
	EXPECT_RET(report.last, 0);
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(server_stop(&w->server), 0);
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

CASE_MAIN()

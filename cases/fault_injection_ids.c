// SPDX-License-Identifier: GPL-2.0
/* IDs, opens and unmounts when the kernel gets no memory. Rows X. */
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

static bool server_failed(struct world *w)
{
	return server_call(&w->server, -1, "failed-nth") == 1;
}

static long register_once(struct world *w, unsigned int nth, bool *failed)
{
	long id = server_backing_open(w, backing_path("f"), fail_nth(nth));

	*failed = server_failed(w);
	if (id > 0)
		server_backing_close(w, id, "");
	return id;
}

static long unregister_once(struct world *w, unsigned int nth, bool *failed)
{
	long result, id = try_register_f(w);

	result = server_backing_close(w, id, fail_nth(nth));
	*failed = server_failed(w);
	return id < 0 ? id : result;
}

WORLD_FIXTURE(ioctl);

CASE(ioctl, register_ok_or_enomem, .promise = "X1", .needs = NEED_FAULTS,
	.abilities = "fail-nth arbitrary-ioctl",
	.title = "if an allocation fails, registering succeeds or fails with ENOMEM, and no backing file stays pinned")
{
	struct alloc_failures report = alloc_failures_each(w, register_once);

	EXPECT_ENOMEM(report);
	EXPECT_RET(report.eio, 0);
	EXPECT_HOLDS(report.last > 0, "there is an ID when none fails");
	EXPECT_BACKING_FREE();
}

CASE(ioctl, close_succeeds, .promise = "X7", .needs = NEED_FAULTS,
	.abilities = "fail-nth arbitrary-ioctl",
	.title = "closing an ID succeeds and unpins the backing file, whichever allocation fails")
{
	struct alloc_failures report;
	bool failed;

	EXPECT_RET(register_once(w, 1, &failed), -ENOMEM); /* so that one does fail */
	report = alloc_failures_each(w, unregister_once);
	EXPECT_UNHARMED(report);
	EXPECT_RET(report.last, 0);
	EXPECT_BACKING_FREE();
}

/* --- X2, X6: open and close ------------------------------------------------------- */

WORLD_FIXTURE(passthrough_file);
FIXTURE_VARIANT(passthrough_file)
{
	const char *row, *path;
	int flags;
	const char *can;
};
FIXTURE_VARIANT_ADD(passthrough_file, existing) { "f reg=at-open drop=at-release times=any", "f", O_RDWR, "" };
FIXTURE_VARIANT_ADD(passthrough_file, o_tmpfile)
{
	"#tmpfile reg=at-open drop=at-release times=any", "", O_TMPFILE | O_RDWR, "tmpfile"
};

static const FIXTURE_VARIANT(passthrough_file) *opened; /* by whoever tries */

/* Each has an ID of its own: were anything left of one, the next would fail with EIO. */
static long open_once(struct world *w, unsigned int nth, bool *failed)
{
	long fd;

	client_fail_nth(client(w), nth);
	fd = client_open(client(w), opened->path, opened->flags);
	*failed = client_failed(client(w));
	if (fd >= 0)
		client_close(client(w), fd);
	return fd;
}

static long close_once(struct world *w, unsigned int nth, bool *failed)
{
	long result, fd = client_open(client(w), opened->path, opened->flags);

	client_fail_nth(client(w), nth);
	result = client_close(client(w), fd);
	*failed = client_failed(client(w));
	return fd < 0 ? fd : result;
}

CASE(passthrough_file, open_ok_or_enomem_or_eio, .promise = "X2", .needs = NEED_FAULTS,
	.title = "if an allocation fails, a passthrough open succeeds or fails with ENOMEM or EIO, and leaks nothing")
{
	struct alloc_failures report;

	SKIP_UNLESS_ABLE(w, variant->can);
	opened = variant;
	open_rule(w, variant->row);
	report = alloc_failures_each(w, open_once);

	EXPECT_ENOMEM(report);
	EXPECT_HOLDS(report.eio > 0, "it is EIO for one of the backing file");
	EXPECT_HOLDS(report.last >= 0, "it succeeds when none fails");
	world_requests(w); /* by now the server has seen each RELEASE */
	EXPECT_BACKING_FREE();
}

CASE(passthrough_file, close_succeeds, .promise = "X6", .needs = NEED_FAULTS,
	.title = "close(2) succeeds, sends RELEASE and unpins the backing file, whichever allocation fails")
{
	struct alloc_failures report;
	bool failed;

	SKIP_UNLESS_ABLE(w, variant->can);
	opened = variant;
	open_rule(w, variant->row);
	EXPECT_RET(open_once(w, 1, &failed), -ENOMEM); /* so that one does fail */
	report = alloc_failures_each(w, close_once);

	EXPECT_UNHARMED(report);
	EXPECT_RET(report.last, 0);
	world_requests(w);
	EXPECT_BACKING_FREE();
}

/* --- X8: unmount -------------------------------------------------------------------- */

static long umount_failing(unsigned int nth, bool *failed)
{
	long result;

	fail_nth_arm(nth);
	result = world_umount("fuse");
	*failed = fail_nth_disarm();
	return result;
}

/* With an ID and a file that was open. What is unmounted is made anew. */
static long umount_once(struct world *w, unsigned int nth, bool *failed)
{
	long result, fd;

	world_open_rule(w, "f reg=at-open");
	fd = client_open(client(w), "f", O_RDWR);
	client_close(client(w), fd);
	result = umount_failing(nth, failed);
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
	EXPECT_RET(report.eio, 0);
	EXPECT_RET(report.last, 0);
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(server_stop(&w->server), 0);
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

CASE_MAIN()

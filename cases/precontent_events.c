// SPDX-License-Identifier: GPL-2.0
/* Pre-content events, FAN_PRE_ACCESS of fanotify(7), on the backing file. Promises T27, T28. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "world/io_methods.h"
#include "world/listener.h"

#define PAGE sysconf(_SC_PAGESIZE)

#define DENY_WITH(error) (FAN_DENY | (unsigned int)(error) << 24) /* FAN_DENY_ERRNO() */

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

static const struct world_opts on_ext4 = { .backing = "ext4" };

/*
 * A listener on the backing file f, which holds two pages and is registered. Events are decided by
 * the marks at open(2), which follows.
 */
static int listen_to_f(struct world *w)
{
	int err = backing_fill("f", OLD, 2 * PAGE, 0), listener;

	if (err)
		return err;
	listener = listener_for(FAN_CLASS_PRE_CONTENT, FAN_PRE_ACCESS, backing_path("f"));
	if (listener < 0)
		return listener;
	register_f(w);
	return world_open_rule(w, "f reg=reuse") ? listener : -EPROTO;
}

#define LISTEN_OR_SKIP(w) \
	({ \
		int _listener = listen_to_f(w); \
		if (_listener == -EINVAL) \
			CASE_SKIP("kernel: no pre-content events (Linux 6.14 or newer)"); \
		POSITIVE_OK("listen for FAN_PRE_ACCESS of the backing file", _listener); \
	})

IO_METHOD_FIXTURE(read);
EACH_CALL(read);

CASE(read, asks_listener, .promise = "T27", .needs = NEED_FANOTIFY, .world = &on_ext4,
	.title = "before a read, FAN_PRE_ACCESS on the backing file asks its listener, whose denial fails the read")
{
	int listener;
	long fd;

	SKIP_UNLESS(variant->needs);
	listener = LISTEN_OR_SKIP(w);
	fd = open_settled_ok(w, "f", O_RDONLY);

	client_start_read_by(client(w), variant->io_method, fd, PAGE, 0, OLD);
	EXPECT_POSITIVE(listener_serve(listener, client(w), FAN_ALLOW, 0));
	EXPECT_RET(client_finish(client(w)), PAGE);
	client_start_read_by(client(w), variant->io_method, fd, PAGE, 0, OLD);
	EXPECT_POSITIVE(listener_serve(listener, client(w), FAN_DENY, 0));
	EXPECT_FAILS(client_finish(client(w)), -EPERM);
	close(listener);
}

IO_METHOD_FIXTURE(write);
EACH_SIMPLE_CALL(write);

/* Bytes after the page show that nothing was written where the listener denied it. */
#define EXPECT_WRITE_ASKS(w, listener, fd) \
	do { \
		client_start_write_by(client(w), variant->io_method, fd, PAGE, 0, NEW); \
		EXPECT_POSITIVE(listener_serve(listener, client(w), FAN_DENY, 0)); \
		EXPECT_FAILS(client_finish(client(w)), -EPERM); \
		client_start_write_by(client(w), variant->io_method, fd, PAGE, PAGE, NEW); \
		EXPECT_POSITIVE(listener_serve(listener, client(w), FAN_ALLOW, 0)); \
		EXPECT_RET(client_finish(client(w)), PAGE); \
		close(listener); \
		EXPECT_BACKING_PATTERN("f", OLD, PAGE, 0); \
		EXPECT_BACKING_PATTERN("f", NEW, PAGE, PAGE); \
	} while (0)

CASE(write, asks_listener, .promise = "T27", .needs = NEED_FANOTIFY, .world = &on_ext4,
	.title = "before a write, FAN_PRE_ACCESS on the backing file asks its listener, whose denial fails the write")
{
	int listener;
	long fd;

	SKIP_UNLESS(variant->needs);
	listener = LISTEN_OR_SKIP(w);
	fd = open_settled_ok(w, "f", O_RDWR);

	EXPECT_WRITE_ASKS(w, listener, fd);
}

IO_METHOD_FIXTURE(splice_in);
FIXTURE_VARIANT_ADD(splice_in, splice) { .io_method = BY_SPLICE };
FIXTURE_VARIANT_ADD(splice_in, sendfile) { .io_method = BY_SENDFILE };

CASE(splice_in, asks_listener, .promise = "T27", .needs = NEED_FANOTIFY, .world = &on_ext4,
	.title = "before splice(2) or sendfile(2) into the file, FAN_PRE_ACCESS on the backing file asks its listener",
	.xfail = "backing_file_splice_write() calls ->splice_write() of the backing file without rw_verify_area()",
	.xfail_since = "6.14")
{
	int listener = LISTEN_OR_SKIP(w);
	long fd = open_settled_ok(w, "f", O_RDWR);

	EXPECT_WRITE_ASKS(w, listener, fd);
}

WORLD_FIXTURE(content);

CASE(content, filled_before_read, .promise = "T27", .needs = NEED_FANOTIFY, .world = &on_ext4,
	.title = "a read returns what the listener wrote to the backing file before it allowed the read")
{
	int listener = LISTEN_OR_SKIP(w);
	long fd = open_settled_ok(w, "f", O_RDONLY);
	char data = 0;

	client_start_read(client(w), fd, 1, 0);
	EXPECT_RET(listener_serve(listener, client(w), FAN_ALLOW, 'G'), 1);
	EXPECT_RET(client_finish(client(w)), 1);
	close(listener);
	EXPECT_RET(client_read(client(w), fd, &data, 1, 0), 1);
	EXPECT_RET(data, 'G');
}

CASE(content, range_of_read, .promise = "T27", .needs = NEED_FANOTIFY, .world = &on_ext4,
	.title = "the event of a read has its range")
{
	int listener = LISTEN_OR_SKIP(w);
	long fd = open_settled_ok(w, "f", O_RDONLY);
	struct listener_event event = { 0 };

	client_start_read_by(client(w), BY_PREAD, fd, PAGE, PAGE, OLD);
	ASSERT_RET(listener_wait(listener, &event), 0);
	EXPECT_RET(event.offset, PAGE);
	EXPECT_RET(event.count, PAGE);
	EXPECT_HOLDS(event.pid == client(w)->pid, "the event is of the client");
	EXPECT_RET(listener_respond(listener, event.fd, FAN_ALLOW), 1);
	EXPECT_RET(client_finish(client(w)), PAGE);
	close(listener);
}

CASE(content, denied_with_errno, .promise = "T27", .needs = NEED_FANOTIFY, .world = &on_ext4,
	.title = "a listener that denies a read or a write chooses the error")
{
	int listener = LISTEN_OR_SKIP(w);
	long fd = open_settled_ok(w, "f", O_RDWR);

	client_start_read(client(w), fd, 1, 0);
	EXPECT_RET(listener_serve(listener, client(w), DENY_WITH(EBUSY), 0), 1);
	EXPECT_RET(client_finish(client(w)), -EBUSY);
	client_start_write(client(w), fd, "F", 1, 0);
	EXPECT_RET(listener_serve(listener, client(w), DENY_WITH(ENOSPC), 0), 1);
	EXPECT_RET(client_finish(client(w)), -ENOSPC);
	close(listener);
}

WORLD_FIXTURE(mmap);
FIXTURE_VARIANT(mmap)
{
	int flags;
};
FIXTURE_VARIANT_ADD(mmap, shared) { .flags = MAP_SHARED };
FIXTURE_VARIANT_ADD(mmap, private) { .flags = MAP_PRIVATE };

CASE(mmap, asks_listener, .promise = "T27", .needs = NEED_FANOTIFY, .world = &on_ext4,
	.title = "before a mapping, FAN_PRE_ACCESS on the backing file asks its listener, who can fill in the content",
	.xfail = "vm_mmap_pgoff() asks about the FUSE file, which never has such listeners",
	.xfail_since = "6.14")
{
	int listener = LISTEN_OR_SKIP(w);
	int64_t fd = open_settled_ok(w, "f", O_RDONLY), address;

	client_start_call(client(w), mmap, 0, PAGE, PROT_READ, variant->flags, fd, 0);
	EXPECT_POSITIVE(listener_serve(listener, client(w), FAN_ALLOW, 'G'));
	ASSERT_POSITIVE(address = client_finish(client(w)));
	EXPECT_PEEK(w, address, 'G');
	close(listener);
}

WORLD_FIXTURE(fuse_file);

CASE(fuse_file, mark_eopnotsupp, .promise = "T28", .needs = NEED_FANOTIFY, .world = &on_ext4,
	.title = "FAN_PRE_ACCESS of a passthrough file fails with EOPNOTSUPP, though its backing file has it")
{
	int listener = LISTEN_OR_SKIP(w);

	open_ok(w, "f", O_RDONLY);
	EXPECT_FAILS(listener_mark(listener, 0, FAN_PRE_ACCESS, fuse_path("f")), -EOPNOTSUPP);
	close(listener);
}

CASE_MAIN()

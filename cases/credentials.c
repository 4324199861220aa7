// SPDX-License-Identifier: GPL-2.0
/* Whose credentials the backing file is opened, read and written with. Rows P. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "world/case_helpers.h"

#define REGISTRAR     1001
#define REGISTRAR_TOO 1002
#define CLIENT	      1003
#define PAGE	      4096

/*
 * The backing file is one of a second FUSE mount without passthrough, whose
 * server is told by the kernel who asks.
 */
static long start_plain_fuse(struct world *w)
{
	return world_start_other(w, "no-passthrough");
}

/* O_PATH: the registration itself sends nothing there. */
static long register_plain_f(struct world *w, const char *words)
{
	return server_call(&w->server, -1, "backing-open path=%s mode=path %s",
			   world_path("other", "f"), words);
}

static long open_as_client(struct world *w, int flags)
{
	long err = client_setuid(client(w), CLIENT);

	return err < 0 ? err : client_open(client(w), "f", flags);
}

WORLD_FIXTURE(identity);

CASE(identity, open_as_client, .promise = "P1", .abilities = "seen credentials",
	.title = "the backing file is opened with the uid of the client")
{
	EXPECT_RET(start_plain_fuse(w), 0);
	EXPECT_POSITIVE(register_plain_f(w, "as=fsuid:1001"));
	chmod(backing_path("f"), 0666);
	open_rule(w, "f reg=reuse");

	EXPECT_POSITIVE(open_as_client(w, O_RDWR));
	EXPECT_RET(other_server_seen(w, "OPEN", "uid"), CLIENT);
}

CASE(identity, io_as_server, .promise = "P1", .abilities = "seen",
	.title = "reads and writes of an unprivileged client reach the backing file with the server's uid")
{
	char data[1];
	long fd;

	EXPECT_RET(start_plain_fuse(w), 0);
	EXPECT_POSITIVE(register_plain_f(w, ""));
	chmod(backing_path("f"), 0666);
	open_rule(w, "f reg=reuse");

	ASSERT_POSITIVE(fd = open_as_client(w, O_RDWR));
	EXPECT_RET(client_read(client(w), fd, data, 1, 0), 1);
	EXPECT_RET(other_server_seen(w, "READ", "uid"), 0);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_RET(other_server_seen(w, "WRITE", "uid"), 0);
}

WORLD_FIXTURE(io);
FIXTURE_VARIANT(io)
{
	enum io_method io_method;
	unsigned int needs;
};
FIXTURE_VARIANT_ADD(io, read_write) { BY_READ, 0 };
FIXTURE_VARIANT_ADD(io, preadv2_pwritev2) { BY_PREADV2, 0 };
FIXTURE_VARIANT_ADD(io, splice) { BY_SPLICE, 0 };
FIXTURE_VARIANT_ADD(io, sendfile) { BY_SENDFILE, 0 };
FIXTURE_VARIANT_ADD(io, aio) { BY_AIO, NEED_AIO };
FIXTURE_VARIANT_ADD(io, io_uring) { BY_IO_URING, NEED_IO_URING };

CASE(io, as_registering_task, .promise = "P1", .abilities = "seen credentials",
	.title = "I/O reaches the backing file with the uid of the registering task, which has since exited")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	EXPECT_RET(start_plain_fuse(w), 0);
	EXPECT_RET(backing_fill("f", 1, PAGE, 0), 0);
	EXPECT_POSITIVE(register_plain_f(w, "as=fsuid:1001"));
	open_rule(w, "f reg=reuse");
	chmod(backing_path("f"), 0666);
	ASSERT_POSITIVE(fd = open_as_client(w, O_RDWR));

	EXPECT_READ_BY(w, variant->io_method, fd, PAGE, 0, 1);
	EXPECT_RET(other_server_seen(w, "READ", "uid"), REGISTRAR);
	EXPECT_WRITE_BY(w, variant->io_method, fd, PAGE, 0, 2);
	EXPECT_RET(other_server_seen(w, "WRITE", "uid"), REGISTRAR);
	EXPECT_BACKING_PATTERN("f", 2, PAGE, 0);
}

WORLD_FIXTURE(page_fault);
FIXTURE_VARIANT(page_fault)
{
	enum io_method io_method;
};
FIXTURE_VARIANT_ADD(page_fault, mmap_shared) { BY_MMAP_SHARED };
FIXTURE_VARIANT_ADD(page_fault, mmap_private) { BY_MMAP_PRIVATE };

CASE(page_fault, as_client, .promise = "P4", .abilities = "seen credentials",
	.title = "a page fault in a mapping reads the backing file with the uid of the client")
{
	long fd;

	EXPECT_RET(start_plain_fuse(w), 0);
	EXPECT_RET(backing_fill("f", 1, PAGE, 0), 0);
	EXPECT_POSITIVE(register_plain_f(w, "as=fsuid:1001"));
	open_rule(w, "f reg=reuse");
	chmod(backing_path("f"), 0666);
	ASSERT_POSITIVE(fd = open_as_client(w, O_RDWR));

	EXPECT_READ_BY(w, variant->io_method, fd, PAGE, 0, 1);
	EXPECT_RET(other_server_seen(w, "READ", "uid"), CLIENT);
}

WORLD_FIXTURE(each_id);

CASE(each_id, own_registering_task, .promise = "P5", .abilities = "seen credentials",
	.title = "writes through two IDs of one file each have the uid of the task that registered the ID")
{
	long fd;

	EXPECT_RET(start_plain_fuse(w), 0);
	EXPECT_RET(register_plain_f(w, "as=fsuid:1001"), 1);
	EXPECT_RET(register_plain_f(w, "as=fsuid:1002"), 2);
	open_rule(w, "f reg=forged id=1");
	open_rule(w, "f reg=forged id=2");

	fd = open_ok(w, "f", O_WRONLY);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_RET(other_server_seen(w, "WRITE", "uid"), REGISTRAR);
	EXPECT_CLOSE(w, fd);
	fd = open_ok(w, "f", O_WRONLY);
	EXPECT_WRITE(w, fd, "G");
	EXPECT_RET(other_server_seen(w, "WRITE", "uid"), REGISTRAR_TOO);
}

CASE(each_id, uid_outlives_close, .promise = "P5", .abilities = "seen credentials",
	.title = "after an ID is closed, writes to its open files still have the uid of the registering task")
{
	long fd, id;

	EXPECT_RET(start_plain_fuse(w), 0);
	ASSERT_POSITIVE(id = register_plain_f(w, "as=fsuid:1001"));
	open_rule(w, "f reg=reuse");

	fd = open_ok(w, "f", O_WRONLY);
	EXPECT_RET(server_backing_close(w, id, ""), 0);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_RET(other_server_seen(w, "WRITE", "uid"), REGISTRAR);
}

WORLD_FIXTURE(file_permission);

CASE(file_permission, client_not_checked, .promise = "P1",
	.title = "a client that may not open the backing file can read and write it through the mount")
{
	char data[1];
	long fd;

	open_rule(w, "f reg=at-open");
	EXPECT_RET(chmod(backing_path("f"), 0600), 0);

	ASSERT_POSITIVE(fd = open_as_client(w, O_RDWR));
	EXPECT_RET(client_open(client(w), backing_path("f"), O_RDWR), -EACCES);
	EXPECT_RET(client_read(client(w), fd, data, 1, 0), 1);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_BACKING("f", "F");
}

CASE(file_permission, registering_task_not_checked, .promise = "P1", .abilities = "credentials",
	.title = "reads and writes through an ID work even if the registering task may not access the backing file")
{
	char data[1];
	long fd;

	EXPECT_POSITIVE(server_backing_open(w, backing_path("f"), "as=fsuid:1001"));
	EXPECT_RET(chmod(backing_path("f"), 0600), 0);
	open_rule(w, "f reg=reuse");

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(client_read(client(w), fd, data, 1, 0), 1);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_BACKING("f", "F");
}

WORLD_FIXTURE(capabilities);
static const struct world_opts on_ext4 = { .backing = "ext4" };
static const struct world_opts killpriv = { .init = "killpriv" };

CASE(capabilities, root_fills_reserved_blocks, .promise = "P6",
	.world = &on_ext4,
	.title = "an unprivileged client can write to blocks reserved for root through an ID that root registered")
{
	const char *other = backing_path("g");
	long fd, full;

	open_rule(w, "f reg=at-open");
	EXPECT_RET(chmod(backing_path("g"), 0666), 0);
	ASSERT_POSITIVE(fd = open_as_client(w, O_RDWR));
	full = open_ok(w, other, O_RDWR);

	EXPECT_RET(client_call(client(w), fallocate, full, 0, 0, 1 << 30), -ENOSPC);
	EXPECT_RET(client_write(client(w), full, "G", 1, 1 << 30), -ENOSPC);
	EXPECT_WRITE_AT(w, fd, 1 << 20, "F");
}

CASE(capabilities, no_cap_fsetid_clears_setuid, .promise = "P6", .abilities = "credentials",
	.world = &killpriv,
	.title = "a write through an ID registered without CAP_FSETID clears the backing file's setuid bit")
{
	struct stat st = { 0 };
	long fd;

	EXPECT_POSITIVE(server_backing_open(w, backing_path("f"), "as=fsuid:1001"));
	EXPECT_RET(chmod(backing_path("f"), 04777), 0);
	open_rule(w, "f reg=reuse");

	ASSERT_POSITIVE(fd = open_as_client(w, O_RDWR));
	EXPECT_WRITE(w, fd, "F");
	EXPECT_RET(stat(backing_path("f"), &st), 0);
	EXPECT_RET(st.st_mode & 07777, 0777);
}

CASE_MAIN()

// SPDX-License-Identifier: GPL-2.0
/* Invalidation and resend of passthrough files. Promises T47 to T49. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "client/pattern.h"
#include "world/io_methods.h"

#define PAGE sysconf(_SC_PAGESIZE)

WORLD_FIXTURE(inval_inode);
FIXTURE_VARIANT(inval_inode)
{
	const char *what;
};
FIXTURE_VARIANT_ADD(inval_inode, pages) { .what = "inval-inode f 0 0" };
FIXTURE_VARIANT_ADD(inval_inode, attributes) { .what = "inval-inode f -1 0" };

CASE(inval_inode, leaves_backing_data_alone, .promise = "T47", .abilities = "notify",
	.title = "after NOTIFY_INVAL_INODE stat(2) sends GETATTR; passthrough reads and mappings send nothing")
{
	struct statx st;
	int64_t fd, address;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_WRITE(w, fd, "F");
	address = mmap_ok(w, fd, PROT_READ | PROT_WRITE, MAP_SHARED, PAGE, 0);
	EXPECT_POKE(w, address, 'P');
	EXPECT_RET(client_fstatx(client(w), fd, 0, &st), 0);
	world_requests(w);
	EXPECT_RET(client_fstatx(client(w), fd, 0, &st), 0);
	EXPECT_REQUESTS_ABOUT(w, "GETATTR", "");

	EXPECT_RET(server_notify(w, variant->what), 0);
	EXPECT_RET(client_fstatx(client(w), fd, 0, &st), 0);
	EXPECT_REQUESTS_ABOUT(w, "GETATTR", "GETATTR");
	EXPECT_READ(w, fd, "P");
	EXPECT_PEEK(w, address, 'P');
	EXPECT_BACKING("f", "P");
	EXPECT_REQUESTS(w, "");
}

WORLD_FIXTURE(grown_outside);

CASE(grown_outside, inval_inode_shows_new_size, .promise = "T47", .abilities = "notify",
	.title = "after NOTIFY_INVAL_INODE SEEK_END goes to the end of a backing file that grew outside FUSE")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	backing_fill_ok("f", 1, 2 * PAGE, 0);
	TODAY(EXPECT_RET(client_call(c, lseek, fd, 0, SEEK_END), 1));

	EXPECT_RET(server_notify(w, "inval-inode f -1 0"), 0);
	EXPECT_RET(client_call(c, lseek, fd, 0, SEEK_END), 2 * PAGE);
	EXPECT_REQUESTS_ABOUT(w, "GETATTR", "GETATTR");
}

WORLD_FIXTURE(auto_inval);
static const struct world_opts auto_inval = { .init = "auto-inval-data" };

CASE(auto_inval, leaves_mapping_alone, .promise = "T47", .world = &auto_inval,
	.abilities = "arbitrary-init",
	.title = "with AUTO_INVAL_DATA a new mtime and size of a passthrough file change no mapping, and send no READ")
{
	struct statx st;
	int64_t fd, address;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	address = mmap_ok(w, fd, PROT_READ | PROT_WRITE, MAP_SHARED, PAGE, 0);
	EXPECT_POKE(w, address, 'P');
	backing_fill_ok("f", 1, 2 * PAGE, 1);

	EXPECT_RET(client_fstatx(client(w), fd, AT_STATX_FORCE_SYNC, &st), 0);
	EXPECT_RET(st.stx_size, 2 * PAGE + 1);
	EXPECT_REQUESTS_ABOUT(w, "GETATTR", "GETATTR");
	EXPECT_PEEK(w, address, 'P');
	EXPECT_PEEK(w, address + 1, pattern_byte(1, 1));
	EXPECT_READ(w, fd, "P");
	EXPECT_REQUESTS(w, "");
}

WORLD_FIXTURE(inval_entry);
FIXTURE_VARIANT(inval_entry)
{
	const char *what;
};
FIXTURE_VARIANT_ADD(inval_entry, inval_entry) { .what = "inval-entry f" };
FIXTURE_VARIANT_ADD(inval_entry, delete) { .what = "delete f" };

CASE(inval_entry, leaves_open_file_alone, .promise = "T48", .abilities = "notify",
	.title = "after NOTIFY_INVAL_ENTRY or NOTIFY_DELETE the open file passes through; the next open sends LOOKUP")
{
	long fd;

	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse");
	fd = open_settled_ok(w, "f", O_RDWR);

	EXPECT_RET(server_notify(w, variant->what), 0);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_READ(w, fd, "F");
	EXPECT_REQUESTS(w, "");
	EXPECT_READ(w, open_ok(w, "f", O_RDONLY), "F");
	EXPECT_REQUESTS_ABOUT(w, "LOOKUP", "LOOKUP OPEN+passthrough");
}

WORLD_FIXTURE(resend);

CASE(resend, second_reply_passes_through, .promise = "T49", .abilities = "notify arbitrary-init",
	.title = "an OPEN sent again by NOTIFY_RESEND is one for passthrough; the reply to the first changes nothing")
{
	long fd;

	open_rule(w, "f reg=at-open drop=before-reply gate=late");
	open_rule(w, "f reg=at-open");
	client_start_open(client(w), "f", O_RDWR);
	EXPECT_RET(server_wait(w, "OPEN", 1), 1);

	EXPECT_RET(server_notify(w, "resend"), 0);
	fd = client_finish(client(w));
	ASSERT_POSITIVE(fd);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough OPEN+passthrough");
	EXPECT_RET(server_go(w, "late"), 1);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_BACKING("f", "F");
}

CASE_MAIN()

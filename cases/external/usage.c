// SPDX-License-Identifier: GPL-2.0
/* Whether I/O bypasses the external file system. Promise A1. */
#include <errno.h>
#include <fcntl.h>

#include "external/external_helpers.h"

EXTERNAL_FIXTURE_FOR_EACH_FILE(passthrough);
FIXTURE_VARIANT_ADD(passthrough, open_rdonly) { .how = READ };

/* Writes to a new file what f has from the beginning. Bytes, or -errno. */
static long fill(struct client *c, enum how how, long fd)
{
	return how == READ || how == OPENED ?
		       EXTERNAL_FILLED :
		       client_write_by(c, BY_PREAD, fd, EXTERNAL_FILLED, 0, EXTERNAL_SEED);
}

CASE(passthrough, read_bypasses_server, .promise = "A1",
	.title = "with the external file system stopped, passthrough reads continue; a lookup of another name waits")
{
	struct client *c = client(w);
	long fd;

	OPEN_PASSTHROUGH(fd, c, variant->how);
	EXPECT_RET(fill(c, variant->how, fd), EXTERNAL_FILLED);

	ASSERT_RET(external_fs_pause(), 0);
	client_start_read_by(c, BY_PREAD, fd, EXTERNAL_FILLED, 0, EXTERNAL_SEED);
	EXPECT_HOLDS(!external_waits(c), "the read does not wait");
	EXPECT_RET(client_finish(c), EXTERNAL_FILLED);
	client_start_open(c, "g", O_RDONLY);
	EXPECT_HOLDS(external_waits(c), "the lookup of another name waits");
	EXPECT_RET(external_fs_resume(), 0);
	EXPECT_HOLDS(client_finish(c) != -ETIME, "the lookup is answered after SIGCONT");
}

CASE(passthrough, mapping_bypasses_server, .promise = "A1",
	.title = "with the external file system stopped, loads from a mapping of a passthrough file continue")
{
	struct client *c = client(w);
	int64_t fd, at;

	OPEN_PASSTHROUGH(fd, c, variant->how);
	EXPECT_RET(fill(c, variant->how, fd), EXTERNAL_FILLED);
	at = mmap_ok(c, fd, PROT_READ, MAP_SHARED, EXTERNAL_SIZE, 0);

	ASSERT_RET(external_fs_pause(), 0);
	client_start_peek(c, at + EXTERNAL_SIZE / 2);
	EXPECT_HOLDS(!external_waits(c), "the load does not wait");
	EXPECT_RET(client_finish(c), 0);
	EXPECT_RET(external_fs_resume(), 0);
}

CASE_MAIN()

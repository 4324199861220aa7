// SPDX-License-Identifier: GPL-2.0
/* Whether a file system passes its files through. Row A1. */
#include <errno.h>
#include <fcntl.h>

#include "external/external_helpers.h"

EXTERNAL_FIXTURE_FOR_EACH_FILE(passthrough);
FIXTURE_VARIANT_ADD(passthrough, open_rdonly) { READ };

/* The bytes that f has from the beginning, in a new file, too. */
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

	OPEN_PASSED_THROUGH(fd, c, variant->how);
	EXPECT_RET(fill(c, variant->how, fd), EXTERNAL_FILLED);

	ASSERT_RET(external_fs_pause(), 0);
	client_start_read_by(c, BY_PREAD, fd, EXTERNAL_FILLED, 0, EXTERNAL_SEED);
	EXPECT_HOLDS(!external_waits(c), "the read does not wait");
	EXPECT_RET(client_finish(c), EXTERNAL_FILLED);
	client_start_open(c, "g", O_RDONLY);
	EXPECT_HOLDS(external_waits(c), "the look at another name waits");
	EXPECT_RET(external_fs_resume(), 0);
	EXPECT_HOLDS(client_finish(c) != -ETIME, "it has an answer then");
}

CASE(passthrough, mapping_bypasses_server, .promise = "A1",
	.title = "with the external file system stopped, loads from a mapping of a passthrough file continue")
{
	struct client *c = client(w);
	long fd, at;

	OPEN_PASSED_THROUGH(fd, c, variant->how);
	EXPECT_RET(fill(c, variant->how, fd), EXTERNAL_FILLED);
	at = mmap_ok(c, fd, PROT_READ, MAP_SHARED, EXTERNAL_SIZE, 0);

	ASSERT_RET(external_fs_pause(), 0);
	client_start_peek(c, at + EXTERNAL_SIZE / 2);
	EXPECT_HOLDS(!external_waits(c), "the load does not wait");
	EXPECT_RET(client_finish(c), 0);
	EXPECT_RET(external_fs_resume(), 0);
}

CASE_MAIN()

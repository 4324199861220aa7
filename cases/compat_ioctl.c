// SPDX-License-Identifier: GPL-2.0
/* IDs of a 32-bit server on a 64-bit kernel. Promise N13. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "world/case_helpers.h"

WORLD_FIXTURE(ia32);

CASE(ia32, id_passes_through, .promise = "N13", .needs = NEED_IA32, .abilities = "compat-ioctl",
	.title = "a 32-bit server registers an ID, whose file is read past it, and closes it")
{
	long id, fd;

	id = register_file_ok(w, "f", "as=ia32");
	open_rule(w, "f reg=reuse");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_READ(w, fd, "f");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");

	EXPECT_RET(server_backing_close(w, id, "as=ia32"), 0);
	EXPECT_RET(server_backing_close(w, id, ""), -ENOENT);
	EXPECT_CLOSE(w, fd);
	EXPECT_BACKING_FREE();
}

WORLD_FIXTURE(ia32_argument);
FIXTURE_VARIANT(ia32_argument)
{
	const char *words; /* of the command backing-open */
};
FIXTURE_VARIANT_ADD(ia32_argument, flags) { .words = "flags=1" };
FIXTURE_VARIANT_ADD(ia32_argument, padding) { .words = "padding=1" };
FIXTURE_VARIANT_ADD(ia32_argument, high_padding) { .words = "padding=0x100000000" };
FIXTURE_VARIANT_ADD(ia32_argument, pointer) { .words = "ptr=bad" };

CASE(ia32_argument, result_of_64_bits, .promise = "N13", .needs = NEED_IA32,
	.abilities = "compat-ioctl arbitrary-ioctl",
	.title = "flags, padding and bad pointers of a 32-bit server fail as those of a 64-bit server do")
{
	char words[64];
	long native = server_backing_open(w, backing_path("f"), variant->words);

	snprintf(words, sizeof(words), "as=ia32 %s", variant->words);
	EXPECT_RET(errno_or_0(server_backing_open(w, backing_path("f"), words)),
		   errno_or_0(native));
}

CASE_MAIN()

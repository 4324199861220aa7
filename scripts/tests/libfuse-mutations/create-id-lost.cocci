// SPDX-License-Identifier: GPL-2.0
// The replies to CREATE and TMPFILE have the flag, but not the ID. OPEN's has both.
// file: fuse_lowlevel.c
// server: libfuse-single
// red: create.create.opens_the_new_backing_file
// red: libfuse_api.backing_id.above_0_creates_with_passthrough
@@
identifier arg, f;
@@
fuse_reply_create(...)
{
...
fill_open(arg, f);
+ arg->backing_id = 0;
...
}

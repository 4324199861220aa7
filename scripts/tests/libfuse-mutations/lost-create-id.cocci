// SPDX-License-Identifier: GPL-2.0
// The replies to CREATE and TMPFILE have the flag but no ID; the reply to OPEN has both.
// file: fuse_lowlevel.c
// server: libfuse
// red: create.o_creat.io_reaches_backing_file
// red: libfuse_api.fi_backing_id.positive_creates_passthrough
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

// SPDX-License-Identifier: GPL-2.0
// The reply to OPEN has the flag but no ID; the reply to CREATE has both.
// file: fuse_lowlevel.c
// server: libfuse
// red: drop.late.io_continues_after_drop
// red: libfuse_api.fi_backing_id.positive_opens_passthrough
@@
identifier arg, f;
@@
fuse_reply_open(...)
{
...
fill_open(&arg, f);
+ arg.backing_id = 0;
...
}

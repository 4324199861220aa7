// SPDX-License-Identifier: GPL-2.0
// The reply to OPEN has the flag, but not the ID. CREATE's has both.
// file: fuse_lowlevel.c
// server: libfuse-single
// red: drop.late.io_goes_on_after_close_of_id
// red: libfuse_api.backing_id.above_0_opens_with_passthrough
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

// SPDX-License-Identifier: GPL-2.0
// The reply to OPEN is not initialized.
// file: fuse_lowlevel.c
// server: libfuse
// red: libfuse_api.fi_backing_id.positive_opens_passthrough
@@
identifier arg;
@@
fuse_reply_open(...)
{
...
- memset(&arg, 0, sizeof(arg));
+ memset(&arg, 0xa5, sizeof(arg));
...
}

// SPDX-License-Identifier: GPL-2.0
// The struct fuse_file_info passed to an OPEN handler is not initialized.
// file: fuse_lowlevel.c
// server: libfuse
// red: libfuse_api.fi_backing_id.untouched_opens_without
@@
identifier handler =~ "^_?do_open$";
identifier fi;
@@
handler(...)
{
...
- memset(&fi, 0, sizeof(fi));
+ memset(&fi, 0x5a, sizeof(fi));
...
}

// SPDX-License-Identifier: GPL-2.0
// fuse_passthrough_close() returns -errno on error instead of -1.
// file: fuse_lowlevel.c
// server: libfuse
// red: libfuse_api.passthrough_close.bad_id_returns_minus_1
@@
identifier ret;
@@
fuse_passthrough_close(...)
{
...
- return ret;
+ return ret < 0 ? -errno : ret;
}

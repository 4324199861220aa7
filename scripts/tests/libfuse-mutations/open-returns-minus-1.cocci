// SPDX-License-Identifier: GPL-2.0
// fuse_passthrough_open() returns -1 on error, as ioctl(2) does, instead of 0.
// file: fuse_lowlevel.c
// server: libfuse
// red: libfuse_api.passthrough_open.bad_fd_returns_0
@@
@@
fuse_passthrough_open(...)
{
<...
- return 0;
+ return -1;
...>
}

// SPDX-License-Identifier: GPL-2.0
// fuse_passthrough_close() returns 0 and closes nothing.
// file: fuse_lowlevel.c
// server: libfuse
// red: drop.late.at_release_unpins
// red: libfuse_api.passthrough_close.returns_0_and_releases
@@
expression E, fd, id;
@@
- E = ioctl(fd, FUSE_DEV_IOC_BACKING_CLOSE, &id);
+ E = 0;

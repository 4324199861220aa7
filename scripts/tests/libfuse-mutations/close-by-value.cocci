// SPDX-License-Identifier: GPL-2.0
// fuse_passthrough_close() passes the ID by value where the ioctl takes its address.
// file: fuse_lowlevel.c
// server: libfuse
// red: drop.late.at_release_unpins
// red: libfuse_api.passthrough_close.returns_0_and_releases
@@
typedef intptr_t;
expression fd, id;
@@
- ioctl(fd, FUSE_DEV_IOC_BACKING_CLOSE, &id)
+ ioctl(fd, FUSE_DEV_IOC_BACKING_CLOSE, (void *)(intptr_t)id)

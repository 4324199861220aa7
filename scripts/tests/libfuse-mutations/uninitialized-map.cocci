// SPDX-License-Identifier: GPL-2.0
// The struct fuse_backing_map passed to the ioctl is not initialized.
// file: fuse_lowlevel.c
// server: libfuse
// red: negotiation.max_stack_depth.depth_1.enables_passthrough
// red: libfuse_api.passthrough_open.returns_id
@@
identifier map, fd, ret;
@@
fuse_passthrough_open(..., int fd)
{
- struct fuse_backing_map map = { .fd = fd };
+ struct fuse_backing_map map;
...
+ memset(&map, 0xa5, sizeof(map));
+ map.fd = fd;
ret = ioctl(...);
...
}

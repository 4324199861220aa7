// SPDX-License-Identifier: GPL-2.0
// max_backing_stack_depth is ignored: the depth is always 1.
// file: fuse_lowlevel.c
// server: libfuse
// red: negotiation.overlayfs_layer.depth_2_einval
// red: libfuse_api.max_backing_stack_depth.one_sends_2
@@
expression out, conn;
@@
- out.max_stack_depth = conn.max_backing_stack_depth + 1;
+ out.max_stack_depth = 1;

// SPDX-License-Identifier: GPL-2.0
// Where a file system leaves max_backing_stack_depth alone it is 1, and not 0.
// file: fuse_lowlevel.c
// server: libfuse-single
// red: negotiation.overlayfs_layer.depth_1_only_once
// red: libfuse_api.max_backing_stack_depth.untouched_sends_1
@@
expression se;
@@
se->conn.max_readahead = UINT_MAX;
+ se->conn.max_backing_stack_depth = 1;

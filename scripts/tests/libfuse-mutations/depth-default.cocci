// SPDX-License-Identifier: GPL-2.0
// A file system that does not set max_backing_stack_depth gets 1 instead of 0.
// file: fuse_lowlevel.c
// server: libfuse
// red: negotiation.overlayfs_layer.depth_1_only_once
// red: libfuse_api.max_backing_stack_depth.untouched_sends_1
@@
expression se;
@@
se->conn.max_readahead = UINT_MAX;
+ se->conn.max_backing_stack_depth = 1;

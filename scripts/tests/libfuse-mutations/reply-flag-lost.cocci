// SPDX-License-Identifier: GPL-2.0
// The ID is sent without FOPEN_PASSTHROUGH: files are opened without passthrough.
// file: fuse_lowlevel.c
// server: libfuse-single
// red: create.create.opens_the_new_backing_file
// red: libfuse_api.backing_id.above_0_creates_with_passthrough
// red: libfuse_api.backing_id.above_0_opens_with_passthrough
@@
expression flags;
@@
- flags |= FOPEN_PASSTHROUGH;

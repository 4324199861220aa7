// SPDX-License-Identifier: GPL-2.0
// The ID is sent without FOPEN_PASSTHROUGH: files open without passthrough.
// file: fuse_lowlevel.c
// server: libfuse
// red: create.o_creat.io_reaches_backing_file
// red: libfuse_api.fi_backing_id.positive_creates_passthrough
// red: libfuse_api.fi_backing_id.positive_opens_passthrough
@@
expression flags;
@@
- flags |= FOPEN_PASSTHROUGH;

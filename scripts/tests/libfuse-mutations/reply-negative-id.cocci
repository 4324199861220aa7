// SPDX-License-Identifier: GPL-2.0
// A negative backing_id is sent.
// file: fuse_lowlevel.c
// server: libfuse
// red: libfuse_api.negative_backing_id.minus_1.opens_without_passthrough
@@
identifier f;
@@
- f->backing_id > 0
+ f->backing_id

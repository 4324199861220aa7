// SPDX-License-Identifier: GPL-2.0
// The ID is truncated to 16 bits.
// file: fuse_lowlevel.c
// server: libfuse
// red: backing_id.numbers.above_65535_work
@@
typedef uint16_t;
identifier arg, f;
@@
- arg->backing_id = f->backing_id;
+ arg->backing_id = (uint16_t)f->backing_id;

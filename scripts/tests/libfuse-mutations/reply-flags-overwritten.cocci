// SPDX-License-Identifier: GPL-2.0
// FOPEN_DIRECT_IO replaces FOPEN_PASSTHROUGH instead of being added.
// file: fuse_lowlevel.c
// server: libfuse-single
// red: io_mode.beside_pt_direct_io.direct_io.opens_with_its_id_only
@@
expression flags;
@@
- flags |= FOPEN_DIRECT_IO;
+ flags = FOPEN_DIRECT_IO;

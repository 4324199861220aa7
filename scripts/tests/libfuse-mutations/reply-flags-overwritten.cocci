// SPDX-License-Identifier: GPL-2.0
// FOPEN_DIRECT_IO replaces FOPEN_PASSTHROUGH instead of being added.
// file: fuse_lowlevel.c
// server: libfuse
// red: io_mode.while_passthrough_direct_io.direct_io.all_but_same_id_eio
@@
expression flags;
@@
- flags |= FOPEN_DIRECT_IO;
+ flags = FOPEN_DIRECT_IO;

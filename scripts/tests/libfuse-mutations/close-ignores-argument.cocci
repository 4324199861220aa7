// SPDX-License-Identifier: GPL-2.0
// fuse_passthrough_close() always closes ID 1.
// file: fuse_lowlevel.c
// server: libfuse
// red: backing_close.unknown_id.id_12345.enoent
// red: libfuse_api.passthrough_open.returns_id
@@
identifier id;
@@
fuse_passthrough_close(..., int id)
{
+ id = 1;
...
}

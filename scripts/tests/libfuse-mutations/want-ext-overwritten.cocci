// SPDX-License-Identifier: GPL-2.0
// conn->want overwrites the lower half of conn->want_ext even if it did not change.
// file: fuse_lowlevel.c
// server: libfuse
// red: libfuse_api.conn_want_ext.negotiated
@@
identifier conn;
@@
fuse_convert_to_conn_want_ext(struct fuse_conn_info *conn)
{
...
+ conn->want_ext = fuse_higher_32_bits(conn->want_ext) | conn->want;
if (...) {...}
...
}

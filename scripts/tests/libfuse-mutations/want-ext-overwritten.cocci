// SPDX-License-Identifier: GPL-2.0
// conn->want is taken for the lower half of conn->want_ext, whether it was changed or not.
// file: fuse_lowlevel.c
// server: libfuse-single
// red: libfuse_api.cap_passthrough.conn_want_ext.negotiated
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

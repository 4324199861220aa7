// SPDX-License-Identifier: GPL-2.0
// Flags that a file system requests in conn->want are ignored.
// file: fuse_lowlevel.c
// server: libfuse
// red: libfuse_api.cap_passthrough.conn_want.negotiated
@@
identifier conn;
expression new;
@@
fuse_convert_to_conn_want_ext(struct fuse_conn_info *conn)
{
<...
- conn->want_ext = new;
+ ;
...>
}

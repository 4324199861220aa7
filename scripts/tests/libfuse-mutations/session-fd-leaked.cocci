// SPDX-License-Identifier: GPL-2.0
// fuse_session_destroy() does not close the session's descriptor.
// file: fuse_lowlevel.c
// server: libfuse
// red: libfuse_api.session_destroy.single_thread.releases_ids
@@
expression se;
@@
fuse_session_destroy(...)
{
<...
- close(se->fd);
+ ;
...>
}

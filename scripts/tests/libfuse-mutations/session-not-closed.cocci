// SPDX-License-Identifier: GPL-2.0
// fuse_session_destroy() leaves the session's descriptor open.
// file: fuse_lowlevel.c
// server: libfuse-single
// red: libfuse_api.destroyed_session.of_one_thread.holds_no_ids
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

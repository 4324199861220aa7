// SPDX-License-Identifier: GPL-2.0
// fuse_passthrough_open() returns 1 on success instead of the ID.
// file: fuse_lowlevel.c
// server: libfuse
// red: backing_id.numbers.increase
// red: libfuse_api.passthrough_open.returns_id
@@
identifier ret;
@@
fuse_passthrough_open(...)
{
<...
- return ret;
+ return ret > 0;
...>
}

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_FUSE_UAPI_H
#define FPT_FUSE_UAPI_H

/*
 * <linux/fuse.h> of Linux 6.12, the oldest whose kselftest headers will do, and
 * what is used of later ones, so that KSRC= may be any tree since.
 */
#include <linux/fuse.h>
#include <sys/ioctl.h>

#ifndef FUSE_OVER_IO_URING /* 6.14 */
#define FUSE_OVER_IO_URING (1ULL << 41)
#endif

#ifndef FUSE_DEV_IOC_SYNC_INIT /* 6.18 */
#define FUSE_DEV_IOC_SYNC_INIT _IO(FUSE_DEV_IOC_MAGIC, 3)
#endif

#if FUSE_KERNEL_MINOR_VERSION < 45 /* 6.18 */
#define FUSE_COPY_FILE_RANGE_64 53
#endif

#endif

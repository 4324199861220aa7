/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_VM_KERNEL_LOG_H
#define FPT_VM_KERNEL_LOG_H

/* The kernel log, streamed from where @marker is written to it. */
void kernel_log_begin(const char *marker);

/* What has come meanwhile. */
void kernel_log_read(void);
int kernel_log_fd(void);

/* Up to the marker at the end, which this writes. */
void kernel_log_end(void);

#endif

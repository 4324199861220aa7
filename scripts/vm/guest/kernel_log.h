/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_VM_KERNEL_LOG_H
#define FPT_VM_KERNEL_LOG_H

/* Writes @marker to the kernel log; streams the log from there. */
void kernel_log_begin(const char *marker);

/* Streams new records. */
void kernel_log_read(void);
int kernel_log_fd(void);

/* Writes the end marker and streams the log up to it. */
void kernel_log_end(void);

#endif

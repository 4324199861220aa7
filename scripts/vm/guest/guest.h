/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_VM_GUEST_H
#define FPT_VM_GUEST_H

#include <stdbool.h>
#include <stddef.h>

/* Small things that the guest's init does with files. */

/* The first line of a file, "" where there is none; false if it cannot be read. */
bool guest_read(const char *path, char *line, size_t size);

bool guest_write(const char *path, const char *text);

/* The folders in which a file is. */
void guest_mkdir_above(const char *path);

#endif

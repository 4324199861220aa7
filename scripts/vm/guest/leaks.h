/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_VM_LEAKS_H
#define FPT_VM_LEAKS_H

/*
 * Where the kernel has kmemleak, asks for memory that nothing refers to any more. The kernel
 * says in its log how much it has found, where the join sees it; the guest adds what it was.
 */
void leaks_find(void);

#endif

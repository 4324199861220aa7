/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_VM_LEAKS_H
#define FPT_VM_LEAKS_H

/*
 * Scans for unreferenced memory if the kernel has kmemleak. The kernel logs how many objects it
 * found, which collate reports; the guest adds what they are.
 */
void leaks_find(void);

#endif

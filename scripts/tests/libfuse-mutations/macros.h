/* SPDX-License-Identifier: GPL-2.0 */
/* Macros of libfuse that Coccinelle does not know. */
#define no_sanitize(x) unused
#define alignas(x)

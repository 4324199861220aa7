/* SPDX-License-Identifier: GPL-2.0 */
/* What of libfuse's sources Coccinelle does not know. */
#define no_sanitize(x) unused
#define alignas(x)

// SPDX-License-Identifier: GPL-2.0
#include <poll.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include "guest.h"
#include "kernel_log.h"
#include "leaks.h"
#include "stream_out.h"

#define DEBUGFS	 "/sys/kernel/debug"
#define KMEMLEAK DEBUGFS "/kmemleak"

/* kmemleak does not report younger memory, and offers nothing to wait for. */
enum { MIN_AGE_MS = 5100 };

static void scan(void)
{
	stream_printf(STREAM_ALIVE, -1, "kmemleak");
	stream_flush();
	guest_write(KMEMLEAK, "scan");
	kernel_log_read();
}

/* Lines that a process writes do not count as kernel reports. */
static void log_leaks(void)
{
	FILE *file = fopen(KMEMLEAK, "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		guest_write("/dev/kmsg", line);
		kernel_log_read();
	}
	if (file)
		fclose(file);
}

void leaks_find(void)
{
	mount("debug", DEBUGFS, "debugfs", 0, NULL);
	if (access(KMEMLEAK, W_OK) < 0)
		return;
	poll(NULL, 0, MIN_AGE_MS);
	/* Twice: an object that changed since the previous scan counts as in use. */
	scan();
	scan();
	log_leaks();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * What tools see of a mapped or running passthrough file: uprobes, perf, /proc, exe. Promises T9 to
 * T11.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/perf_event.h>
#include <linux/types.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world/case_helpers.h"
#include "world/proc.h"

#define PAGE sysconf(_SC_PAGESIZE)
#define RW   (PROT_READ | PROT_WRITE)
#define CPUS 1024

static long perf_event(struct perf_event_attr *attr, pid_t pid, int cpu)
{
	long fd;

	attr->size = sizeof(*attr);
	fd = syscall(SYS_perf_event_open, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* --- T9: uprobes ----------------------------------------------------------------- */

/* The offset in the file of the first instruction that a program executes, or -errno. */
static long entry_offset(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	long found = -ENOEXEC;
	ElfW(Ehdr) elf = { .e_phnum = 0 };
	ElfW(Phdr) part;

	if (pread(fd, &elf, sizeof(elf), 0) != sizeof(elf))
		elf.e_phnum = 0;
	for (int i = 0; i < elf.e_phnum; i++) {
		off_t at = elf.e_phoff + i * sizeof(part);

		if (pread(fd, &part, sizeof(part), at) == sizeof(part) && part.p_type == PT_LOAD &&
		    elf.e_entry - part.p_vaddr < part.p_filesz)
			found = part.p_offset + elf.e_entry - part.p_vaddr;
	}
	close(fd);
	return found;
}

/* The type of uprobe events for perf_event_open(2); -1: there are none. */
static int uprobe_type(void)
{
	FILE *file = fopen("/sys/bus/event_source/devices/uprobe/type", "re");
	int type = -1;

	if (file && fscanf(file, "%d", &type) != 1)
		type = -1;
	if (file)
		fclose(file);
	return type;
}

struct uprobe {
	int cpus, events[CPUS];
};

/* A uprobe at the first instruction of the program, by @path: 0 or -errno. */
static long uprobe_begin(struct uprobe *probe, const char *path)
{
	struct perf_event_attr attr = { .type = uprobe_type(), .config1 = (uintptr_t)path };
	long offset = entry_offset(backing_path("program")), fd = -ENODEV;

	probe->cpus = 0;
	if (offset < 0)
		return offset;
	attr.config2 = offset;
	for (int cpu = 0; cpu < sysconf(_SC_NPROCESSORS_CONF) && cpu < CPUS; cpu++) {
		fd = perf_event(&attr, -1, cpu);
		if (fd >= 0)
			probe->events[probe->cpus++] = fd;
	}
	return probe->cpus ? 0 : fd;
}

static long uprobe_end(struct uprobe *probe)
{
	uint64_t hits, sum = 0;

	for (int i = 0; i < probe->cpus; i++) {
		if (read(probe->events[i], &hits, sizeof(hits)) == sizeof(hits))
			sum += hits;
		close(probe->events[i]);
	}
	return sum;
}

WORLD_FIXTURE(uprobe);
FIXTURE_VARIANT(uprobe)
{
	const char *rule, *run, *probed;
};
FIXTURE_VARIANT_ADD(uprobe, ordinary_file) { .run = "backing", .probed = "backing" };
FIXTURE_VARIANT_ADD(uprobe, cached_open) { .rule = "program", .run = "fuse", .probed = "fuse" };
FIXTURE_VARIANT_ADD(uprobe, path_of_backing_file) { .rule = "program reg=at-open",
						    .run = "fuse",
						    .probed = "backing" };

/*
 * How often a probe at the beginning of the program in one directory fires when it runs from
 * another.
 */
static long hits_of_program(struct world *w, const char *rule, const char *run, const char *probed)
{
	struct uprobe probe;
	long err = backing_program("program"), pid;

	if (err == 0)
		err = uprobe_begin(&probe, world_path(probed, "program"));
	if (err < 0 || (rule && !world_open_rule(w, "%s", rule)))
		return err < 0 ? err : -EPROTO;
	pid = client_spawn(client(w), world_path(run, "program"));
	if (pid > 0 && client_reap(client(w), pid) != 42)
		pid = -ECHILD;
	err = uprobe_end(&probe);
	return pid < 0 ? pid : err;
}

#define SKIP_WITHOUT_UPROBES() \
	do { \
		if (uprobe_type() < 0) \
			CASE_SKIP("config: no uprobe events (set CONFIG_UPROBE_EVENTS=y)"); \
	} while (0)

CASE(uprobe, fires, .promise = "T9",
	.title = "a uprobe fires once in a program that runs from an ordinary, a cached or the probed backing file")
{
	SKIP_WITHOUT_UPROBES();
	EXPECT_RET(hits_of_program(w, variant->rule, variant->run, variant->probed), 1);
}

WORLD_FIXTURE(uprobe_by_fuse_path);

CASE(uprobe_by_fuse_path, fires, .promise = "T9",
	.title = "a uprobe on the path of the FUSE file fires in a program that runs from it as a passthrough file",
	.xfail = "the probe is on the FUSE inode, the mapping has that of the backing file")
{
	SKIP_WITHOUT_UPROBES();
	EXPECT_RET(hits_of_program(w, "program reg=at-open", "fuse", "fuse"), 1);
}

/* --- T10: the file that is shown ---------------------------------------------------- */

struct shown_file {
	uint64_t inode;
	unsigned int major, minor;
	char path[256];
};

#define EXPECT_SHOWS_FUSE_FILE(shown) \
	do { \
		struct stat _st = { .st_ino = 0 }; \
		EXPECT_TEXT((shown).path, fuse_path("f")); \
		EXPECT_RET(stat(fuse_path("f"), &_st), 0); \
		EXPECT_RET((shown).inode, _st.st_ino); \
		EXPECT_HOLDS(makedev((shown).major, (shown).minor) == _st.st_dev, \
			     "the device is that of the FUSE mount"); \
	} while (0)

struct mmap2_record {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t addr, len, pgoff;
	uint32_t major, minor;
	uint64_t inode, generation;
	uint32_t prot, flags;
	char path[];
};

/* The first mapping that the ring of a perf event recorded. */
static struct shown_file first_record(const void *ring)
{
	const struct mmap2_record *record = ring + PAGE;
	struct shown_file shown = { .path = "no record" };

	if (record->header.type != PERF_RECORD_MMAP2)
		return shown;
	shown = (struct shown_file) { record->inode, record->major, record->minor, "" };
	snprintf(shown.path, sizeof(shown.path), "%s", record->path);
	return shown;
}

WORLD_FIXTURE(perf_mmap_event);

/* Wrong in 6.12.43 and 6.16.12, right in 6.12.118 and 6.17.13; where it was fixed is not known. */
CASE(perf_mmap_event, shows_fuse_file, .promise = "T10",
	.title = "the perf event of an mmap(2) of a passthrough file has path, inode and device of the FUSE file",
	.xfail = "the event has the path of the backing file",
	.xfail_before = "6.12.118 6.17.13")
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.mmap = 1,
		.mmap_data = 1,
		.mmap2 = 1,
	};
	struct shown_file shown;
	long fd, event;
	void *ring;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	event = perf_event(&attr, client(w)->pid, -1);
	if (event == -ENOSYS)
		CASE_SKIP("config: no perf events (set CONFIG_PERF_EVENTS=y)");
	ASSERT_POSITIVE(event);
	ring = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, event, 0);
	ASSERT_RET(ring == MAP_FAILED, false);
	mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	shown = first_record(ring);
	EXPECT_SHOWS_FUSE_FILE(shown);
	EXPECT_PASSES_THROUGH(w);
}

/* PROCMAP_QUERY of linux/fs.h, since 6.11. */
struct map_query {
	uint64_t size, flags, addr, start, end, vma_flags, page_size, offset, inode;
	uint32_t major, minor, path_size, build_id_size;
	uint64_t path, build_id;
};
#define MAP_QUERY _IOWR('f', 17, struct map_query)

WORLD_FIXTURE(procmap_query);

CASE(procmap_query, shows_fuse_file, .promise = "T10",
	.title = "PROCMAP_QUERY of a passthrough mapping returns path, inode and device of the FUSE file")
{
	struct shown_file shown = { .path = "" };
	struct map_query query = { .size = sizeof(query),
				   .path_size = sizeof(shown.path),
				   .path = (uintptr_t)shown.path };
	int64_t fd, at;
	int maps, err;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	query.addr = at;
	maps = open(proc_path(client(w)->pid, "maps"), O_RDONLY | O_CLOEXEC);
	err = ioctl(maps, MAP_QUERY, &query) < 0 ? -errno : 0;
	close(maps);
	if (err == -ENOTTY)
		CASE_SKIP("kernel: no PROCMAP_QUERY (needs Linux 6.11)");
	ASSERT_RET(err, 0);
	shown.inode = query.inode;
	shown.major = query.major;
	shown.minor = query.minor;
	EXPECT_SHOWS_FUSE_FILE(shown);
	EXPECT_PASSES_THROUGH(w);
}

/* --- T11: /proc/PID/exe -------------------------------------------------------------- */

struct exe_arg {
	char path[256];
};

/* Executes the program, which makes /proc/self/exe of the client its own exe: 0 or -errno. */
static int64_t do_change_exe(void *data)
{
	const struct exe_arg *arg = data;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		int exe = open("/proc/self/exe", O_RDONLY);
		char number[16];

		snprintf(number, sizeof(number), "%d", exe);
		execl(arg->path, arg->path, number, NULL);
		_exit(ENOEXEC);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

static long change_exe(struct world *w, const char *dir)
{
	struct exe_arg arg = { .path = "" };

	snprintf(arg.path, sizeof(arg.path), "%s", world_path(dir, "program"));
	return client_run(client(w), do_change_exe, &arg, sizeof(arg), "change exe of %s/program",
			  dir);
}

/* Skips the case where the call is refused at all. */
#define ORDINARY_EBUSY_OR_SKIP(w) \
	do { \
		long _err = change_exe(w, "backing"); \
		if (_err == -EPERM || _err == -EINVAL) \
			CASE_SKIP( \
				"config: PR_SET_MM_MAP is refused (set CONFIG_CHECKPOINT_RESTORE=y, " \
				"give CAP_CHECKPOINT_RESTORE, take a 64-bit kernel)"); \
		EXPECT_RET(_err, -EBUSY); \
	} while (0)

WORLD_FIXTURE(exe_file);

CASE(exe_file, cached_ebusy, .promise = "T11",
	.title = "PR_SET_MM_MAP with exe_fd fails with EBUSY for a program that runs from an ordinary or a cached file")
{
	ASSERT_RET(backing_program("program"), 0);
	ORDINARY_EBUSY_OR_SKIP(w);
	EXPECT_RET(change_exe(w, "fuse"), -EBUSY);
}

CASE(exe_file, passthrough_ebusy, .promise = "T11",
	.title = "PR_SET_MM_MAP with exe_fd fails with EBUSY for a program that runs from a passthrough file",
	.xfail = "the path of the backing file, which is mapped, is compared with that of the FUSE file")
{
	ASSERT_RET(backing_program("program"), 0);
	ORDINARY_EBUSY_OR_SKIP(w);
	open_rule(w, "program reg=at-open");
	EXPECT_RET(change_exe(w, "fuse"), -EBUSY);
	ASSERT_POSITIVE(last_id(w));
}

CASE_MAIN()

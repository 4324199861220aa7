// SPDX-License-Identifier: GPL-2.0
/*
 * monitor RUN_DIR JOB_LIST RESULT BOOT_SECONDS SECONDS QEMU [ARGUMENT...]
 *
 * The host's side of one boot: starts QEMU, whose standard output is the stream, and writes the
 * run directory as the stream arrives; prints "SERVER<tab>PROGRAM<tab>LINE" for each line of the
 * programs' output. Kills QEMU when the guest reports its end, when the console shows the end of
 * a panic, when neither the stream nor RUN_DIR/console.log has grown for SECONDS, or when the
 * stream has not grown for twice as long; until the guest is up the limit is BOOT_SECONDS. 0 is no
 * limit. Kills QEMU, too, when nobody reads its output any more. If no case ends for five seconds,
 * it reports on standard error what it waits for. Writes the outcome of the boot to RESULT, words
 * separated by tabs:
 *
 *	release RELEASE			the guest came up
 *	end done|died|silent|stuck|stopped
 *	stuck SERVER PROGRAM		this job cannot be killed
 *	running SERVER PROGRAM CASE	this case began and did not end
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "job_list.h"
#include "lines.h"
#include "stream.h"

#define JOBS_MAX     4096
#define STREAM_BYTES 65536
#define NAME_BYTES   256
#define RERUN	     "#   rerun: " /* as harness/case_info.c prints it */

enum {
	STREAM_SILENCES = 2, /* as many times the limit if the console still grows */
	PROGRESS_SECONDS = 5,
};

struct job {
	char *server, *program;
	FILE *output, *evidence;
	char running[NAME_BYTES]; /* the running case, or "" */
};

static struct job jobs[JOBS_MAX];
static int job_count;
static const char *run_dir, *end;
static char *release;
static FILE *result, *status, *kernel_log, *coverage;
static pid_t qemu;
static time_t shown; /* time of the last progress */

static void fail(const char *what)
{
	fprintf(stderr, "vm.sh: %s: %s\n", what, strerror(errno));
	exit(1);
}

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static __attribute__((format(printf, 1, 2))) FILE *append_to(const char *format, ...)
{
	char path[4096];
	size_t len = snprintf(path, sizeof(path), "%s/", run_dir);
	va_list args;
	FILE *file;

	va_start(args, format);
	vsnprintf(path + len, sizeof(path) - len, format, args);
	va_end(args);
	file = fopen(path, "ae");
	if (!file)
		fail(path);
	return file;
}

static void add_job(const struct job_list_line *line, void *unused)
{
	if (job_count == JOBS_MAX)
		return;
	jobs[job_count].server = strdup(line->word[1]);
	jobs[job_count++].program = strdup(line->word[2]);
}

static void want_coverage(const struct job_list_line *line, void *unused)
{
	coverage = append_to("coverage.hex");
}

static void put_line(FILE *file, const char *text, size_t len)
{
	fwrite(text, 1, len, file);
	putc('\n', file);
	fflush(file);
}

static void begin(struct job *job)
{
	job->output = append_to("ktap/%s/%s.ktap", job->server, job->program);
	job->evidence = append_to("evidence/%s/%s.jsonl", job->server, job->program);
}

static void finish(struct job *job, const char *text, int len)
{
	fprintf(status, "%s\t%s\t%.*s\n", job->server, job->program, len, text);
	fflush(status);
	fclose(job->output);
	fclose(job->evidence);
	job->output = job->evidence = NULL;
	*job->running = '\0';
}

static bool begins_with(const char *text, size_t len, const char *start)
{
	return len >= strlen(start) && !memcmp(text, start, strlen(start));
}

/* The guest's command line is of no use on the host. */
static void put_rerun_command(const struct job *job)
{
	char text[1024];

	snprintf(text, sizeof(text), RERUN "scripts/vm.sh --server %s --filter %s", job->server,
		 job->running);
	put_line(job->output, text, strlen(text));
}

/* Of the running case: the verdict of the previous one may arrive after it began. */
static bool is_verdict(const struct job *job, const char *text, size_t len)
{
	const char *name = strchr(job->running, '.'), *at;

	if (!name || (!begins_with(text, len, "ok ") && !begins_with(text, len, "not ok ")))
		return false;
	at = memmem(text, len, name + 1, strlen(name + 1));
	return at && at[-1] == ' ' &&
	       (at + strlen(name + 1) == text + len || at[strlen(name + 1)] == ' ');
}

static void take_output(struct job *job, const char *text, size_t len)
{
	if (begins_with(text, len, RERUN)) {
		put_rerun_command(job);
		return;
	}
	put_line(job->output, text, len);
	if (is_verdict(job, text, len)) {
		*job->running = '\0';
		shown = now();
	}
	printf("%s\t%s\t%.*s\n", job->server, job->program, (int)len, text);
	fflush(stdout);
}

static void take_evidence(struct job *job, const char *text, size_t len)
{
	static const char start[] = "{\"type\":\"begin\",\"case\":\"";
	const char *name = text + sizeof(start) - 1, *quote;

	put_line(job->evidence, text, len);
	if (!begins_with(text, len, start))
		return;
	quote = memchr(name, '"', text + len - name);
	if (quote)
		snprintf(job->running, NAME_BYTES, "%.*s", (int)(quote - name), name);
}

static void take_job_line(char type, struct job *job, const char *text, size_t len)
{
	if (type == STREAM_BEGIN)
		begin(job);
	else if (!job->output)
		return;
	else if (type == STREAM_OUTPUT)
		take_output(job, text, len);
	else if (type == STREAM_EVIDENCE)
		take_evidence(job, text, len);
	else if (type == STREAM_STATUS)
		finish(job, text, len);
	else if (type == STREAM_STUCK)
		fprintf(result, "stuck\t%s\t%s\n", job->server, job->program);
}

static void take_line(void *unused, const char *line, size_t len)
{
	const char *text = memchr(line, ' ', len);
	int number = text && text > line + 1 ? atoi(line + 1) : -1;

	if (!text)
		return;
	len -= ++text - line;
	if (number >= 0 && number < job_count)
		take_job_line(*line, &jobs[number], text, len);
	if (*line == STREAM_HELLO && !release)
		release = strndup(text, len);
	else if (*line == STREAM_REMARK)
		fprintf(stderr, "vm.sh: %.*s\n", (int)len, text);
	else if (*line == STREAM_LOG)
		put_line(kernel_log, text, len);
	else if (*line == STREAM_COVERAGE && coverage)
		put_line(coverage, text, len);
	else if (*line == STREAM_DONE)
		end = begins_with(text, len, "stuck") ? "stuck" : "done";
}

static int start_qemu(char **argv)
{
	int out[2], null = open("/dev/null", O_RDONLY);

	if (pipe2(out, O_CLOEXEC) < 0 || (qemu = fork()) < 0)
		fail("cannot start QEMU");
	if (qemu == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_DFL);
		dup2(null, STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		execvp(*argv, argv);
		fail(*argv);
	}
	close(out[1]);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	return out[0];
}

static int open_console(void)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/console.log", run_dir);
	fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		fail(path);
	lseek(fd, 0, SEEK_END);
	return fd;
}

/* True if the console has grown. A panic that does not reboot ends with this line. */
static bool read_console(int fd)
{
	static const char panic_end[] = "---[ end Kernel panic";
	static char text[4096];
	static size_t kept; /* of the previous read */
	bool grown = false;
	ssize_t len;

	while ((len = read(fd, text + kept, sizeof(text) - kept)) > 0) {
		grown = true;
		len += kept;
		if (memmem(text, len, panic_end, strlen(panic_end)))
			end = "died";
		kept = len < (ssize_t)sizeof(panic_end) ? len : (ssize_t)sizeof(panic_end);
		memmove(text, text + len - kept, kept);
	}
	return grown;
}

static void show_progress(time_t begun)
{
	const char *running = release ? "the next program" : "the kernel to boot";

	if (now() < shown + PROGRESS_SECONDS)
		return;
	shown = now();
	for (int i = 0; i < job_count; i++)
		if (*jobs[i].running)
			running = jobs[i].running;
	fprintf(stderr, "vm.sh: %lld s, waiting for %s\n", (long long)(shown - begun), running);
}

static void follow(int fd, int boot_limit, int silence)
{
	static char data[STREAM_BYTES];
	struct lines stream = { fd, data, sizeof(data), 0 };
	struct pollfd ready[] = { { .fd = fd, .events = POLLIN }, { .fd = STDOUT_FILENO } };
	const time_t begun = now();
	time_t any_growth = begun, stream_growth = begun;
	int limit, console = open_console();

	shown = begun;
	while (!end) {
		show_progress(begun);
		if (poll(ready, 2, 1000) > 0) {
			any_growth = stream_growth = now();
			if (ready[1].revents)
				end = "stopped";
			else if (!lines_read(&stream, take_line, NULL) && !end)
				end = "died";
		} else if (read_console(console)) {
			any_growth = now();
		}
		limit = release ? silence : boot_limit;
		if (!end && limit &&
		    (now() > any_growth + limit || now() > stream_growth + STREAM_SILENCES * limit))
			end = "silent";
	}
	close(console);
}

int main(int argc, char **argv)
{
	if (argc < 7 || !job_list_each(argv[2], "job", add_job, NULL))
		fail("monitor");
	run_dir = argv[1];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN); /* POLLERR says it */
	result = fopen(argv[3], "we");
	if (!result)
		fail(argv[3]);
	status = append_to("status.tsv");
	kernel_log = append_to("kmsg");
	job_list_each(argv[2], "coverage", want_coverage, NULL);
	follow(start_qemu(argv + 6), atoi(argv[4]), atoi(argv[5]));
	kill(qemu, SIGKILL);
	waitpid(qemu, NULL, 0);
	if (release)
		fprintf(result, "release\t%s\n", release);
	fprintf(result, "end\t%s\n", end);
	for (int i = 0; i < job_count; i++)
		if (*jobs[i].running)
			fprintf(result, "running\t%s\t%s\t%s\n", jobs[i].server, jobs[i].program,
				jobs[i].running);
	return fclose(result) ? 1 : 0;
}

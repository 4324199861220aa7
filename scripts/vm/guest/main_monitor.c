// SPDX-License-Identifier: GPL-2.0
/*
 * monitor RUN_DIR PLAN RESULT COMING_UP SECONDS QEMU [ARGUMENT...]
 *
 * The host's end of one boot: starts QEMU, whose standard output is the stream, and
 * turns that into the run directory while it comes; prints "SERVER<tab>PROGRAM<tab>
 * LINE" for the programs' output. QEMU is ended when the guest says that it is done,
 * when the console has the end of a panic, or when for SECONDS neither stream nor
 * RUN_DIR/console.log have grown, or for twice that the stream has not, COMING_UP in
 * the guest's boot; 0 is no limit. When nothing ends for five seconds it says on standard
 * error what it waits for. What became of the boot is in RESULT, lines of words between tabs:
 *
 *	release RELEASE			the guest came up
 *	end done|died|silent|stuck
 *	stuck SERVER PROGRAM		it cannot be killed
 *	running SERVER PROGRAM CASE	a case that has begun and not ended
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

#include "lines.h"
#include "job_list.h"
#include "stream.h"

#define JOBS_MAX     4096
#define STREAM_BYTES 65536
#define NAME_BYTES   256
#define RERUN	     "#   rerun: " /* as harness/case_info.c prints it */

enum {
	STREAM_SILENCES = 2, /* a kernel that still talks has so many times the seconds */
	SAY_SECONDS = 5,
};

struct job {
	char *server, *program;
	FILE *output, *evidence;
	char running[NAME_BYTES]; /* case, or "" */
};

static struct job jobs[JOBS_MAX];
static int job_count;
static const char *run_dir, *end;
static char *release;
static FILE *result, *status, *kernel_log;
static pid_t qemu;
static time_t shown; /* when something was last shown */

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

static FILE *append_to(const char *format, ...)
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

static void add_job(const struct plan_line *line, void *unused)
{
	if (job_count == JOBS_MAX)
		return;
	jobs[job_count].server = strdup(line->word[1]);
	jobs[job_count++].program = strdup(line->word[2]);
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

/* The guest prints a command that works in the guest only. */
static void put_rerun(const struct job *job)
{
	char text[1024];

	snprintf(text, sizeof(text), RERUN "scripts/vm.sh --server %s --filter %s", job->server,
		 job->running);
	put_line(job->output, text, strlen(text));
}

/* Of the case that runs: that of the case before may come after its beginning. */
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
		put_rerun(job);
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

static void take_of_job(char type, struct job *job, const char *text, size_t len)
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
		take_of_job(*line, &jobs[number], text, len);
	if (*line == STREAM_HELLO && !release)
		release = strndup(text, len);
	else if (*line == STREAM_REMARK)
		fprintf(stderr, "vm.sh: %.*s\n", (int)len, text);
	else if (*line == STREAM_LOG)
		put_line(kernel_log, text, len);
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

/* True if the console has grown. What the kernel says last if a panic does not reboot is its end. */
static bool hear_console(int fd)
{
	static const char last_word[] = "---[ end Kernel panic";
	static char text[4096];
	static size_t kept; /* of what was heard before */
	bool heard = false;
	ssize_t len;

	while ((len = read(fd, text + kept, sizeof(text) - kept)) > 0) {
		heard = true;
		len += kept;
		if (memmem(text, len, last_word, strlen(last_word)))
			end = "died";
		kept = len < (ssize_t)sizeof(last_word) ? len : (ssize_t)sizeof(last_word);
		memmove(text, text + len - kept, kept);
	}
	return heard;
}

static void say_what_is_waited_for(time_t begun)
{
	const char *running = release ? "the next program" : "the kernel to come up";

	if (now() < shown + SAY_SECONDS)
		return;
	shown = now();
	for (int i = 0; i < job_count; i++)
		if (*jobs[i].running)
			running = jobs[i].running;
	fprintf(stderr, "vm.sh: %lld s, waiting for %s\n", (long long)(shown - begun), running);
}

static void follow(int fd, int coming_up, int silence)
{
	static char data[STREAM_BYTES];
	struct lines stream = { fd, data, sizeof(data), 0 };
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	const time_t begun = now();
	time_t heard = begun, said = begun;
	int limit, console = open_console();

	shown = begun;
	while (!end) {
		say_what_is_waited_for(begun);
		if (poll(&ready, 1, 1000) > 0) {
			heard = said = now();
			if (!lines_read(&stream, take_line, NULL) && !end)
				end = "died";
		} else if (hear_console(console)) {
			heard = now();
		}
		limit = release ? silence : coming_up;
		if (!end && limit &&
		    (now() > heard + limit || now() > said + STREAM_SILENCES * limit))
			end = "silent";
	}
	close(console);
}

int main(int argc, char **argv)
{
	if (argc < 7 || !plan_each(argv[2], "job", add_job, NULL))
		fail("monitor");
	run_dir = argv[1];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	result = fopen(argv[3], "we");
	if (!result)
		fail(argv[3]);
	status = append_to("status.tsv");
	kernel_log = append_to("kmsg");
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

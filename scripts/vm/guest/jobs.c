// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"
#include "jobs.h"
#include "job_list.h"
#include "kernel_log.h"
#include "lines.h"
#include "stream_out.h"

#define JOBS_MAX     4096
#define PARALLEL_MAX 64
#define LINE_BYTES   16384
#define SUITE	     "/suite"

enum { TERM_SECONDS = 1, KILL_SECONDS = 30 };
enum { FD_PORT, FD_CHILDREN, FD_LOG, FD_COUNT };

struct job {
	char *server, *program, *arg[JOB_LIST_WORDS + 1];
	const char *unusable; /* why the server's jobs are skipped, or NULL */
};

/* A running job. */
struct run {
	int job; /* -1: free slot */
	pid_t pid;
	bool killed, timed_out, given_up;
	time_t deadline; /* of the next step: SIGTERM, SIGKILL, giving up; 0: none */
	struct lines output, evidence;
	char output_data[LINE_BYTES], evidence_data[LINE_BYTES];
};

static struct job jobs[JOBS_MAX];
static struct run runs[PARALLEL_MAX];
static int job_count, next_job, running, given_up, parallel = 1, children = -1, limit;
static char evidence_dir[256];

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

static void add_job(const struct job_list_line *line)
{
	struct job *job = &jobs[job_count];
	int args = 0;

	if (job_count == JOBS_MAX || !line->word[2])
		return;
	job->server = copy(line->word[1]);
	job->program = copy(line->word[2]);
	job->arg[args++] = job->program;
	for (int i = 3; line->word[i]; i++)
		job->arg[args++] = copy(line->word[i]);
	job_count++;
}

/* These lines follow the jobs in the list. */
static void mark_unusable(const struct job_list_line *line)
{
	char value[64];

	if (guest_read(line->word[2], value, sizeof(value)) && !strcmp(value, line->word[3]))
		return;
	for (int i = 0; i < job_count; i++)
		if (!strcmp(jobs[i].server, line->word[1]))
			jobs[i].unusable = copy(line->word[4]);
}

static void read_line(const struct job_list_line *line, void *unused)
{
	const char *key = line->word[0];

	if (!strcmp(key, "job"))
		add_job(line);
	else if (!strcmp(key, "needs"))
		mark_unusable(line);
	else if (!strcmp(key, "env"))
		setenv(line->word[1], line->word[2], 1);
	else if (!strcmp(key, "evidence"))
		snprintf(evidence_dir, sizeof(evidence_dir), "%s", line->word[1]);
	else if (!strcmp(key, "limit"))
		limit = atoi(line->word[1]);
	else if (!strcmp(key, "parallel"))
		parallel = atoi(line->word[1]);
}

static void send_output(void *run, const char *line, size_t len)
{
	stream_line(STREAM_OUTPUT, ((struct run *)run)->job, line, len);
}

static void send_evidence(void *run, const char *line, size_t len)
{
	stream_line(STREAM_EVIDENCE, ((struct run *)run)->job, line, len);
}

/* A FIFO, so that poll(2) reports evidence as it is written. */
static int open_evidence(const struct job *job, char *path, size_t size)
{
	snprintf(path, size, "%s/%s/%s.jsonl", evidence_dir, job->server, job->program);
	guest_mkdir_parents(path);
	unlink(path);
	return mkfifo(path, 0600) < 0 ? -1 : open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

static void exec_program(const struct job *job, const char *evidence, int output)
{
	char path[256];
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpriority(PRIO_PROCESS, 0, 0);
	setsid();
	dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	snprintf(path, sizeof(path), SUITE "/servers/%s", job->server);
	setenv("FPT_SERVER", path, 1);
	setenv("FPT_EVIDENCE", evidence, 1);
	snprintf(path, sizeof(path), SUITE "/cases/%s", job->program);
	execv(path, job->arg);
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	_exit(127);
}

static void start_job(struct run *run, int number)
{
	const struct job *job = &jobs[number];
	char evidence[512];
	int output[2];

	stream_printf(STREAM_BEGIN, number, "%s %s", job->server, job->program);
	if (job->unusable) {
		stream_printf(STREAM_OUTPUT, number, "1..0 # SKIP %s", job->unusable);
		stream_printf(STREAM_STATUS, number, "4");
		return;
	}
	if (pipe2(output, O_CLOEXEC) < 0)
		output[0] = output[1] = -1;
	fcntl(output[0], F_SETFL, O_NONBLOCK);
	run->job = number;
	run->killed = run->timed_out = run->given_up = false;
	run->deadline = limit ? now() + limit : 0;
	run->output = (struct lines) { output[0], run->output_data, LINE_BYTES, 0 };
	run->evidence = (struct lines) { open_evidence(job, evidence, sizeof(evidence)),
					 run->evidence_data, LINE_BYTES, 0 };
	run->pid = fork();
	if (run->pid == 0)
		exec_program(job, evidence, output[1]);
	close(output[1]);
	running++;
}

/* The output has ended, but an unkillable process can keep the job from exiting. */
static void expect_exit(struct run *run)
{
	close(run->output.fd);
	run->output.fd = -1;
	run->killed = true;
	run->deadline = now() + KILL_SECONDS;
}

static void read_output(struct run *run)
{
	lines_read(&run->evidence, send_evidence, run);
	if (run->output.fd >= 0 && !lines_read(&run->output, send_output, run))
		expect_exit(run);
}

static void finish_job(struct run *run, int status)
{
	read_output(run);
	lines_end(&run->output, send_output, run);
	lines_end(&run->evidence, send_evidence, run);
	if (run->timed_out)
		stream_printf(STREAM_STATUS, run->job, "timeout");
	else
		stream_printf(STREAM_STATUS, run->job, "%d",
			      WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
	close(run->output.fd);
	close(run->evidence.fd);
	run->job = -1;
	running--;
	given_up -= run->given_up;
}

static void reap(void)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(children, &info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < parallel; i++)
			if (runs[i].job >= 0 && runs[i].pid == pid)
				finish_job(&runs[i], status);
}

/* SIGTERM, then SIGKILL, as timeout(1) does; then gives up. */
static void escalate(struct run *run)
{
	if (run->killed) {
		run->given_up = true;
		run->deadline = 0;
		given_up++;
	} else if (run->timed_out) {
		kill(run->pid, SIGKILL);
		run->killed = true;
		run->deadline = now() + KILL_SECONDS;
	} else {
		kill(run->pid, SIGTERM);
		run->timed_out = true;
		run->deadline = now() + TERM_SECONDS;
	}
}

static int poll_fds(struct pollfd *fds)
{
	int n = FD_COUNT;

	fds[FD_PORT] =
		(struct pollfd) { .fd = stream_flush() ? -1 : stream_fd(), .events = POLLOUT };
	fds[FD_CHILDREN] = (struct pollfd) { .fd = children, .events = POLLIN };
	fds[FD_LOG] = (struct pollfd) { .fd = kernel_log_fd(), .events = POLLIN };
	for (int i = 0; i < parallel; i++) {
		if (runs[i].job < 0)
			continue;
		fds[n++] = (struct pollfd) { .fd = runs[i].output.fd, .events = POLLIN };
		fds[n++] = (struct pollfd) { .fd = runs[i].evidence.fd, .events = POLLIN };
	}
	return n;
}

static void handle_events(void)
{
	struct pollfd fds[FD_COUNT + 2 * PARALLEL_MAX];

	if (poll(fds, poll_fds(fds), 1000) == 0)
		stream_printf(STREAM_ALIVE, -1, "%lld", (long long)now());
	kernel_log_read();
	for (int i = 0; i < parallel; i++)
		if (runs[i].job >= 0)
			read_output(&runs[i]);
	reap();
	for (int i = 0; i < parallel; i++)
		if (runs[i].job >= 0 && runs[i].deadline && now() >= runs[i].deadline)
			escalate(&runs[i]);
}

static void start_jobs(void)
{
	for (int i = 0; i < parallel; i++)
		while (runs[i].job < 0 && next_job < job_count)
			start_job(&runs[i], next_job++);
}

static void report_stuck(void)
{
	for (int i = 0; i < parallel; i++)
		if (runs[i].job >= 0)
			stream_printf(STREAM_STUCK, runs[i].job, "%s", jobs[runs[i].job].program);
}

bool jobs_run(const char *job_list)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	children = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
	job_list_each(job_list, NULL, read_line, NULL);
	if (parallel > PARALLEL_MAX)
		parallel = PARALLEL_MAX;
	for (int i = 0; i < parallel; i++)
		runs[i].job = -1;
	start_jobs();
	while (running > given_up) {
		handle_events();
		if (!given_up) /* running jobs may finish, but this kernel starts no more */
			start_jobs();
	}
	report_stuck();
	return !given_up;
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compat.h"
#include "contain.h"
#include "last_resort.h"

static volatile pid_t init_pid;
static volatile sig_atomic_t got_signal;

static void end_namespace(int sig)
{
	got_signal = sig;
	kill(init_pid, SIGKILL);
}

static void end_by(int sig)
{
	signal(sig, SIG_DFL);
	raise(sig);
	_exit(128 + sig);
}

static bool ignored(int sig)
{
	struct sigaction action;

	return sigaction(sig, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* Signals ignored by nohup, or by a shell for background jobs, stay ignored. */
static void on_ending_signals(void (*handler)(int))
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	const struct sigaction action = { .sa_handler = handler };

	for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++)
		if (ending[i] == SIGTERM || !ignored(ending[i]))
			sigaction(ending[i], &action, NULL);
}

static void raise_limit(int resource, rlim_t least)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) < 0 || limit.rlim_cur >= least)
		return;
	limit.rlim_cur = least;
	if (limit.rlim_max < least)
		limit.rlim_max = least;
	if (setrlimit(resource, &limit) == 0 || getrlimit(resource, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max; /* the maximum for an ordinary user */
	setrlimit(resource, &limit);
}

void inherit_nothing(void)
{
	sigset_t none;

	/* Ignored signals must not arrive: leave the session of the terminal. */
	if (ignored(SIGHUP) || ignored(SIGINT) || ignored(SIGQUIT))
		setsid();
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(022);
	raise_limit(RLIMIT_NOFILE, 1024);
	raise_limit(RLIMIT_STACK, 8 << 20);
	raise_limit(RLIMIT_FSIZE, RLIM_INFINITY);
	raise_limit(RLIMIT_CPU, RLIM_INFINITY);
	raise_limit(RLIMIT_AS, RLIM_INFINITY);
	raise_limit(RLIMIT_DATA, RLIM_INFINITY);
	raise_limit(RLIMIT_NPROC, RLIM_INFINITY);
	raise_limit(RLIMIT_MEMLOCK, 8 << 20);
}

/* Children that a script started, for cleanup, before it executed this program. */
static void wait_for_older_children(void)
{
	close_range(STDERR_FILENO + 1, ~0U, 0);
	while (wait(NULL) > 0)
		;
}

static void close_output(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
}

static void wait_outside(void)
{
	sigset_t none;
	int status;

	on_ending_signals(end_namespace);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	while (waitpid(init_pid, &status, 0) < 0)
		if (errno != EINTR)
			_exit(1);
	on_ending_signals(SIG_DFL);
	wait_for_older_children();
	if (got_signal)
		end_by(got_signal);
	if (WIFSIGNALED(status))
		end_by(WTERMSIG(status));
	_exit(WEXITSTATUS(status));
}

/* PR_SET_PDEATHSIG does not catch a parent that died before it. */
static void die_with_parent(int parent_alive)
{
	struct pollfd gone = { .fd = parent_alive };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (poll(&gone, 1, 0) != 0)
		_exit(1);
	close(parent_alive);
}

int contain(enum contain_output output)
{
	sigset_t all;
	int alive[2];

	last_resort_start(); /* its failure only costs time */
	if (unshare(CLONE_NEWPID) < 0 || pipe(alive) < 0)
		return -errno;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	signal(SIGCHLD, SIG_DFL); /* if ignored, wait(2) would fail */
	init_pid = fork();
	if (init_pid < 0)
		return -errno;
	if (init_pid) {
		close(alive[0]);
		if (output == CONTAIN_OUTPUT_INSIDE)
			close_output();
		wait_outside();
	}
	close(alive[1]);
	die_with_parent(alive[0]);
	inherit_nothing();
	return 0;
}

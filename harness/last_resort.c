// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "compat.h"
#include "last_resort.h"

#define VARIABLE    "FPT_LAST_RESORT" /* the socket: descriptor and inode */
#define ABOVE	    100		      /* above the descriptors that scripts use */
#define REQUESTS    256
#define GONE	    1 /* the descriptor that hangs up when the requester ends */
#define DESCRIPTORS 2

struct message {
	char control[CMSG_SPACE(DESCRIPTORS * sizeof(int))] __attribute__((aligned(8)));
	struct iovec iov;
	struct msghdr header;
};

static struct msghdr *prepare(struct message *message, int64_t *until)
{
	message->iov = (struct iovec) { until, sizeof(*until) };
	message->header = (struct msghdr) { .msg_iov = &message->iov,
					    .msg_iovlen = 1,
					    .msg_control = message->control,
					    .msg_controllen = sizeof(message->control) };
	return &message->header;
}

/* --- the helper ------------------------------------------------------------------ */

static struct pollfd watched[1 + REQUESTS];
static int files[1 + REQUESTS];
static int64_t until[1 + REQUESTS];
static size_t count = 1;

/* False when no process can send a request any more. */
static bool receive(void)
{
	struct message message;
	struct cmsghdr *cmsg;
	int fds[DESCRIPTORS];
	int64_t when;

	if (recvmsg(watched[0].fd, prepare(&message, &when), 0) <= 0)
		return false;
	cmsg = CMSG_FIRSTHDR(&message.header);
	if (!cmsg || cmsg->cmsg_len != CMSG_LEN(sizeof(fds)) || count > REQUESTS)
		return true;
	memcpy(fds, CMSG_DATA(cmsg), sizeof(fds));
	files[count] = fds[0];
	until[count] = when;
	watched[count++] = (struct pollfd) { .fd = fds[GONE] };
	return true;
}

static void resort_to(size_t i)
{
	ssize_t written = write(files[i], "1", 1); /* if this fails there is nothing to free */

	(void)written;
	close(files[i]);
	close(watched[i].fd);
	count--;
	files[i] = files[count];
	until[i] = until[count];
	watched[i] = watched[count];
}

static int next_deadline(int64_t now)
{
	int64_t next = -1;

	for (size_t i = 1; i < count; i++)
		if (next < 0 || until[i] - now < next)
			next = until[i] > now ? until[i] - now : 0;
	return next;
}

static void serve(int socket)
{
	watched[0] = (struct pollfd) { .fd = socket, .events = POLLIN };
	for (;;) {
		poll(watched, count, next_deadline(now_ms()));
		for (size_t i = count; --i;)
			if (watched[i].revents || until[i] <= now_ms())
				resort_to(i);
		if (watched[0].revents && !receive())
			watched[0].fd = -1; /* poll(2) ignores it */
		if (watched[0].fd < 0 && count == 1)
			_exit(0);
	}
}

static void run(int socket)
{
	int null = open("/dev/null", O_RDWR);

	setsid(); /* no signal from a terminal */
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	dup2(socket, STDERR_FILENO + 1);
	close_range(STDERR_FILENO + 2, ~0U, 0);
	serve(STDERR_FILENO + 1);
}

/* --- the requester --------------------------------------------------------------------- */

/* The socket, or -1. The inode proves that the descriptor was not reused. */
static int find_socket(void)
{
	unsigned long inode;
	struct stat st;
	int fd;

	if (sscanf(getenv(VARIABLE) ?: "", "%d:%lu", &fd, &inode) != 2 || fstat(fd, &st) < 0 ||
	    !S_ISSOCK(st.st_mode) || st.st_ino != inode)
		return -1;
	return fd;
}

static int export_socket(int socket)
{
	int fd = fcntl(socket, F_DUPFD, ABOVE);
	struct stat st;
	char value[64];

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	snprintf(value, sizeof(value), "%d:%lu", fd, (unsigned long)st.st_ino);
	return setenv(VARIABLE, value, 1) < 0 ? -errno : 0;
}

int last_resort_start(void)
{
	int pair[2], err;
	pid_t pid;

	if (find_socket() >= 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	err = export_socket(pair[1]);
	close(pair[1]);
	pid = err ? -1 : fork();
	if (pid == 0)
		run(pair[0]);
	close(pair[0]);
	return err ?: pid < 0 ? -errno : 0;
}

int last_resort(int file, int ms)
{
	int socket = find_socket(), alive[2], fds[DESCRIPTORS], err;
	int64_t until = now_ms() + ms;
	struct message message;
	struct cmsghdr *cmsg;

	if (socket < 0)
		return -ENOTCONN;
	if (pipe2(alive, O_CLOEXEC) < 0)
		return -errno;
	fds[0] = file;
	fds[GONE] = alive[0];
	cmsg = CMSG_FIRSTHDR(prepare(&message, &until));
	*cmsg = (struct cmsghdr) { CMSG_LEN(sizeof(fds)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(cmsg), fds, sizeof(fds));
	err = sendmsg(socket, &message.header, MSG_NOSIGNAL) < 0 ? -errno : 0;
	close(alive[0]); /* the other end stays open until the caller ends */
	if (err)
		close(alive[1]);
	return err;
}

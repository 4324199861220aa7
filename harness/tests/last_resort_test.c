// SPDX-License-Identifier: GPL-2.0
/* When the helper of last_resort.h acts. */
#include <kselftest_harness.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/last_resort.h"

#define LONG_MS (60 * 60 * 1000)
#define SOON_MS (10 * 1000)

FIXTURE(last_resort)
{
	int file[2]; /* the pipe that is written to */
};

FIXTURE_SETUP(last_resort)
{
	unsetenv("FPT_LAST_RESORT"); /* of a run around this test */
	ASSERT_EQ(0, last_resort_start());
	ASSERT_EQ(0, pipe(self->file));
}

FIXTURE_TEARDOWN(last_resort)
{
	close(self->file[0]);
	close(self->file[1]);
}

/* The byte written within @ms, or 0. */
static int written(int fd, int ms)
{
	struct pollfd file = { .fd = fd, .events = POLLIN };
	char byte = 0;

	return poll(&file, 1, ms) == 1 && read(fd, &byte, 1) == 1 ? byte : 0;
}

/* Starts a process that sends a request and pauses. */
static pid_t ask(int file, int ms)
{
	int asked[2];
	char byte;
	pid_t pid;

	if (pipe(asked) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		close(asked[0]);
		if (last_resort(file, ms) == 0 && write(asked[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(asked[1]);
	if (read(asked[0], &byte, 1) != 1)
		pid = -1;
	close(asked[0]);
	return pid;
}

TEST_F(last_resort, frees_when_requester_is_killed)
{
	pid_t pid = ask(self->file[1], LONG_MS);

	ASSERT_GT(pid, 0);
	EXPECT_EQ(0, written(self->file[0], 0));
	kill(pid, SIGKILL);
	EXPECT_EQ('1', written(self->file[0], SOON_MS));
	waitpid(pid, NULL, 0);
}

TEST_F(last_resort, frees_after_timeout)
{
	pid_t pid = ask(self->file[1], 1);

	ASSERT_GT(pid, 0);
	EXPECT_EQ('1', written(self->file[0], SOON_MS));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* After this the helper has received all requests, and checked all of them. */
static bool helper_checked(void)
{
	int file[2];
	pid_t late = pipe(file) < 0 ? 0 : ask(file[1], 1);
	bool has = late > 0 && written(file[0], SOON_MS);

	if (late <= 0)
		return false;
	kill(late, SIGKILL);
	waitpid(late, NULL, 0);
	close(file[0]);
	close(file[1]);
	return has;
}

TEST_F(last_resort, distinguishes_requesters)
{
	pid_t killed = ask(self->file[1], LONG_MS), lasting;
	int other[2];

	ASSERT_EQ(0, pipe(other));
	lasting = ask(other[1], LONG_MS);
	ASSERT_GT(killed, 0);
	ASSERT_GT(lasting, 0);
	EXPECT_TRUE(helper_checked());
	EXPECT_EQ(0, written(self->file[0], 0));
	kill(killed, SIGKILL);
	EXPECT_EQ('1', written(self->file[0], SOON_MS));
	EXPECT_TRUE(helper_checked());
	EXPECT_EQ(0, written(other[0], 0));
	kill(lasting, SIGKILL);
	EXPECT_EQ('1', written(other[0], SOON_MS));
	waitpid(killed, NULL, 0);
	waitpid(lasting, NULL, 0);
}

TEST_F(last_resort, writes_once_and_closes)
{
	pid_t pid = ask(self->file[1], 1);
	struct pollfd file = { .fd = self->file[0], .events = POLLIN };
	char byte;

	ASSERT_GT(pid, 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(self->file[1]);
	self->file[1] = -1;
	EXPECT_EQ('1', written(self->file[0], SOON_MS));
	ASSERT_EQ(1, poll(&file, 1, SOON_MS));
	EXPECT_EQ(0, read(self->file[0], &byte, 1));
}

TEST_F(last_resort, exits_with_last_requester)
{
	int fd = -1, status;

	ASSERT_EQ(1, sscanf(getenv("FPT_LAST_RESORT"), "%d:", &fd));
	close(fd);
	ASSERT_LT(0, wait(&status));
	EXPECT_EQ(0, status);
}

TEST_F(last_resort, starts_once)
{
	char before[64];

	snprintf(before, sizeof(before), "%s", getenv("FPT_LAST_RESORT"));
	EXPECT_EQ(0, last_resort_start());
	EXPECT_STREQ(before, getenv("FPT_LAST_RESORT"));
}

TEST_F(last_resort, rejects_reused_descriptor)
{
	int fd = -1, pair[2];

	ASSERT_EQ(1, sscanf(getenv("FPT_LAST_RESORT"), "%d:", &fd));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	ASSERT_EQ(fd, dup2(pair[0], fd));
	EXPECT_EQ(-ENOTCONN, last_resort(self->file[1], LONG_MS));
	close(fd);
	EXPECT_EQ(-ENOTCONN, last_resort(self->file[1], LONG_MS));
}

TEST_HARNESS_MAIN

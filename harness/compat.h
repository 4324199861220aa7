/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_COMPAT_H
#define FPT_COMPAT_H

/*
 * What the C library (musl, glibc before 2.36) or the kernel's headers (before 7.0) lack. A system
 * call that the kernel lacks fails with ENOSYS; what needs it probes it, and is skipped.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* --- numbers of system calls ------------------------------------------------ */

/* Since 5.1 the same on all architectures, counted from where the architecture's begin. */
#if defined(__alpha__)
#define NEW_SYSCALL(nr) (110 + (nr))
#elif defined(__mips__)
#define NEW_SYSCALL(nr) (__NR_Linux + (nr))
#elif defined(__x86_64__) && defined(__ILP32__)
#define NEW_SYSCALL(nr) (__X32_SYSCALL_BIT + (nr))
#else
#define NEW_SYSCALL(nr) (nr)
#endif

#ifndef SYS_mount_setattr
#define SYS_mount_setattr NEW_SYSCALL(442)
#endif
#ifndef SYS_memfd_secret /* reserved where an architecture lacks it */
#define SYS_memfd_secret NEW_SYSCALL(447)
#endif
#ifndef SYS_cachestat
#define SYS_cachestat NEW_SYSCALL(451)
#endif

/* --- flags ------------------------------------------------------------------ */

#ifndef F_SET_RW_HINT
#define F_GET_RW_HINT 1035
#define F_SET_RW_HINT 1036
#endif
#ifndef RWH_WRITE_LIFE_NOT_SET
#define RWH_WRITE_LIFE_NOT_SET 0
#endif
#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20
#endif
#ifndef RWF_ATOMIC
#define RWF_ATOMIC 0x40
#endif
#ifndef RWF_DONTCACHE
#define RWF_DONTCACHE 0x80
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE  103
#endif

/* --- functions --------------------------------------------------------------- */

#ifdef __GLIBC_PREREQ
#define LIBC_IS_GLIBC(major, minor) __GLIBC_PREREQ(major, minor)
#else
#define LIBC_IS_GLIBC(major, minor) 0
#endif

/* That of musl always fails: POSIX wants it to act on processes, the kernel's is of threads. */
#ifndef __GLIBC__
static inline int compat_sched_setscheduler(pid_t pid, int policy, const struct sched_param *param)
{
	return syscall(SYS_sched_setscheduler, pid, policy, param);
}
#define sched_setscheduler(pid, policy, param) compat_sched_setscheduler(pid, policy, param)
#endif

#if LIBC_IS_GLIBC(2, 36)
#include <sys/pidfd.h>
#else
#include <linux/mount.h>

static inline int compat_pidfd_open(pid_t pid, unsigned int flags)
{
	return syscall(SYS_pidfd_open, pid, flags);
}
#define pidfd_open(pid, flags)		       compat_pidfd_open(pid, flags)

static inline int compat_pidfd_getfd(int pidfd, int fd, unsigned int flags)
{
	return syscall(SYS_pidfd_getfd, pidfd, fd, flags);
}
#define pidfd_getfd(pidfd, fd, flags)	       compat_pidfd_getfd(pidfd, fd, flags)

static inline int compat_fsopen(const char *type, unsigned int flags)
{
	return syscall(SYS_fsopen, type, flags);
}
#define fsopen(type, flags)		       compat_fsopen(type, flags)

static inline int compat_fsconfig(int fs, unsigned int command, const char *key, const void *value,
				  int aux)
{
	return syscall(SYS_fsconfig, fs, command, key, value, aux);
}
#define fsconfig(fs, command, key, value, aux) compat_fsconfig(fs, command, key, value, aux)

static inline int compat_fsmount(int fs, unsigned int flags, unsigned int attributes)
{
	return syscall(SYS_fsmount, fs, flags, attributes);
}
#define fsmount(fs, flags, attributes)	       compat_fsmount(fs, flags, attributes)
#endif

#if !LIBC_IS_GLIBC(2, 34)
#ifndef STATX_TYPE
#include <linux/stat.h>
#endif

static inline int compat_statx(int dir, const char *path, int flags, unsigned int mask,
			       struct statx *st)
{
	return syscall(SYS_statx, dir, path, flags, mask, st);
}
#define statx(dir, path, flags, mask, st) compat_statx(dir, path, flags, mask, st)

static inline int compat_close_range(unsigned int first, unsigned int last, int flags)
{
	return syscall(SYS_close_range, first, last, flags);
}
#define close_range(first, last, flags) compat_close_range(first, last, flags)

#define LOW_HIGH(offset) (long)(offset), (long)((long long)(offset) >> 32)

static inline ssize_t compat_preadv2(int fd, const struct iovec *iov, int count, off_t offset,
				     int flags)
{
	return syscall(SYS_preadv2, fd, iov, count, LOW_HIGH(offset), flags);
}
#define preadv2(fd, iov, count, offset, flags) compat_preadv2(fd, iov, count, offset, flags)

static inline ssize_t compat_pwritev2(int fd, const struct iovec *iov, int count, off_t offset,
				      int flags)
{
	return syscall(SYS_pwritev2, fd, iov, count, LOW_HIGH(offset), flags);
}
#define pwritev2(fd, iov, count, offset, flags) compat_pwritev2(fd, iov, count, offset, flags)

static inline const char *compat_strerrorname_np(int error)
{
#define NAME(error) [error] = #error
	static const char *const names[] = {
		NAME(EPERM),
		NAME(ENOENT),
		NAME(ESRCH),
		NAME(EINTR),
		NAME(EIO),
		NAME(ENXIO),
		NAME(E2BIG),
		NAME(ENOEXEC),
		NAME(EBADF),
		NAME(ECHILD),
		NAME(EAGAIN),
		NAME(ENOMEM),
		NAME(EACCES),
		NAME(EFAULT),
		NAME(ENOTBLK),
		NAME(EBUSY),
		NAME(EEXIST),
		NAME(EXDEV),
		NAME(ENODEV),
		NAME(ENOTDIR),
		NAME(EISDIR),
		NAME(EINVAL),
		NAME(ENFILE),
		NAME(EMFILE),
		NAME(ENOTTY),
		NAME(ETXTBSY),
		NAME(EFBIG),
		NAME(ENOSPC),
		NAME(ESPIPE),
		NAME(EROFS),
		NAME(EMLINK),
		NAME(EPIPE),
		NAME(EDOM),
		NAME(ERANGE),
		NAME(EDEADLK),
		NAME(ENAMETOOLONG),
		NAME(ENOLCK),
		NAME(ENOSYS),
		NAME(ENOTEMPTY),
		NAME(ELOOP),
		NAME(ENOMSG),
		NAME(EIDRM),
		NAME(ECHRNG),
		NAME(EL2NSYNC),
		NAME(EL3HLT),
		NAME(EL3RST),
		NAME(ELNRNG),
		NAME(EUNATCH),
		NAME(ENOCSI),
		NAME(EL2HLT),
		NAME(EBADE),
		NAME(EBADR),
		NAME(EXFULL),
		NAME(ENOANO),
		NAME(EBADRQC),
		NAME(EBADSLT),
		NAME(EBFONT),
		NAME(ENOSTR),
		NAME(ENODATA),
		NAME(ETIME),
		NAME(ENOSR),
		NAME(ENONET),
		NAME(ENOPKG),
		NAME(EREMOTE),
		NAME(ENOLINK),
		NAME(EADV),
		NAME(ESRMNT),
		NAME(ECOMM),
		NAME(EPROTO),
		NAME(EMULTIHOP),
		NAME(EDOTDOT),
		NAME(EBADMSG),
		NAME(EOVERFLOW),
		NAME(ENOTUNIQ),
		NAME(EBADFD),
		NAME(EREMCHG),
		NAME(ELIBACC),
		NAME(ELIBBAD),
		NAME(ELIBSCN),
		NAME(ELIBMAX),
		NAME(ELIBEXEC),
		NAME(EILSEQ),
		NAME(ERESTART),
		NAME(ESTRPIPE),
		NAME(EUSERS),
		NAME(ENOTSOCK),
		NAME(EDESTADDRREQ),
		NAME(EMSGSIZE),
		NAME(EPROTOTYPE),
		NAME(ENOPROTOOPT),
		NAME(EPROTONOSUPPORT),
		NAME(ESOCKTNOSUPPORT),
		NAME(EOPNOTSUPP),
		NAME(EPFNOSUPPORT),
		NAME(EAFNOSUPPORT),
		NAME(EADDRINUSE),
		NAME(EADDRNOTAVAIL),
		NAME(ENETDOWN),
		NAME(ENETUNREACH),
		NAME(ENETRESET),
		NAME(ECONNABORTED),
		NAME(ECONNRESET),
		NAME(ENOBUFS),
		NAME(EISCONN),
		NAME(ENOTCONN),
		NAME(ESHUTDOWN),
		NAME(ETOOMANYREFS),
		NAME(ETIMEDOUT),
		NAME(ECONNREFUSED),
		NAME(EHOSTDOWN),
		NAME(EHOSTUNREACH),
		NAME(EALREADY),
		NAME(EINPROGRESS),
		NAME(ESTALE),
		NAME(EUCLEAN),
		NAME(ENOTNAM),
		NAME(ENAVAIL),
		NAME(EISNAM),
		NAME(EREMOTEIO),
		NAME(EDQUOT),
		NAME(ENOMEDIUM),
		NAME(EMEDIUMTYPE),
		NAME(ECANCELED),
		NAME(ENOKEY),
		NAME(EKEYEXPIRED),
		NAME(EKEYREVOKED),
		NAME(EKEYREJECTED),
		NAME(EOWNERDEAD),
		NAME(ENOTRECOVERABLE),
		NAME(ERFKILL),
		NAME(EHWPOISON),
	};
#undef NAME

	return error > 0 && (size_t)error < sizeof(names) / sizeof(names[0]) ? names[error] : NULL;
}
#define strerrorname_np(error) compat_strerrorname_np(error)

static inline const char *compat_sigabbrev_np(int sig)
{
#define NAME(name) [SIG##name] = #name
	static const char *const names[] = {
		NAME(HUP),    NAME(INT),  NAME(QUIT),  NAME(ILL),  NAME(TRAP), NAME(ABRT),
		NAME(BUS),    NAME(FPE),  NAME(KILL),  NAME(USR1), NAME(SEGV), NAME(USR2),
		NAME(PIPE),   NAME(ALRM), NAME(TERM),  NAME(CHLD), NAME(CONT), NAME(STOP),
		NAME(TSTP),   NAME(TTIN), NAME(TTOU),  NAME(URG),  NAME(XCPU), NAME(XFSZ),
		NAME(VTALRM), NAME(PROF), NAME(WINCH), NAME(IO),   NAME(SYS),
	};
#undef NAME

	const unsigned int count = sizeof(names) / sizeof(names[0]);
	unsigned int number = sig;

	return number < count ? names[number] : NULL;
}
#define sigabbrev_np(sig) compat_sigabbrev_np(sig)
#endif

/* stx_mnt_id, which musl's structure lacks before 1.2.6 */
static inline unsigned long long statx_mnt_id(const struct statx *st)
{
	unsigned long long id;

	memcpy(&id, (const char *)st + 0x90, sizeof(id));
	return id;
}

#endif

# SPDX-License-Identifier: GPL-2.0
#
# Fixes libfuse's example/passthrough_hp.cc, and adds the fault that $HP_FAULT names. A fault whose place
# is not in the source has no fault("...") in the result.

/^static Fs fs{};/a\
#include <fcntl.h>\
#include <sys/mman.h>\
static bool fault(const char *name)\
{\
	const char *chosen = getenv("HP_FAULT");\
	return chosen && !strcmp(chosen, name);\
}\
static int another_file(const char *name)\
{\
	int fd = memfd_create(name, MFD_ALLOW_SEALING);\
	if (fault("sealed-file"))\
		fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE);\
	return fd;\
}

# Fixed: an O_TMPFILE file counts as open, and the inode has no open file of its own.
/^static void sfs_tmpfile/,/^}/ {
	s/create_new_inode(dup(fd), &e)/create_new_inode(fault("open-inode") ? dup(fd) : with_fd_path(fd, [](const char *path) { return open(path, O_PATH); }), \&e)/
	s/lock_guard<mutex> g{ inode->m };/&\n\t\tif (!fault("uncounted-tmpfile"))\n\t\t\tinode->nopen++;/
}

/^static void sfs_init/,/^}/s/if (!fuse_set_feature_flag(conn, FUSE_CAP_PASSTHROUGH))/if (fault("not-asked-for") || !fuse_set_feature_flag(conn, FUSE_CAP_PASSTHROUGH))/

/^static void sfs_getattr/,/^}/s/fuse_reply_attr(req, &attr, fs.timeout);/if (fault("old-size"))\n\t\tattr.st_size = 1 << 20;\n\t&/

/^static void do_setattr/,/^}/s/res = ftruncate(/res = fault("no-truncate") ? 0 : fault("refuse-truncate") ? (errno = ENOSYS, -1) : ftruncate(/

/^static void sfs_fsync(/,/^}/s/int res;/int res = -1;\n\tif (fault("no-fsync")) {\n\t\tfuse_reply_err(req, EIO);\n\t\treturn;\n\t}/

/^static void do_passthrough_open/,/^}/ {
	s/if (inode.backing_id) {/if (inode.backing_id \&\& !fault("id-per-open")) {/
	s/fuse_passthrough_open(req, fd)/fuse_passthrough_open(req, fault("wrong-file") || fault("sealed-file") ? another_file("wrong") : fd)/
	s/fi->keep_cache = false;/fi->keep_cache = fault("keep-cache");/
}

/^static void sfs_create(/,/^}/s/if (fs.passthrough)/if (fs.passthrough \&\& !fault("cached-create"))/

/^static void sfs_open(/,/^}/s/if (fs.passthrough)/if (fs.passthrough \&\& !(fault("cached-writers") \&\& (fi->flags \& O_ACCMODE)))/

/^static void sfs_rename(/,/^}/s/auto res = renameat(/fuse_entry_param e;\n\tif (fault("rename-forgets") \&\& do_lookup(parent, name, \&e) == 0)\n\t\tget_inode(e.ino).backing_id = 0;\n\t&/

/^static void sfs_release(/,/^}/ {
	s/if (inode.backing_id && !inode.nopen) {/if (inode.backing_id \&\& (!inode.nopen || fault("first-close"))) {/
	s/if (backing_id) {/if (backing_id \&\& !fault("never-close")) {/
	s/close(fi->fh);/if (!fault("keep-descriptor"))\n\t\t&/
}

s/^\tfuse_session_unmount(se);/\tif (fault("stay"))\n\t\tpause();\n&/

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is sent to the kernel, and read from it, has the sizes of the protocol that was
# negotiated: built with a <linux/fuse.h> in which every structure has grown and which has a
# newer minor, flags and requests that no kernel knows, the suite's own end of it works as before.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built servers/raw
need_fuse
[ -f "$built/uapi/linux/fuse.h" ] || skip_all "config: no $built/uapi (run scripts/setup.sh)"

# That of an ioctl's argument is in the ioctl's number, which never changes.
grow() # FROM TO
{
	awk '
		/^#define FUSE_KERNEL_MINOR_VERSION/ { $3 = 99 }
		/^struct fuse_/ { name = $2; open = 0 }
		/\[\];/ { open = 1 }
		/^};/ && name != "" {
			if (!open && name != "fuse_backing_map") {
				print "\tuint64_t grown;"
				grown++
			}
			name = ""
		}
		/^enum fuse_opcode/ { print; print "\tFUSE_GROWN = 61,"; next }
		/^#define FUSE_PASSTHROUGH/ { print "#define FUSE_GROWN_FLAG (1ULL << 61)" }
		{ print }
		END { exit grown < 50 }
	' "$1" >"$2"
}

all_pass()
{
	[ "$status" -eq 0 ] || { sed -n '/^Failed:/,$p' "$tmp/out"; return 1; }
}

few_passed()
{
	awk -F '\t' 'FNR > 1 { n[FILENAME] += $3 == "pass" } END { for (f in n) if (n[f] < 50) print f, n[f] }' \
		"$tmp"/results/k/*.tsv
}

new=$tmp/build
mkdir -p "$new/uapi/linux"
ln -s "$built/kselftest" "$new/kselftest"
check "the header has grown" grow "$built/uapi/linux/fuse.h" "$new/uapi/linux/fuse.h"

# Those that look at what requests say, and at every reply.
programs="create drop io_flags metadata_requests negotiation"
targets="contain bench-cycle servers/raw"
[ ! -x "$built/servers/raw-uring" ] || targets="$targets servers/raw-uring"
# shellcheck disable=SC2086,SC2046 # lists of words
check "the suite can be built with it" make -j"$(nproc)" -C "$tests/../.." OUTPUT="$new" CFLAGS=-O0 \
	$(printf "$new/%s " $targets) $(printf "$new/cases/%s " $programs)

check "the bare cycle works" "$new/bench-cycle" 1

servers=raw
[ ! -x "$new/servers/raw-uring" ] || ! uring_on || servers=raw,raw-uring
unset FPT_FAULT
status=0
OUTPUT=$new "$scripts/run.sh" --server "$servers" --run-dir "$tmp/run" --results "$tmp/results" \
	--kernel-name k >"$tmp/out" 2>&1 </dev/null || status=$?
if [ "$status" -eq 4 ]; then
	echo "1..$n # SKIP kernel: nothing can be executed"
	exit 0
fi
check "the cases pass" all_pass
check "on each server most of them" test -z "$(few_passed)"

finish

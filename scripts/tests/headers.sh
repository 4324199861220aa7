#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Messages to and from the kernel have the sizes of the negotiated protocol: the suite also works
# when built with a <linux/fuse.h> of a later minor, with larger structures and unknown flags and
# requests.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built servers/raw
need_fuse
[ -f "$built/uapi/linux/fuse.h" ] || skip_all "config: no $built/uapi (run scripts/setup.sh)"

# Except the argument of the ioctl, whose size is part of the ioctl's number.
grow() # FROM TO
{
	# The hold space has the beginning of a structure, and its flexible array.
	sed -E '
		s/^(#define FUSE_KERNEL_MINOR_VERSION).*/\1 99/
		/^struct fuse_/h
		/\[\];/H
		/^\};/ {
			x
			/\[\];|^struct fuse_backing_map|^$/! s/.*/\tuint64_t grown;/p
			s/.*//
			x
		}
		/^enum fuse_opcode/a\	FUSE_GROWN = 61,
		/^#define FUSE_PASSTHROUGH/i #define FUSE_GROWN_FLAG (1ULL << 61)
	' "$1" >"$2"
	[ "$(grep -c 'uint64_t grown;' "$2")" -ge 50 ]
}

all_pass()
{
	[ "$status" -eq 0 ] || { sed -n '/^Failed:/,$p' "$tmp/out"; return 1; }
}

few_passed()
{
	for tsv in "$tmp"/run/results/k/*.tsv; do
		number=$(cut -f 3 "$tsv" | grep -cx pass) || :
		[ "$number" -ge 50 ] || echo "$tsv $number"
	done
}

new=$tmp/build
mkdir -p "$new/uapi/linux"
ln -s "$built/kselftest" "$new/kselftest"
check "the header has grown" grow "$built/uapi/linux/fuse.h" "$new/uapi/linux/fuse.h"

# Programs that check requests and all replies.
programs="create drop io_flags metadata_requests negotiation"
targets="contain bench-cycle servers/raw"
[ ! -x "$built/servers/raw-uring" ] || targets="$targets servers/raw-uring"
# shellcheck disable=SC2086,SC2046 # lists of words
check "the suite can be built with it" make -j"$(nproc)" -C "$tests/../.." OUTPUT="$new" CFLAGS=-O0 \
	$(printf "$new/%s " $targets) $(printf "$new/cases/%s " $programs)

check "bench-cycle works" "$new/bench-cycle" 1

servers=raw
[ ! -x "$new/servers/raw-uring" ] || ! uring_on || servers=raw,raw-uring
unset FPT_FAULT
status=0
OUTPUT=$new "$scripts/run.sh" --server "$servers" --run-dir "$tmp/run" \
	--kernel-name k >"$tmp/out" 2>&1 </dev/null || status=$?
if [ "$status" -eq 4 ]; then
	echo "1..$n # SKIP kernel: no case can run"
	exit 0
fi
check "the cases pass" all_pass
check "most cases pass on each server" test -z "$(few_passed)"

finish

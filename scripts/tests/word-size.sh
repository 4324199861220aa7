#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# raw32, a 32-bit server on a 64-bit kernel: what depends on the ioctls has the outcome that it has on raw.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built servers/raw
[ -x "$built/servers/raw32" ] ||
	skip_all "config: no $built/servers/raw32 (install gcc-i686-linux-gnu, or another compiler for 32 bits, and run make)"
need_fuse
"$built/servers/raw32" </dev/null >"$tmp/raw32" 2>/dev/null ||
	skip_all "config: the kernel runs no 32-bit program (set CONFIG_IA32_EMULATION=y)"

elf_class() # FILE: 1 is 32 bits, 2 is 64 bits
{
	od -An -tu1 -j4 -N1 "$1" | tr -d ' '
}

check "raw32 is a 32-bit program" [ "$(elf_class "$built/servers/raw32")" = 1 ]
"$built/servers/raw" </dev/null >"$tmp/raw"
same "it can what raw can" "$tmp/raw" "$tmp/raw32"

outcomes() # SERVER
{
	cut -f 1,3 "$tmp/run/results/k/$1.tsv"
}

export OUTPUT="$built"
exits "registering, closing and dropping IDs" 0 "$scripts/run.sh" --strict --server raw,raw32 --quiet \
	--filter 'O[0-9]*,C[0-9]*,I[0-9]*,E[0-9]*,N[0-9]*' --run-dir "$tmp/run" --kernel-name k
outcomes raw >"$tmp/outcomes" && outcomes raw32 >"$tmp/outcomes32"
check "many cases ran" [ "$(grep -c '	pass$' "$tmp/outcomes32")" -gt 100 ]
same "their outcomes are those on raw" "$tmp/outcomes" "$tmp/outcomes32"

finish

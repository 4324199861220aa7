#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# make mounted: needs neither root, headers of a kernel nor libfuse, and its build of the cases for
# external file systems says what the whole build says.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built external/leaks
need_built tests/layer_fs
need_fuse
uring_stays
unset FPT_FAULT MAKEFLAGS MAKELEVEL MFLAGS

new=$tmp/build suite=$tmp/suite
mkdir "$new" "$suite"
cp -R "$tests"/../../{Makefile,VERSION,cases,fixtures,harness,scripts,settings,tests.mk} "$suite"
chmod -R a+rX "$tmp"
chown 65534:65534 "$new"
exits "make mounted, without root" 0 setpriv --reuid 65534 --regid 65534 --clear-groups \
	make -j"$(nproc)" -C "$suite" OUTPUT="$new" CFLAGS=-O0 WERROR=-Werror mounted
check "makes no server" test ! -e "$new/servers"
exits "make without headers" 2 make -s -C "$suite" OUTPUT="$new"
says "names the remedy" "$tmp/err" 'no kselftest headers: run scripts/setup.sh'

outcomes() # NAME BUILD MISTAKE STATUS
{
	local run=$tmp/$3.$1 mistake="--mistake $3"

	[ "$3" != none ] || mistake=
	exits "$3, $1 build" "$4" env OUTPUT="$2" "$scripts/run.sh" --mount "$built/tests/layer_fs $mistake --branch {source} {mountpoint}" \
		--kernel-name k --run-dir "$run"
	cut -f 1-3 "$run"/results/k/*.tsv >"$run.tsv"
}

for mistake in none never-close; do
	status=0
	[ $mistake = none ] || status=1
	outcomes whole "$built" $mistake $status
	outcomes small "$new" $mistake $status
	same "$mistake: each case has the same outcome" "$tmp/$mistake.whole.tsv" "$tmp/$mistake.small.tsv"
done

finish

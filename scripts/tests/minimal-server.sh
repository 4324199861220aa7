#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The server in Python, the readable reference of PROTOCOL.md: it keeps every step and passes the cases of
# the promises that matter most.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built probe
need_built cases/drop
need_fuse
uring_stays
server=$(realpath "$tests/../../fixtures/servers/python/minimal.py")
export OUTPUT="$built"
export FPT_TIMEOUT_MUL=$((5 * ${FPT_TIMEOUT_MUL:-1})) # an interpreter starts for each case
unset FPT_FAULT

exits "--probe" 0 "$scripts/run.sh" --probe --server "$server"
says "all is right" "$tmp/out" "minimal keeps the protocol: all of [1-9][0-9]* steps"
exits "--smoke" 0 "$scripts/run.sh" --strict --smoke --server "$server" --run-dir "$tmp/run"
says "no case fails" "$tmp/out" "[1-9][0-9]* passed, 0 failed, [0-9]* skipped"

finish

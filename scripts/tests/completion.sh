#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# scripts/completion.bash: what it offers for a command line.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built probe
export OUTPUT="$built"
cd "$tests/../.."
set +eu # as in an interactive shell
# shellcheck source=scripts/completion.bash
. scripts/completion.bash

# offered WORD...: the command line up to the cursor, split as bash does; the last word is completed.
offered()
{
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
	_fpt_complete "$1" "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
	printf '%s\n' "${COMPREPLY[@]}" | sort
}

offers() # NAME EXPECTED WORD...: EXPECTED is separated by blanks
{
	tr ' ' '\n' <<<"$2" | sort >"$tmp/expected"
	offered "${@:3}" >"$tmp/offered"
	same "$1" "$tmp/expected" "$tmp/offered"
}

offers "options that begin so" "--kcidb --kcidb-build-id --kcidb-origin" scripts/run.sh --kc
offers "an option of vm.sh alone" "--memory" scripts/vm.sh --me
offers "options of a command without a table" "--allow-vanished" scripts/compare.sh --al
offers "--version and --help" "--help --version" scripts/contract.sh --
offers "stress.sh has options of run.sh" "--fail-fast --filter" scripts/stress.sh 3 --f
offers "matrix.sh has options of vm.sh behind --" "--memory" scripts/matrix.sh -- --me
raw=$(cd "$built/servers" && echo raw raw-uring* raw32*)
raw=${raw//\*/}
offers "a server" "$raw" scripts/run.sh --server ra
offers "a server after another" "libfuse,${raw// / libfuse,}" \
	scripts/run.sh --server libfuse,ra
offers "a server that is a file" "scripts/run.sh" scripts/run.sh --server scripts/run.s
offers "a promise" "E3" scripts/run.sh --filter E3
offers "a case" "drop.late.io_continues_after_drop" scripts/run.sh --filter drop.late.io_cont
offers "a case after =" "drop.late.io_continues_after_drop" scripts/run.sh --filter = drop.late.io_cont
offers "a kernel" "6.12 6.12.43" scripts/vm.sh --debian 6.12
offers "a kernel of the matrix" "6.16 6.16.3" scripts/matrix.sh 6.16
offers "a kernel of another architecture" "7.3-s390x" scripts/matrix.sh 7.3-s
offers "an architecture" "arm64 armhf" scripts/vm.sh --arch ar
offers "an accelerator" "kvm" scripts/vm.sh --accel k
offers "a file" "README.md" scripts/run.sh --junit READ
offers "nothing for a number" "" scripts/run.sh -j ""
mkdir "$tmp/other"
cp scripts/run.sh "$tmp/other"
offers "nothing for another program of the name" "" "$tmp/other/run.sh" --kc
cd scripts || exit 1
offers "options, called by another path" "--junit" ./run.sh --ju

check "each command has a completion" test "$(complete -p | grep -c -- '-F _fpt_complete .*[.]sh$')" -eq \
	"$(find . -maxdepth 1 -name '*.sh' | wc -l)"

# A case that is built later is offered without a new shell.
mkdir -p "$tmp/build/cases"
cp "$built/cases/drop" "$tmp/build/cases"
cp "$built/contain" "$tmp/build"
OUTPUT=$tmp/build
offers "cases of one program" "" ./run.sh --filter io_mode.
cp "$built/cases/io_mode" "$tmp/build/cases"
offered ./run.sh --filter io_mode. >"$tmp/offered"
check "cases of a program that was added" test -s "$tmp/offered"

finish

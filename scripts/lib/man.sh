#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# man.sh COMMAND: prints the man page of a command of scripts/, made from its --help.
set -eu
lib=$(dirname "$(realpath "$0")")

command -v help2man >/dev/null || { echo "man.sh: no help2man: run scripts/setup.sh --check" >&2; exit 1; }
help=$("$1" --help)
version=$("$1" --version)
# The first sentence, or what stands before a list.
name=$(echo "$help" | sed '/^usage: /d; /^  /d; /^$/d' | head -n 4 | paste -sd ' ' |
	sed 's/[.:] .*//; s/[.:]$//; s/^./\l&/')
help2man --no-info --section=1 --name="$name" --manual="FUSE passthrough tests" --source="${version%% (*}" \
	--version-string="${1##*/} ${version#* }" --help-option="--help | sed -f $lib/man.sed | sed -f $lib/man-tables.sed" "$1"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# scripts/fpt: types and its own tests, in tests/fpt. Types of the server in Python.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

export PYTHONPATH="$scripts" PYTHONDONTWRITEBYTECODE=1
for tool in mypy pytest-3; do
	command -v $tool >/dev/null || skip_all "config: no $tool (run scripts/setup.sh --check)"
done
check "mypy --strict has nothing to say" mypy --config-file "$tests/fpt/mypy.ini" --cache-dir "$tmp/mypy" "$scripts/fpt" "$tests/fpt"
check "nor of the server in Python" mypy --config-file "$tests/fpt/mypy.ini" --cache-dir "$tmp/mypy-server" \
	"$scripts/../fixtures/servers/python"
for file in "$tests"/fpt/test_*.py; do
	check "${file##*/}" pytest-3 -q -p no:cacheprovider "$file"
done
finish

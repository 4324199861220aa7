#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The git hook of make hooks: a commit of what it complains of is refused, and others are not.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

for tool in git clang-format shellcheck; do
	command -v $tool >/dev/null || skip_all "config: no $tool (run scripts/setup.sh --check)"
done
clang-format --version | grep -q 'version 14\.' || skip_all "config: clang-format is not version 14, that of Debian 12"

repository=$tmp/repository
mkdir -p "$repository/scripts"
cp "$tests/../../"{Makefile,tests.mk,.clang-format} "$repository"
cp "$scripts/pre-commit" "$repository/scripts"
cd "$repository"
unset OUTPUT MAKEFLAGS MAKELEVEL MFLAGS
export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
git init -q .
git add -A
git commit -q -m "test: begin"
exits "make hooks" 0 make -s hooks

# commits NAME STATUS FILE TEXT
commits()
{
	printf '%b' "$4" >"$3"
	git add "$3"
	exits "$1" "$2" git commit -q -m "test: $1"
	git reset -q
	rm "$3"
}

commits "formatted C" 0 good.c 'int main(void)\n{\n\treturn 0;\n}\n'
commits "C that is not formatted" 1 bad.c 'int main(void) {\n  return 0; }\n'
commits "an include by .." 1 up.c '#include "../up.h"\n'
commits "a title with a full stop" 1 title.c 'CASE(a, b, .promise = "E1",\n\t.title = "it ends.")\n{\n}\n'
commits "a name that is not plain" 1 name.c 'CASE(a, is_b, .promise = "E1",\n\t.title = "it ends")\n{\n}\n'
# shellcheck disable=SC2016 # text of files
commits "shell" 0 good.sh '#!/bin/sh\necho "$1"\n'
# shellcheck disable=SC2016 # text of files
commits "shell that is not clean" 1 bad.sh '#!/bin/sh\necho $1\n'
# shellcheck disable=SC2016 # text of files
commits "another file" 0 notes.md 'echo $1\n'

finish

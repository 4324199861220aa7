#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/lib/usual.inc"
set -eu
export LC_ALL=C

usage()
{
	cat <<-END
	usage: scripts/new-case.sh PROGRAM.SUBJECT.NAME
	Writes a case that builds to the end of cases/PROGRAM.c, and the program and its fixture SUBJECT
	where they are missing; then says what to do next.

	The name reads as a statement, the errno last: drop.before_reply.open_eio. Its parts have lower
	case letters, digits and underscores.

	Exit status: 0 the case is written, 1 it is not.
	END
}

die()
{
	echo "new-case.sh: $*" >&2
	exit 1
}

case ${1-} in
--help) usage && exit 0 ;;
'' | -*) die "give PROGRAM.SUBJECT.NAME, see --help" ;;
esac
[ $# -eq 1 ] || die "give one name, see --help"
[[ $1 =~ ^([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)$ ]] ||
	die "'$1' has not the form PROGRAM.SUBJECT.NAME, of lower case letters, digits and underscores"
program=${BASH_REMATCH[1]} subject=${BASH_REMATCH[2]} name=${BASH_REMATCH[3]}
[ "$program" != "$subject" ] || die "the subject repeats its program: name what of '$program' the case is about"
[ "$program" != contract ] || die "cases/contract.c has the promises: name a program"
for part in "$program" "$subject" "$name"; do
	[[ ! $part =~ ^(is|of|that|goes)_ ]] || die "'$part' begins with ${part%%_*}_: name the thing, or begin with the verb"
done

file=$checkout/cases/$program.c
if [ -e "$file" ]; then
	[ "$(tail -n 1 "$file")" = "CASE_MAIN()" ] || die "cases/$program.c does not end with CASE_MAIN()"
	! grep -q "^CASE($subject, $name," "$file" || die "cases/$program.c has the case $subject.$name already"
	text=$(sed '$d' "$file")
else
	text=$(
		printf '// SPDX-License-Identifier: GPL-2.0\n'
		printf '/* TODO: what the program is about. Promises TODO. */\n'
		printf '#include <errno.h>\n#include <fcntl.h>\n\n#include "world/case_helpers.h"'
	)
fi
grep -qE "^[A-Z_]+FIXTURE[A-Z_]*\(${subject}[,)]" <<<"$text" || text+=$'\n\n'"WORLD_FIXTURE($subject);"

# The program refuses to run until a promise is chosen; then the case fails until it has a body.
cat >"$file.new" <<END
$text

/* TODO: what asserts more than its promise's basis is TODAY(EXPECT_...), or .today = "why" of the case. */
CASE($subject, $name, .promise = "TODO (choose one that 'make contract' prints)",
	.title = "TODO: what the kernel does, one sentence")
{
	long fd;

	open_rule(w, "f reg=at-open");

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_READ(w, fd, "TODO: what f has");
}

CASE_MAIN()
END
mv "$file.new" "$file"

cat <<END
cases/$program.c has the case $program.$subject.$name. Until you have chosen a promise the program
refuses to run.

  1. make contract          choose the promise that the case tests, or add one to cases/contract.c, with
                            the basis on which it must be kept or why it is only so today
  2. \$EDITOR cases/$program.c   replace each TODO: .promise, .title, the body
  3. make                   build it
  4. scripts/run.sh --filter $program.$subject.$name
                            see it pass, and fail under a fault: make faulty, then
                            FPT_FAULT=wrong-file scripts/run.sh --strict --server build/faulty/raw (cases/README.md)
END

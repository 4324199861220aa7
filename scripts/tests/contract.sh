#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# contract.sh with fake programs and servers, in a build directory of their own.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
# shellcheck source-path=SCRIPTDIR source=programs.inc
. "$(dirname "$0")/programs.inc"

contract=$scripts/contract.sh
exits "nothing built" 1 "$contract"
says "asks to build" "$tmp/err" "contract.sh: no programs in $OUTPUT: run 'make' first .*"
exits "an unknown option" 1 "$contract" --quick
says "is reported" "$tmp/err" 'contract.sh: unknown option --quick, see --help'
exits "--help" 0 "$contract" --help
says "documents the exit status" "$tmp/out" 'Exit status: 0 every promise has a case .*'

program a 'a.f.one|E1|6.9|-|-|the first' \
	'a.m.x.many|R1|6.9|passthrough|-|the matrix|today' \
	'a.m.y.many|R1|6.9|passthrough|-|the matrix|today' \
	'a.m.z.other|R1|any|-|-|another of one variant|today'
program b 'b.f.two|E2|6.12|overlayfs,passthrough|arbitrary-id,backing-id-library|the second' \
	'b.f.three|E2|6.12|-|wings|the third|today'
exits "no server" 1 "$contract"
says "asks to build" "$tmp/err" "contract.sh: no servers in $OUTPUT: run 'make' first .*"

script "$OUTPUT/servers/raw" <<END
echo "hello protocol 2 server raw version 1.2 can passthrough arbitrary-id nonpositive-id backing-id-library"
END
script "$OUTPUT/servers/plain" <<END
echo "hello protocol 2 server plain version 3 can"
exit 1
END
script "$OUTPUT/servers/seedling" <<END
echo "hello protocol 2 server seedling version 4 can passthrough nonpositive-id backing-id-library"
END
exits "a complete contract" 0 "$contract"
same "no message" /dev/null "$tmp/err"
same "is Markdown" - "$tmp/out" <<'END'
# The contract of FUSE passthrough backing IDs

Each promise with the source that decides it, and the cases that test it: the release since
which they hold, and the servers that can run them.

What *must* be kept has a basis: a document, a commit's message, a uapi comment, a man page, or a named
program that relies on it. A kernel that differs fails. What is *only so today* has none, for the
reason given. A kernel that differs has changed: the suite says so, and does not fail. A case can ask
for more than its promise includes; it is marked.

2 promises must be kept, 1 is only so today.

Servers: plain 3, raw 1.2, seedling 4.

## E: When an ID is dropped

### Must

| ID | promise, and the cases that test it | since | servers | decided by | basis |
|---|---|---|---|---|---|
| **E1** | **a \<b>\*early\*\</b> drop** | | | fs/a.c: early() | a.rst, \*Drops\* |
| | `a.f.one`: the first | 6.9 | plain, raw, seedling | | |
| **E2** | **a late drop** | | | fs/b.c: late() | open(2), EIO |
| | `b.f.two`: the second | 6.12 | raw | | |
| | `b.f.three` (*only so today*): the third | 6.12 | none | | |

## R: Replies

### Only so today

| ID | what the kernel does, and the cases that test it | since | servers | decided by | why it is not promised |
|---|---|---|---|---|---|
| **R1** | **a reply** | | | fs/c.c: reply() | no document says so |
| | `a.m.{x,y}.many`: the matrix | 6.9 | raw, seedling | | |
| | `a.m.z.other`: another of one variant | any | plain, raw, seedling | | |
END

program b 'b.f.two|E9|6.9|-|-|of no promise' 'b.f.three|R|6.9|-|-|of a heading'
program a 'a.f.one|E1|6.9|-|-|the first'
exits "promises without a case" 1 "$contract"
says "are listed" "$tmp/err" 'contract.sh: promises without a case: E2 R1'
says "and marked" "$tmp/out" '| | no case | | | | |'
says "so are cases without a promise" "$tmp/err" \
	'contract.sh: cases whose promise is not in the contract: b.f.two (E9) b.f.three (R)'

sed -i 's/a.rst, [*]Drops[*]|-/-|-/; s/open(2), EIO|-/open(2), EIO|the errno is not promised/' "$OUTPUT/cases/a"
program b 'b.f.two|E2|6.12|-|-|the second|must' 'b.f.three|R1|6.12|-|-|the third|today'
exits "a promise without a level, and one with both" 1 "$contract"
same "both are named" - "$tmp/err" <<'END'
contract.sh: promises with neither a basis nor a reason why they are only so today: E1
contract.sh: promises with both a basis and a reason why they are only so today: E2
END
program a 'a.f.one|E1|6.9|-|-|the first'

program b 'b.f.two|E2|6.12|-|-|the second|maybe'
exits "an unknown level" 1 "$contract"
says "is an error" "$tmp/err" "contract.sh: b.f.two: 'maybe' is not a level, must or today: run 'make' again"

script "$OUTPUT/cases/b" <<'END'
echo "f.two, line 7: the contract has no promise E9" >&2
exit 1
END
exits "a program that refuses to run" 1 "$contract"
says "its reason is printed" "$tmp/err" 'f.two, line 7: the contract has no promise E9'
rm "$OUTPUT/cases/b"

script "$OUTPUT/servers/odd" <<END
echo hello
END
exits "a server without a hello" 1 "$contract"
says "is reported" "$tmp/err" 'contract.sh: .*/servers/odd sends no hello of protocol 2'

finish

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A file includes only headers of its own room and of rooms on lower floors, not of other rooms on
# its floor.
set -eu
# shellcheck source=scripts/tests/tap.inc
. "$(dirname "$0")/tap.inc"

# Floor and room, bottom first.
cat >"$tmp/rooms" <<'END'
0 harness
0 fixtures/shared
0 fixtures/backing_id
0 scripts/vm/guest
1 fixtures/client
1 fixtures/servers/common
1 scripts/lib
2 fixtures/model
2 fixtures/world
2 fixtures/servers
2 fixtures/servers/raw
2 fixtures/servers/libfuse
3 fixtures/explorer
3 fixtures/external
3 fixtures/probe
3 fixtures/programs
4 cases
5 cases/external
6 harness/tests
6 fixtures/tests
6 scripts/tests
END

declare -A floor
while read -r number room; do
	floor[$room]=$number
done <"$tmp/rooms"

# found ROOM NAME: like the compiler with -iquote . and -iquote fixtures; nothing for a system header
found()
{
	local path

	for path in "$1/$2" "fixtures/$2" "$2"; do
		[ ! -e "$path" ] || { echo "$path" && break; }
	done
}

# wrong FILE NAME: prints why the file must not include that, or nothing
wrong()
{
	local room=${1%/*} of

	[[ /$2 != */../* ]] || echo "a path with .."
	of=$(found "$room" "$2")
	of=${of%/*}
	if [ -z "$of" ] || [ "$of" = "$room" ]; then
		return
	elif [ -z "${floor[$room]-}" ] || [ -z "${floor[$of]-}" ]; then
		echo "not in the table of rooms in scripts/tests/rooms.sh"
	elif [ "${floor[$of]}" -ge "${floor[$room]}" ]; then
		echo "room $of is not below $room"
	elif [ "$room" = harness/tests ] && [ "$of" != harness ]; then
		echo "the harness must not depend on $of"
	fi
}

# check_rooms CHECKOUT: prints each include that the table does not allow.
check_rooms()
(
	cd "$1"
	find harness fixtures cases scripts -name '*.[ch]' -exec grep -H '^ *# *include *"' {} + >"$tmp/includes"
	bad=0
	while IFS=: read -r file line; do
		name=${line#*\"} name=${name%%\"*}
		why=$(wrong "$file" "$name")
		[ -z "$why" ] || { echo "$file: #include \"$name\": $why" && bad=1; }
	done <"$tmp/includes"
	exit $bad
)

check "includes are of the same room or a lower floor" check_rooms "$tests/../.."

# The check itself, on a made-up checkout.
mkdir -p "$tmp/c/harness" "$tmp/c/fixtures/world" "$tmp/c/fixtures/client" "$tmp/c/cases" "$tmp/c/scripts" \
	"$tmp/c/fixtures/attic"
touch "$tmp/c/fixtures/world/world.h" "$tmp/c/harness/need.h" "$tmp/c/fixtures/attic/old.h"
echo '#include "harness/need.h"' >"$tmp/c/fixtures/world/world.c"
check "a lower room may be included" check_rooms "$tmp/c"

refused() # NAME FILE INCLUDE MESSAGE
{
	echo "#include \"$3\"" >"$tmp/c/$2"
	exits "$1" 1 check_rooms "$tmp/c"
	says "is refused" "$tmp/out" "$2: #include \"$3\": $4"
	rm "$tmp/c/$2"
}
refused "a higher room" fixtures/client/client.c world/world.h "room fixtures/world is not below fixtures/client"
refused "a path with .." cases/drop.c ../fixtures/world/world.h "a path with \.\."
refused "an unknown room" cases/drop.c attic/old.h "not in the table of rooms .*"

finish

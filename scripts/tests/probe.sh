#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh --probe finds nothing wrong with the project's own servers, and of servers with
# one fault the steps that are about it.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built servers/raw
need_built faulty/raw
need_built probe
need_fuse

export RAW="$built/servers/raw" OUTPUT="$built"
unset FPT_FAULT
run=("$scripts/run.sh" --probe --server)

status=0
"${run[@]}" raw >"$tmp/out" 2>/dev/null || status=$?
if [ "$status" -eq 4 ]; then
	echo "1..0 # SKIP kernel: $(sed -n 's/^cannot be tried: //p' "$tmp/out")"
	exit 0
fi

lacks() # FILE PATTERN
{
	! grep "$2" "$1"
}

# --- servers that keep the protocol ----------------------------------------------

usable_servers
for server in $servers; do
	exits "$server" 0 "${run[@]}" "$server"
	says "$server: all is right" "$tmp/out" "[a-z-]* keeps the protocol: all of [1-9][0-9]* steps"
	check "$server: no step is wrong" lacks "$tmp/out" ^WRONG
done

cases_with() # WORD: how many cases name it
{
	"$scripts/run.sh" --list | cut -f 5 | grep -cE "(^|,)$1(,|\$)"
}

exits "raw again" 0 "${run[@]}" raw
says "the cases that a word would be needed for are counted" "$tmp/out" \
	"without \"library-libfuse\": cases skipped: $(cases_with library-libfuse)"
check "a word that the server says is none of them" lacks "$tmp/out" 'without "backing-id-library"'
exits "no server is named" 1 "$scripts/run.sh" --probe
says "it says so" "$tmp/err" "run.sh: --probe needs --server.*"

# --- and such that do not ----------------------------------------------------------

server() # NAME; what it does is on standard input
{
	{
		echo "#!/bin/bash"
		cat
	} >"$tmp/$1"
	chmod +x "$tmp/$1"
}

# The raw server, what it says or hears changed by a program of sed. A descriptor that
# comes with a command gets lost on the second way.
says_instead() # NAME SED
{
	server "$1" <<<"exec \"\$RAW\" > >(exec sed -u '$2' 3<&-)"
}

hears_instead() # NAME SED
{
	server "$1" <<<"exec \"\$RAW\" < <(exec sed -u '$2' 3<&-)"
}

wrong() # NAME PARTS; exactly the steps on standard input are wrong
{
	local parts

	cat >"$tmp/wanted"
	read -ra parts <<<"$2"
	exits "$1" 1 env FPT_SERVER="$tmp/$1" "$built/probe" lines "${parts[@]}"
	sed -n 's/^WRONG *//p' "$tmp/out" >"$tmp/wrong"
	same "$1: those steps are wrong" "$tmp/wanted" "$tmp/wrong"
}

explains() # NAME TEXT: in the answer to the wrong() before
{
	check "$1: what came is told" grep -F "$2" "$tmp/out"
}

server dumb <<<'exec cat >/dev/null'
FPT_TIMEOUT_MUL=0.1 wrong dumb "" <<-END
	Hello: the server begins with a hello line of protocol 2
END
explains dumb "the server did not say hello in time"

server stranger <<<'echo "220 mail.example ESMTP"; exec cat >/dev/null'
wrong stranger "" <<-END
	Hello: the server begins with a hello line of protocol 2
END
explains stranger '220 mail.example ESMTP'

says_instead future '1s/protocol 2/protocol 3/'
wrong future "" <<-END
	Hello: the server begins with a hello line of protocol 2
END
explains future "the server speaks protocol 3; this suite speaks 2 (PROTOCOL.md, The version)"

says_instead no_version '1s/ version [^ ]*//'
wrong no_version "" <<-END
	Hello: the first line has this form
END

says_instead untagged 's/^@a-tag //'
wrong untagged "" <<-END
	Lines: a reply begins with the tag of the command
END
explains untagged '        came:     ok 0'

says_instead obedient 's/error EPROTO unknown command.*/ok/'
wrong obedient abilities <<-END
	Lines: a malformed command is refused: nonsense
END

says_instead numbers 's/error ENOENT/error 2/'
wrong numbers ids <<-END
	Commands of every server: a second backing-close reports the errno of the ioctl
	Commands of every server: a dropped ID is closed
	Commands of every server: a second drop fails with ENOENT
END
explains numbers 'error 2'

says_instead boaster '1s/$/ threads/'
wrong boaster abilities <<-END
	INIT: a server with "threads" takes this
END

says_instead modest '1s/ hold / /'
wrong modest abilities <<-END
	Commands that need an ability: a server without "hold" refuses this
END

says_instead talkative '1s/$/ juggle/'
exits "a word that no test knows" 0 env FPT_SERVER="$tmp/talkative" "$built/probe" lines
says "it is noted" "$tmp/out" 'note    Hello: there is no ability "juggle"'

says_instead anchorless '1s/$/ wants-anchor/'
wrong anchorless "" <<-END
	The anchor: without the anchor the server refuses to make IDs
	The request log: the request for the anchor is not logged
END

says_instead vague 's/ passthrough yes depth 1$//'
wrong vague "" <<-END
	Commands of every server: start replies to INIT and reports it in this form
END

says_instead shy 's/ passthrough yes/ passthrough no/'
wrong shy "" <<-END
	INIT: the reply to INIT has passthrough and the depth of init
END

says_instead flagless 's/OPEN+passthrough/OPEN/'
wrong flagless "requests rules passthrough" <<-END
	The request log: with passthrough the kernel sends no READ and no WRITE
END

says_instead forgetful 's/LOOKUP OPEN/OPEN LOOKUP/'
wrong forgetful requests <<-END
	The request log: there is one word for each request, in their order
END

hears_instead keeper 's/ drop=before-reply/ drop=keep/'
wrong keeper passthrough <<-END
	Open rules: an open with drop=before-reply fails
	Open rules: drop=before-reply drops the ID
	Open rules: an open with drop=at-release succeeds
	Open rules: an open with reg=reuse succeeds
END

hears_instead impatient 's/ gate=reply//'
wrong impatient waiting <<-END
	Commands of every server: go reports how many it released
END

hears_instead hasty 's/^wait LOOKUP 20/wait LOOKUP 0/'
wrong hasty waiting <<-END
	Lines: an untagged wait blocks the commands behind it
END

# Takes a wait without a tag for one with a tag, and so holds nothing back.
server overtaking <<'END'
exec "$RAW" < <(exec sed -u 's/^wait /@untagged &/') > >(exec sed -u 's/^@untagged //' 3<&-)
END
wrong overtaking waiting <<-END
	Lines: an untagged wait blocks the commands behind it
END
explains overtaking '        came:     @z ok'

hears_instead grudging 's/ wait FALLOCATE 0/ wait FALLOCATE 1/'
FPT_TIMEOUT_MUL=0.1 wrong grudging waiting <<-END
	Commands of every server: wait REQUEST 0 is answered at once
	Life: the server replies until the end of the part
END

# Ignores what it does not know.
hears_instead lenient 's/ \(requests\|last\|unused-rules\) nonsense/ \1/; s/ nonsense=1//'
wrong lenient "" <<-END
	Lines: a malformed command is refused: requests nonsense
	Lines: a malformed command is refused: last nonsense
	Lines: a malformed command is refused: unused-rules nonsense
	Lines: a malformed command is refused: backing-open path=/dev/null nonsense=1
END

hears_instead alone ''
wrong alone ids <<-END
	Commands of every server: backing-open takes the descriptor of the command
	Commands of every server: backing-close closes its ID
END

# shellcheck disable=SC2016 # the servers' own
server unhappy <<<'exec 5<&3 3<&-; "$RAW" 3<&5; exit 3'
wrong unhappy "quit eof" <<-END
	Life: quit ends the server with status 0
	Life: end of file ends the server with status 0
END

# shellcheck disable=SC2016
server patient <<<'FPT_TIMEOUT_MUL=100 exec "$RAW"'
FPT_TIMEOUT_MUL=0.2 wrong patient limit <<-END
	Life: at the time limit the server exits with status 1
END

# shellcheck disable=SC2016
server mortal <<<'exec "$RAW" < <(sed -u "/^@[0-9]* wait OPEN\$/Q")'
wrong mortal waiting <<-END
	Commands of every server: wait is answered when the request has come
	Life: the server replies until the end of the part
END
explains mortal "the server ended"
says "mortal: the rest is counted" "$tmp/out" "2 of [0-9]* steps went wrong, [1-9][0-9]* could not be tried"

hears_instead weak '/reg=reuse/,/^never/ { /^@[0-9]* last$/Q }'
wrong weak passthrough <<-END
	Life: the server replies until the end of the part
END
explains weak "the server ended"

hears_instead frail '/ backing-open$/,/^never/ { /^@[0-9]* last$/Q }'
wrong frail ids <<-END
	Commands of every server: backing-open takes the descriptor of the command
	Commands of every server: backing-close closes its ID
	Lines: the server closes a passed descriptor when the command is done
	Life: the server replies until the end of the part
END

# Faults between the raw server and the kernel.
faulted() # FAULT PARTS
{
	server "$1" <<<"FPT_FAULT=$1 exec \"\$OUTPUT/faulty/raw\""
	wrong "$1" "$2"
}

faulted no-attr-timeout requests <<-END
	The request log: timeouts are infinite: there is one LOOKUP for each name and no more
	The request log: there is one word for each request, in their order
END

faulted leaked-descriptor holding <<-END
	The file system: between two requests the server keeps nothing of the backing directory open
END

faulted wrong-read-data requests <<-END
	The file system: READ returns the content of the backing file
END

faulted wrong-handle passthrough <<-END
	Open rules: drop=at-release drops the ID at RELEASE
END

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# run.sh --mount on layer_fs with each mistake of real file systems (fixtures/layer_fs): it is found, the
# first paragraph of the advice names it, and the commands that it gives fail. Without the mistake the same
# cases pass, and the same commands succeed.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
export OUTPUT="$built"

need_built external/layers
need_built tests/layer_fs
need_fuse
uring_stays
layer_fs=$built/tests/layer_fs

one="--branch {source}"
layers="--branch {upper} --lower {lower}"
two="--branch {source} --branch {source2}"
cache="--cache {cache} --branch {source}"

# MISTAKE|DIRECTORIES|FILTER|PATTERN of the first finding.
wanted()
{
	opens='A5,leaks.last_close.*,leaks.unlinked.o_tmpfile*'
	cat <<-END
	id-per-open|$one|$opens|An open fails with EIO, after another ID for a file that is open with one (.*keep one ID per inode.*
	first-close|$one|$opens|An open fails with EIO, after another ID for a file whose own was closed .*count the opens of an inode.*
	keep-cache|$one|$opens|An open fails with EIO, after flags that the kernel rejects .*none of FOPEN_KEEP_CACHE.*
	keep-cache-and-drop|$one|$opens|An open fails with EIO, after flags that the kernel rejects .*none of FOPEN_KEEP_CACHE.*
	drop-before-reply|$one|$opens|An open fails with EIO, after an ID that is closed already .*close the ID only when.*
	drop-after-reply|$one|$opens|An open fails with EIO, after an ID that is closed before open(2) has returned .*not after the reply.*
	no-such-id|$one|$opens|An open fails with EIO, after an ID that its connection does not know .*use the ID that.*
	cached-writers|$one|$opens|An open fails with EIO, after an open without FOPEN_PASSTHROUGH .*pass all overlapping opens.*
	direct-writers|$one|$opens|An open fails with EIO, after an open without FOPEN_PASSTHROUGH .*pass all overlapping opens.*
	cached-readers|$one|$opens|An open fails with EIO, after an open with FOPEN_PASSTHROUGH of a file that is open with the page cache .*
	refuse-second|$one|$opens|An open fails with EIO, after EIO from the file system itself .*
	never-close|$one|$opens|A closed file is held by an ID that the external file system has not closed (files that it opens for reading, opens for writing, creates and opens with O_TMPFILE; .*close the ID, .*
	tmpfile-never-closed|$one|$opens|A closed file is held by an ID that the external file system has not closed (files that it opens with O_TMPFILE; .*close the ID, .*
	off-after-error|$one|A5|Not so: "after the open of a file that cannot be registered, .*a failed registration is about one file.*
	release-counts-all|$one|A5|Not so: "a file opened with O_DIRECT first .*count for the ID only the opens that were answered with it.*
	create-loses-count|$one|A5|Not so: "O_CREAT of a name that was just linked .*look the inode up and count on.*
	id-per-name|$one|file_names.*|Not so: "a closed file that replaces an open one .*an ID is that of a file, not of a name.*
	id-after-restart|$one|A15|Not so: "after a kill and a new start .*forget all IDs when the connection ends.*
	ioctl-size|$one|A14|Not so: .*: got an ioctl on /dev/fuse that is no FUSE_DEV_IOC_BACKING_OPEN.*take the numbers of the ioctls from linux/fuse.h.*
	ioctl-direction|$one|A14|Not so: .*: got an ioctl on /dev/fuse that is no FUSE_DEV_IOC_BACKING_OPEN.*take the numbers of the ioctls from linux/fuse.h.*
	stack-depth-3|$one|A14|Not so: .*: got a max_stack_depth that is neither 1 nor 2.*max_stack_depth of 1 or 2.*
	id-over-copy-up|$layers|layers.*|Not so: "a change of a lower file that is open for reading .*: got low, .*the upper file is another file.*
	node-per-lower-inode|$layers|layers.*|Not so: "a change of a lower file .*: got l[a-z1]*, .*the upper file is another file.*
	truncate-lower|$layers|layers.*|Not so: "a change of a lower file .*: got l[a-z1]*, .*copy a file up before SETATTR.*
	write-lower|$layers|layers.no_copy_up.*|Not so: "with the upper directory full or read-only, .*do not write to the lower file instead.*
	copy-in-place|$layers|layers.no_copy_up.*|Not so: "with the upper directory full or read-only, .*make the copy under another name.*
	node-per-number|$two|branches.*|Not so: "files of two branches with one inode number .*tell files apart by device and number.*
	id-of-copy|$one|backing_changes.*|Not so: "reads of an open file that is truncated .*keep none of its data.*
	size-of-lookup|$one|backing_changes.*|Not so: "statx with AT_STATX_FORCE_SYNC .*answer GETATTR with the attributes that the file has now.*
	node-per-name|$cache|moved_files.*|Not so: "a change of a new file .*give it a new node.*
	move-open|$cache|moved_files.*|Not so: "what is written to a new file .*move a file when nobody can write to it.*
	move-empty|$cache|moved_files.*|Not so: "a new file has its data .*copy a file whole before its name leads to the copy.*
	move-mapped|$cache|moved_files.*|Not so: "what is stored to a new file .*move a file when nobody can write to it.*
	branch-by-path|$two|branches.*|Not so: "after a branch is unmounted .*keep a descriptor of each branch.*
	END
}

run_on() # NAME DIRECTORIES FILTER [MISTAKE]
{
	timeout $((600 * ${FPT_TIMEOUT_MUL:-1})) "$scripts/run.sh" --strict --mount "$layer_fs ${4+--mistake $4} $2 {mountpoint}" \
		--filter "$3" --run-dir "$tmp/$1.run" >"$tmp/$1.out" 2>&1 || echo $? >"$tmp/$1.status"
}

wanted >"$tmp/wanted"
# Eight at once: each waits for some seconds.
running=0
while IFS='|' read -r mistake directories filter pattern; do
	echo 0 >"$tmp/$mistake.status"
	run_on "$mistake" "$directories" "$filter" "$mistake" &
	running=$((running + 1))
	[ $((running % 8)) -ne 0 ] || wait
done <"$tmp/wanted"
for kind in one layers two cache; do
	eval "directories=\$$kind"
	echo 0 >"$tmp/right-$kind.status"
	run_on "right-$kind" "$directories" '*' &
done
wait

"$layer_fs" --mistakes | cut -f 1 | sort >"$tmp/made"
cut -d '|' -f 1 "$tmp/wanted" | sort >"$tmp/tested"
same "each mistake of layer_fs is tested" "$tmp/made" "$tmp/tested"

first_finding() # OUTPUT
{
	sed -n '/^1\. /,/^$/p' "$1" | sed -e '/^To see it/,$d' -e '1s/^1\. //' | paste -sd ' '
}

while IFS='|' read -r mistake directories filter pattern; do
	check "$mistake: the run fails" [ "$(cat "$tmp/$mistake.status")" = 1 ]
	first_finding "$tmp/$mistake.out" >"$tmp/finding"
	says "$mistake: the first finding names it" "$tmp/finding" "$pattern"
	tail -n 1 "$tmp/$mistake.out" >"$tmp/badge"
	says "$mistake: so does the last line" "$tmp/badge" '\[FUSE passthrough: [0-9]* findings\{0,1\}\] layer_fs: .*'
done <"$tmp/wanted"
for kind in one layers two cache; do
	check "without a mistake all pass ($kind)" [ "$(cat "$tmp/right-$kind.status")" = 0 ]
	tail -n 1 "$tmp/right-$kind.out" >"$tmp/badge"
	says "and the last line says so" "$tmp/badge" '\[FUSE passthrough: ok\] layer_fs: [0-9]* passed, 0 failed, .*'
done

# --- the commands that are shown -----------------------------------------------------------------

shown() # MISTAKE: prints the commands of its first finding
{
	python3 - "$tmp/$1.run/run.json" <<-'END'
	import json, sys
	for server in json.load(open(sys.argv[1]))["servers"].values():
	    print("\n".join(server["findings"][0].get("shell", [])))
	END
}

# What the commands of its advice do on it, from the beginning on, in a mount namespace of their own.
try_shown() # DIRECTORIES COMMANDS-FILE [MISTAKE]
{
	rm -rf "$tmp/try" && mkdir "$tmp/try"
	# shellcheck disable=SC2016 # expands there
	unshare -m sh -eu -c '
		cd "$1" && mount -t tmpfs fpt . && cd "$1" && mkdir source source2 lower upper cache mnt
		for file in source/f source/g lower/low; do head -c 64K </dev/zero >$file; done
		options=$(echo "$3" | sed "s,{\([a-z0-9]*\)},$1/\1,g")
		setsid "$2" ${5:+--mistake $5} $options mnt & server=$!
		until grep -q " $1/mnt " /proc/self/mountinfo; do kill -0 $server; done
		cd mnt && source=$1/source lower=$1/lower timeout 60 sh "$4" || status=$?
		kill $server
		exit ${status-0}
	' sh "$tmp/try" "$layer_fs" "$1" "$2" "${3-}"
}

fails()
{
	! "$@"
}

while IFS='|' read -r mistake directories filter pattern; do
	shown "$mistake" >"$tmp/commands"
	grep -q . "$tmp/commands" || continue
	! grep -q '^head -c.*df' "$tmp/commands" || continue
	check "$mistake: its commands fail" fails try_shown "$directories" "$tmp/commands" "$mistake"
	check "$mistake: without it they succeed" try_shown "$directories" "$tmp/commands"
done <"$tmp/wanted"

finish

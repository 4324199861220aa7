#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# libfuse.sh --bisect in a temporary repository with libfuse's source: commits that change nothing
# or do not build, and one that closes the wrong backing ID.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
# shellcheck source-path=SCRIPTDIR source=libfuse.inc
. "$tests/libfuse.inc"

need_fuse
can_build || skip_all "config: no meson (run scripts/setup.sh --check)"
command -v git >/dev/null || skip_all "config: no git"
libfuse=$scripts/libfuse.sh
need_source
other_output

repo=$tmp/repo
calls=$repo/lib/fuse_lowlevel.c
case=backing_close.closed_id.enoent

commit() # SUBJECT
{
	git -C "$repo" add --all
	git -C "$repo" -c user.name=nobody -c user.email=nobody@example.org commit -qm "$1"
	git -C "$repo" tag "$(echo "$1" | tr ' ' -)"
}

cp -R "$source" "$repo"
chmod -R u+w "$repo"
git init -q "$repo"
commit "as released"
echo "/* one */" >>"$calls"
commit "changes nothing"
echo "no meson(" >>"$repo/meson.build"
commit "does not build"
git -C "$repo" checkout -q HEAD~1 meson.build
commit "builds again"
sed -i 's/ioctl(\(.*\), FUSE_DEV_IOC_BACKING_CLOSE/ioctl((backing_id++, \1), FUSE_DEV_IOC_BACKING_CLOSE/' "$calls"
commit "closes another ID"
echo "/* two */" >>"$calls"
commit "changes nothing else"
check "the repository has six commits" test "$(git -C "$repo" rev-list --count HEAD)" -eq 6

bisect() # GOOD BAD CASE
{
	"$libfuse" --bisect "$repo" "$@"
}

exits "the commit that broke a case" 0 bisect as-released HEAD $case
git -C "$repo" log -1 --format='%H %s' closes-another-ID >"$tmp/expected"
same "the commit that broke a case: is found" "$tmp/expected" "$tmp/out"
says "the good end was tried" "$tmp/err" 'libfuse.sh: [0-9a-f]\{12\} as released: good'
says "the bad end was tried" "$tmp/err" 'libfuse.sh: [0-9a-f]\{12\} changes nothing else: bad'
says "what failed is shown" "$tmp/err" "  libfuse-[0-9.]* $case: fail"
says "the path of the logs is shown" "$tmp/err" "libfuse.sh: logs: $OUTPUT/libfuse/git-repo-.*/runs/[0-9a-f]*"
git -C "$repo" status --short >"$tmp/got"
git -C "$repo" for-each-ref refs/bisect >>"$tmp/got"
: >"$tmp/expected"
same "the repository is unchanged" "$tmp/expected" "$tmp/got"

exits "a case broken only while nothing builds" 1 bisect changes-nothing closes-another-ID~1 $case
says "a case broken only while nothing builds: BAD is good" "$tmp/err" \
	"libfuse.sh: BAD must be bad, but $case is good there: [0-9a-f]\{12\} builds again"
exits "a bad GOOD" 1 bisect closes-another-ID HEAD $case
says "a bad GOOD: is named" "$tmp/err" "libfuse.sh: GOOD must be good, but $case is bad there: [0-9a-f]\{12\} closes another ID"
exits "a GOOD that does not build" 1 bisect does-not-build HEAD $case
says "a GOOD that does not build: is named" "$tmp/err" "libfuse.sh: GOOD must be good, but $case is not run there: [0-9a-f]\{12\} does not build"
exits "an unknown case" 1 bisect as-released HEAD no.such.case
says "an unknown case: is named" "$tmp/err" "libfuse.sh: cannot run no.such.case: no case matches 'no.such.case', see --list"
exits "an unknown revision" 1 bisect as-released nowhere $case
says "an unknown revision: is named" "$tmp/err" "libfuse.sh: $repo has no revision 'nowhere' (or is not a git repository)"

# A commit that breaks the case after one that does not build: either may be the culprit.
git -C "$repo" checkout -q --detach changes-nothing
echo "no meson(" >>"$repo/meson.build"
commit "does not build either"
git -C "$repo" checkout -q closes-another-ID .
commit "builds and is broken"
exits "several possible commits" 1 bisect changes-nothing builds-and-is-broken $case
git -C "$repo" log -2 --format='%H %s' builds-and-is-broken | sort >"$tmp/expected"
sort "$tmp/out" >"$tmp/got"
same "several possible commits: are listed" "$tmp/expected" "$tmp/got"
says "several possible commits: the reason is shown" "$tmp/err" "libfuse.sh: one of these broke $case, which cannot run on some of them"

# Options for vm.sh, with a kernel that does not exist.
exits "options for vm.sh" 1 bisect as-released HEAD $case -- --kernel "$tmp/no-kernel"
says "options for vm.sh: are passed on" "$tmp/err" "libfuse.sh: cannot run $case: .*no-kernel.*"

finish

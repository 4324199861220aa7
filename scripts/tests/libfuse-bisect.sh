#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# libfuse.sh --bisect, in a repository made here of libfuse's source: commits that change
# nothing, some that do not build, and one that closes another backing ID than it was told to.
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
same "is found" "$tmp/expected" "$tmp/out"
says "the good end was tried" "$tmp/err" 'libfuse.sh: [0-9a-f]\{12\} as released: good'
says "the bad end was tried" "$tmp/err" 'libfuse.sh: [0-9a-f]\{12\} changes nothing else: bad'
says "what failed is shown" "$tmp/err" "  libfuse-[0-9.]* $case: fail"
says "and where more is" "$tmp/err" "libfuse.sh: everything observed: $OUTPUT/libfuse/git-repo-.*/runs/[0-9a-f]*"
git -C "$repo" status --short >"$tmp/got"
git -C "$repo" for-each-ref refs/bisect >>"$tmp/got"
: >"$tmp/expected"
same "the repository is as before" "$tmp/expected" "$tmp/got"

exits "what was broken where nothing builds" 1 bisect changes-nothing closes-another-ID~1 $case
says "is a case that is not broken" "$tmp/err" \
	"libfuse.sh: BAD is to be bad, but $case is good there: [0-9a-f]\{12\} builds again"
exits "an end that is bad already" 1 bisect closes-another-ID HEAD $case
says "is named" "$tmp/err" "libfuse.sh: GOOD is to be good, but $case is bad there: [0-9a-f]\{12\} closes another ID"
exits "an end that does not build" 1 bisect does-not-build HEAD $case
says "is named" "$tmp/err" "libfuse.sh: GOOD is to be good, but $case is not run there: [0-9a-f]\{12\} does not build"
exits "a case that is none" 1 bisect as-released HEAD no.such.case
says "is named" "$tmp/err" "libfuse.sh: no.such.case cannot be run: no case matches 'no.such.case', see --list"
exits "a revision that is none" 1 bisect as-released nowhere $case
says "is named" "$tmp/err" "libfuse.sh: $repo has no revision 'nowhere' (or is no git repository)"

# A commit that breaks the case, after one that does not build: which of them, nobody can say.
git -C "$repo" checkout -q --detach changes-nothing
echo "no meson(" >>"$repo/meson.build"
commit "does not build either"
git -C "$repo" checkout -q closes-another-ID .
commit "builds and is broken"
exits "commits that cannot be told apart" 1 bisect changes-nothing builds-and-is-broken $case
git -C "$repo" log -2 --format='%H %s' builds-and-is-broken | sort >"$tmp/expected"
sort "$tmp/out" >"$tmp/got"
same "are listed" "$tmp/expected" "$tmp/got"
says "with the reason" "$tmp/err" "libfuse.sh: one of these it is, but $case cannot be run on some of them"

# Another kernel comes with its virtual machine, which is none here.
exits "options for vm.sh" 1 bisect as-released HEAD $case -- --kernel "$tmp/no-kernel"
says "are passed on" "$tmp/err" "libfuse.sh: $case cannot be run: .*no-kernel.*"

finish

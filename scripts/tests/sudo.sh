#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Root in the checkout of another user, as with sudo.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built contain
need_fuse
command -v git >/dev/null || skip_all "config: no git (run scripts/setup.sh --check)"
user=65534
chmod a+rx "$tmp"
home=$tmp/home checkout=$tmp/home/checkout
mkdir -p "$checkout" "$checkout/build/cases" "$checkout/build/servers"
cp -R "$scripts" "$tests/../../settings" "$tests/../../VERSION" "$checkout"
cp "$built/contain" "$checkout/build"
cp /bin/true "$checkout/build/servers/raw"
cat >"$checkout/build/cases/one" <<'END'
#!/bin/sh
[ "${1-}" != --json ] || exit 0
[ "${1-}" != --list ] || exec printf 'one.f.first\tE1\t6.9\t-\t-\ttitle\n'
echo "ok 1 f.first"
END
chmod +x "$checkout/build/cases/one"
chown -R $user:$user "$home"

as_user()
{
	env -u GIT_DIR -u GIT_WORK_TREE -u GIT_INDEX_FILE HOME="$home" \
		setpriv --reuid $user --regid $user --clear-groups "$@"
}
echo build >"$tmp/ignored"
as_user git -C "$checkout" init -q
as_user git -C "$checkout" -c core.excludesFile="$tmp/ignored" add .
as_user git -C "$checkout" -c user.name=nobody -c user.email=n@example.org commit -qm all

no_files_of_root()
{
	find "$home" -uid 0 >"$tmp/of-root"
	same "$1" /dev/null "$tmp/of-root"
}

unset OUTPUT
exits "a run" 0 env HOME="$home" "$checkout/scripts/run.sh" --server raw --results "$checkout/results"
no_files_of_root "a run leaves no files of root"
check "a run records the revision" test "$(sed -n 's/.*"source_revision": *"\([^"]*\)".*/\1/p' "$checkout"/build/runs/*/run.json)" = \
	"$(as_user git -C "$checkout" describe --always)"
version=$("$checkout/scripts/run.sh" --version)
check "a run records the version" grep -F "\"suite_version\": \"${version#* }\"" "$checkout"/build/runs/*/run.json
echo "# changed" >>"$checkout/settings"
exits "a run with a changed file" 0 "$checkout/scripts/run.sh" --server raw --run-dir "$checkout/build/dirty"
check "a run with a changed file records that" json_holds "$checkout/build/dirty/run.json" \
	'it["source_revision"].endswith("-dirty")'
exits "a run outside the checkout" 0 "$checkout/scripts/run.sh" --server raw --run-dir "$tmp/of-root-alone"
check "a run outside the checkout belongs to root" test "$(stat -c %u "$tmp/of-root-alone")" -eq 0

mkfifo "$tmp/fifo"
cat >>"$checkout/build/cases/one" <<END
echo runs >"$tmp/fifo"
exec tail -f /dev/null
END
env HOME="$home" "$checkout/scripts/run.sh" --server raw >/dev/null 2>&1 &
read -r _ <"$tmp/fifo"
kill -KILL $!
wait $! 2>/dev/null || :
check "the user can remove the files of a killed run" as_user rm -r "$checkout/build/runs"

# setup.sh keeps its cache in the home directory of the user.
# shellcheck source-path=SCRIPTDIR source=../lib/cache.inc
(
	# shellcheck disable=SC2317 # called below
	die() { echo "$*"; exit 1; }
	# shellcheck disable=SC2317
	say() { :; }
	unset XDG_CACHE_HOME FPT_CACHE
	HOME=$home
	# shellcheck disable=SC2030
	scripts=$checkout/scripts
	. "$scripts/lib/cache.inc"
	need_cache headers
	fetch_once headers/1 1 touch tree/file
)
no_files_of_root "the cache has no files of root"
finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# fuser.sh: its errors; and, with a cargo, its server, which follows the protocol, passes the
# cases of promises E and U, and is suspected for its own faults.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

fuser=$scripts/fuser.sh

exits "--help" 0 "$fuser" --help
says "--help documents the exit status" "$tmp/out" 'Exit status: 0 built, .*'
exits "an unknown option" 1 "$fuser" --newest
says "an unknown option: names it" "$tmp/err" 'fuser.sh: unknown option --newest, see --help'
exits "no cargo" 4 env CARGO="$tmp/none" "$fuser"
says "no cargo: is reported" "$tmp/err" "fuser.sh: no $tmp/none: the crate fuser needs .*"
cat >"$tmp/cargo" <<'END'
#!/bin/sh
echo "cargo 1.63.0"
END
chmod +x "$tmp/cargo"
exits "an old cargo" 4 env CARGO="$tmp/cargo" "$fuser"
says "an old cargo: its version is shown" "$tmp/err" \
	"fuser.sh: $tmp/cargo is 1.63.0: the crate fuser needs cargo 1.85 or later .*"
sed -i 's/1\.63\.0/1.100.0/' "$tmp/cargo"
exits "a new cargo, and a cache that is not writable" 1 \
	env CARGO="$tmp/cargo" FPT_CACHE=/proc/none "$fuser"
says "a cache that is not writable: names it" "$tmp/err" "fuser.sh: cannot write /proc/none/crates: set FPT_CACHE"

# --- the real server ---------------------------------------------------------------

need_built servers/raw
need_fuse
# skip_the_rest REASON
skip_the_rest()
{
	n=$((n + 1))
	echo "ok $n - the server is built # SKIP $1"
	finish
	exit 0
}

is_built()
{
	[ "$status" -eq 0 ] || { cat "$tmp/why"; return 1; }
}

"$fuser" --crates >"$tmp/crates" 2>"$tmp/why" || skip_the_rest "config: $(tail -n 1 "$tmp/why")"
status=0
nice "$fuser" >"$tmp/built" 2>"$tmp/why" || status=$?
[ "$status" -ne 4 ] || skip_the_rest "config: $(tail -n 1 "$tmp/why")"
check "the server is built" is_built
server=$(tail -n 1 "$tmp/built")

# The version in the hello, of this fuser and of another one that Cargo could choose.
version=$(sed -n '/^name = "fuser"$/{n;s/^version = "\(.*\)"$/\1/p}' "$built/fuser/Cargo.lock")
"$server" </dev/null >"$tmp/hello" || :
says "its hello has the version of fuser" "$tmp/hello" "hello .* server fuser version $version can .*"
check "its name has the version of fuser" test "${server##*/}" = "fuser-$version"
printf '[[package]]\nname = "%s"\nversion = "%s"\n\n' fuser-server 0.17.0 fuser 0.99.1 nix 0.30.1 >"$tmp/Cargo.lock"
(cd "$tmp" && rustc --edition 2024 -o choose "$scripts/../fixtures/servers/fuser/build.rs" && ./choose) >"$tmp/chosen"
says "build.rs finds another version" "$tmp/chosen" 'cargo::rustc-env=FUSER_VERSION=0[.]99[.]1'
(cd "$tmp" && FUSER_DESCRIBED=0.99-3-gabc ./choose) >"$tmp/chosen"
says "or takes that of a tree" "$tmp/chosen" 'cargo::rustc-env=FUSER_VERSION=0[.]99-3-gabc'
check "a crate has no owner of what is created" test -z "$(grep 'cfg=fuser_owner' "$tmp/chosen")"
mkdir "$tmp/tree" "$tmp/tree/src"
echo "pub struct Owner {" >"$tmp/tree/src/lib.rs"
(cd "$tmp" && ./choose) >"$tmp/chosen"
says "a tree after 0.18 has one" "$tmp/chosen" 'cargo::rustc-cfg=fuser_owner'

exits "no such tree" 1 "$fuser" "$tmp/none"
says "is reported" "$tmp/err" "fuser.sh: no directory '$tmp/none'"
exits "another tree" 1 "$fuser" "$tmp"
says "is refused" "$tmp/err" "fuser.sh: '$tmp' has no src/passthrough.rs: it is not the library's source"

run_promises() # NAME STATUS VARIABLE=VALUE...; on the raw server and on this one
{
	name=$1 status=$2
	shift 2
	rm -rf "$tmp/run"
	exits "$name" "$status" env "$@" "$scripts/run.sh" --strict --server raw --server "$server" \
		--filter 'E[0-9]*,U[0-9]*' --run-dir "$tmp/run"
}

# The outcome of a case, with "suspect: library" if the note has it.
outcome() # CASE
{
	grep "^$1	" "$tmp/run"/results/*/fuser-*.tsv | cut -f 3,6 |
		sed 's/	.*suspect: library.*/, suspect: library/; s/	.*//'
}

has_outcome() # NAME CASE OUTCOME
{
	outcome "$2" >"$tmp/outcome"
	says "$1" "$tmp/outcome" "$3"
}

run_promises "promises E and U" 0
has_outcome "closing an ID after its session ended passes" fuser_api.backing_id.ended_session_no_ioctl pass
run_promises "a leaked BackingId" 1 FPT_FUSER_FAULT=forget
has_outcome "a leaked BackingId is detected" drop.late.at_release_unpins "fail, suspect: library"
run_promises "a BackingId dropped right after the reply" 1 FPT_FUSER_FAULT=early-drop
has_outcome "an early drop is detected" drop.not_dropped.pins_until_session_end "fail, suspect: library"
exits "the server follows the protocol" 0 "$scripts/run.sh" --server "$server" --probe
finish

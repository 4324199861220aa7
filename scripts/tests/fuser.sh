#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# fuser.sh: what it says where it cannot; and, where there is a cargo, the server that it
# builds, which keeps the protocol, passes rows E, and is blamed for mistakes of its own.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

fuser=$scripts/fuser.sh

exits "--help" 0 "$fuser" --help
says "tells the exit status" "$tmp/out" 'Exit status: 0 here it is, .*'
exits "an unknown option" 1 "$fuser" --newest
says "is named" "$tmp/err" 'fuser.sh: unknown option --newest, see --help'
exits "no cargo" 4 env CARGO="$tmp/none" "$fuser"
says "says what is missing" "$tmp/err" "fuser.sh: there is no $tmp/none: the crate fuser takes .*"
cat >"$tmp/cargo" <<'END'
#!/bin/sh
echo "cargo 1.63.0"
END
chmod +x "$tmp/cargo"
exits "a cargo that is too old" 4 env CARGO="$tmp/cargo" "$fuser"
says "is told from others" "$tmp/err" \
	'fuser.sh: this cargo is 1.63.0: the crate fuser takes cargo 1.85 or later .*'
sed -i 's/1\.63\.0/1.100.0/' "$tmp/cargo"
exits "a new cargo, and a cache that cannot be written" 1 \
	env CARGO="$tmp/cargo" FPT_CACHE=/proc/none "$fuser"
says "says where" "$tmp/err" "fuser.sh: cannot write /proc/none/crates: set FPT_CACHE"

# --- the real one ------------------------------------------------------------------

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

# The version of another fuser, as Cargo would have chosen it; and of this one.
version=$(sed -n '/^name = "fuser"$/{n;s/^version = "\(.*\)"$/\1/p}' "$built/fuser/Cargo.lock")
"$server" </dev/null >"$tmp/hello" || :
says "it says which fuser it has" "$tmp/hello" "hello .* server fuser version $version can .*"
check "and is called so" test "${server##*/}" = "fuser-$version"
printf '[[package]]\nname = "%s"\nversion = "%s"\n\n' fuser-server 0.17.0 fuser 0.99.1 nix 0.30.1 >"$tmp/Cargo.lock"
(cd "$tmp" && rustc --edition 2024 -o choose "$scripts/../fixtures/servers/fuser/build.rs" && ./choose) >"$tmp/chosen"
says "another one would be told from it" "$tmp/chosen" 'cargo::rustc-env=FUSER_VERSION=0[.]99[.]1'

run_rows_e() # NAME STATUS VARIABLE=VALUE...; on the raw server and on this one
{
	name=$1 status=$2
	shift 2
	rm -rf "$tmp/run"
	exits "$name" "$status" env "$@" "$scripts/run.sh" --server raw --server "$server" \
		--filter 'E[0-9]*' --run-dir "$tmp/run"
}

# What came of a case, with "accuses the library" where that is said.
outcome() # CASE
{
	cut -f 1,3,6 "$tmp/run"/results/*/fuser-*.tsv | awk -F '\t' -v name="$1" '$1 == name {
		print $2 ($3 ~ /accuses the library/ ? ", accuses the library" : "") }'
}

came_to() # NAME CASE OUTCOME
{
	outcome "$2" >"$tmp/outcome"
	says "$1" "$tmp/outcome" "$3"
}

run_rows_e "rows E" 0
came_to "an ID that its own session outlived is run" drop.teardown.ended_session_no_ioctl pass
run_rows_e "a BackingId that is leaked" 1 FPT_FUSER_FAULT=forget
came_to "is seen" drop.late.at_release_unpins "fail, accuses the library"
run_rows_e "a BackingId that is dropped right after the reply" 1 FPT_FUSER_FAULT=early-drop
came_to "is seen" drop.not_dropped.pins_until_session_end "fail, accuses the library"
exits "the protocol is kept" 0 "$scripts/run.sh" --server "$server" --probe
finish

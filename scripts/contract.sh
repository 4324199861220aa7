#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/lib/usual.inc"
set -euo pipefail
shopt -s nullglob
export LC_ALL=C

usage()
{
	cat <<-END
	usage: scripts/contract.sh
	Prints the contract of FUSE passthrough as Markdown: promises, the source that decides
	each, and the cases that test it, as the built programs and servers declare them.

	  --help  print this help

	OUTPUT    build directory (default: build)

	Exit status: 0 every promise has a case and every case a promise, 1 otherwise (standard
	error lists which) or wrong use.
	END
}

die()
{
	echo "contract.sh: $1" >&2
	exit 1
}

case ${1-} in
--help)
	usage
	exit 0
	;;
?*) die "unknown option $1, see --help" ;;
esac

export OUTPUT=${OUTPUT:-$scripts/../build}
# shellcheck source=scripts/lib/promises.inc
. "$scripts/lib/promises.inc"

# The first line of a server is its hello.
print_servers()
{
	local server hello

	for server in "$OUTPUT"/servers/*; do
		[ -x "$server" ] || continue
		hello=$(timeout 10 "$server" </dev/null 2>/dev/null | head -n 1) || :
		[[ $hello =~ ^'hello protocol 2 server '[^' ']+' version '([^' ']+)' can'(.*)$ ]] ||
			die "$server sends no hello of protocol 2"
		printf '%s\t%s\t%s\n' "${server##*/}" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]# }"
	done
}

cases=$("$scripts/run.sh" --list)
external=
[ ! -d "$OUTPUT/external" ] || external=$("$scripts/run.sh" --mount '' --list)
promises=$(print_promises)
servers=$(print_servers)
[ -n "$servers" ] || die "no servers in $OUTPUT: run 'make' first (or set OUTPUT)"

awk -f "$scripts/lib/markdown.awk" -f "$scripts/lib/contract.awk" kind=servers <(echo "$servers") \
	kind=promises <(echo "$promises") kind=cases <(echo "$cases") kind=external <(echo "$external")

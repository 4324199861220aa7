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
	Prints, as Markdown, what FUSE passthrough promises, what decides it, and the cases
	that test it. All of it is what the built programs and servers say of themselves.

	  --help  this text

	OUTPUT    what was built (default: build)

	Exit status: 0 every row has a case and every case a row, 1 not so (which ones is
	said on standard error) or wrong use.
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

# A server's first word is its hello, whatever else there is or is not.
say_servers()
{
	local server hello

	for server in "$OUTPUT"/servers/*; do
		[ -x "$server" ] || continue
		hello=$(timeout 10 "$server" </dev/null 2>/dev/null | head -n 1) || :
		[[ $hello =~ ^'hello protocol 2 server '[^' ']+' version '([^' ']+)' can'(.*)$ ]] ||
			die "$server says no hello of protocol 2"
		printf '%s\t%s\t%s\n' "${server##*/}" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]# }"
	done
}

cases=$("$scripts/run.sh" --list)
mounted=
[ ! -d "$OUTPUT/external" ] || mounted=$("$scripts/run.sh" --mount '' --list)
rows=$(print_promises)
servers=$(say_servers)
[ -n "$servers" ] || die "no servers in $OUTPUT: run 'make' first (or say OUTPUT=...)"

awk -f "$scripts/lib/markdown.awk" -f "$scripts/lib/contract.awk" kind=servers <(echo "$servers") \
	kind=promises <(echo "$rows") kind=cases <(echo "$cases") kind=mounted <(echo "$mounted")

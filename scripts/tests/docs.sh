#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Files, scripts, make targets and options that the documents name exist.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
cd "$tests/../.."

ci=(scripts/ci/README.md scripts/ci/*.y*ml scripts/ci/Containerfile)
pages=(README.md CONTRIBUTING.md */README.md cases/[A-Z]*-*.md cases/SENTENCES.md cases/COVERAGE.md fixtures/servers/*.md fixtures/servers/*/README.md scripts/vm/README.md)
[ -e scripts/vm/README.md ] || unset 'pages[-1]'

broken_links()
{
	local page link

	for page; do
		grep -oP '\]\(\K[^)#]+' "$page" | grep -v '^https\?:' | while read -r link; do
			[ -e "$(dirname "$page")/$link" ] || echo "$page: $link"
		done
	done
}

# Commands as typed in the checkout.
missing_scripts()
{
	grep -noP '(?<![\w/.])scripts/(ci/)?[\w-]+\.(sh|inc|py)' "$@" | sort -u | while IFS=: read -r page line script; do
		[ -e "$script" ] || echo "$page:$line: $script"
	done
}

missing_targets()
{
	grep -ohP '(`|^    .*)make \K[a-z_]+' "$@" | grep -vx headers | sort -u | while read -r target; do # of a kernel tree
		grep -qE "^$target:" Makefile tests.mk || echo "make $target"
	done
}

unknown_options() # SCRIPT PAGE...: prints those that --help lacks
{
	local script=$1 option

	shift
	grep -ohP "scripts/$script\.sh[^|\`#]*" "$@" | grep -oP '(?<= )--[a-z-]+' | sort -u | while read -r option; do
		"scripts/$script.sh" --help | grep -q -- "$option" || echo "$script.sh $option"
	done
}

# Rows of PAGEs whose last column is neither a list of promises nor a reason.
rows_without_verdict()
{
	cat "$@" | grep '^| ' | sed 's/.*| \([^|]*\) |$/\1/' | grep -vxE '([A-Z][0-9]+ ?)+(: .*)?|not tested: .*|promises'
}

unknown_promises()
{
	sed -n 's/^| .*| \([^|]*\) |$/\1/p' "$@" | grep -oE '\b[A-Z][0-9]+\b' | sort -u | while read -r id; do
		grep -q "{ \"$id\"," cases/contract.c || echo "$id"
	done
}

# Rows of PAGEs whose last column names a case that does not exist, and says no reason why there is none.
rows_without_case()
{
	local all cases pattern

	all=$(for program in "$built"/cases/*; do "$program" --list | cut -f1; done)
	sed -n 's/^| .*| \([^|]*\) |$/\1/p' "$@" | while read -r cases; do
		case $cases in case | "none: "?*) continue ;; esac
		for pattern in $cases; do
			pattern=${pattern//./\\.}
			grep -qx -- "${pattern//\*/.*}" <<<"$all" || echo "$pattern"
		done
	done
}

nothing()
{
	local printed

	printed=$("$@")
	[ -z "$printed" ] || { echo "$printed"; return 1; }
}

check "each sentence of the documents has promises, or a reason" nothing rows_without_verdict cases/SENTENCES*.md
check "its promises exist" nothing unknown_promises cases/SENTENCES*.md
check "each row of what a call asks has cases, or a reason" nothing rows_without_case cases/TWO-FILES.md
check "README.md has at most 150 lines" test "$(wc -l <README.md)" -le 150
check "links have targets" nothing broken_links "${pages[@]}"
check "scripts exist" nothing missing_scripts "${pages[@]}" "${ci[@]}"
check "make targets exist" nothing missing_targets "${pages[@]}" scripts/ci/README.md
for script in run vm kernel libfuse compare report matrix; do
	check "options of $script.sh exist" nothing unknown_options $script "${pages[@]}" "${ci[@]}"
done
# shellcheck disable=SC2016 # for the inner shell
check "scripts/README.md names every command" nothing sh -c 'for script in scripts/*.sh; do
	grep -q "${script##*/}" scripts/README.md || [ "$script" = scripts/check.sh ] || echo "$script"; done'
check "each room has a README.md" ls harness/README.md fixtures/README.md cases/README.md scripts/README.md results/README.md

finish

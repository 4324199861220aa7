#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The sources as text: linters and house rules.
set -eu
# shellcheck source=scripts/tests/tap.inc
. "$(dirname "$0")/tap.inc"
cd "$tests/../.."

# have COMMAND NAME: false if there is no COMMAND, with the check NAME reported as skipped.
have()
{
	command -v "$1" >/dev/null && return
	n=$((n + 1))
	echo "ok $n - $2 # SKIP config: no $1 (run scripts/setup.sh --check)"
	return 1
}

# Other versions format otherwise.
have_clang_format()
{
	have clang-format "C sources are formatted" || return
	clang-format --version | grep -q 'version 14\.' && return
	n=$((n + 1))
	echo "ok $n - C sources are formatted # SKIP config: clang-format is not version 14, that of Debian 12"
	return 1
}

# nothing_in NAME PATTERN FILE...: no line of the files matches.
nothing_in()
{
	name=$1 pattern=$2
	shift 2
	check "$name" sh -c '! grep -nE "$@"' sh "$pattern" "$@"
}

# check_patch NAME FILE...: by the checkpatch.pl of KSRC=, with .checkpatch.conf.
check_patch()
{
	name=$1
	shift
	if [ ! -r "${KSRC:-/none}/scripts/checkpatch.pl" ]; then
		n=$((n + 1))
		echo "ok $n - $name # SKIP config: no kernel tree (give KSRC=/path/to/linux)"
		return
	fi
	printf '%s\n' "$@" | xargs -P "$(nproc)" -n 20 perl "$KSRC/scripts/checkpatch.pl" --terse --no-summary -f \
		>"$tmp/checkpatch" 2>&1 || :
	# shellcheck disable=SC2016 # expands there
	check "$name" sh -c 'cat "$1" && [ "$(wc -l <"$1")" -le 40 ]' sh "$tmp/checkpatch"
}

c_files=$(find harness fixtures cases scripts -name '*.[ch]')
sh_files=$(find scripts harness fixtures .ci -name '*.sh' -o -name '*.bash' -o -path .ci/run)
log_readers=$(find scripts harness fixtures -name '*.awk' -o -name '*.inc' -o -name '*.py' -o -name '*.[ch]' |
	grep -v -e fpt/kernel_log.py -e '^scripts/tests')

# cppcheck cannot parse the macros that declare cases and tests.
plain_c_files=$(find harness fixtures scripts/vm -name '*.c' -not -path '*/tests/*')

no_file_too_long() # FILE...
{
	for file; do
		[ "$(wc -l <"$file")" -le 500 ] || { echo "$file" && return 1; }
	done
}

# From { to }, both at the beginning of a line in kernel style.
no_case_too_long() # FILE...
{
	title='' begin=0
	grep -nE '^(CASE\(|[{}])' "$@" | {
		while IFS=: read -r file line text; do
			case $text in
			CASE*) title=$file:$line:$text ;;
			'{'*) begin=$line ;;
			*)
				[ -z "$title" ] || [ $((line - begin)) -lt 30 ] || { echo "$title" && return 1; }
				title=
				;;
			esac
		done
	}
}

no_awk_no_jq()
{
	! {
		grep -rInwE '[gmn]?awk|jq' --exclude=lint.sh -- *.md *.mk Makefile cases config fixtures harness scripts
		find . -name build -prune -o -name '*.awk' -print -o -name '*.jq' -print
	} | grep .
}

# Lists of file names without blanks.
# shellcheck disable=SC2086
{
	! have shellcheck "shell scripts" || check "shell scripts are shellcheck-clean" \
		shellcheck -x $sh_files
	! have cppcheck "C sources" || check "C sources are cppcheck-clean" \
		cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning \
			--inline-suppr --suppress=normalCheckLevelMaxBranches -D_GNU_SOURCE \
			"-DFUSE_MAKE_VERSION(major,minor)=((major)*100+(minor))" -DFUSE_VERSION=317 $plain_c_files
	nothing_in "nothing sleeps" '(^|[^_[:alnum:]])(u|nano)?sleep[ (]+[0-9a-z]' \
		$c_files $sh_files
	nothing_in "no mirror's host name stands in the repository" '(deb|ftp[.a-z]*|snapshot|security|cdn[a-z-]*)[.]debian[.]org' \
		-rI --exclude-dir=.git --exclude-dir=build --exclude-dir=runs .
	nothing_in "no name is one of C11's threads, which newer headers declare" \
		'(^|[^_[:alnum:]])(call_once|(thrd|mtx|cnd|tss)_[a-z]+)\(' $c_files
	nothing_in "kernel log reports are listed in scripts/fpt/kernel_log.py alone" 'Oops|[KU][AB]SAN[|:]|BUG at|sb_writers' \
		$log_readers
	check "results are read in Python alone: no awk, no jq" no_awk_no_jq
	# shellcheck disable=SC2046 # names without spaces
	check "no file of cases but the table of promises is longer than 500 lines" \
		no_file_too_long $(printf '%s\n' cases/*.c cases/external/*.c | grep -v cases/contract.c)
	check "no case's body is longer than 30 lines" no_case_too_long cases/*.c cases/external/*.c
	! have_clang_format || check "C sources are formatted by .clang-format" clang-format --dry-run -Werror $c_files
	check "no line has white space at its end" sh -c '! grep -nE "[[:blank:]]+$" "$@"' sh $c_files $sh_files
	check_patch "checkpatch of a kernel tree has little to say" $c_files
	check "every source names its licence" \
		sh -c '! grep -L SPDX-License-Identifier: "$@" | grep .' sh $c_files $sh_files
}

finish

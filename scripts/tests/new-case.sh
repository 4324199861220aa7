#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# new-case.sh in a copy of the checkout: what it writes builds, and runs once its promise is chosen.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built cases/drop
copy=$tmp/copy
mkdir "$copy"
cp -R "$tests/../../"{Makefile,tests.mk,settings,cases,fixtures,harness,scripts} "$copy"
cd "$copy"

refused() # WHAT MESSAGE NAME...
{
	exits "$1" 1 scripts/new-case.sh "${@:3}"
	says "is refused" "$tmp/err" "new-case.sh: $2"
}
refused "no name" "give PROGRAM.SUBJECT.NAME, see --help"
refused "two names" "give one name, see --help" a.b.c a.b.d
refused "two parts" "'drop.early' has not the form .*" drop.early
refused "upper case" ".* has not the form .*" drop.Early.eio
refused "a subject that repeats its program" "the subject repeats its program: .*" drop.drop.eio
refused "a part that begins with is_" "'is_eio' begins with is_: .*" drop.early.is_eio
refused "a case that there is" "cases/drop.c has the case early.before_reply_eio already" drop.early.before_reply_eio
check "and nothing is changed" diff -r "$tests/../../cases" cases

built() # PROGRAM
{
	make -s OUTPUT="$tmp/build" CFLAGS=-O0 "$tmp/build/cases/$1"
}
mkdir "$tmp/build"
ln -s "$built"/{uapi,kselftest,servers,programs,contain} "$tmp/build"

exits "a case of a new program" 0 scripts/new-case.sh trial.first_read.has_content
says "says what to do next" "$tmp/out" "  1. make contract  .*"
check "and builds" built trial
exits "without a promise the program" 1 "$tmp/build/cases/trial" --list
says "refuses to run" "$tmp/err" "first_read.has_content, line [0-9]*: the contract has no promise TODO (choose one that 'make contract' prints)"

exits "a second case of it" 0 scripts/new-case.sh trial.first_read.again
exits "and one of another subject" 0 scripts/new-case.sh trial.second_read.has_content
sed -i 's/"TODO (.*"/"O1"/' cases/trial.c
check "build" built trial
exits "with promises" 0 "$tmp/build/cases/trial" --list
check "they are listed" test "$(cut -f 1 "$tmp/out" | sort | tr '\n' ' ')" = \
	"trial.first_read.again trial.first_read.has_content trial.second_read.has_content "

exits "a case of a subject that there is" 0 scripts/new-case.sh shared_id.one_id.new_case
check "does not declare it again" test "$(grep -c 'FIXTURE(one_id)' cases/shared_id.c)" -eq 1
check "and builds" built shared_id

finish

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2016 # what sh -c is given expands there
#
# scripts/mutate.sh without a kernel: its messages, and the headers of the mutations. Building
# kernels takes too long here.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

mutate=$scripts/mutate.sh
mutations=$scripts/../fixtures/kernels/mutations

exits "--help" 0 "$mutate" --help
says "--help shows the usage" "$tmp/out" "usage: scripts/mutate.sh .*"
exits "an unknown option" 1 "$mutate" --fast
says "an unknown option: points to --help" "$tmp/err" "mutate: unknown option --fast, see --help"
exits "an unknown mutation" 1 "$mutate" no-such-mutation
says "an unknown mutation: points to --list" "$tmp/err" "mutate: no mutation 'no-such-mutation', see --list"
exits "--list" 0 "$mutate" --list
(cd "$mutations" && ls -- *.cocci) | sed 's/\.cocci$//' | sort >"$tmp/names"
cut -f 1 "$tmp/out" | sort >"$tmp/listed"
same "--list shows all mutations" "$tmp/names" "$tmp/listed"
check "--list: a bug has promises, and each mutation a sentence" sh -c \
	'! grep -vP "^[a-z0-9-]+\t(bug\t(?!-\t)[\w.*,-]+|harmless\t-)\t[\w/][^\t]{20,}\.$" "$1"' sh "$tmp/out"
grep -P '\tharmless\t' "$tmp/out" | cut -f 1 >"$tmp/harmless"
exits "--kind" 0 "$mutate" --kind harmless --list
cut -f 1 "$tmp/out" >"$tmp/listed"
same "--kind: only its mutations" "$tmp/harmless" "$tmp/listed"
exits "an unknown kind" 1 "$mutate" --kind odd
says "an unknown kind: says which there are" "$tmp/err" "mutate: --kind knows bug and harmless, not 'odd'"
check "each names its files and cases that must detect it or change" sh -c 'cd "$1" && ! grep -L "^// file: fs/" -- *.cocci | grep . &&
	! grep -L "^// \(red\|changed\): " -- *.cocci | grep .' sh "$mutations"

mkdir -p "$tmp/bin"
for tool in bash cat dirname env nproc realpath; do
	ln -s "$(command -v $tool)" "$tmp/bin/$tool"
done
exits "no spatch" 4 env PATH="$tmp/bin" "$mutate"
says "no spatch: says what to install" "$tmp/err" "mutate: no spatch: install coccinelle, .*"

# --- with fake kernels ----------------------------------------------------------

# In the virtual machine all cases pass, until a mutation is applied: then those in $tmp/failing fail,
# or change if they are in $tmp/changing.
checkout=$tmp/checkout
mkdir -p "$checkout/scripts" "$checkout/fixtures/kernels/mutations" "$checkout/build/servers" "$tmp/tree/fs"
cp -R "$scripts/mutate.sh" "$scripts/lib" "$scripts/fpt" "$checkout/scripts"
cat >"$checkout/fixtures/kernels/mutations/one.cocci" <<'END'
// SPDX-License-Identifier: GPL-2.0
// The kernel does something else.
// file: fs/one.c
// promises: E1,E2
// red: t.f.a
// red: t.f.b
END
cat >"$checkout/fixtures/kernels/mutations/two.cocci" <<'END'
// SPDX-License-Identifier: GPL-2.0
// The kernel does it in another way.
// file: fs/one.c
// kind: harmless
// changed: t.f.a
END
printf 'kernelversion:\n\t@echo 7.3\n' >"$tmp/tree/Makefile"
touch "$tmp/tree/Kconfig" "$tmp/tree/fs/one.c" "$tmp/tree/fs/untouched.c"
cat >"$tmp/bin/fake" <<END
#!/bin/bash
case \$0 in
*/spatch) [[ \$* = *untouched.c ]] || echo mutated >"\${@: -1}" ;;
*/vm.sh)
	while [ \$# -gt 0 ]; do
		case \$1 in
		--filter) filter=\$2 ;;
		--run-dir) run=\$2 ;;
		esac
		shift
	done
	echo "\${FPT_STRICT+strict }\${FPT_EXPLORE_STEPS+\$FPT_EXPLORE_STEPS steps }\$filter" >>"$tmp/filters"
	failing='' changing=
	[ ! -s "$checkout/build/mutants/7.3/tree/fs/one.c" ] || failing=\$(cat "$tmp/failing") changing=\$(cat "$tmp/changing")
	mkdir -p "\$run/results/k"
	{
		printf 'case\tserver\toutcome\tobserved\trequests\tnote\n'
		for case in t.f.a t.f.b t.f.c; do
			outcome=pass
			[[ " \$changing " != *" \$case "* ]] || outcome=changed
			[[ " \$failing " != *" \$case "* ]] || outcome=fail
			printf '%s\traw\t%s\t\t\t%s\n' "\$case" "\$outcome" "\${FPT_EXPLORE_STEPS:+E1 deviates after 30 steps}"
		done
	} >"\$run/results/k/raw.tsv"
	[ -z "\$failing" ]
	;;
esac
END
chmod +x "$tmp/bin/fake"
for fake in "$checkout/scripts/vm.sh" "$checkout/scripts/kernel.sh" "$checkout/build/servers/raw" \
	"$tmp/bin/spatch" "$tmp/bin/cpio" "$tmp/bin/qemu-system-x86_64"; do
	ln -s "$tmp/bin/fake" "$fake"
done

# mutates NAME STATUS VERDICT FAILING CHANGING OPTION...
mutates()
{
	title=$1 wanted_status=$2
	echo "$3" >"$tmp/wanted"
	echo "$4" >"$tmp/failing"
	echo "$5" >"$tmp/changing"
	shift 5
	: >"$tmp/filters"
	exits "$title" "$wanted_status" env -u OUTPUT PATH="$tmp/bin:$PATH" KSRC="$tmp/tree" FPT_STRICT=1 "$checkout/scripts/mutate.sh" "$@"
	sed '/ without a mutation /d; /^1\.\./d; /^# results/d' "$tmp/out" >"$tmp/verdict"
	same "$title: the verdict" "$tmp/wanted" "$tmp/verdict"
}

mutates "all required cases fail" 0 "ok 2 - one: The kernel does something else.\
 # detected by 3 cases: t.f.a (fail), t.f.b (fail)" "t.f.a t.f.b t.f.c" "" --kind bug
same "the cases of the promises run, and are strict" - "$tmp/filters" <<'END'
strict E1,E2
strict E1,E2
END
mutates "one of them passes" 1 "not ok 2 - one: The kernel does something else.\
 # detected by 2 cases: t.f.a (fail); not by t.f.b (without the mutation: pass, with it: pass)" "t.f.a t.f.c" "" --fail-fast one
same "--fail-fast: only the required cases run" - "$tmp/filters" <<'END'
strict t.f.a,t.f.b
strict t.f.a,t.f.b
END
mutates "the explorer alone finds it" 0 "ok 2 - one: The kernel does something else.\
 # found by the explorer after 130 steps: E1" t.f.b "" --explore 100
same "--explore: its cases run, so many steps with each seed" - "$tmp/filters" <<'END'
strict 100 steps explore.*
strict 100 steps explore.*
END
mutates "the explorer does not find it" 1 "not ok 2 - one: The kernel does something else.\
 # not found by the explorer in 300 steps" "" "t.f.a" --explore 100
exits "--explore without a number" 1 "$mutate" --explore many
says "--explore without a number: says so" "$tmp/err" "mutate: --explore needs a number of steps above 0, not 'many'"
printf '%s\t%s\t%s\n' mutation case outcome one t.f.a fail one t.f.b pass one t.f.c fail >"$tmp/wanted"
sed '/^unbroken/d; /-explored\t/d' "$checkout/build/mutations.tsv" >"$tmp/got"
same "the table has the last outcomes" "$tmp/wanted" "$tmp/got"

two="ok 2 - two: The kernel does it in another way. #"
mutates "a harmless one changes cases" 0 "$two 2 cases changed: t.f.a, t.f.b" "" "t.f.a t.f.b" --kind harmless
same "of a harmless one all cases run, and are not strict" - "$tmp/filters" <<'END'
*
*
END
mutates "a harmless one makes a case fail" 1 "not $two 1 case changed: t.f.a; not tolerated by t.f.b (fail); exit status 1" \
	"t.f.b" "t.f.a" two
mutates "a harmless one does not change what it must" 1 "not $two 1 case changed: t.f.b; not changed: t.f.a (pass)" \
	"" "t.f.b" --kind harmless
mutates "both kinds run" 1 "ok 2 - one: The kernel does something else. # detected by 2 cases: t.f.a (fail), t.f.b (fail)
not ok 4 - two: The kernel does it in another way. # 0 cases changed; not tolerated by t.f.a (fail), t.f.b (fail);\
 not changed: t.f.a (fail); exit status 1" "t.f.a t.f.b" ""
grep -x '1\.\..*' "$tmp/out" >"$tmp/plan"
same "both kinds run: the plan counts both runs without a mutation" - "$tmp/plan" <<'END'
1..4
END
sed -i 's,^// file:.*,& fs/untouched.c,' "$checkout/fixtures/kernels/mutations/two.cocci"
mutates "half of a harmless one applies" 1 "not $two cannot be applied to 7.3, see $checkout/build/mutants/7.3/log/two" "" "t.f.a" two

# Each pattern matches a case's name or one of its promises.
all_select()
{
	missed=0
	while read -r pattern; do
		# shellcheck disable=SC2254 # it is a pattern
		while IFS='	' read -r case_name promises _; do
			case $case_name,$promises, in
			$pattern,* | *,$pattern,*) continue 2 ;;
			esac
		done <"$tmp/list"
		echo "$pattern selects no case"
		missed=1
	done <"$tmp/promises"
	return $missed
}

# Those that a mutation names and that do not run for it; of a harmless one all run.
not_run()
{
	for mutation in "$mutations"/*.cocci; do
		promises=$(sed -n 's,^// promises: *,,p' "$mutation")
		sed -n 's,^// \(red\|changed\): *,,p' "$mutation" | while read -r case; do
			"$built/cases/${case%%.*}" --list --filter "${promises:-*}" | cut -f 1 | grep -qxF "$case" ||
				echo "${mutation##*/}: $case"
		done
	done
}

if [ -x "$built/servers/raw" ]; then
	"$scripts/run.sh" --list >"$tmp/list"
	sed -n 's,^// promises: *,,p' "$mutations"/*.cocci | tr , '\n' | sort -u >"$tmp/promises"
	check "each promise and pattern selects a case" all_select
	not_run >"$tmp/not_run"
	same "the cases that must detect them or change exist, and run" /dev/null "$tmp/not_run"
fi

if command -v spatch >/dev/null; then
	check "spatch can read them" sh -c 'cd "$1" && for file in *.cocci; do
		spatch --parse-cocci "$file" >"$2" 2>&1 || { echo "$file:"; cat "$2"; exit 1; }
	done' sh "$mutations" "$tmp/parsed"
fi

finish

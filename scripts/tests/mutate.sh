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
(cd "$mutations" && ls -- *.cocci) | sed 's/\.cocci$//' >"$tmp/names"
cut -f 1 "$tmp/out" >"$tmp/listed"
same "--list shows all mutations" "$tmp/names" "$tmp/listed"
check "--list: each has promises and a sentence" sh -c \
	'! grep -vP "^[a-z0-9-]+\t[\w.*,-]+\t[\w/][^\t]{20,}\.$" "$1"' sh "$tmp/out"
check "each names its files and cases that must detect it" sh -c 'cd "$1" && ! grep -L "^// file: fs/" -- *.cocci | grep . &&
	! grep -L "^// red: " -- *.cocci | grep .' sh "$mutations"

mkdir -p "$tmp/bin"
for tool in bash cat dirname env nproc realpath; do
	ln -s "$(command -v $tool)" "$tmp/bin/$tool"
done
exits "no spatch" 4 env PATH="$tmp/bin" "$mutate"
says "no spatch: says what to install" "$tmp/err" "mutate: no spatch: install coccinelle, .*"

# --- with fake kernels ----------------------------------------------------------

# In the virtual machine all cases pass, until a mutation is applied: then those in $tmp/detecting fail.
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
printf 'kernelversion:\n\t@echo 7.3\n' >"$tmp/tree/Makefile"
touch "$tmp/tree/Kconfig" "$tmp/tree/fs/one.c"
cat >"$tmp/bin/fake" <<END
#!/bin/bash
case \$0 in
*/spatch) echo mutated >"\${@: -1}" ;;
*/vm.sh)
	while [ \$# -gt 0 ]; do
		case \$1 in
		--filter) filter=\$2 ;;
		--run-dir) run=\$2 ;;
		esac
		shift
	done
	echo "\$filter" >>"$tmp/filters"
	[ ! -s "$checkout/build/mutants/7.3/tree/fs/one.c" ] || detecting=\$(cat "$tmp/detecting")
	mkdir -p "\$run/results/k"
	{
		printf 'case\tserver\toutcome\tobserved\trequests\tnote\n'
		for case in t.f.a t.f.b t.f.c; do
			[[ " \${detecting-} " = *" \$case "* ]] && outcome=fail || outcome=pass
			printf '%s\traw\t%s\t\t\t\n' "\$case" "\$outcome"
		done
	} >"\$run/results/k/raw.tsv"
	;;
esac
END
chmod +x "$tmp/bin/fake"
for fake in "$checkout/scripts/vm.sh" "$checkout/scripts/kernel.sh" "$checkout/build/servers/raw" \
	"$tmp/bin/spatch" "$tmp/bin/cpio" "$tmp/bin/qemu-system-x86_64"; do
	ln -s "$tmp/bin/fake" "$fake"
done

# mutates NAME STATUS VERDICT DETECTING OPTION...
mutates()
{
	title=$1 wanted_status=$2
	echo "$3" >"$tmp/wanted"
	echo "$4" >"$tmp/detecting"
	shift 4
	: >"$tmp/filters"
	exits "$title" "$wanted_status" env -u OUTPUT PATH="$tmp/bin:$PATH" KSRC="$tmp/tree" "$checkout/scripts/mutate.sh" "$@"
	sed '1,2d; /^# results/d' "$tmp/out" >"$tmp/verdict"
	same "$title: the verdict" "$tmp/wanted" "$tmp/verdict"
}

mutates "all required cases fail" 0 "ok 2 - one: The kernel does something else.\
 # detected by 3 cases: t.f.a (fail), t.f.b (fail)" "t.f.a t.f.b t.f.c"
same "the cases of the promises run" - "$tmp/filters" <<'END'
E1,E2
E1,E2
END
mutates "one of them passes" 1 "not ok 2 - one: The kernel does something else.\
 # detected by 2 cases: t.f.a (fail); not by t.f.b (without the mutation: pass, with it: pass)" "t.f.a t.f.c" --fail-fast
same "--fail-fast: only the required cases run" - "$tmp/filters" <<'END'
t.f.a,t.f.b
t.f.a,t.f.b
END
printf '%s\t%s\t%s\n' mutation case outcome one t.f.a fail one t.f.b pass one t.f.c fail >"$tmp/wanted"
sed '/^unbroken/d' "$checkout/build/mutations.tsv" >"$tmp/got"
same "the table has the last outcomes" "$tmp/wanted" "$tmp/got"

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

if [ -x "$built/servers/raw" ]; then
	"$scripts/run.sh" --list >"$tmp/list"
	cut -f 1 "$tmp/list" | sort >"$tmp/cases"
	sed -n 's,^// red: *,,p' "$mutations"/*.cocci | sort -u >"$tmp/red"
	sed -n 's,^// promises: *,,p' "$mutations"/*.cocci | tr , '\n' | sort -u >"$tmp/promises"
	check "each promise and pattern selects a case" all_select
	check "the cases that must detect them exist" sh -c '! comm -13 "$1" "$2" | grep .' sh "$tmp/cases" "$tmp/red"
fi

if command -v spatch >/dev/null; then
	check "spatch can read them" sh -c 'cd "$1" && for file in *.cocci; do
		spatch --parse-cocci "$file" >"$2" 2>&1 || { echo "$file:"; cat "$2"; exit 1; }
	done' sh "$mutations" "$tmp/parsed"
fi

finish

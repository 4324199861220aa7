#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# report.sh with a few results that cover every kind of line of README.md and the page.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
# shellcheck source-path=SCRIPTDIR source=programs.inc
. "$(dirname "$0")/programs.inc"

report=$scripts/report.sh
results=$tmp/results

result() # KERNEL SERVER LINE...: "|" stands for tabs; the server column is filled in
{
	mkdir -p "$results/$1"
	file=$results/$1/$2.tsv server=$2
	shift 2
	{
		printf 'case\tserver\toutcome\tobserved\trequests\tnote\n'
		printf '%s\n' "$@" | sed "s/|/|$server|/" | tr '|' '\t'
	} >"$file"
}

exits "--help" 0 "$report" --help
says "documents the exit status" "$tmp/out" 'Exit status: 0 written .*'
exits "an unknown option" 1 "$report" --pretty
says "is reported" "$tmp/err" 'report.sh: unknown option --pretty, see --help'
exits "an option without its value" 1 "$report" --html
says "is reported" "$tmp/err" 'report.sh: --html needs a value, see --help'
exits "no results" 1 "$report" --results "$results"
says "are reported" "$tmp/err" 'report.sh: no results in .*'

kernel="skip:kernel|||has no passthrough"
fixed="fail|3|OPEN|client_open(): got 3, wanted EIO; fixed by 7.3 (do it right); suspect: kernel"
result 6.1 raw "a.f.one|$kernel" "a.m.x.many|$kernel" "a.m.y.many|$kernel" "b.f.two|$kernel" "b.f.three|pass|||"
result 6.12.9 raw "a.f.one|pass|EIO||" "a.m.x.many|$fixed" "a.m.y.many|$fixed" "b.f.two|crash|||<b>*dead*</b>" \
	"b.f.three|incomplete|||no verdict"
result 6.12.43 raw "a.f.one|pass|EIO||" "a.m.x.many|$fixed" "a.m.y.many|$fixed" "b.f.two|xfail|0||no kernel does" \
	"b.f.three|skip:config|||no overlayfs"
result 6.12.43 libfuse-3.18.3 "a.f.one|fail|0||says </script> \"no\" \\o/; suspect: library" "a.m.x.many|skip:library|||cannot" \
	"a.m.y.many|$fixed" "b.f.two|xfail|0||no kernel does" "a.f.old|pass|||"
result 7.3 raw "a.f.one|pass|EIO||" "a.m.x.many|pass|EIO||" "a.m.y.many|pass|EIO||" "b.f.two|xpass|1||no kernel does" \
	"b.f.three|pass|||"
result 7.4 raw "a.f.one|pass|EIO||" "a.m.x.many|changed|EPERM||open: got EPERM, wanted EIO" \
	"a.m.y.many|changed|EPERM||open: got EPERM, wanted EIO" "b.f.two|xfail|0||no kernel does" "b.f.three|pass|||"
result 7.3 mine "a.f.one|skip:config|||off" "a.m.x.many|skip:config|||off" "a.m.y.many|skip:config|||off" \
	"b.f.two|skip:config|||off" "b.f.three|skip:config|||off"

exits "nothing built" 1 "$report" --results "$results"
says "asks to build" "$tmp/err" "report.sh: no programs in $OUTPUT: run 'make' first .*"
program a 'a.f.one|E1|6.9|-|-|the first' 'a.m.x.many|R1|6.9|passthrough|-|the matrix' \
	'a.m.y.many|R1|6.9|passthrough|-|the matrix'
program b 'b.f.two|E2|6.12|overlayfs,passthrough|arbitrary-id,backing-id-library|the second' 'b.f.three|E2|6.12|-|wings|the third'

exits "--check where there is no README" 1 "$report" --results "$results" --check
exits "results" 0 "$report" --results "$results"
same "no message" /dev/null "$tmp/both"
sed '1,/^5 cases/d' "$results/README.md" >"$tmp/README.md"
same "README.md" - "$tmp/README.md" <<'END'

| kernel | raw | libfuse-3.18.3 | mine |
|---|---|---|---|
| 6.1 | unsupported<br>1 pass, 4 skip |  |  |
| 6.12.9 | **1 crash, 2 fail, 1 incomplete**<br>1 pass |  |  |
| 6.12.43 | **2 fail**<br>1 pass, 1 xfail, 1 skip | **2 fail**<br>0 pass, 1 xfail, 1 skip, 1 without a result |  |
| 7.3 | **1 xpass**<br>4 pass |  | not run<br>0 pass, 5 skip |
| 7.4 | 2 pass, 2 changed, 1 xfail |  |  |

- Most cases are skipped on 6.1: kernel: has no passthrough
- Most cases are skipped on 7.3 (mine): config: off

## E: When an ID is dropped

| outcome | cases | where | why |
|---|---|---|---|
| crash | E2 `b.f.two` | 6.12.9 | \<b>\*dead\*\</b> |
| fail | E1 `a.f.one` | 6.12.43 (libfuse-3.18.3) | says \</script> "no" \o/; suspect: library |
| incomplete | E2 `b.f.three` | 6.12.9 | no verdict |
| xpass | E2 `b.f.two` | 7.3 | no kernel does |
| xfail | E2 `b.f.two` | 6.12.43, 7.4 | no kernel does |

## R: Replies

| outcome | cases | where | why |
|---|---|---|---|
| fail | R1 `a.m.{x,y}.many` | 6.12.9, 6.12.43 | fixed by 7.3 (do it right) |

## Changed, not promised

| cases | where | what |
|---|---|---|
| R1 `a.m.{x,y}.many` | 7.4 | open: got EPERM, wanted EIO |

## Skipped

Without the abilities that a server lacks, which are the same on every kernel (see `make contract`).

| why | cases | where |
|---|---|---|
| kernel: has no passthrough | 4 | 6.1 |
| config: off | 5 | 7.3 (mine) |
| config: no overlayfs | 1 | 6.12.43 (raw) |

The suite no longer has 1 of the cases in these results: rerun it.
END

advice="; advice: close it"
result external/6.18 fs-1.10 "p.f.shut|fail|2||held: got 2, wanted 0$advice" "p.f.read|skip:config|||off"
result external/6.18 fs-1.9 "p.f.shut|fail|1||held: got 1, wanted 0$advice" "p.f.read|changed|EIO||read: got EIO, wanted 1"
mkdir "$OUTPUT/external"
program ../external/p 'p.f.shut|E1|6.9|-|-|what is closed is free' 'p.f.read|R1|6.9|-|-|a read'
exits "results of external file systems, too" 0 "$report" --results "$results"
sed -n '/^| program/,$p' "$results/README.md" >"$tmp/external"
same "are a section of their own" - "$tmp/external" <<'END'
| program | kernel | cases |
|---|---|---|
| fs-1.10 | 6.18 | **1 fail**<br>0 pass, 1 skip |
| fs-1.9 | 6.18 | **1 fail**<br>0 pass, 1 changed |

| outcome | cases | programs | what to change, or what was observed |
|---|---|---|---|
| fail | E1 `p.f.shut` | fs-1.10, fs-1.9 | close it |
| changed | R1 `p.f.read` | fs-1.9 | read: got EIO, wanted 1 |
END
sed '1,/^5 cases/d; /^$/N; /^\n## External/,$d' "$results/README.md" >"$tmp/others"
same "and change nothing else" "$tmp/README.md" "$tmp/others"

mkdir -p "$tmp/columns/7.3"
for server in fuser-0.9.0 libfuse-3.9.0 libfuse-3.10.1 libfuse-mt-3.9.0 raw raw-uring; do
	sed "s/	raw	/	$server	/" "$results/7.3/raw.tsv" >"$tmp/columns/7.3/$server.tsv"
done
exits "several versions" 0 "$report" --results "$tmp/columns"
says "the newest is the first" "$tmp/columns/README.md" \
	'| kernel | raw | raw-uring | libfuse-3.10.1 | libfuse-3.9.0 | libfuse-mt-3.9.0 | fuser-0.9.0 |'

exits "--check of an unchanged README" 0 "$report" --results "$results" --check
cp "$results/README.md" "$tmp/first"
echo "by hand" >>"$results/README.md"
exits "--check of an edited README" 1 "$report" --results "$results" --check
says "asks to run report.sh" "$tmp/err" 'report.sh: .*/README.md is out of date: run scripts/report.sh'
says "prints the difference" "$tmp/out" '-by hand'
exits "written again" 0 "$report" --results "$results"
same "it has the same bytes" "$tmp/first" "$results/README.md"

# A run of 6.12.43 that equals the results except for one case.
run=$tmp/run
mkdir -p "$run/evidence/raw" "$run/results"
cp -R "$results/6.12.43" "$run/results/"
sed -i 's/^a.m.y.many.*/a.m.y.many	raw	fail	17		other/' "$run/results/6.12.43/raw.tsv"
cat >"$run/evidence/raw/a.jsonl" <<'END'
{"type":"begin","case":"a.m.x.many","promise":"R1","title":"the matrix","server":"raw"}
{"type":"step","case":"a.m.x.many","who":"client0","what":"open </script>","result":"3"}
{"type":"expect","case":"a.m.x.many","what":"client_open()","observed":"3","wanted":"EIO","ok":false,"where":"a.c:7"}
{"type":"hint","case":"a.m.x.many","text":"fixed by 7.3"}
{"type":"step","case":"a.m.x.many","who":"serv
{"type":"step","case":"a.f.one","who":"client0","what":"of what passed","result":"0"}
{"type":"step","case":"a.m.y.many","who":"client0","what":"of another result","result":"0"}
END
cat >"$run/run.json" <<'END'
{"kernel": "6.12.43", "cases": [{"name": "a.m.x.many", "results": {"raw": {"outcome": "fail", "seconds": 0.0123}}}]}
END
exits "a page" 0 "$report" --results "$results" --html "$tmp/page.html" --runs "$run" "$run/"
says "has the evidence of equal results" "$tmp/page.html" '.*"evidence":\[\[\["s","client0","open .*'
check "of them only" sh -c "! grep -q 'of another result' '$tmp/page.html'"
check "and the duration of each case" grep -qF '"durations":{"2":[-1,-1,-1,12,-1,-1]}' "$tmp/page.html"
check "the page has no other end of a script element" test "$(grep -c '</script>' "$tmp/page.html")" -eq 2
check "and is self-contained" sh -c "! grep -E '(src|href)=|url\(|@import|https?:' '$tmp/page.html'"
exits "a page without evidence" 0 "$report" --results "$results" "--html=$tmp/page.html"
check "has none" grep -qF '"evidence":[],"durations":{}}' "$tmp/page.html"
exits "--html with a directory" 1 "$report" --results "$results" --html "$tmp"
says "is reported" "$tmp/err" "report.sh: --html $tmp is a directory: give a FILE"
exits "an unwritable page" 1 "$report" --results "$results" --html /proc/page.html
says "is reported" "$tmp/err" 'report.sh: cannot write /proc/page.html: give another --html FILE'
same "and nothing else is printed" /dev/null "$tmp/out"
exits "--runs with another directory" 1 "$report" --results "$results" --html "$tmp/page.html" --runs "$tmp/build"
says "is reported" "$tmp/err" 'report.sh: .*/build: not a run directory, .*'
exits "--runs without --html" 1 "$report" --results "$results" --runs "$run"
says "is refused" "$tmp/err" 'report.sh: --runs is for the page: give --html FILE too'
exits "--check with --html" 1 "$report" --results "$results" --check --html "$tmp/page.html"
says "is refused" "$tmp/err" 'report.sh: --check writes nothing: omit --html'

# A kernel without passthrough is unsupported, also by a library without.
few=$tmp/few
mv "$results" "$tmp/results.kept"
for name in a.f.one a.m.x.many a.m.y.many b.f.two b.f.three; do
	set -- "$@" "$name|pass|||"
done
# shellcheck disable=SC2046 # lines without blanks
{
	result 6.1 raw $(printf '%s\n' "$@" | sed 's/pass/skip:kernel/')
	result 6.1 old $(printf '%s\n' "$@" | sed '1!s/pass/skip:library/')
	result 7.2 raw $(printf '%s\n' "$@" | sed '2s/pass/fail/')
	result 7.3 raw "$@"
}
mv "$results" "$few"
mv "$tmp/results.kept" "$results"
exits "a library without passthrough" 0 "$report" --results "$few" --html "$tmp/page.html"
says "is unsupported" "$few/README.md" '| 6.1 | unsupported<br>0 pass, 5 skip | unsupported<br>1 pass, 4 skip |'

: >"$results/7.3/own.tsv"
exits "a file that is not a result" 1 "$report" --results "$results"
says "is reported" "$tmp/err" 'report.sh: .*/7.3/own.tsv:1: not a result, .*'

# As git has them: a run may have left results here that are not to be committed.
take_committed()
{
	cd "$scripts/.."
	git ls-files -z results | git checkout-index -z --stdin --prefix="$tmp/committed/"
	[ -e "$tmp/committed/results/README.md" ]
}

if [ -x "$built/contain" ] && (take_committed) 2>/dev/null; then
	OUTPUT=$built exits "results/README.md is that of results/" 0 \
		"$report" --check --results "$tmp/committed/results"
fi

finish

# SPDX-License-Identifier: GPL-2.0
#
# Makes TSV for collate.awk of evidence (JSON lines, evidence/<server>/<program>.jsonl): server, type,
# case and two values. Skips a line that a crash cut short.

def unmet: if .ok == false then "\(.what): got \(.observed), wanted \(.wanted)" else "" end;

inputs
| select(startswith("{\"type\":\"step\"") or startswith("{\"type\":\"server\"") | not)
| fromjson? | objects
| (if .type == "expect" then [.observed, unmet]
   elif .type == "requests" then [.observed, (if .ok == false then "requests: got \(.observed), wanted \(.wanted)" else "" end)]
   elif .type == "note" then [.key, .value]
   elif .type == "hint" then [.text, ""]
   elif .type == "broken" or .type == "skip" then [.reason, ""]
   elif .type == "begin" or .type == "end" then ["", ""]
   else empty end) as $values
| [(input_filename / "/")[-2], .type, .case] + $values
| map(tostring) | @tsv

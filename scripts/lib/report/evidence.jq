# SPDX-License-Identifier: GPL-2.0
#
# Shortens the evidence of evidence.awk for the page. Lines that a crash truncated are dropped.

split("\t") as [$kernel, $server, $case, $line]
| $line | fromjson? | objects
| (if .type == "step" then ["s", .who, .what, .result]
   elif .type == "expect" or .type == "requests" then ["e", .ok, .what, .observed, .wanted, .where]
   else ["n", .type, (.text // .reason // .value // .line // "")] end) as $short
| [$kernel, $server, $case, ($short | tojson)] | join("\t")

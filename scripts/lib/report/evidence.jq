# SPDX-License-Identifier: GPL-2.0
#
# Lines of evidence.awk, with the evidence made short for the page. A line that a
# crash cut short is passed over.

split("\t") as [$kernel, $server, $case, $line]
| $line | fromjson? | objects
| (if .type == "step" then ["s", .who, .what, .result]
   elif .type == "expect" or .type == "requests" then ["e", .ok, .what, .observed, .wanted, .where]
   else ["n", .type, (.text // .reason // .value // .line // "")] end) as $short
| [$kernel, $server, $case, ($short | tojson)] | join("\t")

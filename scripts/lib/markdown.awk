# SPDX-License-Identifier: GPL-2.0

# What would otherwise be markup.
function plain(words)
{
	gsub(/[|*<`]/, "\\\\&", words)
	return words
}

# SPDX-License-Identifier: GPL-2.0

# Escapes markup.
function plain(words)
{
	gsub(/[|*<`]/, "\\\\&", words)
	return words
}

# SPDX-License-Identifier: GPL-2.0
#
# The first line of a console that says what killed the kernel, from the last case that began;
# after splats.awk.

/^fpt: begin / {
	text = ""
}

text == "" && $0 ~ FATAL {
	text = $0
}

END {
	if (text != "")
		print text
}

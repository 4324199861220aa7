# SPDX-License-Identifier: GPL-2.0
#
# After man.sed: indents the table of environment variables; what follows it is description again.
/^Environment:$/,/^\*Exit status\*$/{
	/^[A-Z][A-Z_, .=]*  /,/^$/{
		s/^./  &/
		s/^$/\n*Description*\n/
	}
}

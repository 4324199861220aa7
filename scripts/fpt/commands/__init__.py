# SPDX-License-Identifier: GPL-2.0
"""The commands of scripts/, one module each, with main(arguments) -> exit status."""

# SPDX-License-Identifier: GPL-2.0
"""One model of the results of a run, the readers that make it and the writers that show it."""

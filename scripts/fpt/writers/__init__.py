# SPDX-License-Identifier: GPL-2.0
"""The outputs of a run, one module each, which see the model alone."""

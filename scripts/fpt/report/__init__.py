# SPDX-License-Identifier: GPL-2.0
"""The results of many kernels and servers, for readers: README.md and an HTML page."""

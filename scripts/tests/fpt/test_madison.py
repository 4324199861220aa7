# SPDX-License-Identifier: GPL-2.0
from __future__ import annotations

from fpt import madison

URI = "http://mirror.invalid/debian"
KERNELS = f"""
 linux-image-6.12.8-cloud-amd64 | 6.12.8-1 | {URI} trixie/main amd64 Packages
 linux-image-6.12.8-cloud-amd64 | 6.12.8-1 | {URI} sid/main amd64 Packages
 linux-image-6.12.8-cloud-amd64 | 6.12.8-1 | {URI} sid/main amd64 Packages
 linux-image-7.0-cloud-amd64 | 7.0.1~rc2-1 | {URI} sid/main amd64 Packages
 linux-base-7.0-cloud-amd64 | 7.0.1~rc2-1 | {URI} sid/main amd64 Packages
 linux-modules-7.0-cloud-amd64 | 7.0.1~rc2-1 | {URI} sid/main amd64 Packages
 linux-binary-7.0-cloud-amd64 | 7.0.1~rc2-1 | {URI} sid/main amd64 Packages
 linux-modules-7.1-cloud-amd64 | 7.1-1 | {URI} sid/main amd64 Packages
 linux | 7.1-1 | {URI} sid/main Sources
"""
SOURCES = f"""
 fuse3 | 3.17.2-3 | {URI} trixie/main amd64 Packages
 fuse3 | 3.17.2-3 | {URI} trixie/main Sources
 fuse3 | 3.18.3-1 | {URI} forky/main Sources
 fuse3 | 3.18.3-1 | {URI} sid/main Sources
"""


def test_a_kernel_has_an_image_and_each_suite_once() -> None:
    assert list(madison.kernels(madison.read(KERNELS.splitlines()))) == [
        "6.12.8\t6.12.8-1\tlinux-image-6.12.8-cloud-amd64\ttrixie,sid",
        "7.0.1~rc2\t7.0.1~rc2-1\tlinux-binary-7.0-cloud-amd64 linux-modules-7.0-cloud-amd64 "
        "linux-base-7.0-cloud-amd64\tsid",
    ]


def test_sources() -> None:
    assert list(madison.sources(madison.read(SOURCES.splitlines()))) == [
        "3.17.2\t3.17.2-3\ttrixie",
        "3.18.3\t3.18.3-1\tforky,sid",
    ]

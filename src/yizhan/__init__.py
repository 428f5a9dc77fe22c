# SPDX-License-Identifier: Apache-2.0
"""Yizhan: a server for Tencent Cloud message receivers, wire-compatible with API 3.0."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("yizhan")

# SPDX-License-Identifier: Apache-2.0
"""The command `yizhan`."""

from yizhan.cli.commands import main

__all__ = ["main"]

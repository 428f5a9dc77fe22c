# SPDX-License-Identifier: Apache-2.0
"""Actions of the real `cam` that this server does not have.

They answer InvalidAction like one that is nowhere; log and doctor tell the two apart.
"""

from functools import cache
from importlib import resources

from yizhan.spec import CAM


@cache
def known_actions() -> frozenset[str]:
    """All actions of `cam` 2019-01-16, ours included."""
    text = resources.files("yizhan.spec").joinpath("cam-actions.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def unserved(action: str) -> str:
    """`known`, `unknown`, or empty for an action that is served or for none at all."""
    if not action or action in CAM.actions:
        return ""
    return "known" if action in known_actions() else "unknown"

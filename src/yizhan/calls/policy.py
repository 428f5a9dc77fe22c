# SPDX-License-Identifier: Apache-2.0
"""The least CAM policy that calls would have needed.

Source: CAM documentation, "Syntax logic" of policies, version 2.0 (read 2026-11). The actions of
message receivers have no resources of their own, so a statement names all.
"""

from collections.abc import Iterable
from typing import Any

from yizhan.calls.model import LoggedCall
from yizhan.spec import CAM


def least_policy(calls: Iterable[LoggedCall]) -> dict[str, Any]:
    """Permits what succeeded, and what was refused for want of permission; nothing else."""
    needed = {
        f"{CAM.service}:{call.action}"
        for call in calls
        if call.action in CAM.actions
        and (call.ok or call.refused_by in ("permission", *_AFTER_PERMISSION))
    }
    statement = [{"effect": "allow", "action": sorted(needed), "resource": ["*"]}] if needed else []
    return {"version": "2.0", "statement": statement}


_AFTER_PERMISSION = ("account", "real_name", "values", "quota", "execute")

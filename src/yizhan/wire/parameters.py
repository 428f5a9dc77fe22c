# SPDX-License-Identifier: Apache-2.0
"""Do the parameters of a call fit the action? Unknown ones first, then missing ones, then types.

The gateway does this for every product before the backend sees the call, so its texts are uniform.
"""

import re
from typing import Any, Final

from yizhan.errors import INVALID_TYPE, MISSING_PARAMETER, UNKNOWN_PARAMETER, ApiError
from yizhan.spec import ActionSpec

INTEGER: Final = re.compile(r"-?[0-9]{1,20}")
RANGES: Final = {"uint64": (0, 2**64 - 1), "int64": (-(2**63), 2**63 - 1)}


def check_parameters(action: ActionSpec, given: dict[str, Any], *, is_text: bool) -> dict[str, Any]:
    """The values of the declared parameters that are there, in the types that the spec declares.

    A JSON null counts as absent. With `is_text`, integers are read from digits.

    Raises:
        ApiError: UNKNOWN_PARAMETER, MISSING_PARAMETER, INVALID_TYPE; of several parameters with the
            same fault the first is named: unknown ones as they came, others as the spec has them.
    """
    declared = {parameter.name for parameter in action.input}
    for name in given:
        if name not in declared:
            raise ApiError(UNKNOWN_PARAMETER, name=name)
    present = {name: value for name, value in given.items() if value is not None}
    for parameter in action.input:
        if parameter.required and parameter.name not in present:
            raise ApiError(MISSING_PARAMETER, name=parameter.name)
    values: dict[str, Any] = {}
    for parameter in action.input:
        if parameter.name not in present:
            continue
        value = present[parameter.name]
        if parameter.type == "string":
            fits = isinstance(value, str)
        else:
            if is_text and isinstance(value, str) and INTEGER.fullmatch(value):
                value = int(value)
            low, high = RANGES[parameter.type]
            # type(), as True and False are instances of int.
            fits = type(value) is int and low <= value <= high
        if not fits:
            raise ApiError(INVALID_TYPE, name=parameter.name, expected=parameter.type)
        values[parameter.name] = value
    return values

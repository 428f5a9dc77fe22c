# SPDX-License-Identifier: Apache-2.0
"""What the server would say of each parameter by itself, to be shown beside its field."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from yizhan.domain import receiver
from yizhan.errors import UNKNOWN_PARAMETER, ApiError
from yizhan.settings import ReceiverSettings
from yizhan.spec import CAM
from yizhan.wire.parameters import check_parameters

Rule = Callable[[Mapping[str, Any], ReceiverSettings], None]
"""Raises: ApiError, if the value of one parameter is refused; it knows the others' values."""


def faults(action: str, given: dict[str, Any], settings: ReceiverSettings) -> dict[str, ApiError]:
    """By parameter, unknown and missing ones too: its refusal if all else were right."""
    spec = CAM.actions[action]
    declared = {parameter.name for parameter in spec.input}
    found: dict[str, ApiError] = {}
    fitting: dict[str, Any] = {}
    for name in given:
        if name not in declared:
            found[name] = ApiError(UNKNOWN_PARAMETER, name=name)
    for parameter in spec.input:
        alone = msgspec.structs.replace(spec, input=(parameter,))
        name = parameter.name
        value = {name: given[name]} if name in given else {}
        try:
            fitting |= check_parameters(alone, value, is_text=False)
        except ApiError as refused:
            found[name] = refused
    for name, rule in _RULES.get(action, {}).items():
        if name in fitting:
            try:
                rule(fitting, settings)
            except ApiError as refused:
                found[name] = refused
    return found


def _phone(values: Mapping[str, Any], settings: ReceiverSettings) -> None:
    # Which numbers are possible depends on the country; without it there is nothing to judge.
    country_code = values.get("CountryCode", "")
    if receiver.COUNTRY_CODE.fullmatch(country_code):
        receiver.check_phone_number(
            country_code, values["PhoneNumber"], settings.accept_masked_samples
        )


_RULES: Final[dict[str, dict[str, Rule]]] = {
    "CreateMessageReceiver": {
        "Name": lambda values, _: receiver.check_name(values["Name"]),
        "CountryCode": lambda values, _: receiver.check_country_code(values["CountryCode"]),
        "PhoneNumber": _phone,
        "Email": lambda values, settings: receiver.check_email(
            values["Email"], settings.accept_masked_samples
        ),
        "Remark": lambda values, _: receiver.check_remark(values["Remark"]),
    }
}

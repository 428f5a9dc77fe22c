# SPDX-License-Identifier: Apache-2.0
"""What the reader has filled in: read from a permalink or a form, and written back as a permalink.

Parameters come under their own names (PascalCase), choices under lower-case names, so they cannot
meet. A reader's own key and whatever is pasted for comparison never go into a permalink.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from yizhan.codegen import FORMS, TENCENT_CLOUD, ApiCall, Target
from yizhan.spec import CAM
from yizhan.spec.model import Parameter
from yizhan.wire.flat_params import MAX_DEPTH
from yizhan.wire.outgoing import Credentials
from yizhan.wire.parameters import INTEGER

TABS: Final = ("call", "code", "cli", "signature", "docs", "scenarios")
SIGN_METHODS: Final = ("TC3-HMAC-SHA256", "HmacSHA256", "HmacSHA1")
OWN_KEY: Final = "own"
# Choices that a permalink carries, with what counts when they are absent.
CHOICES: Final = {
    "tab": ("call", TABS),
    "form": ("python", tuple(FORMS)),
    "view": ("form", ("form", "json")),
    "target": ("here", ("here", "tencent")),
    "reply": ("", ("", "zh-CN", "en-US")),
    "sign": ("TC3-HMAC-SHA256", SIGN_METHODS),
    "method": ("POST", ("POST", "GET")),
    "required": ("", ("", "1")),
}
LONGEST: Final = 64 * 1024
"""Characters of one field; far more than any parameter may have."""


class Draft(msgspec.Struct, frozen=True):
    action: str
    fields: dict[str, str]
    """What stands in each parameter's field; an empty one is not sent."""
    json: str
    """What stands in the JSON view."""
    choices: dict[str, str]
    region: str
    timestamp: str
    """As typed; empty for now."""
    identity: str
    """SecretId of one of the server's keys, or OWN_KEY."""
    own: Credentials

    def __getattr__(self, name: str) -> str:
        """`draft.tab` and the other choices."""
        try:
            return self.choices[name]
        except KeyError:
            raise AttributeError(name) from None

    def values(self) -> dict[str, Any]:
        """The parameters to send. Raises: ValueError, if the JSON view holds no JSON object."""
        if self.view == "form":
            return self._from_fields()
        try:
            found = json.loads(self.json or "{}")
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        if not isinstance(found, dict):
            raise ValueError("{...}")
        _require_text(found, MAX_DEPTH)
        return found

    def _from_fields(self) -> dict[str, Any]:
        return {
            parameter.name: _typed(parameter, self.fields[parameter.name])
            for parameter in CAM.actions[self.action].input
            if self.fields.get(parameter.name)
        }

    def call(self, here: Target) -> ApiCall:
        """For the code generator. Raises: ValueError."""
        return ApiCall(
            action=self.action,
            values=self.values(),
            target=TENCENT_CLOUD if self.target == "tencent" else here,
            region=self.region,
            reply_language=self.reply,
            sign_method=self.sign,
            http_method=self.method,
        )

    def permalink(self, **changes: str) -> str:
        """The address that shows this draft again, without secrets."""
        choices = self.choices | changes
        pairs = {
            name: choices[name] for name, (absent, _) in CHOICES.items() if choices[name] != absent
        }
        if self.identity != OWN_KEY:
            pairs["identity"] = self.identity
        pairs |= {"region": self.region, "timestamp": self.timestamp}
        pairs |= {"json": self.json} if self.view == "json" else self.fields
        query = urlencode({name: value for name, value in pairs.items() if value})
        return f"/explorer/cam/{self.action}" + (f"?{query}" if query else "")


def read_draft(action: str, given: Mapping[str, str], *, identity: str) -> Draft:
    """From a query or form; an unknown choice counts as absent.

    Without any parameter in it the draft starts from the documentation's example.

    Args:
        identity: what counts when none is given.
    """
    text = {name: value[:LONGEST] for name, value in given.items()}
    names = [parameter.name for parameter in CAM.actions[action].input]
    fields = {name: text.get(name, "") for name in names}
    body = text.get("json", "")
    if not body and not any(name in text for name in names):
        example = CAM.actions[action].examples[0].request
        fields = {name: str(example.get(name, "")) for name in names}
    choices = {
        name: text[name] if text.get(name) in known else absent
        for name, (absent, known) in CHOICES.items()
    }
    draft = Draft(
        action=action,
        fields=fields,
        json=body,
        choices=choices,
        region=_line(text.get("region", "")),
        timestamp=_line(text.get("timestamp", "")),
        identity=text.get("identity", identity),
        own=Credentials(
            _line(text.get("own_id", "")),
            text.get("own_key", ""),  # as it is: a blank too many is a mistake to be shown
            _line(text.get("own_token", "")),
        ),
    )
    return _with_other_view(draft)


def _require_text(value: Any, depth: int) -> None:
    """Raises: ValueError, for what no request can carry: lone surrogates, or deep nesting."""
    if depth == 0:
        raise ValueError("it is nested too deeply")
    if isinstance(value, str):
        if not value.isascii() and re.search("[\ud800-\udfff]", value):
            raise ValueError("half of a surrogate pair is no character")
    elif isinstance(value, dict):
        for name, below in value.items():
            _require_text(name, depth)
            _require_text(below, depth - 1)
    elif isinstance(value, list):
        for below in value:
            _require_text(below, depth - 1)


def _line(text: str) -> str:
    """What goes into a header: a line end in it would begin another one."""
    return " ".join(text.split())


def _with_other_view(draft: Draft) -> Draft:
    """The view that the reader did not fill in follows the one that was."""
    if draft.view == "form":
        return msgspec.structs.replace(draft, json=as_json(draft.values()))
    try:
        values = draft.values()
    except ValueError:
        return draft
    shown = {
        name: value if isinstance(value, str) else as_json(value) for name, value in values.items()
    }
    return msgspec.structs.replace(
        draft, fields={name: shown.get(name, "") for name in draft.fields}
    )


def as_json(values: Any) -> str:
    return json.dumps(values, ensure_ascii=False, indent=2)


def _typed(parameter: Parameter, text: str) -> str | int:
    """An integer where one is declared and written; else the text, for the server to judge."""
    if parameter.type != "string" and INTEGER.fullmatch(text.strip()):
        return int(text)
    return text

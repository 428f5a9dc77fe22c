# SPDX-License-Identifier: Apache-2.0
"""What a spec file may contain, and the one that we serve.

The file is the single truth for names, types, bounds, errors, examples and limits. Request and
response shapes are generated from it (tools/generate_shapes.py), rules take their bounds from it,
and tests compare it with the official metadata.
"""

from importlib import resources
from typing import Any, Final, Literal

import msgspec


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a spec file; a member that it does not know is an error."""


class Text(_Strict, frozen=True, rename={"zh": "zh-CN", "en": "en-US"}):
    """A sentence in both languages."""

    zh: str
    en: str


class Source(_Strict, frozen=True):
    title: str
    read: str


class Parameter(_Strict, frozen=True, kw_only=True):
    """A parameter of a request, a member of a response or of a structure."""

    name: str
    type: Literal["string", "uint64", "int64", "list"]
    required: bool
    description: Text
    source: str
    items: str | None = None
    """For `list`: the structure it holds."""
    nullable: bool = False
    default: int | None = None
    clamp: int | None = None
    """Larger values count as this one."""
    min_length: int | None = None
    max_length: int | None = None
    """In characters (Unicode code points)."""
    example: Any = None


class Structure(_Strict, frozen=True):
    description: Text
    members: tuple[Parameter, ...]


class ErrorSpec(_Strict, frozen=True):
    """An error code that an action may answer, and when it does so here."""

    code: str
    when: Text
    source: str


class Example(_Strict, frozen=True):
    title: Text
    request: dict[str, Any]
    response: dict[str, Any]
    source: str


class Limits(_Strict, frozen=True):
    """The documented limits; what is in force stands in the settings."""

    requests_per_second: int
    requests_per_day: int | None = None


class ActionSpec(_Strict, frozen=True):
    title: Text
    description: Text
    writes: bool
    source: str
    limits: Limits
    input: tuple[Parameter, ...]
    output: tuple[Parameter, ...]
    errors: tuple[ErrorSpec, ...]
    examples: tuple[Example, ...]

    def parameter(self, name: str) -> Parameter:
        """The input parameter of that name; KeyError if there is none."""
        for parameter in self.input:
            if parameter.name == name:
                return parameter
        raise KeyError(name)


class Spec(_Strict, frozen=True):
    service: str
    version: str
    sources: dict[str, Source]
    structures: dict[str, Structure]
    actions: dict[str, ActionSpec]


def load(name: str = "cam-2019-01-16.json") -> Spec:
    """Read and check a spec file of the package."""
    raw = resources.files("yizhan.spec").joinpath(name).read_bytes()
    spec = msgspec.json.decode(raw, type=Spec)
    for action in spec.actions.values():
        for parameter in (*action.input, *action.output):
            if (parameter.type == "list") != (parameter.items in spec.structures):
                raise ValueError(f"{parameter.name}: a list, and only a list, names its structure")
            if parameter.source not in spec.sources:
                raise ValueError(f"{parameter.name}: unknown source {parameter.source}")
    return spec


CAM: Final = load()

# SPDX-License-Identifier: Apache-2.0
"""The three actions as OpenAPI 3.1, from the spec.

All actions share one path and method, which OpenAPI cannot say; so each has the fragment of its
name, which no client sends.
"""

from typing import Any, Final

from yizhan import __version__
from yizhan.spec import CAM, ActionSpec
from yizhan.spec.model import Parameter
from yizhan.web.reader import PageLanguage
from yizhan.web.texts import say

_ERROR: Final = {
    "type": "object",
    "required": ["Code", "Message"],
    "properties": {"Code": {"type": "string"}, "Message": {"type": "string"}},
}
_HEADERS: Final[tuple[tuple[str, bool, dict[str, Any]], ...]] = (
    ("X-TC-Timestamp", True, {"type": "integer", "description": "Unix seconds"}),
    ("X-TC-Region", False, {"type": "string"}),
    ("X-TC-Token", False, {"type": "string"}),
    ("X-TC-Language", False, {"type": "string", "enum": ["zh-CN", "en-US"]}),
)


def openapi(language: PageLanguage, origin: str) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{CAM.service} {CAM.version}",
            "version": __version__,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": origin}],
        "security": [{"TC3-HMAC-SHA256": []}],
        "paths": {
            f"/#{name}": {"post": _operation(name, action, language)}
            for name, action in CAM.actions.items()
        },
        "components": {
            "securitySchemes": {
                "TC3-HMAC-SHA256": {"type": "apiKey", "in": "header", "name": "Authorization"}
            },
            "schemas": {
                name: _object(structure.members, language)
                for name, structure in CAM.structures.items()
            }
            | {"Error": _ERROR},
        },
    }


def _operation(name: str, action: ActionSpec, language: PageLanguage) -> dict[str, Any]:
    example = action.examples[0]
    return {
        "operationId": name,
        "summary": say(action.title, language),
        "description": say(action.description, language),
        "parameters": [
            _header("X-TC-Action", True, {"type": "string", "const": name}),
            _header("X-TC-Version", True, {"type": "string", "const": CAM.version}),
            *(_header(*header) for header in _HEADERS),
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": _object(action.input, language) | {"additionalProperties": False},
                    "example": example.request,
                }
            },
        },
        "responses": {
            "200": {
                "description": "`Error` is there if, and only if, the call failed.",
                "content": {
                    "application/json": {
                        "schema": _envelope(action, language),
                        "example": {"Response": example.response},
                    }
                },
            }
        },
        "x-error-codes": {error.code: say(error.when, language) for error in action.errors},
    }


def _header(name: str, required: bool, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "schema": schema}


def _envelope(action: ActionSpec, language: PageLanguage) -> dict[str, Any]:
    request_id = {"RequestId": {"type": "string", "format": "uuid"}}
    success = _object(action.output, language)
    success["properties"] |= request_id
    success["required"] = [*success["required"], "RequestId"]
    failure = {
        "type": "object",
        "required": ["Error", "RequestId"],
        "properties": {"Error": {"$ref": "#/components/schemas/Error"}} | request_id,
    }
    return {
        "type": "object",
        "required": ["Response"],
        "properties": {"Response": {"anyOf": [failure, success]}},
    }


def _object(members: tuple[Parameter, ...], language: PageLanguage) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [member.name for member in members if member.required],
        "properties": {member.name: _schema(member, language) for member in members},
    }


def _schema(member: Parameter, language: PageLanguage) -> dict[str, Any]:
    schema: dict[str, Any] = {"description": say(member.description, language)}
    if member.type == "list":
        items = {"$ref": f"#/components/schemas/{member.items}"}
        return schema | {"type": "array", "items": items}
    kind = "string" if member.type == "string" else "integer"
    schema["type"] = [kind, "null"] if member.nullable else kind
    if member.type == "uint64":
        schema["minimum"] = 0
    bounds = {
        "minLength": member.min_length,
        "maxLength": member.max_length,
        "default": member.default,
    }
    schema |= {name: bound for name, bound in bounds.items() if bound is not None}
    return schema

# SPDX-License-Identifier: Apache-2.0
"""Signatures of 226 requests that official clients sent (tests/recorded/README.md)."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from yizhan.errors import ApiError
from yizhan.wire import tc3, v1
from yizhan.wire.common_params import from_headers
from yizhan.wire.decode import decode
from yizhan.wire.request import HttpRequest

RECORDED = Path(__file__).parents[2] / "recorded" / "client_requests.jsonl"
REQUESTS: list[dict[str, Any]] = [
    json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()
]


def as_request(recorded: dict[str, Any], **changes: Any) -> HttpRequest:
    target = recorded["target"]
    if "://" in target:
        target = "/" + target.partition("://")[2].partition("/")[2]
    path, _, query = target.partition("?")
    fields = {
        "method": recorded["method"],
        "path": path,
        "query": query,
        "headers": {name.lower(): value for name, value in recorded["headers"]},
        "body": base64.b64decode(recorded["body_base64"]),
        "server_port": 80 if "port-80" in recorded["name"] else 18080,
    }
    return HttpRequest(**(fields | changes))


def is_signed(request: HttpRequest, secret_key: str) -> bool:
    call = decode(request)
    if call.v1_pairs is not None:
        region = call.common.region
        return v1.matches(request, call.v1_pairs, secret_key, region=region, service="cam")
    common = from_headers(request)
    authorization = tc3.parse_authorization(request.header("authorization"))
    tc3.check_scope(authorization, common.timestamp, None)
    return tc3.matches(
        request,
        authorization,
        secret_key,
        common.timestamp,
        region=common.region,
        service="cam",
    )


def test_all_recorded_requests_are_there() -> None:
    verdicts = [request["verified"] for request in REQUESTS]

    assert (verdicts.count(True), verdicts.count(False), verdicts.count(None)) == (216, 8, 2)


@pytest.mark.parametrize("recorded", REQUESTS, ids=lambda recorded: str(recorded["name"]))
def test_believes_what_official_clients_signed(recorded: dict[str, Any]) -> None:
    request = as_request(recorded)

    if recorded["verified"] is None:
        with pytest.raises(ApiError) as refused:
            is_signed(request, recorded["secret_key"])
        assert refused.value.code == "AuthFailure.InvalidAuthorization"
    elif recorded["verified"]:
        assert is_signed(request, recorded["secret_key"])
    else:
        # The port we listen on and the public names are known to us; an upper-case endpoint that
        # the client's HTTP library lower-cased in Host is not.
        covered = "upper-case" not in recorded["name"]
        assert is_signed(request, recorded["secret_key"]) is covered


@pytest.mark.parametrize(
    "recorded",
    [request for request in REQUESTS if request["verified"]],
    ids=lambda recorded: str(recorded["name"]),
)
def test_does_not_believe_another_key(recorded: dict[str, Any]) -> None:
    request = as_request(recorded)

    assert not is_signed(request, recorded["secret_key"][:-1] + "#")

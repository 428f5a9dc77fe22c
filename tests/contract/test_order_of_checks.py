# SPDX-License-Identifier: Apache-2.0
"""The order of checks: of two refusals that apply, the earlier one is given. Every pair is tried.

Origin of the order: shared/reference/protocol.md 6 with its evidence; docs/order-of-checks.md.
"""

import itertools
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.conftest import StartApp
from tests.support.signed import DEV_SECRET_KEY, Caller, code, inside, receiver, tc3_headers

NOW = 1_795_453_229
UIN = 100000000777
SUB_USER = 100000000778
ROOT_ID, SUB_ID = "AKIDroot", "AKIDsub"


class Plan:
    """A create that is in order, until faults are put into it."""

    def __init__(self) -> None:
        self.method = "POST"
        self.body: bytes | None = None
        self.parameters: dict[str, Any] = receiver()
        self.signing: dict[str, Any] = {"secret_id": ROOT_ID}
        self.headers: dict[str, str] = {}
        self.dropped: set[str] = set()
        self.settings: dict[str, Any] = {"limits__requests_per_second": 1}
        self.account: dict[str, Any] = {}
        self.sub_user_name = "sub-user"
        self.called_before = False
        self.action = "CreateMessageReceiver"

    def request(self) -> tuple[str, bytes, dict[str, str]]:
        body = json.dumps(self.parameters).encode() if self.body is None else self.body
        headers = tc3_headers(self.action, body, **({"timestamp": NOW} | self.signing))
        headers = {name: value for name, value in headers.items() if name not in self.dropped}
        return self.method, body, headers | self.headers


class Fault(NamedTuple):
    name: str
    code: str
    text: str
    """A part of the message that tells it from others of the same code."""
    put: Callable[[Plan], Any]


def signing(**values: Any) -> Callable[[Plan], Any]:
    return lambda plan: plan.signing.update(values)


def broken_authorization(plan: Plan) -> None:
    plan.headers["Authorization"] = f"TC3-HMAC-SHA256 Credential={plan.signing['secret_id']}"


FAULTS = [
    Fault("method", "UnsupportedProtocol", "PUT", lambda p: setattr(p, "method", "PUT")),
    Fault(
        "size",
        "RequestSizeLimitExceeded",
        "10485760",
        lambda p: p.headers.update({"Content-Length": "10485761"}),
    ),
    Fault("syntax", "InvalidParameter", "json format", lambda p: setattr(p, "body", b"[")),
    Fault("missing", "MissingParameter", "`X-TC-Version`", lambda p: p.dropped.add("X-TC-Version")),
    Fault("language", "InvalidParameterValue", "`X-TC-Language`", signing(language="fr-FR")),
    Fault("product", "NoSuchProduct", "`cvm`", signing(host="cvm.tencentcloudapi.com")),
    Fault("version", "NoSuchVersion", "`2017-03-12`", signing(version="2017-03-12")),
    Fault("action", "InvalidAction", "`AddUser`", lambda p: setattr(p, "action", "AddUser")),
    Fault("scope", "AuthFailure.InvalidAuthorization", "Credential", broken_authorization),
    Fault("timestamp", "AuthFailure.SignatureExpire", str(NOW), signing(timestamp=NOW - 301)),
    Fault("secret-id", "AuthFailure.SecretIdNotFound", "", signing(secret_id="AKIDnobody")),
    Fault("token", "AuthFailure.TokenFailure", "", signing(token="no-such-token")),
    Fault("signature", "AuthFailure.SignatureFailure", "", signing(secret_key="wrong")),
    Fault(
        "content-hash",
        "InvalidParameterValue",
        "`X-TC-Content-SHA256`",
        lambda p: p.headers.update({"X-TC-Content-SHA256": "0" * 64}),
    ),
    Fault("rate", "RequestLimitExceeded", "`2`", lambda p: setattr(p, "called_before", True)),
    Fault("region", "UnsupportedRegion", "", signing(region="ap-tokyo")),
    Fault("unknown", "UnknownParameter", "`X`", lambda p: p.parameters.update(X=1)),
    Fault("absent", "MissingParameter", "`Email`", lambda p: p.parameters.pop("Email")),
    Fault("type", "InvalidParameter", "`Name`", lambda p: p.parameters.update(Name=1)),
    Fault(
        "permission", "AuthFailure.UnauthorizedOperation", "cam:Create", signing(secret_id=SUB_ID)
    ),
    Fault(
        "interface",
        "InvalidParameter.InterfaceNotExist",
        "",
        lambda p: p.account.update(may_create=False),
    ),
    Fault("closed", "ResourceNotFound.UserNotExist", "", lambda p: p.account.update(closed=True)),
    Fault(
        "real-name", "InvalidParameter.UserNotAuth", "", lambda p: p.account.update(real_name=False)
    ),
    Fault(
        "value", "InvalidParameter", "`PhoneNumber`", lambda p: p.parameters.update(PhoneNumber="1")
    ),
    Fault("quota", "LimitExceeded.Uin", "", lambda p: p.settings.update(limits__creates_per_day=0)),
    Fault(
        "full",
        "InvalidParameter.ReceiverOverLimit",
        "",
        lambda p: p.settings.update(receivers__per_account=0),
    ),
    Fault(
        "name",
        "InvalidParameter.SubUserNameInUse",
        "",
        lambda p: setattr(p, "sub_user_name", "tf-example"),
    ),
]

# A pair cannot apply at once where one takes away what the other needs.
IMPOSSIBLE = {
    ("syntax", "unknown"),
    ("syntax", "absent"),
    ("syntax", "type"),
    ("missing", "version"),
    ("scope", "timestamp"),
    ("scope", "secret-id"),
    ("scope", "signature"),
    ("secret-id", "permission"),
    ("type", "name"),
}


async def refuse(start_app: StartApp, *faults: Fault) -> dict[str, Any]:
    plan = Plan()
    for fault in faults:
        fault.put(plan)
    caller = await start_app(wire__regions="ap-guangzhou", **plan.settings)
    await prepare(caller, plan)

    method, body, headers = plan.request()
    return inside(await caller.http.request(method, "/", content=body, headers=headers))


async def prepare(caller: Caller, plan: Plan) -> None:
    account = {
        "name": "account",
        "uin": UIN,
        "keys": [{"secret_id": ROOT_ID, "secret_key": DEV_SECRET_KEY}],
        "users": [
            {
                "name": plan.sub_user_name,
                "uin": SUB_USER,
                "keys": [{"secret_id": SUB_ID, "secret_key": DEV_SECRET_KEY}],
            }
        ],
    }
    seeded = await caller.http.post("/_lab/seed", json={"accounts": [account | plan.account]})
    frozen = await caller.http.post("/_lab/clock", json={"now": NOW})
    assert (seeded.status_code, frozen.status_code) == (200, 200)
    if plan.called_before:
        for secret_id in (ROOT_ID, SUB_ID):
            counted = await caller.call(
                "CreateMessageReceiver", {"X": 1}, secret_id=secret_id, timestamp=NOW
            )
            assert code(counted) == "UnknownParameter"


def given(response: dict[str, Any]) -> tuple[str, str]:
    return response["Error"]["Code"], response["Error"]["Message"]


async def test_the_plan_without_a_fault_is_in_order(start_app: StartApp) -> None:
    assert list(await refuse(start_app)) == ["RequestId"]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.name))
async def test_each_fault_alone_is_refused(start_app: StartApp, fault: Fault) -> None:
    found, text = given(await refuse(start_app, fault))

    assert found == fault.code
    assert fault.text in text


@pytest.mark.parametrize("earlier", FAULTS, ids=lambda fault: str(fault.name))
async def test_the_earlier_of_two_faults_is_given(start_app: StartApp, earlier: Fault) -> None:
    for later in FAULTS[FAULTS.index(earlier) + 1 :]:
        if (earlier.name, later.name) in IMPOSSIBLE:
            continue
        found, text = given(await refuse(start_app, earlier, later))

        assert found == earlier.code, f"{earlier.name} before {later.name}"
        assert earlier.text in text, f"{earlier.name} before {later.name}"


def test_every_pair_is_tried_or_named_as_impossible() -> None:
    pairs = {(a.name, b.name) for a, b in itertools.combinations(FAULTS, 2)}

    assert pairs > IMPOSSIBLE
    assert len(pairs) == 351


async def test_v1_names_what_is_missing_in_this_order(caller: Caller) -> None:
    # `Timestamp` first is observed of the real gateway (2025-09); the rest follows the documents.
    names = ["Timestamp", "Nonce", "Action", "Version", "SecretId", "Signature"]
    for index, missing in enumerate(names):
        query = "&".join(f"{name}=1" for name in names[:index])
        found = inside(await caller.http.get(f"/?{query}" if query else "/"))

        assert given(found) == (
            "MissingParameter",
            f"The request is missing a required parameter `{missing}`.",
        )


async def test_v3_names_what_is_missing_in_this_order(caller: Caller) -> None:
    # `X-TC-Action` first is observed: an AWS-style Authorization without any X-TC header.
    present: dict[str, str] = {"Authorization": "AWS4-HMAC-SHA256 Credential=x"}
    for name in ("X-TC-Action", "X-TC-Timestamp", "X-TC-Version"):
        found = inside(await caller.http.post("/", content=b"{}", headers=present))

        assert given(found) == (
            "MissingParameter",
            f"The request header is missing a required common parameter `{name}`.",
        )
        present[name] = "1"

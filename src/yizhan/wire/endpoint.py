# SPDX-License-Identifier: Apache-2.0
"""One API call, from the ASGI request to the envelope. `Endpoint.perform` is the order of checks.

The order is a contract (docs/order-of-checks.md, tests/contract/test_order_of_checks.py): where two
refusals apply, the earlier one is given.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

import msgspec

from yizhan.clock import Clock, Ids
from yizhan.domain.model import Caller, Identity
from yizhan.domain.verification import Language
from yizhan.errors import (
    INTERNAL_ERROR,
    INVALID_ACTION,
    INVALID_CONTENT_SHA256,
    NO_SUCH_PRODUCT,
    NO_SUCH_VERSION,
    REQUEST_LIMIT_EXCEEDED,
    SECRET_ID_NOT_FOUND,
    SERVICE_UNAVAILABLE,
    SIGNATURE_EXPIRE,
    SIGNATURE_FAILURE,
    TOKEN_FAILURE,
    UNAUTHORIZED_OPERATION,
    UNSUPPORTED_REGION,
    ApiError,
)
from yizhan.limits.base import RateLimiter
from yizhan.settings import Settings
from yizhan.spec import CAM, ActionSpec
from yizhan.trail import Trail
from yizhan.wire import encode, tc3, v1
from yizhan.wire.common_params import CommonParams
from yizhan.wire.decode import Call, decode, requested_language
from yizhan.wire.parameters import check_parameters
from yizhan.wire.request import (
    ClientGone,
    HttpRequest,
    Receive,
    Scope,
    Send,
    read_request,
    request_head,
)
from yizhan.wire.signed_host import product_of

TIMESTAMP_WINDOW_SECONDS: Final = 300
"""On either side, inclusive. Source: API 3.0, "Signature v3" (read 2026-11)."""

log = logging.getLogger(__name__)

FindIdentity = Callable[[str], Awaitable[Identity | None]]


class CallRecord(msgspec.Struct):
    """What is known of a call when it is answered: for log, metrics and request log.

    It holds the request as it came, secrets and all: whoever keeps it, keeps it from being seen.
    """

    request_id: str
    trail: Trail
    request: HttpRequest
    action: str = ""
    """Set only when it is one that we serve, so that callers cannot invent metrics."""
    uin: int | None = None
    """Of the caller that the key belongs to, whether or not its signature was right."""
    code: str = "OK"
    seconds: float = 0.0
    now: float = 0.0
    """Unix seconds that counted for the call; 0 if it did not come so far."""
    call: Call | None = None
    """None if the request could not be decoded."""
    identity: Identity | None = None
    answer: bytes = b""


class ServedAction(Protocol):
    """An action as the endpoint sees it."""

    @property
    def name(self) -> str: ...

    @property
    def spec(self) -> ActionSpec: ...

    async def run(
        self, values: dict[str, Any], caller: Caller, now: float, language: Language, trail: Trail
    ) -> msgspec.Struct:
        """Do it, with parameters that fit the spec. Raises: ApiError."""
        ...


class Endpoint:
    """The API behind `/`: an ASGI application."""

    def __init__(
        self,
        *,
        actions: Mapping[str, ServedAction],
        find_identity: FindIdentity,
        limiter: RateLimiter,
        clock: Clock,
        ids: Ids,
        settings: Settings,
        observe: Callable[[CallRecord], None],
    ) -> None:
        self._actions = actions
        self._find_identity = find_identity
        self._limiter = limiter
        self._clock = clock
        self._ids = ids
        self._requests_per_second = settings.limits.requests_per_second
        self._regions = frozenset(settings.wire.regions)
        self._observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = time.perf_counter()
        trail = Trail()
        request = request_head(scope)
        record = CallRecord(self._ids.request_id(), trail, request)
        trail.begin("parse")
        try:
            record.request = request = await read_request(request, receive)
            call = record.call = decode(request, trail)
            answer = await self.perform(request, call, record)
            body = encode.success(answer, record.request_id)
        except ClientGone:
            return
        except ApiError as refused:
            record.code = refused.code
            body = encode.failure(refused, record.request_id, requested_language(request))
        except asyncio.CancelledError:
            # The server ends and the time for requests in flight is over.
            record.code = SERVICE_UNAVAILABLE.code
            ended = ApiError(SERVICE_UNAVAILABLE)
            body = encode.failure(ended, record.request_id, requested_language(request))
        except Exception:
            log.exception("request %s failed unexpectedly", record.request_id)
            record.code = INTERNAL_ERROR.code
            error = ApiError(INTERNAL_ERROR)
            body = encode.failure(error, record.request_id, requested_language(request))
        trail.ended = time.perf_counter()
        record.seconds = trail.ended - begun
        record.answer = body
        await encode.send_envelope(send, body)
        self._observe(record)

    async def perform(self, request: HttpRequest, call: Call, record: CallRecord) -> msgspec.Struct:
        """Check a decoded call, one question after the other, and do it.

        Method, size, syntax and common parameters are checked already (`read_request`, `decode`).

        Raises:
            ApiError: the first refusal that applies.
        """
        now = record.now = self._clock.now()
        common, trail = call.common, record.trail

        trail.begin("action")
        product = product_of(request.header("host"))
        action = self._find_action(product, common)
        record.action = action.name

        trail.begin("scope")
        if call.v1_pairs is None:
            authorization = tc3.parse_authorization(request.header("authorization"))
            tc3.check_scope(authorization, common.timestamp, product)
            secret_id = authorization.secret_id
        else:
            authorization = None
            secret_id = call.v1_pairs["SecretId"]

        trail.begin("timestamp")
        check_timestamp(common.timestamp, now)

        trail.begin("key")
        identity = await self._find_identity(secret_id)
        if identity is not None:
            record.identity, record.uin = identity, identity.caller.uin
        if identity is None or not identity.key.enabled:
            raise ApiError(SECRET_ID_NOT_FOUND)
        key, caller = identity.key, identity.caller
        trail.begin("token")
        if not key.accepts_token(common.token, now):
            raise ApiError(TOKEN_FAILURE)

        trail.begin("signature")
        names = {"region": common.region, "service": CAM.service}
        if authorization is not None:
            signed = tc3.matches(request, authorization, key.secret_key, common.timestamp, **names)
        else:
            signed = v1.matches(request, call.v1_pairs or {}, key.secret_key, **names)
        if not signed:
            raise ApiError(SIGNATURE_FAILURE)
        check_content_sha256(request)

        if self._requests_per_second:
            trail.begin("rate", self._requests_per_second)
            count = await self._limiter.hit(action.name, caller.uin, now)
            if count > self._requests_per_second:
                limit = self._requests_per_second
                raise ApiError(REQUEST_LIMIT_EXCEEDED, count=count, limit=limit)
        trail.begin("region")
        if self._regions and common.region and common.region not in self._regions:
            raise ApiError(UNSUPPORTED_REGION)

        trail.begin("schema")
        values = check_parameters(action.spec, call.parameters, is_text=call.is_text)

        trail.begin("permission")
        operation = f"{CAM.service}:{action.name}"
        if not caller.may(operation):
            request_id = record.request_id
            raise ApiError(UNAUTHORIZED_OPERATION, request_id=request_id, operation=operation)

        language: Language = "zh-CN" if requested_language(request) == "zh-CN" else "en-US"
        return await action.run(values, caller, now, language, trail)

    def _find_action(self, product: str | None, common: CommonParams) -> ServedAction:
        """Product, version and action, in this order: does what is asked for exist?"""
        if product not in (None, CAM.service):
            raise ApiError(NO_SUCH_PRODUCT, service=product)
        if common.version != CAM.version:
            raise ApiError(NO_SUCH_VERSION, version=common.version, service=CAM.service)
        action = self._actions.get(common.action)
        if action is None:
            raise ApiError(
                INVALID_ACTION, action=common.action, service=CAM.service, version=CAM.version
            )
        return action


def check_timestamp(timestamp: int, now: float, *, window: int = TIMESTAMP_WINDOW_SECONDS) -> None:
    """Refuse a request signed too long ago or too far ahead.

    Args:
        timestamp, now: Unix seconds.
        window: seconds allowed on either side, inclusive.

    Raises:
        ApiError: SIGNATURE_EXPIRE.
    """
    server_time = int(now)
    if abs(timestamp - server_time) > window:
        raise ApiError(SIGNATURE_EXPIRE, server_time=server_time)


def check_content_sha256(request: HttpRequest) -> None:
    """Refuse a body whose announced hash is not its own.

    Raises:
        ApiError: INVALID_CONTENT_SHA256.
    """
    announced = request.header("x-tc-content-sha256")
    if announced in ("", tc3.UNSIGNED_PAYLOAD):
        return
    if announced.lower() != hashlib.sha256(request.body).hexdigest():
        raise ApiError(INVALID_CONTENT_SHA256)

# SPDX-License-Identifier: Apache-2.0
"""The errors of the documentation, each brought about for real against this server."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from yizhan.clock import Clock
from yizhan.errors import CATALOGUE
from yizhan.settings import Settings
from yizhan.spec import CAM
from yizhan.spec.model import Text
from yizhan.web.online_call import Exchange, send
from yizhan.web.scenario_accounts import SAMPLE, ScenarioAccounts
from yizhan.wire.outgoing import Credentials, Outgoing, sign_call

MOST_PREPARED: Final = 1000
"""Calls or rows that one click may cost."""
NOBODY: Final = Credentials("AKIDyizhandevnobody00000000000000000", "nobody")


class CannotRun(Exception):
    """The scenario cannot be brought about here."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.why = why


class Scenario(msgspec.Struct, frozen=True):
    code: str
    what: Text
    """What a click does."""
    obstacle: Text | None = None
    """Why it cannot be brought about here."""


class Recipe(msgspec.Struct, frozen=True):
    """How a code is brought about."""

    what: Text
    account: str = "plain"
    """Kind of account that calls (`scenario_accounts.py`); empty if no key is needed."""
    changes: dict[str, Any] = {}
    """Of the arguments of `sign_call`."""
    values: Callable[[str, dict[str, Any]], dict[str, Any]] | None = None
    """The action's parameters in place of ordinary ones."""
    credentials: Callable[[Credentials], Credentials] | None = None
    seconds: int = 0
    """Added to the timestamp."""
    damage: Callable[[Outgoing], Outgoing] | None = None
    """What happens to the signed request on its way."""
    repeat: bool = False
    """Until the rate is exceeded."""
    obstacle: Callable[[str, Settings], Text | None] = lambda action, settings: None


class Scenarios:
    def __init__(self, settings: Settings, clock: Clock, accounts: ScenarioAccounts | None) -> None:
        """Args: `accounts` are prepared in `dev` alone; None elsewhere."""
        self._settings = settings
        self._clock = clock
        self._accounts = accounts

    def of(self, action: str) -> list[Scenario]:
        """Codes of the action first, then those of the gateway, in the order of the catalogue."""
        own = [error.code for error in CAM.actions[action].errors]
        business = {error.code for each in CAM.actions.values() for error in each.errors}
        gateway = dict.fromkeys(error.code for error in CATALOGUE)
        # InvalidParameter is the gateway's as well: every action answers it for a wrong type.
        shared = [code for code in gateway if code not in business or code == "InvalidParameter"]
        return [self._scenario(action, code) for code in dict.fromkeys([*own, *shared])]

    def _scenario(self, action: str, code: str) -> Scenario:
        recipe = RECIPES[code]
        return Scenario(code, recipe.what, self._obstacle(action, recipe))

    def _obstacle(self, action: str, recipe: Recipe) -> Text | None:
        if recipe.account and self._accounts is None:
            return ONLY_IN_DEV
        return recipe.obstacle(action, self._settings)

    async def run(
        self,
        action: str,
        code: str,
        *,
        host: str,
        scheme: str,
        language: str,
        address: tuple[str, int],
    ) -> Exchange:
        """Bring it about; the exchange whose answer carries the code.

        Raises:
            CannotRun, NotSent.
        """
        if code not in {scenario.code for scenario in self.of(action)}:
            raise CannotRun(UNKNOWN)
        recipe = RECIPES[code]
        obstacle = self._obstacle(action, recipe)
        if obstacle is not None:
            raise CannotRun(obstacle)
        credentials = NOBODY
        if recipe.account and self._accounts is not None:
            credentials = await self._accounts.prepare(recipe.account)
        if recipe.credentials is not None:
            credentials = recipe.credentials(credentials)

        def outgoing() -> Outgoing:
            values: dict[str, Any] = _ordinary_values(action)
            arguments: dict[str, Any] = {
                "action": action,
                "values": recipe.values(action, values) if recipe.values else values,
                "credentials": credentials,
                "host": host,
                "scheme": scheme,
                "timestamp": int(self._clock.now()) + recipe.seconds,
                "language": language,
            }
            signed = sign_call(**(arguments | recipe.changes))
            return recipe.damage(signed) if recipe.damage else signed

        exchange = await send(outgoing(), address)
        if recipe.repeat:
            # The count begins anew with each second, so a few of them may be needed.
            for _ in range(3 * self._settings.limits.requests_per_second):
                if exchange.code == code:
                    break
                exchange = await send(outgoing(), address)
        return exchange


def _ordinary_values(action: str) -> dict[str, Any]:
    """Parameters that are in order."""
    names = {parameter.name for parameter in CAM.actions[action].input if parameter.required}
    return {name: value for name, value in SAMPLE.items() if name in names}


# ---- what is done to a request -----------------------------------------------------------------


def _with_headers(outgoing: Outgoing, **changed: str | None) -> Outgoing:
    """Replace headers, or leave out those that are None."""
    names = {name.replace("_", "-"): value for name, value in changed.items()}
    headers = tuple(
        (name, names.get(name, value) or "")
        for name, value in outgoing.headers
        if names.get(name, value) is not None
    )
    return msgspec.structs.replace(outgoing, headers=headers)


def _without_action(outgoing: Outgoing) -> Outgoing:
    return _with_headers(outgoing, X_TC_Action=None)


def _with_put(outgoing: Outgoing) -> Outgoing:
    return msgspec.structs.replace(outgoing, method="PUT")


def _too_long(outgoing: Outgoing) -> Outgoing:
    target = "/?Name=" + "x" * 33_000
    shorter = _with_headers(outgoing, Content_Length=None)
    return msgspec.structs.replace(shorter, method="GET", target=target, body=b"")


def _broken_multipart(outgoing: Outgoing) -> Outgoing:
    body = b"--boundary\r\nno part"
    changed = _with_headers(
        outgoing, Content_Type="multipart/form-data", Content_Length=str(len(body))
    )
    return msgspec.structs.replace(changed, body=body)


def _cut_authorization(outgoing: Outgoing) -> Outgoing:
    whole = dict(outgoing.headers)["Authorization"]
    return _with_headers(outgoing, Authorization=whole.partition(", Signature")[0])


# ---- what the parameters are -------------------------------------------------------------------


def _wrong_value(action: str, values: dict[str, Any]) -> dict[str, Any]:
    wrong: dict[str, dict[str, Any]] = {
        "CreateMessageReceiver": {"Name": " "},
        "ListReceiver": {"Limit": "10"},
        "DeleteMessageReceiver": {"Name": 1},
    }
    return values | wrong[action]


def _unknown_parameter(_: str, values: dict[str, Any]) -> dict[str, Any]:
    return values | {"Nickname": "x"}


def _unknown_name(_: str, values: dict[str, Any]) -> dict[str, Any]:
    return values | {"Name": "nobody-has-this-name"}


# ---- why not -----------------------------------------------------------------------------------

ONLY_IN_DEV: Final = Text(
    "需要预先准备账号，只在 yizhan dev 中可用。",
    "It needs an account in a certain state, which only yizhan dev prepares.",
)
ONLY_A_FAULT: Final = Text(
    "只有服务自身出故障时才会返回，无法按需重现。",
    "Only a fault of the server gives it; it cannot be had at will.",
)
UNKNOWN: Final = Text("该接口没有这个场景。", "The action has no such scenario.")


def _setting(name: str) -> Text:
    return Text(
        f"按当前设置 {name} 不会发生。", f"With {name} as it is set, it does not happen here."
    )


def _only_a_fault(action: str, settings: Settings) -> Text | None:
    return ONLY_A_FAULT


def _needs_regions(action: str, settings: Settings) -> Text | None:
    return None if settings.wire.regions else _setting("wire.regions")


def _needs_real_name(action: str, settings: Settings) -> Text | None:
    if action == "CreateMessageReceiver" or settings.receivers.real_name_for_all_actions:
        return None
    return _setting("receivers.real_name_for_all_actions")


def _needs_a_rate(action: str, settings: Settings) -> Text | None:
    rate = settings.limits.requests_per_second
    return None if 0 < rate <= MOST_PREPARED else _setting("limits.requests_per_second")


def _needs_a_quota(action: str, settings: Settings) -> Text | None:
    quota = settings.limits.creates_per_day
    return None if quota <= MOST_PREPARED else _setting("limits.creates_per_day")


def _needs_a_cap(action: str, settings: Settings) -> Text | None:
    room = settings.receivers.per_account <= MOST_PREPARED
    # A create has to be left, or the quota refuses first.
    if room and settings.limits.creates_per_day > 0:
        return None
    return _setting("receivers.per_account")


RECIPES: Final[Mapping[str, Recipe]] = {
    "InvalidParameter": Recipe(
        Text(
            "发送一个取值或类型不合规则的参数。",
            "Sends a parameter whose value or type breaks its rule.",
        ),
        values=_wrong_value,
    ),
    "InvalidParameter.InterfaceNotExist": Recipe(
        Text(
            "用一个未开通创建的账号调用。",
            "Calls as an account to which creating is not opened.",
        ),
        account="not-opened",
    ),
    "InvalidParameter.ReceiverOverLimit": Recipe(
        Text(
            "先把一个账号的接收人加满，再创建一个。",
            "Fills an account with receivers, then creates one more.",
        ),
        account="full",
        values=_unknown_name,
        obstacle=_needs_a_cap,
    ),
    "InvalidParameter.SubUserNameInUse": Recipe(
        Text("创建一个已有同名接收人的接收人。", "Creates a receiver whose name is taken."),
        account="taken",
    ),
    "InvalidParameter.UserNotAuth": Recipe(
        Text(
            "用一个未实名的账号调用。",
            "Calls as an account that has not passed real-name authentication.",
        ),
        account="no-real-name",
        obstacle=_needs_real_name,
    ),
    "LimitExceeded.Uin": Recipe(
        Text(
            "先用完一个账号当天的次数，再创建一个。",
            "Spends an account's creates of the day, then makes one more.",
        ),
        account="spent",
        obstacle=_needs_a_quota,
    ),
    "ResourceNotFound.UserNotExist": Recipe(
        Text("用一个已被管理员关闭的账号调用。", "Calls as an account that the operator closed."),
        account="closed",
    ),
    "ResourceNotFound.UserNotExists": Recipe(
        Text("删除一个不存在的名称。", "Deletes a name that is not there."),
        values=_unknown_name,
    ),
    "FailedOperation": Recipe(
        Text("删除账号的主消息接收人。", "Deletes the account's primary contact."),
        account="contact",
    ),
    "UnsupportedProtocol": Recipe(
        Text("用 PUT 发送请求。", "Sends the request with PUT."), account="", damage=_with_put
    ),
    "RequestSizeLimitExceeded": Recipe(
        Text("发送超过 32 KB 的 GET 请求。", "Sends a GET longer than 32 KB."),
        account="",
        damage=_too_long,
    ),
    "InvalidRequest": Recipe(
        Text("发送残缺的 multipart 请求体。", "Sends a multipart body that is broken."),
        account="",
        damage=_broken_multipart,
    ),
    "MissingParameter": Recipe(
        Text("不带请求头 X-TC-Action。", "Leaves out the header X-TC-Action."),
        account="",
        damage=_without_action,
    ),
    "InvalidParameterValue": Recipe(
        Text("地域写成 Guangzhou。", "Names Guangzhou as the region."),
        account="",
        changes={"region": "Guangzhou"},
    ),
    "NoSuchProduct": Recipe(
        Text("Host 写成产品 cvm 的域名。", "Names a host of the product cvm."),
        account="",
        changes={"host": "cvm.tencentcloudapi.com"},
    ),
    "NoSuchVersion": Recipe(
        Text("版本写成 2017-03-12。", "Names the version 2017-03-12."),
        account="",
        changes={"version": "2017-03-12"},
    ),
    "InvalidAction": Recipe(
        Text("接口名写成 ListUsers。", "Names the action ListUsers."),
        account="",
        changes={"action": "ListUsers"},
    ),
    "UnsupportedRegion": Recipe(
        Text("地域写成设置里没有的 xx-nowhere。", "Names a region that the settings do not have."),
        changes={"region": "xx-nowhere"},
        obstacle=_needs_regions,
    ),
    "AuthFailure.InvalidAuthorization": Recipe(
        Text("截去 Authorization 的后半部分。", "Cuts the Authorization header short."),
        account="",
        damage=_cut_authorization,
    ),
    "AuthFailure.SignatureExpire": Recipe(
        Text("用十分钟前的时间戳签名。", "Signs with a timestamp of ten minutes ago."),
        account="",
        seconds=-600,
    ),
    "AuthFailure.SecretIdNotFound": Recipe(
        Text("用不存在的 SecretId 签名。", "Signs with a SecretId that does not exist."), account=""
    ),
    "AuthFailure.TokenFailure": Recipe(
        Text("给长期密钥附上一个 Token。", "Adds a token to a long-term key."),
        credentials=lambda key: msgspec.structs.replace(key, token="not-a-token"),  # noqa: S106
    ),
    "AuthFailure.SignatureFailure": Recipe(
        Text("用错误的 SecretKey 签名。", "Signs with another SecretKey than the key's."),
        credentials=lambda key: msgspec.structs.replace(key, secret_key=key.secret_key + "x"),
    ),
    "AuthFailure.UnauthorizedOperation": Recipe(
        Text("用没有权限的子用户调用。", "Calls as a sub-user without permission."),
        account="sub-user",
    ),
    "RequestLimitExceeded": Recipe(
        Text(
            "一秒内连续调用，直到超过频率限制。",
            "Calls again and again until the rate of a second is exceeded.",
        ),
        account="spent",
        repeat=True,
        obstacle=_needs_a_rate,
    ),
    "UnknownParameter": Recipe(
        Text("多发送一个未定义的参数。", "Sends one parameter more than the action has."),
        values=_unknown_parameter,
    ),
    "InternalError": Recipe(ONLY_A_FAULT, account="", obstacle=_only_a_fault),
    "ServiceUnavailable": Recipe(ONLY_A_FAULT, account="", obstacle=_only_a_fault),
}

# SPDX-License-Identifier: Apache-2.0
"""Every refusal this server can answer, with its texts and how we know it.

An error is declared once, here. Code raises `ApiError(NAME, ...)`, never a code as a string, and
only `wire/encode.py` renders one. Several declarations may share a code where the real gateway has
several texts for it. Anything that is raised and not declared becomes `INTERNAL_ERROR`; its detail
goes to the log alone.
"""

from enum import StrEnum
from typing import Final

import msgspec

LANGUAGES: Final = ("zh-CN", "en-US")
DEFAULT_LANGUAGE: Final = "en-US"


class Basis(StrEnum):
    """How we know a code and its text."""

    DOCUMENTED = "documented"
    """Code and text stand in official material."""
    RECORDED = "recorded"
    """Text seen in an answer of the real service; the other language may be ours."""
    ASSUMED = "assumed"
    """The code is documented, the situation or the text is our choice (docs/divergences.md)."""


class Declared(msgspec.Struct, frozen=True):
    """One entry of the catalogue. `en` and `zh` are `str.format` templates."""

    code: str
    en: str
    zh: str
    basis: Basis
    source: str

    def message(self, language: str, values: dict[str, object]) -> str:
        template = self.zh if language == "zh-CN" else self.en
        return template.format(**values) if values else template


class ApiError(Exception):
    """A refusal of the catalogue, with the values that its text names."""

    def __init__(self, error: Declared, **values: object) -> None:
        super().__init__(error.code)
        self.error = error
        self.values = values

    @property
    def code(self) -> str:
        return self.error.code

    def message(self, language: str = DEFAULT_LANGUAGE) -> str:
        return self.error.message(language, self.values)


CATALOGUE: list[Declared] = []


def declare(code: str, *, en: str, zh: str, basis: Basis, source: str) -> Declared:
    """Add an entry to the catalogue."""
    error = Declared(code, en, zh, basis, source)
    CATALOGUE.append(error)
    return error


_CENTRE = "Tencent Cloud error-code centre, common codes, read 2026-11"
_OBSERVED = "answers of the real gateway in public reports, read 2026-11"

# ---- the request itself ------------------------------------------------------------------------

UNSUPPORTED_PROTOCOL = declare(
    "UnsupportedProtocol",
    en="The request method `{method}` is not supported, only GET and POST are.",
    zh="不支持请求方法 `{method}`，只支持 GET 和 POST 请求。",
    basis=Basis.ASSUMED,
    source=_CENTRE,
)
REQUEST_SIZE_LIMIT_EXCEEDED = declare(
    "RequestSizeLimitExceeded",
    en="The request is larger than the limit of {limit} bytes.",
    zh="请求包超过 {limit} 字节的限制大小。",
    basis=Basis.ASSUMED,
    source=_CENTRE,
)
SIGNATURE_SIZE_LIMIT_EXCEEDED = declare(
    "AuthFailure.SignatureFailure",
    en="The provided credentials could not be validated because of exceeding request size limit, "
    "please use new signature method `TC3-HMAC-SHA256`.",
    zh="由于请求包大小超过限制，请求签名验证失败，请使用新的签名方法 `TC3-HMAC-SHA256`。",
    basis=Basis.DOCUMENTED,
    source=_CENTRE,
)
INVALID_JSON = declare(
    "InvalidParameter",
    en="The request content not valid json format for specified content-type=application/json.",
    zh="对于指定content-type=application/json协议下，请求内容不是合法的Json格式。",
    basis=Basis.DOCUMENTED,
    source=_CENTRE,
)
INVALID_MULTIPART = declare(
    "InvalidRequest",
    en="The multipart body of the request is malformed.",
    zh="请求 body 的 multipart 格式错误。",
    basis=Basis.ASSUMED,
    source=_CENTRE,
)
KEY_WITHOUT_VALUE = declare(
    "InvalidParameter",
    en="Url key and value should be splited by `=`.",
    zh="参数错误，请求URL中参数key和value必须以 `=` 分隔。",
    basis=Basis.DOCUMENTED,
    source=_CENTRE,
)
EMPTY_KEY = declare(
    "InvalidParameter",
    en="The request has a parameter key which is empty string.",
    zh="参数错误，请求参数key不能为空字符串。",
    basis=Basis.DOCUMENTED,
    source=_CENTRE,
)
REPEATED_PARAMETER = declare(
    "InvalidParameter",
    en="Parameter `{name}` input repeated.",
    zh="参数 `{name}` 重复输入。",
    basis=Basis.DOCUMENTED,
    source=_CENTRE,
)
INVALID_FORMAT = declare(
    "InvalidParameter",
    en="Parameter `{name}` format invalid.",
    zh="参数 `{name}` 格式非法。",
    basis=Basis.DOCUMENTED,
    source=_CENTRE,
)
INVALID_NESTED_JSON = declare(
    "InvalidParameter",
    en="Parameter `{name}` invalid json format.",
    zh="参数 `{name}` 是非法的Json格式。",
    basis=Basis.DOCUMENTED,
    source=_CENTRE,
)
INVALID_ARRAY = declare(
    "InvalidParameter",
    en="Parameter `{name}` invalid array format, array index must be continuous and starts with 0.",
    zh="参数 `{name}` 是非法是数组格式，数组下标必须是连续的而且从0下标开始。",
    basis=Basis.DOCUMENTED,
    source=_CENTRE,
)

# ---- common parameters -------------------------------------------------------------------------

MISSING_COMMON_HEADER = declare(
    "MissingParameter",
    en="The request header is missing a required common parameter `{name}`.",
    zh="请求头部缺少必传的公共参数 `{name}`。",
    basis=Basis.DOCUMENTED,
    source=_CENTRE,
)
MISSING_PARAMETER = declare(
    "MissingParameter",
    en="The request is missing a required parameter `{name}`.",
    zh="请求缺少必传参数 `{name}` 。",
    basis=Basis.DOCUMENTED,
    source=_CENTRE,
)
INVALID_COMMON_VALUE = declare(
    "InvalidParameterValue",
    en="A value specified in `{name}` is not valid, is unsupported, or cannot be used.",
    zh="参数 `{name}` 取值错误。",
    basis=Basis.DOCUMENTED,
    source=_CENTRE,
)
INVALID_CONTENT_SHA256 = declare(
    "InvalidParameterValue",
    en="The value specified in `X-TC-Content-SHA256` is not correct.",
    zh="参数 `X-TC-Content-SHA256` 计算值不正确。",
    basis=Basis.DOCUMENTED,
    source=_CENTRE,
)
NO_SUCH_PRODUCT = declare(
    "NoSuchProduct",
    en="The specified product `{service}` does not exist.",
    zh="产品 `{service}` 不存在。",
    basis=Basis.ASSUMED,
    source=_CENTRE,
)
NO_SUCH_VERSION = declare(
    "NoSuchVersion",
    en="The specified api version=`{version}` does not exist in service=`{service}`.",
    zh="service=`{service}` 中不存在接口版本 version=`{version}`。",
    basis=Basis.RECORDED,
    source=_OBSERVED,
)
INVALID_ACTION = declare(
    "InvalidAction",
    en="The request action=`{action}` is invalid or not found in service=`{service}` "
    "and version=`{version}`.",
    zh="service=`{service}`、version=`{version}` 中不存在接口 action=`{action}`。",
    basis=Basis.RECORDED,
    source=_OBSERVED,
)
UNSUPPORTED_REGION = declare(
    "UnsupportedRegion",
    en="The action not support this region.",
    zh="接口不支持所传地域。",
    basis=Basis.RECORDED,
    source=_OBSERVED,
)

# ---- who is calling ----------------------------------------------------------------------------

INVALID_AUTHORIZATION = declare(
    "AuthFailure.InvalidAuthorization",
    en="The request `Authorization` header does not conform to tencentcloud standards: {reason}",
    zh="请求头部的 `Authorization` 不符合腾讯云标准：{reason}",
    basis=Basis.RECORDED,
    source=_OBSERVED,
)
SIGNATURE_EXPIRE = declare(
    "AuthFailure.SignatureExpire",
    en="Signature expired. Please use local time and enable NTP service for time synchronization "
    "to avoid a deviation between `Timestamp` and the server time {server_time}.",
    zh="签名过期。请启用 NTP 服务同步本地时间，"
    "避免 `Timestamp` 与服务器时间 {server_time} 相差过大。",
    basis=Basis.RECORDED,
    source=_OBSERVED,
)
SECRET_ID_NOT_FOUND = declare(
    "AuthFailure.SecretIdNotFound",
    en="The SecretId is not found, please ensure that your SecretId is correct.",
    zh="SecretId不存在，请输入正确的密钥。",
    basis=Basis.DOCUMENTED,
    source=_CENTRE,
)
TOKEN_FAILURE = declare(
    "AuthFailure.TokenFailure",
    en="The token is wrong or expired, or does not belong to this SecretId.",
    zh="token 错误、已过期，或与该 SecretId 不匹配。",
    basis=Basis.ASSUMED,
    source=_CENTRE,
)
SIGNATURE_FAILURE = declare(
    "AuthFailure.SignatureFailure",
    en="The provided credentials could not be validated. Please check your signature is correct.",
    zh="请求签名验证失败，请检查您的签名计算是否正确。",
    basis=Basis.DOCUMENTED,
    source=_CENTRE,
)
UNAUTHORIZED_OPERATION = declare(
    "AuthFailure.UnauthorizedOperation",
    en="You are not authorized to perform this operation. Check your CAM policies, and ensure that "
    "you are using the correct access keys. [[request id:{request_id}]you are not authorized to "
    "perform operation ({operation})\nresource (*) has no permission\n]",
    zh="操作未授权，请检查CAM策略。[[request id:{request_id}]you are not authorized to "
    "perform operation ({operation})\nresource (*) has no permission\n]",
    basis=Basis.RECORDED,
    source=_OBSERVED,
)

# ---- how often ---------------------------------------------------------------------------------

REQUEST_LIMIT_EXCEEDED = declare(
    "RequestLimitExceeded",
    en="Your current request times equals to `{count}` in a second, which exceeds the frequency "
    "limit `{limit}` for a second. Please reduce the frequency of calls.",
    zh="您当前每秒请求 `{count}` 次，超过了每秒频率上限 `{limit}`，请稍后重试。",
    basis=Basis.DOCUMENTED,
    source=_CENTRE,
)

# ---- the parameters of an action ---------------------------------------------------------------

UNKNOWN_PARAMETER = declare(
    "UnknownParameter",
    en="The parameter `{name}` is not recognized.",
    zh="未定义参数 `{name}` 。",
    basis=Basis.RECORDED,
    source=_OBSERVED,
)
INVALID_TYPE = declare(
    "InvalidParameter",
    en="The value type of parameter `{name}` is not valid, input type should be `{expected}`",
    zh="参数 `{name}` 取值类型错误。参数类型应为 `{expected}`",
    basis=Basis.RECORDED,
    source=_OBSERVED,
)

# ---- the backend: message receivers ------------------------------------------------------------

_PAGE = "CreateMessageReceiver, error codes of its page, read 2026-11; the text is ours"


def _invalid_receiver(en: str, zh: str) -> Declared:
    return declare("InvalidParameter", en=en, zh=zh, basis=Basis.ASSUMED, source=_PAGE)


NAME_INVALID = _invalid_receiver(
    "`Name` must have 1 to {limit} characters, not only blanks, and no control characters.",
    "参数错误：`Name` 应为 1 至 {limit} 个字符，不能全为空白，不能含控制字符。",
)
REMARK_INVALID = _invalid_receiver(
    "`Remark` must have at most {limit} characters.",
    "参数错误：`Remark` 最多 {limit} 个字符。",
)
COUNTRY_CODE_INVALID = _invalid_receiver(
    "`CountryCode` must be an international dialling code in digits alone, such as `86`, "
    "without `+` or leading zeros.",
    "参数错误：`CountryCode` 应为国际电话区号的纯数字，例如 `86`，不带 `+`，不以 0 开头。",
)
PHONE_NUMBER_INVALID = _invalid_receiver(
    "`PhoneNumber` is not a possible number for the country code `{country_code}`: "
    "give the national number in digits alone.",
    "参数错误：`PhoneNumber` 不是区号 `{country_code}` 下可能的号码，请只填写不带区号的数字。",
)
EMAIL_INVALID = _invalid_receiver(
    "`Email` is not a mail address.",
    "参数错误：`Email` 不是合法的邮箱地址。",
)
MASKED_SAMPLE = _invalid_receiver(
    "`{name}` is masked with asterisks, as in the samples of the documentation: "
    "give the full value. (`receivers.accept_masked_samples` lets samples pass, for tests.)",
    "参数错误：`{name}` 带有星号，是文档示例的脱敏写法，请填写完整的值。"
    "（测试时可用设置 `receivers.accept_masked_samples` 放行。）",
)
INTERFACE_NOT_EXIST = declare(
    "InvalidParameter.InterfaceNotExist",
    en="The interface does not exist: creating message receivers is not opened for this account.",
    zh="接口不存在：该账号未开通创建消息接收人。",
    basis=Basis.ASSUMED,
    source=_PAGE,
)
RECEIVER_OVER_LIMIT = declare(
    "InvalidParameter.ReceiverOverLimit",
    en="The account has as many message receivers as it may have.",
    zh="消息接收人超出限制。",
    basis=Basis.DOCUMENTED,
    source=_PAGE,
)
SUB_USER_NAME_IN_USE = declare(
    "InvalidParameter.SubUserNameInUse",
    en="The name is in use by another message receiver or sub-user of the account.",
    zh="子用户名称重复。",
    basis=Basis.DOCUMENTED,
    source=_PAGE,
)
USER_NOT_AUTH = declare(
    "InvalidParameter.UserNotAuth",
    en="The account has not passed real-name authentication.",
    zh="用户未实名。",
    basis=Basis.DOCUMENTED,
    source=_PAGE,
)
LIMIT_EXCEEDED_UIN = declare(
    "LimitExceeded.Uin",
    en="The account has made as many requests as it may make in a day.",
    zh="请求超出限制。",
    basis=Basis.DOCUMENTED,
    source=_PAGE,
)
USER_NOT_EXIST = declare(
    "ResourceNotFound.UserNotExist",
    en="The user does not exist.",
    zh="用户不存在。",
    basis=Basis.DOCUMENTED,
    source=_PAGE,
)
USER_NOT_EXISTS = declare(
    "ResourceNotFound.UserNotExists",
    en="The user does not exist.",
    zh="用户不存在。",
    basis=Basis.DOCUMENTED,
    source="DeleteMessageReceiver, codes in the official Go SDK, read 2026-11; note the final s",
)
PRIMARY_CONTACT = declare(
    "FailedOperation",
    en="The primary contact of the account cannot be deleted.",
    zh="操作失败：不能删除账号的主消息接收人。",
    basis=Basis.ASSUMED,
    source=_CENTRE,
)

# ---- ourselves ---------------------------------------------------------------------------------

INTERNAL_ERROR = declare(
    "InternalError",
    en="Internal error, please try again later.",
    zh="内部服务错误，请稍后重试",
    basis=Basis.RECORDED,
    source=_OBSERVED,
)
SERVICE_UNAVAILABLE = declare(
    "ServiceUnavailable",
    en="The service is temporarily unavailable, please try again later.",
    zh="当前服务暂时不可用，请稍后重试。",
    basis=Basis.ASSUMED,
    source=_CENTRE,
)

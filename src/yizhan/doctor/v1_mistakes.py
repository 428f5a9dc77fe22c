# SPDX-License-Identifier: Apache-2.0
"""HmacSHA1 and HmacSHA256, signature v1, as clients compute them wrongly.

Source: public reports about the official SDKs and hand-written signers (read 2026-11); the rules
that they break are those of API 3.0, "Signature".
"""

import base64
import hmac
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import quote, quote_plus

import msgspec

from yizhan.doctor import shared_mistakes as shared
from yizhan.doctor.findings import mistake
from yizhan.doctor.search import Known
from yizhan.doctor.tc3_changes import OTHER_HOSTS, WINDOW, keys_with_blanks
from yizhan.wire.outgoing import Credentials
from yizhan.wire.request import HttpRequest
from yizhan.wire.signed_host import signed_hosts

Pairs = tuple[tuple[str, str], ...]


class Computation(msgspec.Struct, frozen=True):
    """How a signature comes about."""

    method: str
    host: str
    path: str
    pairs: Pairs
    """Names and values in the order in which they are signed, without Signature."""
    key: str
    digest: str
    separator: str = "?"
    written: str = "base64"
    """`base64`, `hex`, or `base64-of-hex`."""

    @property
    def text(self) -> str:
        joined = "&".join(f"{name}={value}" for name, value in self.pairs)
        return f"{self.method}{self.host}{self.path}{self.separator}{joined}"

    def signature(self) -> str:
        signed = hmac.digest(self.key.encode(), self.text.encode("utf-8", "replace"), self.digest)
        if self.written == "hex":
            return signed.hex()
        if self.written == "base64-of-hex":
            return base64.b64encode(signed.hex().encode()).decode()
        return base64.b64encode(signed).decode()


def bases(request: HttpRequest, pairs: dict[str, str], key: str) -> list[Computation]:
    """The right computations, the plain one first; the server takes any of them."""
    signed = [(name, value) for name, value in pairs.items() if name != "Signature"]
    variants = [signed]
    if any("_" in name for name, _ in signed):
        variants.append([(name.replace("_", "."), value) for name, value in signed])
    return [
        Computation(
            method=request.method,
            host=host,
            path=path,
            pairs=tuple(sorted(variant, key=lambda pair: pair[0].encode())),
            key=key,
            digest="sha256" if pairs.get("SignatureMethod") == "HmacSHA256" else "sha1",
        )
        for host in signed_hosts(request, pairs.get("Region", ""), "cam")
        for path in dict.fromkeys(("/", request.path))
        for variant in variants
    ]


Change = Callable[[Computation], Iterator[Computation]]


def _replaced(**changes: Any) -> Change:
    def change(made: Computation) -> Iterator[Computation]:
        other = msgspec.structs.replace(made, **changes)
        if other != made:
            yield other

    return change


def _key_with_blanks(made: Computation) -> Iterator[Computation]:
    for key in keys_with_blanks(made.key):
        yield msgspec.structs.replace(made, key=key)


def _key_in_quotes(made: Computation) -> Iterator[Computation]:
    for mark in ('"', "'"):
        yield msgspec.structs.replace(made, key=f"{mark}{made.key}{mark}")


def _hosts(others: Callable[[str], Sequence[str]]) -> Change:
    def change(made: Computation) -> Iterator[Computation]:
        for host in dict.fromkeys(others(made.host)):
            if host != made.host:
                yield msgspec.structs.replace(made, host=host)

    return change


def _name_of(host: str) -> str:
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host


def _paths(made: Computation) -> Iterator[Computation]:
    for path in ("", "/v2/index.php", "//"):
        if path != made.path:
            yield msgspec.structs.replace(made, path=path)


def _methods(made: Computation) -> Iterator[Computation]:
    for method in ("GET", "POST", made.method.lower()):
        if method != made.method:
            yield msgspec.structs.replace(made, method=method)


def _in_order_of(sent: Sequence[str]) -> Change:
    def change(made: Computation) -> Iterator[Computation]:
        place = {name: number for number, name in enumerate(sent)}
        orders = (
            sorted(made.pairs, key=lambda pair: place.get(pair[0], len(place))),
            sorted(made.pairs, key=lambda pair: pair[0].lower()),
            sorted(made.pairs, key=lambda pair: pair[0], reverse=True),
            sorted(made.pairs, key=lambda pair: f"{pair[0]}={pair[1]}"),
        )
        for order in orders:
            if tuple(order) != made.pairs:
                yield msgspec.structs.replace(made, pairs=tuple(order))

    return change


def _encoded(made: Computation) -> Iterator[Computation]:
    for encode in (quote_plus, lambda text: quote(text, safe=""), quote):
        pairs = tuple((name, encode(value)) for name, value in made.pairs)
        if pairs != made.pairs:
            yield msgspec.structs.replace(made, pairs=pairs)


def _names_lowered(made: Computation) -> Iterator[Computation]:
    pairs = tuple(sorted((name.lower(), value) for name, value in made.pairs))
    yield msgspec.structs.replace(made, pairs=pairs)


def _without_some(made: Computation) -> Iterator[Computation]:
    for name, _ in made.pairs:
        yield msgspec.structs.replace(made, pairs=tuple(p for p in made.pairs if p[0] != name))
    filled = tuple(pair for pair in made.pairs if pair[1])
    if filled != made.pairs:
        yield msgspec.structs.replace(made, pairs=filled)


def _with_value(name: str, values: Callable[[str], Iterator[str]]) -> Change:
    def change(made: Computation) -> Iterator[Computation]:
        now = dict(made.pairs).get(name)
        for value in values(now) if now is not None else ():
            pairs = tuple((n, value if n == name else v) for n, v in made.pairs)
            if pairs != made.pairs:
                yield msgspec.structs.replace(made, pairs=pairs)

    return change


def _near(window: int) -> Callable[[str], Iterator[str]]:
    def values(now: str) -> Iterator[str]:
        if now.isdecimal():
            moment = int(now[:11])
            yield from (str(moment + offset) for offset in range(-window, window + 1))
            yield f"{moment}000"

    return values


def _with_signature(made: Computation) -> Iterator[Computation]:
    pairs = tuple(sorted([*made.pairs, ("Signature", "")]))
    yield msgspec.structs.replace(made, pairs=pairs)


def _separators(made: Computation) -> Iterator[Computation]:
    for mark in ("", "&", "\n"):
        yield msgspec.structs.replace(made, separator=mark)


def _known(
    identity: str,
    stage: int,
    change: Change,
    title: tuple[str, str],
    mend: tuple[str, str],
    in_pairs: Change | None = None,
) -> Known[Computation]:
    return Known(mistake(identity, title, mend), stage, change, in_pairs)


def _other(other: Credentials) -> Known[Computation]:
    return Known(shared.other_key(other.secret_id), 1, _replaced(key=other.secret_key))


def known(
    request: HttpRequest, pairs: dict[str, str], other_keys: Sequence[Credentials]
) -> list[Known[Computation]]:
    """All mistakes, the most usual first."""
    other_digest = "sha1" if pairs.get("SignatureMethod") == "HmacSHA256" else "sha256"
    return [
        *_KEYS,
        *[_other(each) for each in other_keys],
        _known(
            "other-digest",
            8,
            _replaced(digest=other_digest),
            (
                "实际用的算法与 SignatureMethod 不一致。",
                "It was computed by another algorithm than SignatureMethod says.",
            ),
            (
                "没有 SignatureMethod 时为 HmacSHA1，只有写明 HmacSHA256 才用 SHA-256。",
                "Without SignatureMethod it is HmacSHA1; only the word HmacSHA256 chooses SHA-256.",
            ),
        ),
        *_HOSTS,
        _known(
            "not-sorted",
            4,
            _in_order_of([name for name in pairs if name != "Signature"]),
            (
                "参数没有按名称的 ASCII 顺序排序。",
                "The parameters are not sorted by name in ASCII order.",
            ),
            (
                "按名称排序，大写在小写之前；值不参与排序。",
                "Sort by name, capitals before small letters; values take no part.",
            ),
        ),
        *_TEXTS,
    ]


_KEYS: Final = (
    Known(shared.KEY_WITH_BLANKS, 1, _key_with_blanks),
    Known(shared.KEY_IN_QUOTES, 1, _key_in_quotes),
)
_HOSTS: Final = (
    Known(shared.HOST_WITHOUT_PORT, 2, _hosts(lambda host: [_name_of(host)])),
    Known(
        shared.HOST_WITH_PORT,
        2,
        _hosts(lambda host: [f"{_name_of(host)}:{port}" for port in (80, 443, 9960, 8080)]),
    ),
    Known(
        shared.HOST_WITH_SCHEME,
        2,
        _hosts(lambda host: [f"http://{host}", f"https://{host}", f"//{host}"]),
    ),
    _known(
        "host-in-other-case",
        2,
        _hosts(lambda host: [host.upper(), host.lower()]),
        (
            "参与签名的 host 与发送的大小写不同。",
            "The host was signed in another case than it was sent in.",
        ),
        ("接入点用小写。", "Write the endpoint in small letters."),
    ),
    Known(shared.OTHER_HOST, 2, _hosts(lambda _: OTHER_HOSTS)),
)
_TEXTS: Final = (
    _known(
        "values-encoded",
        6,
        _encoded,
        ("参数的值在签名前做了 URL 编码。", "The values were URL-encoded before they were signed."),
        (
            "对原始的值签名，发送时才编码。",
            "Sign the values as they are, and encode them for sending alone.",
        ),
    ),
    Known(shared.OTHER_METHOD, 7, _methods),
    _known(
        "path",
        7,
        _paths,
        ("签名的路径不是 /。", "The signed path is not /."),
        ("路径固定为 /。", "The path is always /."),
    ),
    _known(
        "no-question-mark",
        7,
        _separators,
        ("路径与参数之间没有问号。", "There is no question mark between path and parameters."),
        ("格式是 方法 + 主机 + / + ? + 参数。", "It is METHOD, host, /, ?, then the parameters."),
    ),
    _known(
        "written-in-hexadecimal",
        9,
        lambda made: iter(
            [msgspec.structs.replace(made, written=form) for form in ("hex", "base64-of-hex")]
        ),
        (
            "签名是十六进制，或对十六进制做了 Base64。",
            "The signature is hexadecimal, or the Base64 of hexadecimal.",
        ),
        ("对二进制的摘要做 Base64。", "Take the Base64 of the digest's bytes."),
    ),
    _known(
        "names-lower-cased",
        4,
        _names_lowered,
        ("参数名转成了小写。", "The names of parameters were lower-cased."),
        ("参数名按发送的原样签名。", "Sign names as they are sent."),
    ),
    _known(
        "parameter-missing",
        3,
        _without_some,
        (
            "有一个发送的参数没有参与签名。",
            "A parameter that was sent was not signed.",
        ),
        (
            "除 Signature 外的所有参数都要参与签名，空值也是。",
            "All parameters but Signature are signed, empty ones too.",
        ),
    ),
    _known(
        "other-timestamp",
        5,
        _with_value("Timestamp", _near(WINDOW)),
        (
            "签名的 Timestamp 与发送的不是同一个值。",
            "The Timestamp that was signed is not the one that was sent.",
        ),
        (
            "只取一次当前时间，签名和发送用同一个值。",
            "Take the time once, and sign and send the one value.",
        ),
        _with_value("Timestamp", _near(5)),
    ),
    _known(
        "with-signature",
        3,
        _with_signature,
        ("Signature 本身也参与了签名。", "Signature itself was signed as well."),
        ("Signature 不参与签名。", "Leave Signature out of the text."),
    ),
)

# SPDX-License-Identifier: Apache-2.0
"""What is to be written as source text."""

from typing import Final

import msgspec


class Target(msgspec.Struct, frozen=True):
    """Where the program calls."""

    host: str
    """`127.0.0.1:9960` or `cam.tencentcloudapi.com`: as clients name an endpoint."""
    plain_http: bool

    @property
    def origin(self) -> str:
        return f"http{'' if self.plain_http else 's'}://{self.host}"

    @property
    def port(self) -> str:
        """Empty if the host names none."""
        _, colon, port = self.host.rpartition(":")
        return port if colon and port.isdecimal() else ""

    @property
    def name(self) -> str:
        """The host without its port."""
        return self.host.removesuffix(f":{self.port}")


TENCENT_CLOUD: Final = Target("cam.tencentcloudapi.com", plain_http=False)


class ApiCall(msgspec.Struct, frozen=True):
    """An action, its parameters, and how a client shall call it."""

    action: str
    values: dict[str, str | int]
    target: Target = TENCENT_CLOUD
    region: str = ""
    """Empty: none, as CAM needs none."""
    reply_language: str = ""
    """`zh-CN`, `en-US`, or empty for the client's own choice."""
    sign_method: str = "TC3-HMAC-SHA256"
    http_method: str = "POST"

    @property
    def is_v1(self) -> bool:
        return self.sign_method != "TC3-HMAC-SHA256"

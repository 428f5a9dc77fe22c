# SPDX-License-Identifier: Apache-2.0
"""The things this server knows: accounts, their users and keys, and message receivers.

Times are Unix seconds.
"""

import hashlib
import hmac

import msgspec


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A root account."""

    uin: int
    app_id: int
    name: str
    real_name: bool
    """Has it passed real-name authentication?"""
    may_create: bool = True
    """Is the creation of receivers opened to it? If not: InvalidParameter.InterfaceNotExist."""
    closed: bool = False
    """Closed by the operator: it keeps its data and can write nothing."""
    created_at: int = 0


class SubUser(msgspec.Struct, frozen=True, kw_only=True):
    """A sub-user of an account. It may do what its permissions name, and nothing by default."""

    uin: int
    owner_uin: int
    name: str
    permissions: tuple[str, ...] = ()
    """`cam:CreateMessageReceiver`, `cam:*` or `*`; the prefix `name/` of policies is understood."""
    created_at: int = 0


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who a key belongs to: the root account itself, or one of its sub-users."""

    account: Account
    sub_user: SubUser | None = None

    @property
    def uin(self) -> int:
        return self.sub_user.uin if self.sub_user else self.account.uin

    def may(self, operation: str) -> bool:
        """Is `cam:<Action>` permitted? A root account may do everything."""
        if self.sub_user is None:
            return True
        service = operation.partition(":")[0]
        granted = {permission.removeprefix("name/") for permission in self.sub_user.permissions}
        return not granted.isdisjoint({operation, f"{service}:*", "*"})


class AccessKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key pair. With a token hash it is temporary, and good only together with its token."""

    secret_id: str
    secret_key: str
    owner_uin: int
    """Of the root account."""
    user_uin: int
    """Of the user it belongs to; the same as `owner_uin` for the root account."""
    enabled: bool = True
    token_sha256: str = ""
    expires_at: int | None = None
    created_at: int = 0

    def __repr__(self) -> str:
        return f"AccessKey({self.secret_id}, user_uin={self.user_uin})"

    @property
    def temporary(self) -> bool:
        return bool(self.token_sha256)

    def accepts_token(self, token: str, now: float) -> bool:
        """A temporary key wants its own token in time; a long-term key wants none."""
        if not self.temporary:
            return not token
        right = hmac.compare_digest(token_hash(token), self.token_sha256)
        return right and (self.expires_at is None or now < self.expires_at)


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


class Identity(msgspec.Struct, frozen=True):
    """An access key and who it belongs to."""

    key: AccessKey
    caller: Caller


class ReceiverDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A message receiver to be, its values checked (`domain/receiver.py`)."""

    name: str
    country_code: str
    phone_number: str
    email: str
    remark: str = ""


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    """A message receiver."""

    uid: int
    name: str
    country_code: str
    phone_number: str
    email: str
    remark: str
    phone_verified_at: int | None = None
    email_verified_at: int | None = None
    primary: bool = False
    """Is it the account's own contact, set by the operator?"""
    created_at: int = 0

    @property
    def phone_verified(self) -> bool:
        return self.phone_verified_at is not None

    @property
    def email_verified(self) -> bool:
        return self.email_verified_at is not None


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who runs the registry, and sees all accounts in the console."""

    name: str
    token_hash: str
    """Argon2id."""
    created_at: int = 0


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is signed in to the console: an operator, or the holder of an access key."""

    cookie_sha256: str
    operator: str | None = None
    uin: int | None = None
    """Of the root account that the key belongs to; None for an operator."""
    secret_id: str | None = None
    created_at: int
    expires_at: int


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody did something that no API call shows."""

    id: int = 0
    """Grows; 0 before it is stored."""
    at: int
    actor: str
    """`operator:NAME`, `cli:NAME`, `key:SECRET_ID`, `dev` or `anonymous`."""
    operation: str
    """`account.create`, `receiver.reveal` and so on."""
    uin: int | None = None
    """The root account that it concerns."""
    target: str = ""
    details: dict[str, str] = msgspec.field(default_factory=dict)
    """Never a secret, phone number or mail address."""


class ReceiverPage(msgspec.Struct, frozen=True):
    """A part of an account's receivers and how many there are in all, of one moment."""

    total: int
    receivers: list[Receiver]

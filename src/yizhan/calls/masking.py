# SPDX-License-Identifier: Apache-2.0
"""Takes out of a call what nobody is to read later: keys, tokens, phone numbers, mail addresses.

Values under known names are masked by their kind. Everything else is searched for what looks like
one of them, since callers put values into wrong places as well.
"""

import re
from collections.abc import Collection
from typing import Any, Final

from yizhan.domain.receiver import mask_email, mask_phone

HIDDEN: Final = "****"
MAX_DEPTH: Final = 16
GROUPED_NUMBER: Final = len("138-0013-8000")
_SECRET_NAMES: Final = frozenset({"secretkey", "token", "password", "x-tc-token", "cookie"})
# A mail address, as loosely as it can be told from other text, percent-encoded as well. Lengths are
# bounded, so that no text takes more than its length to search.
_PART: Final = r"[^\s@\"'<>,;:()&=?/\\%]"
_MAIL: Final = re.compile(rf"{_PART}{{1,64}}(?:@|%40){_PART}{{1,255}}")
# UUIDs, SecretIds and SHA-256 sums are matched as well, so that no number is found within them.
_NUMBER: Final = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|AKID[\w]{32}"
    r"|\d{7,}|\d{3}[ -]\d{4}[ -]\d{4}"
)
# As long as a SecretKey or longer, without a blank: a SecretId is no secret, all others may be.
_OPAQUE: Final = re.compile(r"(?<![\w-])(?!AKID)[\w-]{32,}(?![\w-])", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Mask:
    """Masks one call's texts."""

    def __init__(self, secrets: Collection[str] = (), harmless: Collection[int] = ()) -> None:
        """Take what is known of the call.

        Args:
            secrets: texts that must not be seen wherever they stand.
            harmless: numbers that are nobody's phone, such as the caller's uin.
        """
        # The SecretKeys of `dev` are the ends of their SecretIds.
        self._secrets = [re.compile(f"(?<!AKID){re.escape(each)}") for each in secrets if each]
        self._harmless = {str(number) for number in harmless}

    def text(self, text: str) -> str:
        """Any text, with what looks like a secret, a number or an address masked."""
        for secret in self._secrets:
            text = secret.sub(HIDDEN, text)
        text = _OPAQUE.sub(self._opaque, text)
        if "@" in text or "%40" in text:
            text = _MAIL.sub(lambda found: mask_email(found[0].replace("%40", "@")), text)
        return _NUMBER.sub(self._number, text)

    def value(self, name: str, value: Any, depth: int = MAX_DEPTH) -> Any:
        """A value of a request or an answer, by its name."""
        if depth == 0:
            return HIDDEN
        if isinstance(value, dict):
            return {self.text(key): self.value(key, each, depth - 1) for key, each in value.items()}
        if isinstance(value, list):
            return [self.value(name, each, depth - 1) for each in value]
        if value is None or isinstance(value, bool):
            return value
        last = name.rpartition(".")[2].lower()
        if last in _SECRET_NAMES:
            return HIDDEN
        if last == "phonenumber":
            return mask_phone(str(value))
        if last == "email":
            return self._mail(str(value))
        return self.text(value) if isinstance(value, str) else self._plain_number(value)

    def _mail(self, value: str) -> str:
        return self.text(mask_email(value)) if "@" in value else mask_phone(value)

    def _plain_number(self, value: float) -> Any:
        text = str(value)
        masked = self.text(text)
        return value if masked == text else masked

    def _number(self, found: re.Match[str]) -> str:
        text = found[0]
        if text in self._harmless or not (text.isdigit() or len(text) == GROUPED_NUMBER):
            return text
        return mask_phone(re.sub(r"[ -]", "", text))

    def _opaque(self, found: re.Match[str]) -> str:
        return found[0] if _UUID.fullmatch(found[0]) else f"{found[0][:4]}{HIDDEN}"

# SPDX-License-Identifier: Apache-2.0
"""Clocks and identifiers."""

import re
import time
import uuid

from yizhan.clock import LabClock, SystemClock, SystemIds, new_secret_id, new_secret_key


def test_request_ids_are_version_4_uuids_in_lower_case() -> None:
    ids = SystemIds()

    found = [ids.request_id() for _ in range(2000)]

    assert len(set(found)) == 2000
    for text in found:
        assert str(uuid.UUID(text)) == text
        assert uuid.UUID(text).version == 4
        assert uuid.UUID(text).variant == uuid.RFC_4122
    assert {text[19] for text in found} == set("89ab")


def test_keys_have_the_form_of_real_ones() -> None:
    # Form: AKID and 32 letters or digits, 36 in all; 32 for the SecretKey (protocol.md 9).
    assert re.fullmatch(r"AKID[A-Za-z0-9]{32}", new_secret_id())
    assert re.fullmatch(r"[A-Za-z0-9]{32}", new_secret_key())
    assert new_secret_id() != new_secret_id()


def test_the_lab_clock_stands_still_and_goes_on() -> None:
    clock = LabClock()

    clock.freeze(1551113065)
    stopped = (clock.now(), clock.now(), clock.frozen)
    clock.freeze(None)

    assert stopped == (1551113065, 1551113065, True)
    assert abs(clock.now() - time.time()) < 5
    assert abs(SystemClock().now() - time.time()) < 5
    assert not clock.frozen

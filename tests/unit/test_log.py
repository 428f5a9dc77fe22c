# SPDX-License-Identifier: Apache-2.0
"""Lines of the log."""

import io
import json
import logging

from yizhan.clock import LabClock
from yizhan.ops.log import EventHandler, Log
from yizhan.trail import Trail
from yizhan.wire.endpoint import CallRecord
from yizhan.wire.request import HttpRequest

MOMENT = 1551113065.25  # 2019-02-25T16:44:25Z in the official example, and a quarter of a second


def record() -> CallRecord:
    request = HttpRequest("POST", "/", "", {}, b"", None)
    return CallRecord("f709ad6e", Trail(), request, "ListReceiver", 100000000001, "OK", 0.0012345)


async def test_a_call_is_one_json_object() -> None:
    stream = io.StringIO()
    log = Log("json", LabClock(MOMENT), stream)

    log.add_call(record())
    log.close()

    assert json.loads(stream.getvalue()) == {
        "Time": "2019-02-25T16:44:25.250Z",
        "RequestId": "f709ad6e",
        "Action": "ListReceiver",
        "Uin": 100000000001,
        "Code": "OK",
        "Milliseconds": 1.234,
    }
    assert stream.getvalue().endswith("}\n")


async def test_a_call_is_one_line_of_text() -> None:
    stream = io.StringIO()
    log = Log("text", LabClock(MOMENT), stream)

    log.add_call(record())
    log.close()

    assert stream.getvalue() == ("16:44:25.250Z ListReceiver OK 1.2ms uin=100000000001 f709ad6e\n")


def test_what_is_said_elsewhere_comes_in_the_same_form() -> None:
    stream = io.StringIO()
    log = Log("json", LabClock(MOMENT), stream)
    logger = logging.Logger("yizhan.test")
    logger.addHandler(EventHandler(log))

    logger.info("too small to tell")
    try:
        raise ValueError("the reason")
    except ValueError:
        logger.exception("request %s failed", "f709ad6e")
    log.close()

    (line,) = stream.getvalue().splitlines()
    told = json.loads(line)
    assert (told["Level"], told["Logger"]) == ("ERROR", "yizhan.test")
    assert told["Message"].startswith("request f709ad6e failed\nTraceback")
    assert "ValueError: the reason" in told["Message"]


async def test_a_stream_that_is_gone_is_counted_and_harms_nobody() -> None:
    stream = io.StringIO()
    log = Log("json", LabClock(MOMENT), stream)
    stream.close()

    log.add_call(record())
    log.close()

    assert log.dropped == 1

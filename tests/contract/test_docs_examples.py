# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/errors.md, run as they stand: every code that can be met is met."""

import doctest
from pathlib import Path

import pytest

from tests.support.live import LiveServer

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"


# The SDK's own; Python 3.12 and later warn of it.
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp:DeprecationWarning")
def test_every_example_of_the_errors_page_is_true(capsys: pytest.CaptureFixture[str]) -> None:
    # The settings that the page asks for.
    environ = {"YIZHAN_RECEIVERS_PER_ACCOUNT": "3", "YIZHAN_WIRE_REGIONS": "ap-guangzhou"}
    with LiveServer(environ=environ) as server:
        text = PAGE.read_text("utf-8").replace("127.0.0.1:9960", server.host)
        examples = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        failed, tried = runner.run(examples)

    assert tried > 40
    assert failed == 0, capsys.readouterr().out

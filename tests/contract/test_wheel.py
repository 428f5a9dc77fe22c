# SPDX-License-Identifier: Apache-2.0
"""What is built for others has everything that a checkout has."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RENDER_EVERY_PAGE = """
from yizhan.web.documents import DOCUMENTS, Library, Place
library, place = Library(), Place("127.0.0.1:9960", plain_http=True, profile="dev")
for path in DOCUMENTS:
    for language in ("zh-CN", "en-US"):
        assert library.html(path, language, place).title, path
import yizhan
print(yizhan.__file__)
"""


def build(target: str, source: Path, folder: Path) -> Path:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.iterdir()
    return built


@pytest.mark.parametrize("by_way_of_sdist", [False, True])
def test_a_wheel_renders_every_page(tmp_path: Path, by_way_of_sdist: bool) -> None:
    source = ROOT
    if by_way_of_sdist:
        archive = build("sdist", ROOT, tmp_path / "sdist")
        shutil.unpack_archive(archive, tmp_path / "source", filter="data")
        (source,) = (tmp_path / "source").iterdir()
    wheel = build("wheel", source, tmp_path / "wheel")
    shutil.unpack_archive(wheel, tmp_path / "installed", format="zip")

    done = subprocess.run(
        [sys.executable, "-c", RENDER_EVERY_PAGE],
        env={"PYTHONPATH": str(tmp_path / "installed"), "PATH": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))

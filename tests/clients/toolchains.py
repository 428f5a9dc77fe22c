# SPDX-License-Identifier: Apache-2.0
"""Where generated programs find their SDK, and how they are run or at least compiled."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NoReturn

import pytest

from tests.clients import node_sdk
from tests.clients.generated.cpp import make_headers
from tests.support.live import clean_environment
from yizhan.codegen import Source

GENERATED: Final = Path(__file__).parent / "generated"
CACHE: Final = Path(__file__).parents[2] / ".cache" / "clients"
SECONDS: Final = 300
Done = subprocess.CompletedProcess[str]


def need(*tools: str) -> None:
    """Skip the test by name where a tool is missing; in CI it fails instead."""
    for tool in tools:
        if shutil.which(tool) is None:
            _missing(f"generated programs are not tried: `{tool}` is not on this machine")


def _missing(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def run(
    words: list[str], folder: Path, environ: Mapping[str, str] | None = None, seconds: int = SECONDS
) -> Done:
    return subprocess.run(
        words,
        cwd=folder,
        env=clean_environment({"LC_ALL": "C.UTF-8", **(environ or {})}),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def _prepared(words: list[str], folder: Path) -> None:
    """Fetch what a program needs; a registry that cannot be reached is a reason to skip."""
    done = run(words, folder)
    if done.returncode != 0:
        _missing(f"{words[0]} could not fetch the SDK: {(done.stdout + done.stderr)[-400:]}")


def _write(source: Source, folder: Path) -> str:
    (folder / source.file_name).write_text(source.text, "utf-8")
    return source.file_name


def python(source: Source, folder: Path, environ: Mapping[str, str]) -> Done:
    # As a newer Python calls outdated what the SDK uses, warnings are not errors here.
    return run([sys.executable, _write(source, folder)], folder, environ)


def nodejs(source: Source, folder: Path, environ: Mapping[str, str]) -> Done:
    modules = node_sdk.install()
    name = _write(source, folder)
    return run(["node", name], folder, {"NODE_PATH": str(modules), **environ})


def go(source: Source, folder: Path, environ: Mapping[str, str]) -> Done:
    need("go")
    for name in ("go.mod", "go.sum"):
        shutil.copy(GENERATED / "go" / name, folder)
    name = _write(source, folder)
    _prepared(["go", "mod", "download"], folder)
    unformatted = run(["gofmt", "-l", name], folder)
    assert unformatted.stdout == "", "gofmt would write it otherwise"
    built = run(["go", "build", "-o", "program", "."], folder)
    assert built.returncode == 0, built.stderr
    return run(["./program"], folder, environ)


def java(source: Source, folder: Path, environ: Mapping[str, str]) -> Done:
    need("java", "javac", "mvn")
    pom = GENERATED / "java" / "pom.xml"
    jars = CACHE / "java" / hashlib.sha256(pom.read_bytes()).hexdigest()[:16]
    if not jars.is_dir():
        shutil.copy(pom, folder)
        copy = f"dependency:copy-dependencies -DoutputDirectory={folder / 'jars'}"
        _prepared(["mvn", "-q", "-B", *copy.split()], folder)
        jars.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder / "jars", jars)
    name = _write(source, folder)
    classpath = f"{jars}/*"
    strict = ["-Xlint:all", "-Werror", "-encoding", "UTF-8"]
    compiled = run(["javac", *strict, "-cp", classpath, name], folder)
    assert compiled.returncode == 0, compiled.stderr + compiled.stdout
    main = name.removesuffix(".java")
    return run(["java", "-Dfile.encoding=UTF-8", "-cp", f"{classpath}:.", main], folder, environ)


def tccli(source: Source, folder: Path, environ: Mapping[str, str]) -> Done:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    home = {"HOME": str(folder), "PATH": path, "TENCENTCLOUD_REGION": "ap-guangzhou"}
    return run(["sh", _write(source, folder)], folder, home | dict(environ))


def curl(source: Source, folder: Path, environ: Mapping[str, str]) -> Done:
    need("curl")
    return run(["sh", _write(source, folder)], folder, environ)


RUNNERS: Final[dict[str, Callable[[Source, Path, Mapping[str, str]], Done]]] = {
    "python": python,
    "nodejs": nodejs,
    "go": go,
    "java": java,
    "tccli": tccli,
    "curl": curl,
}


def check_php(source: Source, folder: Path) -> Done:
    need("php")
    return run(["php", "-l", _write(source, folder)], folder)


def check_ruby(source: Source, folder: Path) -> Done:
    need("ruby")
    return run(["ruby", "-wc", _write(source, folder)], folder)


def check_cpp(source: Source, folder: Path) -> Done:
    need("g++")
    make_headers.write(folder)
    strict = ["-std=c++11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I."]
    return run(["g++", *strict, _write(source, folder)], folder)


def check_dotnet(source: Source, folder: Path) -> Done:
    need("mcs")
    sdk = str(GENERATED / "dotnet" / "Sdk.cs")
    options = ["-warnaserror", "-codepage:utf8", "-out:program.exe"]
    return run(["mcs", *options, _write(source, folder), sdk], folder)


CHECKERS: Final[dict[str, Callable[[Source, Path], Done]]] = {
    "php": check_php,
    "ruby": check_ruby,
    "cpp": check_cpp,
    "dotnet": check_dotnet,
}

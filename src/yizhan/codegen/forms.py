# SPDX-License-Identifier: Apache-2.0
"""The forms that a call can be written in."""

from collections.abc import Callable
from typing import Final

import msgspec

from yizhan.codegen import literals


class Form(msgspec.Struct, frozen=True):
    id: str
    title: str
    file_suffix: str
    lexer: str
    """Of Pygments."""
    template: str
    """In `templates/<id>/`; empty for the forms that are no template."""
    literal: Callable[[str], str] | None
    is_program: bool = True
    """Is it one of the eight SDK languages?"""
    largest_integer: int = 2**64 - 1
    """That a number in its source can hold."""


_ALL: Final = (
    Form("python", "Python", ".py", "python", "program.py.j2", literals.python),
    Form("java", "Java", ".java", "java", "Program.java.j2", literals.java, True, 2**63 - 1),
    Form("php", "PHP", ".php", "php", "program.php.j2", literals.php, True, 2**63 - 1),
    Form("go", "Go", ".go", "go", "main.go.j2", literals.go),
    Form(
        "nodejs", "Node.js", ".js", "javascript", "program.js.j2", literals.nodejs, True, 2**53 - 1
    ),
    Form("dotnet", ".NET", ".cs", "csharp", "Program.cs.j2", literals.dotnet),
    Form("cpp", "C++", ".cpp", "cpp", "main.cpp.j2", literals.cpp, True, 2**63 - 1),
    Form("ruby", "Ruby", ".rb", "ruby", "program.rb.j2", literals.ruby),
    Form("tccli", "tccli", ".sh", "bash", "call.sh.j2", literals.tccli, is_program=False),
    Form("curl", "curl", ".sh", "bash", "", literals.shell, is_program=False),
    Form("http", "HTTP", ".http", "http", "", None, is_program=False),
    Form("terraform", "Terraform", ".tf", "terraform", "main.tf.j2", literals.terraform, False),
)
FORMS: Final = {form.id: form for form in _ALL}
SDK_LANGUAGES: Final = tuple(form.id for form in _ALL if form.is_program)

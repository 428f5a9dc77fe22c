# SPDX-License-Identifier: Apache-2.0
"""The real compilers and interpreters read hostile literals back.

Where one is missing, its test is skipped by name; in CI all are there.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.codegen.test_literals import HOSTILE
from yizhan.codegen.forms import FORMS

SECONDS = 120
PROGRAMS = {
    "nodejs": (
        "main.js",
        "for (const s of [{items}])"
        " process.stdout.write(Buffer.from(s).toString('hex') + '\\n');\n",
    ),
    "php": ("main.php", '<?php foreach ([{items}] as $s) {{ echo bin2hex($s), "\\n"; }}\n'),
    "ruby": ("main.rb", "[{items}].each {{ |s| puts s.unpack1('H*') }}\n"),
    "go": (
        "main.go",
        'package main\n\nimport "fmt"\n\nfunc main() {{\n\tfor _, s := range []string{{{items}}}'
        ' {{\n\t\tfmt.Printf("%x\\n", s)\n\t}}\n}}\n',
    ),
    "java": (
        "Main.java",
        "public class Main {{ public static void main(String[] a) throws Exception {{\n"
        "for (String s : new String[] {{{items}}}) {{ StringBuilder b = new StringBuilder();\n"
        'for (byte x : s.getBytes("UTF-8")) b.append(String.format("%02x", x));\n'
        "System.out.println(b); }} }} }}\n",
    ),
    "cpp": (
        "main.cpp",
        "#include <cstdio>\n#include <string>\n"
        "int main() {{ const std::string all[] = {{{items}}};\n"
        'for (const auto &s : all) {{ for (unsigned char c : s) std::printf("%02x", c);'
        ' std::printf("\\n"); }} }}\n',
    ),
    "dotnet": (
        "main.cs",
        "public static class P {{ public static void Main() {{\n"
        "foreach (var s in new string[] {{{items}}}) {{\n"
        "System.Console.WriteLine(System.BitConverter.ToString("
        'System.Text.Encoding.UTF8.GetBytes(s)).Replace("-", "").ToLower()); }} }} }}\n',
    ),
}
COMMANDS = {
    "nodejs": [["node", "main.js"]],
    "php": [["php", "main.php"]],
    "ruby": [["ruby", "-W:no-deprecated", "main.rb"]],
    "go": [["go", "run", "main.go"]],
    "java": [["java", "-Dfile.encoding=UTF-8", "Main.java"]],
    "cpp": [["g++", "-std=c++11", "-trigraphs", "main.cpp", "-o", "main"], ["./main"]],
    "dotnet": [["mcs", "-codepage:utf8", "main.cs"], ["mono", "main.exe"]],
}


@pytest.mark.parametrize("form", PROGRAMS)
def test_the_real_language_reads_hostile_literals_back(form: str, tmp_path: Path) -> None:
    commands = COMMANDS[form]
    for tool in {command[0] for command in commands} - {"./main"}:
        if shutil.which(tool) is None:
            reason = f"literals of {form} are not tried: `{tool}` is not on this machine"
            pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    literal = FORMS[form].literal
    assert literal is not None
    name, program = PROGRAMS[form]
    items = ", ".join(literal(text) for text in HOSTILE)
    (tmp_path / name).write_text(program.format(items=items), "utf-8")

    printed = ""
    for command in commands:
        printed = subprocess.run(
            command,
            cwd=tmp_path,
            env=os.environ | {"LC_ALL": "C.UTF-8", "GO111MODULE": "off"},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        ).stdout

    assert printed.splitlines() == [text.encode().hex() for text in HOSTILE]

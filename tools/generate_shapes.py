# SPDX-License-Identifier: Apache-2.0
"""Write src/yizhan/actions/shapes.py from the spec; with --check, say whether it is up to date."""

import subprocess
import sys
from pathlib import Path

from yizhan.spec import CAM, Parameter

TARGET = Path(__file__).parent.parent / "src" / "yizhan" / "actions" / "shapes.py"
PYTHON_TYPES = {"string": "str", "uint64": "int", "int64": "int"}


def snake(name: str) -> str:
    """PascalCase to snake_case; every capital begins a word, as no name has two in a row."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def annotation(parameter: Parameter) -> str:
    kind = PYTHON_TYPES.get(parameter.type) or f"list[{parameter.items}]"
    return f"{kind} | None" if parameter.nullable else kind


def struct(name: str, doc: str, members: tuple[Parameter, ...], *, request: bool) -> list[str]:
    lines = [f"class {name}(Shape, frozen=True, kw_only=True):", f'    """{doc}"""', ""]
    for member in members:
        field = f"    {snake(member.name)}: {annotation(member)}"
        if not member.required and not request:
            field = f"{field} | UnsetType = UNSET"
        elif not member.required:
            field = (
                f"{field} = {member.default}"
                if member.default is not None
                else (f"{field} | None = None")
            )
        lines.append(field)
    return [*lines, "", ""]


def render() -> str:
    lines = [
        "# SPDX-License-Identifier: Apache-2.0",
        f"# Generated from spec/cam-{CAM.version}.json by tools/generate_shapes.py; do not edit.",
        '"""Request and response shapes of the actions, with the names of the wire."""',
        "",
        "import msgspec",
        "from msgspec import UNSET, UnsetType",
        "",
        "",
        'class Shape(msgspec.Struct, frozen=True, rename="pascal"):',
        '    """Members are PascalCase on the wire; those left unset are not sent."""',
        "",
        "",
    ]
    for name, structure in CAM.structures.items():
        lines += struct(name, structure.description.en, structure.members, request=False)
    for name, action in CAM.actions.items():
        request, response = f"{name}Request", f"{name}Response"
        lines += struct(request, f"What {name} is given.", action.input, request=True)
        lines += struct(response, f"What {name} answers.", action.output, request=False)
    source = "\n".join(lines)
    formatted = subprocess.run(
        ["ruff", "format", "-", "--stdin-filename", str(TARGET)],
        input=source,
        capture_output=True,
        text=True,
        check=True,
        executable=str(Path(sys.executable).parent / "ruff"),
    )
    return formatted.stdout


def main() -> int:
    text = render()
    if "--check" in sys.argv[1:]:
        if TARGET.read_text("utf-8") != text:
            print(f"{TARGET.name} is out of date: run scripts/fix", file=sys.stderr)
            return 1
        return 0
    TARGET.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

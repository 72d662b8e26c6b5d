"""The texts of raised errors, as templates."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tools._wheel import Fact, Wheel


class Message(NamedTuple):
    """An error to look for: a part of its text, and names for the values it prints."""

    marker: str
    values: Mapping[str, str]
    required: bool = True


def messages(
    wheel: Wheel,
    file: str,
    block: ast.stmt,
    known: Mapping[str, Message],
    *,
    constants: Mapping[str, str] | None = None,
    exhaustive: bool = True,
) -> dict[str, Fact]:
    """The template of each known message that ``block`` raises as a ValueError.

    One that is raised twice must read the same; a text that is not known is a failure where
    ``exhaustive``. A message that is not raised is None with the line of the block, and a
    failure where it is required. ``constants`` are the names that a message prints and whose
    text is known.
    """
    found: dict[str, Fact] = {}
    for node in ast.walk(block):
        if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
            continue
        text = node.exc.args[0] if node.exc.args else None
        if text is None:
            raise wheel.strange(file, f"a message at line {node.lineno}")
        source = ast.unparse(text)
        names = [name for name, message in known.items() if message.marker in source]
        if not names and not exhaustive:
            continue
        if len(names) != 1 or not isinstance(node.exc.func, ast.Name):
            raise wheel.strange(file, f"a known message at line {node.lineno}: {source}")
        if node.exc.func.id != "ValueError":
            raise wheel.strange(file, f"a ValueError at line {node.lineno}")
        value = _template(wheel, file, text, known[names[0]].values, constants or {})
        earlier = found.setdefault(names[0], Fact(value, file, node.lineno))
        if earlier.value != value:
            raise wheel.strange(file, f"the same text at lines {earlier.line} and {node.lineno}")
        if node.lineno < earlier.line:
            found[names[0]] = Fact(value, file, node.lineno)
    for name, message in known.items():
        if name not in found:
            if message.required:
                raise wheel.strange(file, f"a message with {message.marker!r}")
            found[name] = Fact(None, file, block.lineno)
    return found


def _template(
    wheel: Wheel,
    file: str,
    text: ast.expr,
    values: Mapping[str, str],
    constants: Mapping[str, str],
) -> str:
    """``text`` for str.format: values become placeholders, constants what they print."""
    parts: Sequence[ast.expr] = text.values if isinstance(text, ast.JoinedStr) else [text]
    result = ""
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            result += part.value.replace("{", "{{").replace("}", "}}")
            continue
        printed = ast.unparse(part.value) if isinstance(part, ast.FormattedValue) else ""
        if printed in constants:
            result += constants[printed].replace("{", "{{").replace("}", "}}")
        elif printed in values:
            result += "{" + values[printed] + "}"
        else:
            raise wheel.strange(file, f"a known value in the message at line {text.lineno}")
    return result

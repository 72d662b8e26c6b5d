"""Results for the formats of CI systems, and readers of these that know nothing of kernlint."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types

from kernlint.model.diagnostic import Diagnostic, Edit, Fix, NotChecked, Place, Related
from kernlint.model.expr import Span
from kernlint.model.run import RuleInfo, Run
from kernlint.model.text import SourceText
from tests.frame.checkout import ROOT
from tests.report.samples import TRAIN, place

URL = "https://example.org/KL104.md"
RULES = (
    RuleInfo(
        "KL104",
        "unsupported-device",
        "error",
        "high",
        True,
        "A device key is not one that `transformers` knows.",
        "A device key is not one that `transformers` knows.\n\nWrite `{0}`.",
        URL,
    ),
    RuleInfo("KL205", "unused", "info", "medium", False, "Unused.", "Unused.", ""),
)
RUN = Run(exit_code=1, rules=lambda: RULES, root="/repo", cwd="/repo/sub dir")

CUDA = place(TRAIN, '"cuda:0"')
MAPPING = place(TRAIN, '{"RMSNorm": {\n')
KERNEL = place(TRAIN, '"kernels-community/liger-kernels:LigerRMSNorm"')

#: Two edits with code between them, not in the order of the file.
FIX = Fix(
    "safe",
    "write `cuda`",
    (Edit(KERNEL.span, '"org/é:Norm"'), Edit(CUDA.span, '"cuda"')),
)
FINDING = Diagnostic(
    "KL104",
    "unsupported-device",
    "error",
    "`cuda:0` is no device",
    CUDA,
    effect="with transformers 5.22.2 it raises ValueError: 100%",
    help="write `cuda`",
    label="did you mean `cuda`?",
    related=(Related("in this mapping", MAPPING),),
    releases=(("transformers", ">=5.0"),),
    sink="from_pretrained",
    fix=FIX,
    url=URL,
)
INFO = Diagnostic("KL205", "unused", "info", "nobody asks", KERNEL, confidence="medium")
UNREAD = NotChecked(MAPPING, "the call of a function")


class Notebook(SourceText):
    """A notebook of which each cell is one JSON string on a line of its own, the second of code.

    Columns within a cell count the decoded characters; lines within it the decoded line breaks.
    """

    __slots__ = ()

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column in the cell."""
        decoded = json.loads(b'"' + self.data[self._start(offset) : offset] + b'"')
        lines = decoded.split("\n")
        return len(lines), len(lines[-1]) + 1

    def cell(self, offset: int) -> int:
        """The number of the line of the file, less the first."""
        return self.data.count(b"\n", 0, offset)

    def position_in_file(self, offset: int) -> tuple[int, int]:
        """As in any other file."""
        return SourceText.position(self, offset)

    def encoded(self, content: str) -> bytes:
        """The text within a JSON string."""
        return json.dumps(content, ensure_ascii=False)[1:-1].encode()

    def _start(self, offset: int) -> int:
        return self.data.rindex(b'\n"', 0, offset) + 2


CELLS = ('# é\nx = "ünï"', TRAIN)
NOTEBOOK = Notebook(
    ("[\n" + ",\n".join(json.dumps(cell, ensure_ascii=False) for cell in CELLS) + "\n]\n").encode()
)


def in_notebook(needle: str) -> Place:
    """Where ``needle`` stands in the notebook, given as it is in the program."""
    data = NOTEBOOK.encoded(needle)
    start = NOTEBOOK.data.index(data)
    return Place("a b.ipynb", Span(start, start + len(data)))


def valid(name: str, document: Any) -> Any:
    """The document, once it has proved to follow a schema of ``tests/schemas``."""
    schema = json.loads((ROOT / "tests" / "schemas" / name).read_text(encoding="utf-8"))
    jsonschema.Draft4Validator(schema).validate(document)
    return document


def by_code_points(data: bytes, encoding: str, replacements: list[dict[str, Any]]) -> bytes:
    """A file with the ``replacements`` of a SARIF log applied.

    Lines end at LF, CR or both, columns count Unicode code points, as ``columnKind`` says.
    """
    text = data.decode(encoding)
    starts = [0]
    for line in data.splitlines(keepends=True):  # of bytes: no other character ends a line
        starts.append(starts[-1] + len(line.decode(encoding)))

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + column - 1

    found = [
        (
            offset(one["deletedRegion"]["startLine"], one["deletedRegion"]["startColumn"]),
            offset(one["deletedRegion"]["endLine"], one["deletedRegion"]["endColumn"]),
            one["insertedContent"]["text"],
        )
        for one in replacements
    ]
    for start, end, content in sorted(found, reverse=True):
        text = text[:start] + content + text[end:]
    return text.encode(encoding)


def fixed(text: SourceText, fix: Fix) -> bytes:
    """A file with the edits of a fix applied."""
    data = text.data
    for edit in sorted(fix.edits, key=lambda edit: edit.span, reverse=True):
        data = data[: edit.span.start] + text.encoded(edit.content) + data[edit.span.end :]
    return data


def commands(log: str) -> list[tuple[str, dict[str, str], str]]:
    """The workflow commands of a log, as the runner of GitHub Actions reads them.

    Written after what its documentation says of them: a line that starts with ``::``, a word,
    properties with a comma between them, ``::``, and the message.
    """
    found: list[tuple[str, dict[str, str], str]] = []
    for line in re.split("\r\n|\r|\n", log):
        if not line.lstrip().startswith("::"):
            continue
        head, _, message = line.lstrip()[2:].partition("::")
        command, _, rest = head.partition(" ")
        pairs = (each.partition("=") for each in rest.split(",") if each)
        properties = {key.strip(): _unescaped(value, ":,") for key, _, value in pairs}
        found.append((command, properties, _unescaped(message, "")))
    return found


def _unescaped(text: str, also: str) -> str:
    for char in "\r\n" + also + "%":  # the percent sign at last
        text = text.replace(f"%{ord(char):02X}", char)
    return text


def by_utf8_bytes(data: bytes, suggestion: Any) -> bytes:
    """A file with a suggestion for reviewdog applied: lines by LF, columns in bytes."""
    starts = [0]
    for line in data.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)

    def offset(position: Any) -> int:
        return int(starts[position["line"] - 1] + position["column"] - 1)

    start, end = (offset(suggestion["range"][name]) for name in ("start", "end"))
    text: str = suggestion["text"]
    return data[:start] + text.encode() + data[end:]

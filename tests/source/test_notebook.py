"""The program of a notebook, and where it stands in the file."""

from __future__ import annotations

import json

import pytest

from kernlint.model.expr import Span
from kernlint.source.containers import mentions
from kernlint.source.embedded import EmbeddedText
from kernlint.source.notebook import Notebook, read_notebook
from kernlint.source.read import DecodeError
from tests.source.notebooks import FORMATTINGS, code, in_lines, notebook, text

FIRST = 'name = "é\\t😀"  # Ünicode\nvalue = 1'
SECOND = "%%time\nvalue = [\n    '\\\\',\n]\n"
CELLS = [text("# Hé"), code(in_lines(FIRST)), text([]), code(SECOND)]


def read(data: bytes) -> Notebook:
    found = read_notebook(data)
    assert isinstance(found, Notebook)
    return found


def spans_of(found: EmbeddedText, part: str) -> list[Span]:
    """Where a text stands in the program."""
    data, wanted = found.program.data, part.encode()
    starts = [at for at in range(len(data)) if data.startswith(wanted, at)]
    return [Span(at, at + len(wanted)) for at in starts]


def in_json(content: str, *, escaped: bool) -> bytes:
    """A text as it stands in the file."""
    return json.dumps(content, ensure_ascii=escaped)[1:-1].encode()


@pytest.mark.parametrize("formatting", FORMATTINGS)
def test_the_code_cells_are_one_program(formatting: str) -> None:
    found = read(notebook(CELLS, formatting))
    assert found.program.data.decode() == f"{FIRST}\n{SECOND.replace('%%time', '      ')}"


@pytest.mark.parametrize("formatting", FORMATTINGS)
@pytest.mark.parametrize("part", ["name", '"é\\t😀"', "# Ünicode", "'\\\\',", "1", "é", "😀"])
def test_a_part_of_the_program_is_found_in_the_file(formatting: str, part: str) -> None:
    found = read(notebook(CELLS, formatting))
    (span,) = spans_of(found, part)
    start, end = found.in_file(span)
    assert found.data[start:end] == in_json(part, escaped=found.data.isascii())


@pytest.mark.parametrize("formatting", FORMATTINGS)
def test_lines_count_in_the_cell(formatting: str) -> None:
    found = read(notebook(CELLS, formatting))
    first, second = (found.in_file(span) for span in spans_of(found, "value"))
    assert [found.cell(first.start), found.cell(second.start)] == [2, 4]
    assert [found.position(first.start), found.position(second.start)] == [(2, 1), (2, 1)]
    (smile,) = spans_of(found, '"  # Ün')
    at = found.in_file(smile).start
    assert found.position(at) == (1, len('name = "é\\t😀"'))
    assert found.position(found.in_file(smile).end) == (1, len('name = "é\\t😀"  # Ün') + 1)
    assert found.shown(2).line(1) == FIRST.splitlines()[0]
    assert found.shown(4).line(1) == "%%time"


def test_the_line_of_the_file_is_known() -> None:
    found = read(notebook(CELLS, "one space"))
    first, second = (found.in_file(span) for span in spans_of(found, "value"))
    lines = found.data.decode().splitlines()
    for span, quoted in ((first, '    "value = 1"'), (second, '   "source": "%%time\\nvalue')):
        line, column = found.position_in_file(span.start)
        assert lines[line - 1].startswith(quoted)
        assert lines[line - 1][column - 1 :].startswith("value")


def test_outside_of_code_a_position_is_that_of_the_file() -> None:
    found = read(notebook(CELLS, "one space"))
    at = found.data.index(b"# H")
    assert found.cell(at) is None
    assert found.position(at) == found.position_in_file(at)


def test_lines_may_end_in_any_way() -> None:
    found = read(notebook([code("a = 1\r\nb = 2\r\n"), code(["c = 3\r\n", "d = 4"])]))
    assert found.program.data == b"a = 1\r\nb = 2\r\nc = 3\r\nd = 4\n"
    (span,) = spans_of(found, "d = 4")
    assert found.position(found.in_file(span).start) == (2, 1)
    assert found.cell(found.in_file(span).end) == 2


def test_a_file_may_have_windows_line_ends_and_a_mark() -> None:
    data = b"\xef\xbb\xbf" + notebook(CELLS, "one space").replace(b"\n", b"\r\n")
    found = read(data)
    (span,) = spans_of(found, "name")
    assert found.data[slice(*found.in_file(span))] == b"name"
    assert found.program.data.startswith(b"name")


def test_escapes_stand_for_one_character() -> None:
    source = '"# \\u0061\\ud83d\\ude00\\/\\b\\ud83d=\\u00e9"'
    raw = notebook([code("@")], "one line").replace(b'"@"', source.encode())
    found = read(raw)
    assert found.program.data.decode() == "# a😀/\b?=é\n"
    for part, escape in (("a", "\\u0061"), ("😀", "\\ud83d\\ude00"), ("/", "\\/")):
        (span,) = spans_of(found, part)
        assert found.data[slice(*found.in_file(span))] == escape.encode()


def test_a_span_may_lead_over_several_strings() -> None:
    found = read(notebook([code(in_lines("a = [\n    1,\n]"))], "one space"))
    (span,) = spans_of(found, "[\n    1,\n]")
    lines = b'[\\n",\n    "    1,\\n",\n    "]'
    assert found.data[slice(*found.in_file(span))] == lines


@pytest.mark.parametrize("formatting", FORMATTINGS)
def test_what_is_written_keeps_the_file_valid(formatting: str) -> None:
    found = read(notebook(CELLS, formatting))
    (span,) = spans_of(found, '"é\\t😀"')
    start, end = found.in_file(span)
    written = found.data[:start] + found.encoded('"a"\n+ "\\é"') + found.data[end:]
    source = json.loads(written)["cells"][1]["source"]
    assert "".join(source) == FIRST.replace('"é\\t😀"', '"a"\n+ "\\é"')
    assert written.isascii() == found.data.isascii()


@pytest.mark.parametrize(
    ("metadata", "is_python"),
    [
        ({}, True),
        ("odd", True),
        ({"kernelspec": "odd", "language_info": {"name": 3}}, True),
        ({"kernelspec": {"language": "Python"}}, True),
        ({"language_info": {"name": "ipython"}}, True),
        ({"kernelspec": {"language": "julia"}}, False),
        ({"kernelspec": {"language": "python"}, "language_info": {"name": "R"}}, False),
    ],
)
def test_the_language_of_the_kernel(metadata: object, *, is_python: bool) -> None:
    found = read_notebook(notebook([code("a = 1")], metadata=metadata))
    assert found.program.data == (b"a = 1\n" if is_python else b"")
    assert found.position(0) == (1, 1)


def test_a_cell_of_another_language_is_left_out() -> None:
    other = {**code("select 1"), "metadata": {"vscode": {"languageId": "sql"}}}
    assert read(notebook([other, code("a = 1")])).program.data == b"a = 1\n"


@pytest.mark.parametrize("broken", ["for in", "%sql\nselect KernelConfig(\n"])
def test_a_cell_that_is_no_python_is_left_out(broken: str) -> None:
    found = read(notebook([code(broken), code("a = 1")]))
    assert found.program.data.strip() == b"a = 1"
    (span,) = spans_of(found, "a = 1")
    assert found.cell(found.in_file(span).start) == 2


def test_a_cell_may_have_a_margin() -> None:
    margin = "\n  # é\n  value = 1\n  if value:\n    call()\n"
    found = read(notebook([code(margin), code("  no python"), code("done")]))
    compile(found.program.data, "cells", "exec")
    for part in ("value = 1", "call()", "done"):
        (span,) = spans_of(found, part)
        assert found.data[slice(*found.in_file(span))] == part.encode()
    assert found.position(found.in_file(spans_of(found, "call")[0]).start) == (5, 5)
    assert b"no python" not in found.program.data


def test_a_broken_cell_about_kernels_stays() -> None:
    found = read(notebook([code("KernelConfig(")]))
    assert found.program.data == b"KernelConfig(\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "a notebook is JSON: Expecting value"),
        (b'{"cells": [}', "a notebook is JSON: Expecting value"),
        (b"[]", "a notebook is an object with a list of `cells`"),
        (b'{"cells": {}}', "a notebook is an object with a list of `cells`"),
        (b'{"worksheets": []}', "a notebook is an object with a list of `cells`"),
        (b'{"cells": [1]}', "cell 1 of the notebook is not an object"),
        (
            b'{"cells": [{"cell_type": "code"}]}',
            "the `source` of cell 1 of the notebook is no text",
        ),
        (
            b'{"cells": [{"cell_type": "code", "source": ["a", 1]}]}',
            "the `source` of cell 1 of the notebook is no text",
        ),
        (b'{"cells": "\xff"}', "a notebook is UTF-8"),
        ("[]".encode("utf-16"), "a notebook is UTF-8"),
        (b"[" * 100_000, "the JSON of the notebook cannot be read"),
    ],
)
def test_what_is_no_notebook(data: bytes, message: str) -> None:
    with pytest.raises(DecodeError) as error:
        read_notebook(data)
    assert error.value.message.startswith(message)
    assert 0 <= error.value.offset <= len(data)


def test_odd_shapes_that_are_notebooks() -> None:
    assert read(b'{"cells": []}').program.data == b""
    empty = b'{"cells": [{"cell_type": "code", "source": []}, {"cell_type": "raw"}, {}]}'
    assert read(empty).program.data == b""
    twice = b'{"cells": [], "cells": [{"source": "b", "cell_type": "code", "source": "a"}]}'
    found = read(twice)
    assert found.program.data == b"a\n"
    assert found.data[slice(*found.in_file(Span(0, 1)))] == b"a"


def test_words_are_found_behind_escapes() -> None:
    data = notebook([code("import torch\nimport kernels")], "one line")
    assert mentions("n.ipynb", data)
    assert not mentions("n.ipynb", notebook([code("import torch")], "one line"))

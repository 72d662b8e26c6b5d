"""The examples of docstrings as functions behind their module."""

from __future__ import annotations

import pytest

from kernlint.model.expr import Span
from kernlint.source.containers import read_text
from kernlint.source.embedded import EmbeddedText

MODULE = '''\
"""Sizes of ünits.

>>> config = KernelConfig({
...     "a": 1})
>>> config
<KernelConfig>
"""


def f():
    """No kernels.

    >>> a = 1
    """


class A:
    def g(self):
        r"""Raw.

            >>> KernelConfig("\\\\")
            >>> for a in b:
            ...     KernelConfig(a)
        """'''

APPENDED = """
def _doctest_0():
    config = KernelConfig({
        "a": 1})
    config
def _doctest_2():
    KernelConfig("\\\\")
    for a in b:
        KernelConfig(a)
"""


def test_the_examples_come_after_the_module() -> None:
    found = read_text("a.py", MODULE.encode())
    assert found.program.data.decode() == MODULE + APPENDED


def test_the_examples_are_found_where_they_stand() -> None:
    found = read_text("a.py", MODULE.encode())
    program = found.program.data
    for part in (b'"a": 1}', b"KernelConfig(a)", b'"\\\\"'):
        start = program.rindex(part)
        assert start > len(found.data)
        span = found.in_file(Span(start, start + len(part)))
        assert found.data[slice(*span)] == part
    whole = program.index(b"config = ", len(found.data))
    span = found.in_file(Span(whole, program.index(b"})", whole) + 2))
    assert found.data[slice(*span)] == b'config = KernelConfig({\n...     "a": 1})'


def test_the_functions_are_told_apart_by_their_places() -> None:
    found = read_text("a.py", MODULE.encode())
    names = []
    for number in (b"0", b"2"):
        start = found.program.data.index(b"_doctest_" + number)
        names.append(found.in_file(Span(start, start + 10)))
    assert [found.data[slice(*span)] for span in names] == [b">>>", b">>>"]
    assert names[0] != names[1]


@pytest.mark.parametrize(
    "source",
    [
        '"""\n>>> a = 1\n"""\nKernelConfig()\n',
        '"""KernelConfig >>> a\n"""\n',
        "x = '''\n>>> KernelConfig()\n'''\n",
        '"""\n>>> KernelConfig("\\n")\n"""\n',
        'f"""\n>>> KernelConfig()\n"""\n',
        '"""\n>>> KernelConfig()\n"""\nfor in\n',
    ],
)
def test_a_module_without_such_examples_is_its_own_program(source: str) -> None:
    found = read_text("a.py", source.encode())
    assert found.program is found


def test_examples_that_do_not_parse_are_noted() -> None:
    found = read_text("a.py", b'"""\n>>> KernelConfig(\n>>> a\n"""\n')
    assert isinstance(found, EmbeddedText)
    (problem,) = found.left_out
    assert problem.message.startswith("these examples are not valid Python: ")
    assert found.program.data == found.data


def test_places_in_another_encoding() -> None:
    data = '# coding: latin-1\nx = "ü"; y = 1\ndef f():\n    "é"; 1\n'.encode("latin-1")
    data += 'class A:\n    """é\n    >>> KernelConfig("é")\n    """\n'.encode("latin-1")
    found = read_text("a.py", data)
    start = found.program.data.rindex(b"KernelConfig")
    span = found.in_file(Span(start, start + len(b'KernelConfig("e")')))
    assert found.data[slice(*span)].decode("latin-1") == 'KernelConfig("é")'
    assert found.position(span.start) == (7, 9)


@pytest.mark.parametrize(
    ("path", "source", "examples"),
    [
        ("a.py", MODULE, {"KernelConfig({": True, "class A": False, "KernelConfig(a)": True}),
        ("b.md", "```py\nKernelConfig()\n```\n", {"KernelConfig()": True}),
        ("c.ipynb", '{"cells": [{"cell_type": "code", "source": "KernelConfig()"}]}', {"K": False}),
        ("d.py", "KernelConfig()\n", {"KernelConfig()": False}),
    ],
)
def test_what_is_shown_and_does_not_run(path: str, source: str, examples: dict[str, bool]) -> None:
    found = read_text(path, source.encode())
    assert {
        part: found.is_example(found.data.index(part.encode())) for part in examples
    } == examples

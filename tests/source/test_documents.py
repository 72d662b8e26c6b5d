"""Which lines of a document are Python, and where they stand."""

from __future__ import annotations

import textwrap

import pytest
from markdown_it import MarkdownIt

from kernlint.model.expr import Span
from kernlint.source.containers import read_text
from kernlint.source.embedded import EmbeddedText
from kernlint.source.read import DecodeError


def read(source: str | bytes, path: str = "a.md") -> EmbeddedText:
    data = textwrap.dedent(source).encode() if isinstance(source, str) else source
    found = read_text(path, data)
    assert isinstance(found, EmbeddedText)
    return found


def program(source: str, path: str = "a.md") -> str:
    return read(source, path).program.data.decode()


@pytest.mark.parametrize(
    "info",
    [
        "py",
        "python",
        "Python",
        " python3 ",
        'python title="a.py"',
        "python:a.py",
        "{python}",
        "{.python .numberLines}",
        "{code-cell}",
        "{code-cell} ipython3",
        "{code-block} python",
        "py linenums=1",
    ],
)
@pytest.mark.parametrize("fence", ["```", "~~~", "`````"])
def test_fences_of_python(info: str, fence: str) -> None:
    assert program(f"text\n\n{fence}{info}\na = 1\n{fence}\ntext\n") == "a = 1\n"


@pytest.mark.parametrize("info", ["", "bash", "json", "text python", "pythonic", "{r}", "diff"])
def test_fences_of_something_else(info: str) -> None:
    assert program(f"```{info}\na = 1\n```\n") == ""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("- item\n\n  ```py\n  if a:\n      b\n  ```\n", "if a:\n    b\n"),
        ("1. item\n\n    ```py\n    if a:\n\n        b\n    ```\n", "if a:\n\n    b\n"),
        ("- ```py\n  a = 1\n  ```\n", "a = 1\n"),
        ("> ```py\n> if a:\n>     b\n> ```\n", "if a:\n    b\n"),
        ("> > ```py\n> > a\n> >\n> > b\n> > ```\n", "a\n\nb\n"),
        ("> ```py\n> a\nno quote\n\n```py\nb\n```\n", "a\nb\n"),
        ("> - ```py\n>   a\n>   ```\n", "a\n"),
        ("\t```py\n\ta\n\t```\n", "a\n"),
        ("````markdown\n```py\na\n```\n````\n```py\nb\n```\n", "b\n"),
        ("~~~py\na\n```\n~~~\n", ""),
        ("```py\na\n", "a\n"),
        ("```py\na\n````\n```py\nb\n```\n", "a\nb\n"),
        ("```py `x`\na\n```\n", ""),
        ("<!--\n```py\na\n```\n-->\n```py\nb\n```\n", "b\n"),
        ("<!-- one line -->\n```py\nb\n```\n", "b\n"),
        ("`<!--`\n```py\nb\n```\n", "b\n"),
        ("```py\n    a = 1\n    b = 2\n```\n", "a = 1\nb = 2\n"),
        ("```{code-cell}\n:tags: [x]\na\n```\n", "a\n"),
        ("```py\n```\n```py\nb\n```\n", "b\n"),
    ],
)
def test_what_surrounds_a_fence(source: str, expected: str) -> None:
    assert program(source) == expected


def test_mdx_has_comments_of_its_own() -> None:
    source = "{/*\n```py\na\n```\n*/}\n```py\nb\n```\n"
    assert program(source, "a.mdx") == "b\n"
    assert program(source, "a.md") == "a\nb\n"


@pytest.mark.parametrize("info", ["py", "pycon", "python-repl", "{doctest}", "console"])
def test_sessions(info: str) -> None:
    source = f"```{info}\n>>> a = f(\n...     1)\n>>> a\n3\n...\n>>>\n>>> b\n```\n"
    languages = {"py", "pycon", "{doctest}", "console"}
    assert program(source) == ("a = f(\n    1)\na\n\nb\n" if info in languages else "")


def test_what_does_not_parse_is_left_out_with_its_place() -> None:
    found = read("```py\na = 1\n```\n\n```py\nb = 1\nthis is plain prose\n```\n\n```py\nc\n```\n")
    assert found.program.data == b"a = 1\nc\n"
    (problem,) = found.left_out
    assert problem.message == "this block is not valid Python: invalid syntax"
    assert found.data[slice(*problem.span)] == b"this is plain prose"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('f({"a": 1, ...})', 'f({"a": 1, **_})'),
        ("f(a=1, ...)", "f(a=1, **_)"),
        ('f({\n    "a": 1,\n    ...\n})', 'f({\n    "a": 1,\n    **_\n})'),
        ('f({"a": 1, ...,  # and so on\n})', 'f({"a": 1, **_,  # and so on\n})'),
        ("f(...)", "f(...)"),
        ("!pip install x\na = 1", "0             \na = 1"),
        ("await f()", "await f()"),
    ],
)
def test_what_is_left_open_and_what_is_no_python(source: str, expected: str) -> None:
    found = read(f"```py\n{source}\n```\n")
    assert found.program.data.decode() == expected + "\n"
    for offset in found.stand_ins:
        assert found.program.data[offset : offset + 1] == b"_"
    assert len(found.stand_ins) == expected.count("**_")


def test_places_in_a_document() -> None:
    found = read("\ufeff# Ü\n\n> 1. ```py\n>    a = 'é'\n>    b = [\n>      2]\n>    ```\n")
    for part in ("a = 'é'", "b", "2"):
        at = found.program.data.index(part.encode())
        span = found.in_file(Span(at, at + len(part.encode())))
        assert found.data[slice(*span)].decode() == part
    start = found.program.data.index(b"b")
    span = found.in_file(Span(start, len(found.program.data) - 1))
    assert found.data[slice(*span)].decode() == "b = [\n>      2]"
    assert found.position(span.start) == (5, 6)


def test_windows_line_ends() -> None:
    found = read(b"> ```py\r\n> a = 1\r\n> b = 2\r\n> ```\r\ntext\r\n")
    assert found.program.data == b"a = 1\r\nb = 2\r\n"


def test_a_document_is_utf_8() -> None:
    with pytest.raises(DecodeError, match="byte 0xff is not UTF-8"):
        read(b"\xff")


PLAIN = """\
# Title

Text with `code`.

```python
first = 1
```

- item

  ```py
  second = {
      "a": 1,
  }
  ```

> ~~~python3
> third = 3
>
> fourth = 4
> ~~~

````text
```python
no = 1
```
````

<!--
```python
hidden = 1
```
-->

1. one

   ```python title="x"
   fifth = 5
   ```
"""


def test_a_markdown_renderer_sees_the_same_blocks() -> None:
    tokens = MarkdownIt().parse(PLAIN)
    rendered = [
        token.content
        for token in tokens
        if token.type == "fence" and token.info.split()[0] in {"py", "python", "python3"}
    ]
    found = read(PLAIN)
    blocks = [found.program.data[slice(*part)].decode() for part in found.parts]
    assert len(blocks) == 4
    assert blocks == rendered


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (".. code-block:: python\n\n   a = 1\n\ntext\n", "a = 1\n"),
        (".. code:: py\n   :name: x\n\n   if a:\n       b\n", "if a:\n    b\n"),
        (".. sourcecode:: python3\n\n\ta\n", "a\n"),
        (".. code-block:: bash\n\n   a = 1\n", ""),
        (".. code-block::\n\n   a = 1\n", ""),
        ("- item\n\n  .. code-block:: python\n\n     a\n\n  text\n", "a\n"),
        (".. note::\n\n   .. code-block:: python\n\n      a\n", "a\n"),
        (
            ".. code-block:: python\n\n   a\n\n\n   b\n.. code-block:: python\n\n   c\n",
            "a\n\n\nb\nc\n",
        ),
        (".. comment\n\n   .. code-block:: python\n\n      a\n\ntext\n", ""),
        ("..\n   .. code-block:: python\n\n      a\n", ""),
        (".. _target:\n\n.. code-block:: python\n\n   a\n", "a\n"),
        ("text\n\n>>> a = 1\n>>> a\n1\n\ntext\n", "a = 1\na\n"),
        (".. doctest::\n\n   >>> a = (\n   ...     1)\n   >>> a\n   1\n", "a = (\n    1)\na\n"),
        (".. code-block:: pycon\n\n   >>> a\n   1\n", "a\n"),
        (".. testcode::\n\n   a = 1\n", "a = 1\n"),
        (".. code-block:: python", ""),
    ],
)
def test_directives(source: str, expected: str) -> None:
    assert program(source, "a.rst") == expected

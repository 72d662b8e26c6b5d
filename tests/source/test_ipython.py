"""What is left of a cell that IPython understands and Python does not."""

from __future__ import annotations

import pytest

from kernlint.source.ipython import begins_with_magic, plain


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("a = 1", "a = 1"),
        ("%matplotlib inline\na", "0                 \na"),
        ("  %cd x\na", "  0    \na"),
        ("!ls 'it\na = 'b'", "0      \na = 'b'"),
        ("!ls \\\n  -l\na", "0    \n    \na"),
        ("if a:\n    !ls\nb", "if a:\n    0  \nb"),
        ("x = !ls\nx", "x = _  \nx"),
        ("a.b, c = %magic x", "a.b, c = _       "),
        ("x = [\n    1\n    % 2,\n]", "x = [\n    1\n    % 2,\n]"),
        ('x = """\n%no\n!no\n"""', 'x = """\n%no\n!no\n"""'),
        ("x = 1 \\\n% 2", "x = 1 \\\n% 2"),
        ("model?", "0     "),
        ("model.to??\na", "0         \na"),
        ("?model", "0     "),
        ("# really?\nx = 1  # so?", "# really?\nx = 1  # so?"),
        ('print("x?")', 'print("x?")'),
        ("%time x = f()", "0;    x = f()"),
        ("%time -n x", "0         "),
        ("%%time\nx", "      \nx"),
        ("\n%%capture out\nx = !ls", "\n             \nx = _  "),
        ("%%bash\nls 'it\n", "      \n      \n"),
        ("%%writefile a.py\nx = 1", "                \n     "),
        ("x != 1", "x != 1"),
        ("x = y % 2\nx %= 3", "x = y % 2\nx %= 3"),
        ("f(a=1)\n!ls", "f(a=1)\n0  "),
        ("a = 1\r\n!ls\r\nb", "a = 1\r\n0  \r\nb"),
        ("s = 'open\n!ls", "s = 'open\n0  "),
        ("x = !", "x = _"),
        ("é = 1\n!é\nb", "é = 1\n0  \nb"),
    ],
)
def test_what_is_left(cell: str, python: str) -> None:
    found, names = plain(cell.encode())
    assert found.decode() == python
    assert len(found) == len(cell.encode())
    assert all(found[at : at + 1] == b"_" for at in names)
    assert len(names) == python.count("= _")


def test_what_begins_with_a_magic() -> None:
    assert begins_with_magic(b"\n  %sql\nselect 1")
    assert not begins_with_magic(b"a = 1\n%sql")

"""Which files may call a function of another one, told from their bytes."""

from __future__ import annotations

import pytest

from kernlint.engine.callers import calling
from kernlint.source.read import ReadError

FILES = {
    "imports.py": b"from lib.tools import build\nbuild({})\n",
    "imports_package.py": b"import lib\nlib.tools.build({})\n",
    "relative.py": b"from . import build\nbuild({})\n",
    "other_name.py": b"from lib.tools import rebuild\nrebuild({})\n",
    "other_module.py": b"from others import build\nbuild({})\n",
    "beyond.py": "from lib.tools import größe, 日本\n日本({})\n".encode(),
    "nothing.py": b"",
}
MANY = {(f"lib/made{number}.py", f"make{number}") for number in range(60)}


def found(*wanted: tuple[str, str]) -> list[str]:
    return list(calling(FILES, wanted, FILES.__getitem__))


@pytest.mark.parametrize("others", [set(), MANY])
def test_a_caller_names_the_function_and_its_module(others: set[tuple[str, str]]) -> None:
    assert found(("lib/tools.py", "build"), *others) == [
        "imports.py",
        "imports_package.py",
        "relative.py",
    ]
    assert found(("lib/others.py", "build"), *others) == [
        "imports.py",  # its package
        "imports_package.py",
        "relative.py",
        "other_module.py",
    ]
    assert found(("elsewhere/nowhere.py", "build"), *others) == ["relative.py"]
    assert found(("lib/tools.py", "missing"), *others) == []


@pytest.mark.parametrize("others", [set(), MANY])
def test_names_beyond_ascii(others: set[tuple[str, str]]) -> None:
    assert found(("lib/tools.py", "日本"), *others) == ["beyond.py"]
    assert found(("lib/tools.py", "gr"), *others) == []


def test_what_cannot_be_read_is_passed_over() -> None:
    def content(path: str) -> bytes:
        if path == "imports.py":
            raise ReadError("gone")
        return FILES[path]

    assert list(calling(FILES, [("lib/tools.py", "build")], content)) == [
        "imports_package.py",
        "relative.py",
    ]

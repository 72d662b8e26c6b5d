"""A released wheel, read without importing or installing it."""

from __future__ import annotations

import ast
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"


class StrangeWheelError(Exception):
    """A wheel does not look as expected: says which release, which file and what."""


class Fact(NamedTuple):
    """What one release says, and the place (file in the wheel, line from 1) that says it."""

    value: Json
    file: str
    line: int


class Wheel:
    """The files of one wheel; ``library`` and ``release`` come from its file name."""

    def __init__(self, path: str) -> None:
        name = path.replace("\\", "/").rsplit("/", 1)[-1]
        self.library, self.release = name.split("-")[:2]
        self._archive = zipfile.ZipFile(path)
        self.files = frozenset(self._archive.namelist())
        self._trees: dict[str, ast.Module] = {}

    def read(self, file: str) -> bytes:
        """The bytes of ``file``, a path inside the wheel."""
        if file not in self.files:
            raise self.strange(file, "the file")
        return self._archive.read(file)

    def parse(self, file: str) -> ast.Module:
        """The syntax tree of ``file``."""
        try:
            return ast.parse(self.read(file))
        except SyntaxError as error:
            raise self.strange(file, f"Python that parses ({error})") from error

    def tree(self, file: str) -> ast.Module:
        """The syntax tree of ``file``, kept for the next question."""
        if file not in self._trees:
            self._trees[file] = self.parse(file)
        return self._trees[file]

    def strange(self, file: str, what: str) -> StrangeWheelError:
        """The error to raise where ``what`` was expected in ``file`` and is not there."""
        return StrangeWheelError(f"{self.library} {self.release}: {file}: not found: {what}")

    def definition(
        self, file: str, name: str
    ) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef:
        """The class or function that ``file`` defines under ``name`` (``Class.method`` too)."""
        body: Sequence[ast.stmt] = self.tree(file).body
        found: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | None = None
        for part in name.split("."):
            found = next((node for node in definitions(body) if node.name == part), None)
            if found is None:
                raise self.strange(file, f"a definition of {name}")
            body = found.body
        if found is None:
            raise self.strange(file, "a definition without a name")
        return found

    def function(self, file: str, name: str) -> ast.FunctionDef:
        """The function or method that ``file`` defines under ``name``."""
        found = self.definition(file, name)
        if not isinstance(found, ast.FunctionDef):
            raise self.strange(file, f"a function {name}")
        return found

    def parameters(self, file: str, name: str) -> Fact:
        """The parameters of a function, or those of a class's constructor."""
        found = self.definition(file, name)
        if isinstance(found, ast.ClassDef):
            found = self.function(file, f"{name}.__init__")
        return Fact(parameters(found), file, found.lineno)


def statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body, also those inside its ``if``, ``try`` and ``with`` blocks."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With):
            for field in ("body", "orelse", "finalbody"):
                yield from statements(getattr(node, field, []))
            for handler in getattr(node, "handlers", []):
                yield from statements(handler.body)


def definitions(
    body: Sequence[ast.stmt],
) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """The classes and functions that a body defines, the first choice first."""
    for node in statements(body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[dict[str, str | None]]:
    """Name, kind and default (source text, None where required) of every parameter but self."""
    args = function.args
    positional = [*args.posonlyargs, *args.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(args.defaults))
    defaults += args.defaults
    found: list[tuple[str, str, ast.expr | None]] = []
    for index, (arg, default) in enumerate(zip(positional, defaults, strict=True)):
        only = index < len(args.posonlyargs)
        found.append((arg.arg, "positional-only" if only else "positional-or-keyword", default))
    if args.vararg:
        found.append((args.vararg.arg, "var-positional", None))
    for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        found.append((arg.arg, "keyword-only", default))
    if args.kwarg:
        found.append((args.kwarg.arg, "var-keyword", None))
    return [
        {"name": name, "kind": kind, "default": None if default is None else ast.unparse(default)}
        for name, kind, default in found
        if name != "self"
    ]


def strings(node: ast.expr) -> list[str] | None:
    """The items of a list or tuple of string literals, None for anything else."""
    if not isinstance(node, ast.List | ast.Tuple):
        return None
    found = [
        item.value
        for item in node.elts
        if isinstance(item, ast.Constant) and isinstance(item.value, str)
    ]
    return found if len(found) == len(node.elts) else None


def called(node: ast.AST) -> str | None:
    """The last name of what is called, None where ``node`` is not such a call."""
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else None

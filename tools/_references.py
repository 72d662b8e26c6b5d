"""What the classes and functions of a module of transformers refer to when they are built.

A definition is reduced to the names that its code mentions, since whatever a module builds it
has to name. Code that builds nothing while a model is loaded is left out: ``forward``,
``_init_weights``, annotations and the types that ``isinstance`` is given.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tools._layers import DECORATORS, KEYWORDS
from tools._wheel import called, statements

ATTACHING = "use_kernelized_func"
# Builds what the item of a table says, and nothing else.
WRAPPER = "ClassInstantier"
# Marks code that gets at a class by other means than its name.
DYNAMIC = "<dynamic>"

_DYNAMIC_CALLS = frozenset({"globals", "__import__", "eval", "exec", "import_module"})
# Run after a model was built, or on one: what they mention is not built there.
_LATER = frozenset({"forward", "_init_weights"})
# Class attributes that name classes in order to recognise them.
_NAMED_ONLY = frozenset({"_can_record_outputs", "config_class"})


class Import(NamedTuple):
    """``from {dots}{module} import {name}``; without a name the module itself is bound."""

    dots: int
    module: str
    name: str | None


class Definition(NamedTuple):
    """A class, function or value of a module.

    ``refers`` are names as they are written: ``LlamaMLP``, ``module.Name``, ``TABLE[key]`` for
    a literal key. ``layers`` are the layer names that decorators give it, ``attached`` the names
    of the functions that ``use_kernelized_func`` is given. A name that is defined several times
    is all of its definitions at once.
    """

    bases: tuple[str, ...] = ()
    refers: frozenset[str] = frozenset()
    layers: frozenset[str] = frozenset()
    attached: frozenset[str] = frozenset()

    def joined(self, other: Definition) -> Definition:
        """Both definitions in one."""
        return Definition(
            self.bases + other.bases,
            self.refers | other.refers,
            self.layers | other.layers,
            self.attached | other.attached,
        )


class Source(NamedTuple):
    """The definitions at the top of a module, and what is imported there and in their code."""

    definitions: Mapping[str, Definition]
    imports: Mapping[str, tuple[Import, ...]]


def source(tree: ast.Module) -> Source:
    """What the syntax tree of a module defines and imports."""
    definitions: dict[str, Definition] = {}
    reader = _Reader()
    for node in statements(tree.body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            reader.visit(node)
        for name, found in reader.defined(node):
            known = definitions.get(name)
            definitions[name] = found if known is None else known.joined(found)
    return Source(definitions, reader.imports)


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Import]]:
    if isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name, Import(node.level, node.module or "", alias.name)
    else:
        for alias in node.names:
            # `import a.b` binds a, `import a.b as c` binds c to a.b.
            bound = alias.asname or alias.name.split(".")[0]
            yield bound, Import(0, alias.name if alias.asname else bound, None)


def _targets(node: ast.Assign) -> set[str]:
    return {target.id for target in node.targets if isinstance(target, ast.Name)}


def _dotted(node: ast.expr) -> str | None:
    """``a.b.c`` of names only, None for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        start = _dotted(node.value)
        return None if start is None else f"{start}.{node.attr}"
    return None


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


class _Reader(ast.NodeVisitor):
    """Collects what the visited code refers to."""

    def __init__(self) -> None:
        self.imports: dict[str, tuple[Import, ...]] = {}
        self._clear()

    def _clear(self) -> None:
        self._refers: set[str] = set()
        self._layers: set[str] = set()
        self._attached: set[str] = set()

    def defined(self, node: ast.stmt) -> Iterator[tuple[str, Definition]]:
        """The names that a statement at the top of a module defines."""
        if isinstance(node, ast.ClassDef):
            yield node.name, self._class(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, self._read(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    yield from self._value(target.id, node.value)
                elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
                    yield target.value.id, self._read(node.value)

    def _value(self, name: str, node: ast.expr) -> Iterator[tuple[str, Definition]]:
        """The value, and where it is a table also each item, under ``name[key]``.

        ``name[*]`` refers to a table that has the items: ``ACT2FN = ClassInstantier(ACT2CLS)``.
        """
        yield name, self._read(node)
        if isinstance(node, ast.Call) and called(node) == WRAPPER:
            tables = {each.id for each in node.args if isinstance(each, ast.Name)}
            yield f"{name}[*]", Definition(refers=frozenset(tables))
        if isinstance(node, ast.Dict):
            for key, item in zip(node.keys, node.values, strict=True):
                text = None if key is None else _literal(key)
                if text is not None:
                    yield f"{name}[{text}]", self._read(item)

    def _class(self, node: ast.ClassDef) -> Definition:
        self._clear()
        self.decorated(node)
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef) and statement.name in _LATER:
                continue
            if isinstance(statement, ast.Assign) and _targets(statement) & _NAMED_ONLY:
                continue
            self.visit(statement)
        for base in node.bases:
            self.visit(base)
        bases = [*map(_dotted, node.bases)]
        return self._definition(tuple(base for base in bases if base is not None))

    def _read(self, node: ast.AST) -> Definition:
        self._clear()
        self.visit(node)
        return self._definition()

    def _definition(self, bases: tuple[str, ...] = ()) -> Definition:
        return Definition(
            bases, frozenset(self._refers), frozenset(self._layers), frozenset(self._attached)
        )

    def decorated(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Take the layer names and functions that decorators give; nothing else of them."""
        for decorator in node.decorator_list:
            if not isinstance(decorator, ast.Call):
                continue
            arguments = [*decorator.args, *(item.value for item in decorator.keywords)]
            if called(decorator) in DECORATORS:
                named = [item.value for item in decorator.keywords if item.arg in KEYWORDS]
                texts = map(_literal, [*decorator.args[:1], *named])
                self._layers |= {text for text in texts if text is not None}
            elif called(decorator) == ATTACHING:
                walked = (each for argument in arguments for each in ast.walk(argument))
                self._attached |= {each.id for each in walked if isinstance(each, ast.Name)}

    def visit_Import(self, node: ast.Import) -> None:
        """What is bound, wherever that is."""
        self._import(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """What is bound, wherever that is."""
        self._import(node)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for name, bound in _imported(node):
            self.imports[name] = (*self.imports.get(name, ()), bound)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """A class inside of a function."""
        self.decorated(node)
        for child in [*node.bases, *node.body]:
            self.visit(child)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """The body and the defaults, not the annotations."""
        self.decorated(node)
        self.visit(node.args)
        for child in node.body:
            self.visit(child)

    def visit_arg(self, node: ast.arg) -> None:
        """A parameter refers to nothing."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """The value, not the annotation."""
        if node.value is not None:
            self.visit(node.value)

    def visit_Name(self, node: ast.Name) -> None:
        """A name."""
        self._refers.add(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """A dotted name."""
        text = _dotted(node)
        if text is None:
            self.visit(node.value)
        elif not text.startswith("self."):
            self._refers.add(text)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """An item of a table."""
        key = _literal(node.slice)
        if isinstance(node.value, ast.Name) and key is not None:
            self._refers.add(f"{node.value.id}[{key}]")
        else:
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """A call: what is called and what it is given."""
        name = called(node)
        method = isinstance(node.func, ast.Attribute) and name != "import_module"
        if name in _DYNAMIC_CALLS and not method:
            self._refers.add(DYNAMIC)
        if name in {"isinstance", "issubclass"}:
            for argument in node.args[:1]:
                self.visit(argument)
        elif name == "getattr" and node.args and isinstance(node.args[0], ast.Name):
            # Of a module, that may be any class in it.
            self._refers.add(f"{node.args[0].id}.*")
            for argument in node.args[1:]:
                self.visit(argument)
        elif isinstance(node.func, ast.Name) and len(node.args) == 1 and _literal(node.args[0]):
            # `get_activation("gelu")` is `ACT2FN["gelu"]`; of other functions the body counts.
            self._refers.add(f"{node.func.id}[{_literal(node.args[0])}]")
        else:
            self.generic_visit(node)

"""Which layer names the sources of transformers declare, and where."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from typing import NamedTuple

from tools._transformers_facts import CONFIG, HUB
from tools._wheel import Fact, Wheel, called, statements

DECORATORS = frozenset(
    {
        "use_kernel_forward_from_hub",
        "use_kernel_func_from_hub",
        "use_kernel_func_from_hub_with_fallback",
    }
)
KEYWORDS = frozenset({"layer_name", "func_name"})
WORDS = re.compile(
    rb"use_kernel_f\w+_from_hub|replace_kernel_forward_from_hub|kernel_layer_name|use_kernelized_func"
)

# The default mapping, and the part of it that 5.13 merges in as a second dict.
MAPPINGS = ("_KERNEL_MAPPING", "_FUNCTION_KERNEL_MAPPING")


class Declaration(NamedTuple):
    """A layer name at a place: ``owner`` is the qualified name of a class or function."""

    name: str
    module: str
    owner: str
    kind: str
    attached: bool


class Layers:
    """Reads the declarations of many releases; a file that did not change is read once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes], tuple[Declaration, ...]] = {}

    def declarations(self, wheel: Wheel) -> list[Declaration]:
        """Every declaration of the release, in the order of its files.

        ``modular_*`` files are left out: the modeling files are generated from them.
        """
        found: list[Declaration] = []
        for file in sorted(wheel.files):
            name = file.rsplit("/", 1)[-1]
            if not name.endswith(".py") or name.startswith("modular_"):
                continue
            # The module that defines the decorators declares nothing itself.
            if file == HUB:
                continue
            data = wheel.read(file)
            if not WORDS.search(data):
                continue
            key = (file, hashlib.sha256(data).digest())
            if key not in self._known:
                self._known[key] = tuple(_declarations(wheel, file))
            found.extend(self._known[key])
        if not found:
            raise wheel.strange("transformers/", "a declared layer name")
        return found


def _declarations(wheel: Wheel, file: str) -> list[Declaration]:
    """The declarations of one file, which must all be decorators."""
    tree = wheel.parse(file)
    attached: set[str] = set()
    expected = 0
    for node in ast.walk(tree):
        name = called(node)
        expected += name in DECORATORS
        if name == "use_kernelized_func":
            attached |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        handmade = name == "replace_kernel_forward_from_hub"
        if isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Store):
            handmade = ast.unparse(node).endswith("kernel_layer_name")
        # KernelConfig reads layer names into a loop variable of that name.
        if handmade and file != CONFIG:
            raise wheel.strange(file, f"only decorators that declare layers: {ast.unparse(node)}")
    found = [
        Declaration(
            _layer_name(wheel, file, decorator),
            file.removeprefix("transformers/"),
            owner,
            "class" if isinstance(definition, ast.ClassDef) else "function",
            isinstance(definition, ast.ClassDef) or definition.name in attached,
        )
        for owner, definition in _owners(tree.body, "")
        for decorator in definition.decorator_list
        if isinstance(decorator, ast.Call) and called(decorator) in DECORATORS
    ]
    if len(found) != expected:
        raise wheel.strange(file, f"{expected} decorated classes and functions")
    return found


def _owners(
    body: list[ast.stmt], prefix: str
) -> Iterator[tuple[str, ast.ClassDef | ast.FunctionDef]]:
    """Every class and function with its qualified name."""
    for node in statements(body):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield prefix + node.name, node
            yield from _owners(node.body, f"{prefix}{node.name}.")


def _layer_name(wheel: Wheel, file: str, call: ast.Call) -> str:
    """The name that a decorator is given, which must be a literal."""
    keywords = [item.value for item in call.keywords if item.arg in KEYWORDS]
    for argument in [*call.args[:1], *keywords]:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            return argument.value
    raise wheel.strange(file, f"a literal layer name at line {call.lineno}")


def default_mapping(wheel: Wheel) -> dict[str, Fact]:
    """The layer names for which transformers brings a kernel, each with its line."""
    keys: list[ast.expr | None] = []
    for node in ast.walk(wheel.tree(HUB)):
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if isinstance(target, ast.Subscript) and ast.unparse(target.value) in MAPPINGS:
            keys.append(target.slice)
        elif isinstance(target, ast.Name) and target.id in MAPPINGS:
            if isinstance(node.value, ast.Dict):
                keys.extend(node.value.keys)
            elif node.value is None or ast.unparse(node.value) != " | ".join(MAPPINGS):
                raise wheel.strange(HUB, f"{target.id} as a dict literal")
    found: dict[str, Fact] = {}
    for key in keys:
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            raise wheel.strange(HUB, "only literal layer names in the default mapping")
        found[key.value] = Fact(True, HUB, key.lineno)
    if "RMSNorm" not in found:
        raise wheel.strange(HUB, "RMSNorm in the default mapping")
    return found

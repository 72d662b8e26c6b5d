"""The auto mappings of a release: which class ``AutoModelForCausalLM`` builds for a model type."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TypeAlias

from tools._wheel import Wheel, called, statements

MODELING_AUTO = "transformers/models/auto/modeling_auto.py"
# Model type and its classes, mostly one.
Table: TypeAlias = Mapping[str, tuple[str, ...]]
# A name that comes from these stands for a class that a config names.
AUTO_FILES = (MODELING_AUTO, "transformers/models/auto/auto_factory.py")


def auto_classes(wheel: Wheel) -> dict[str, Table]:
    """The table of each auto class."""
    tables: dict[str, Table] = {}
    mappings: dict[str, str] = {}
    found: dict[str, Table] = {}
    for node in statements(wheel.tree(MODELING_AUTO).body):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            target, value = node.targets[0].id, node.value
            if called(value) == "OrderedDict":
                tables[target] = _table(wheel, target, value, tables)
            elif called(value) == "_LazyAutoMapping" and isinstance(value, ast.Call):
                mappings[target] = ast.unparse(value.args[1])
        elif isinstance(node, ast.ClassDef):
            mapping = _mapping(node)
            if mapping in mappings and mappings[mapping] in tables:
                found[node.name] = tables[mappings[mapping]]
            elif mapping is not None:
                raise wheel.strange(MODELING_AUTO, f"the mapping of {node.name}")
            elif node.bases and ast.unparse(node.bases[0]) in found:
                found[node.name] = found[ast.unparse(node.bases[0])]
        elif isinstance(node, ast.Expr) and called(node.value) == "update":
            raise wheel.strange(MODELING_AUTO, f"only tables in one piece, at line {node.lineno}")
    if not found.get("AutoModelForCausalLM"):
        raise wheel.strange(MODELING_AUTO, "AutoModelForCausalLM")
    return found


def _mapping(node: ast.ClassDef) -> str | None:
    """What ``_model_mapping`` of the class is."""
    for each in node.body:
        if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == "_model_mapping":
            return ast.unparse(each.value)
    return None


def _table(wheel: Wheel, name: str, value: ast.expr, tables: Mapping[str, Table]) -> Table:
    """``OrderedDict([("llama", "LlamaModel"), *list(OTHER_TABLE.items())])``."""
    found: dict[str, tuple[str, ...]] = {}
    pairs = value.args[0] if isinstance(value, ast.Call) and value.args else None
    for item in pairs.elts if isinstance(pairs, ast.List) else [None]:
        if isinstance(item, ast.Tuple) and len(item.elts) == 2:
            model_type, named = ast.literal_eval(item)
            found[model_type] = (named,) if isinstance(named, str) else tuple(named)
        elif isinstance(item, ast.Starred):
            others = [each.id for each in ast.walk(item) if isinstance(each, ast.Name)]
            for other in others:
                found.update(tables.get(other, {}))
            if not any(other in tables for other in others):
                raise wheel.strange(MODELING_AUTO, f"the pairs of {name}, line {item.lineno}")
        else:
            raise wheel.strange(MODELING_AUTO, f"{name} as a list of pairs")
    return found

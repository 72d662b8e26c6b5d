"""Tests of what the facts keep of a program: kernlint.extract.scopes, choose and build."""

from __future__ import annotations

import pytest

from kernlint.model.code import DefineClass, Import, Match
from kernlint.model.expr import Code, Elided
from kernlint.model.walk import walk
from tests.extract.sources import CONFIG, cut, expressions, facts_of

USE = "\nKernelConfig(M)\n"


def bodies(source: str) -> dict[str, bool]:
    """The functions and classes of a file, and whether their bodies are kept."""
    facts = facts_of(source)
    assert facts.problem is None
    return {
        each.name: each.body is not None
        for each in walk(facts.body)
        if isinstance(each, (Code, DefineClass))
    }


def changes(source: str) -> list[tuple[str, str]]:
    """The names of the module that functions change, each with the function."""
    facts = facts_of(source)
    assert facts.problem is None
    return [(each.name, cut(source.encode(), each.function)) for each in facts.changes]


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("def f(): pass", {"f": False}),
        ("def f():\n    return KernelConfig({})", {"f": True}),
        ("class A:\n    x = 1", {"A": False}),
        (
            "class A:\n    def f(self): return KernelConfig({})\n    def g(self): pass",
            {"A": True, "f": True, "g": False},
        ),
        (
            "def f():\n    def g(): pass\n    return KernelConfig(g())",
            {"f": True, "g": True},
        ),
        ("def f():\n    M['A'] = 'a'", {"f": True}),
        ("def f():\n    global M\n    M = 1", {"f": True}),
        ("def f(M):\n    M['A'] = 'a'", {"f": False}),
        ("class A:\n    kernel_layer_name = 'X'", {"A": True}),
        ("def f(m, c):\n    m.set_use_kernels(True, c)", {"f": True}),
        ("x = lambda: 1", {"<lambda>": True}),
    ],
)
def test_bodies_that_matter(source: str, kept: dict[str, bool]) -> None:
    assert bodies(f"{CONFIG}M = {{}}\n{source}{USE}") == kept


@pytest.mark.parametrize(
    "change",
    [
        "M['a'] = x",
        "M.a = x",
        "M.a.b |= x",
        "setattr(M, 'a', x)",
        "M.a.update(x)",
        "del M['a']",
        "M['a'], x = x",
        "for M['a'] in x: pass",
        "M.append(x)",
    ],
)
def test_changes_in_a_function_that_has_nothing_to_do_with_kernels(change: str) -> None:
    function = f"def f(x):\n    if x.M == M.a:\n        {change}\n"
    assert changes(f"{CONFIG}M = {{}}\n{function}{USE}") == [("M", "f")]
    assert changes(f"{CONFIG}import M\n{function}{USE}") == [("M", "f")]
    # A name of the function, or what runs with the module, is no such change.
    assert changes(f"{CONFIG}M = {{}}\n{function.replace('(x)', '(x, M)', 1)}{USE}") == []
    assert changes(f"{CONFIG}M = x = {{}}\nif x:\n    {change}{USE}") == []


def test_what_a_function_binds_for_the_module() -> None:
    source = "M = N = None\ndef f():\n    global M, N\n    M = 1\n    from a import N\n"
    assert changes(f"{CONFIG}{source}{USE}") == [("M", "f"), ("N", "f")]
    assert changes(f"{CONFIG}M = 1\ndef f():\n    global M\n    return M{USE}") == []


def test_a_nonlocal_is_no_name_of_the_module() -> None:
    source = "def f():\n    M = 1\n    def g():\n        nonlocal M\n        M = 2\n    return g\n"
    assert changes(f"{CONFIG}M = {{}}\n{source}{USE}") == []


def test_a_method_that_changes_a_name_of_the_module() -> None:
    source = f"{CONFIG}M = {{}}\nclass A:\n    def f(self): M['a'] = lambda: M.clear(){USE}"
    assert changes(source) == [("M", "f"), ("M", "lambda: M.clear()")]


def test_large_values_are_left_out_unless_a_config_holds_them() -> None:
    large = "[" + "1, " * 1_000 + "]"
    for statement in (f"X = {large}", f"X: list = {large}", f"X += {large}"):
        facts = facts_of(f"{CONFIG}{statement}\nM = {{}}{USE}")
        assert any(isinstance(each, Elided) for each in expressions(facts.body))
    facts = facts_of(f"{CONFIG}X = KernelConfig({{'A': {large}}})\n")
    assert not any(isinstance(each, Elided) for each in expressions(facts.body))


@pytest.mark.parametrize(
    ("statement", "imports"),
    [
        ("import a", [("a", "a", False)]),
        ("import a.b", [("a", "a", False)]),
        ("import a.b as c", [("c", "a.b", False)]),
        ("from a import b as c, d", [("c", "a.b", True), ("d", "a.d", True)]),
        ("from . import b", [("b", ".b", True)]),
        ("from ..a.b import c", [("c", "..a.b.c", True)]),
    ],
)
def test_imports(statement: str, imports: list[tuple[str, str, bool]]) -> None:
    found = [each for each in facts_of(f"{statement}\n{CONFIG}").body if isinstance(each, Import)]
    assert [(each.name, each.target, each.member) for each in found[:-1]] == imports


@pytest.mark.parametrize(
    ("pattern", "kind", "names"),
    [
        ("1", "value", ()),
        ("None", "value", ()),
        ("a.b", "value", ()),
        ("x", "as", ("x",)),
        ("_", "as", ()),
        ("1 | 2 as x", "as", ("x",)),
        ("1 | 2", "or", ()),
        ("[x, *rest, 1]", "sequence", ("x", "rest")),
        ("x, _", "sequence", ("x",)),
        ("{'A': x, **rest}", "mapping", ("x", "rest")),
        ("str()", "class", ()),
        ("Point(x=1)", "other", ()),
        ("Point(y)", "other", ("y",)),
    ],
)
def test_patterns(pattern: str, kind: str, names: tuple[str, ...]) -> None:
    source = f"{CONFIG}match x:\n    case {pattern}:\n        pass\n"
    match = facts_of(source).body[-1]
    assert isinstance(match, Match)
    ((found, guard, body),) = match.cases
    assert (found.kind, set(found.names), guard, body) == (kind, set(names), None, ())
    assert cut(source.encode(), found.span) == pattern


@pytest.mark.parametrize(
    ("statement", "discarded"),
    [
        ("KernelConfig({})", [True]),
        ("x = KernelConfig({})", [False]),
        ("def f():\n    x = KernelConfig({})", [True]),
        ("def f():\n    x = KernelConfig({})\n    return x", [False]),
        ("f(KernelConfig({}))", [False]),
    ],
)
def test_configs_that_nothing_can_use(statement: str, discarded: list[bool]) -> None:
    assert [site.discarded for site in facts_of(f"{CONFIG}{statement}\n").calls] == discarded

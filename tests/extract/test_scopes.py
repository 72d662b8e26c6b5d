"""Tests of what scopes bind: kernlint.extract.scopes, choose and build."""

from __future__ import annotations

import pytest

from tests.extract.sources import CONFIG, facts_of


def bindings(statements: str) -> list[tuple[str, str, str, bool, bool]]:
    """Scope, name, kind and flags of what a file binds, but for its first import."""
    facts = facts_of(f"{CONFIG}{statements}\nKernelConfig(M, N)\n")
    assert facts.problem is None
    found: list[tuple[str, str, str, bool, bool]] = [
        (scope.name, item.name, item.kind, item.conditional, item.fallback)
        for scope in facts.scopes
        for item in scope.bindings
    ]
    assert found[0] == ("", "KernelConfig", "import", False, False)
    return found[1:]


@pytest.mark.parametrize(
    ("statement", "kinds"),
    [
        ("M = 1", ["assign M"]),
        ("M: int = 1", ["assign M"]),
        ("M: int", []),
        ("M = N = 1", ["assign M", "assign N"]),
        ("M, [N, *o] = x", ["other M", "other N", "other o"]),
        ("M += 1", ["augmented M"]),
        ("del M", ["augmented M"]),
        ("(M := 1)", ["assign M"]),
        ("import M", ["import M"]),
        ("import M.a", ["import M"]),
        ("import a as M", ["import M"]),
        ("from a import b as M, N", ["import M", "import N"]),
        ("def M(): pass", ["function M"]),
        ("class M: pass", ["class M"]),
        ("for M in x: pass", ["other M"]),
        ("with x as (M, N): pass", ["other M", "other N"]),
        ("type M = int", ["other M"]),
        ("[M := y for y in x]", ["other M"]),
        ("M = 1\nM['a'] = 2", ["assign M", "mutation M"]),
        ("M = 1\nM['a']['b'].c = 2", ["assign M", "mutation M"]),
        ("M = 1\nM['a'], x = 2", ["assign M", "mutation M", "other x"]),
        ("M = 1\nfor M['a'] in x: pass", ["assign M", "mutation M"]),
        ("M = 1\nM['a'] += 2", ["assign M", "mutation M"]),
        ("M = 1\ndel M['a']", ["assign M", "mutation M"]),
        ("M = 1\nM.update(a=2)", ["assign M", "mutation M"]),
        ("M = 1\nM['a'].append(2)", ["assign M", "mutation M"]),
        ("M = 1\nM.a = 2", ["assign M", "mutation M"]),
        ("M = 1\nsetattr(M, 'a', 2)", ["assign M", "mutation M"]),
        ("import M\nM.a['b'] = 2", ["import M", "mutation M"]),
        ("M = 1\nM.copy()", ["assign M"]),
        ("M = 1\nprint(M['a'])", ["assign M"]),
    ],
)
def test_bindings_of_a_module(statement: str, kinds: list[str]) -> None:
    assert [f"{kind} {name}" for _, name, kind, _, _ in bindings(statement)] == kinds


@pytest.mark.parametrize(
    ("statement", "flags"),
    [
        ("if x:\n    M = 1\nelse:\n    M = 2", [(True, False), (True, True)]),
        ("if TYPE_CHECKING:\n    M = 1\nelse:\n    M = 2", [(True, True), (True, False)]),
        ("if t.TYPE_CHECKING:\n    M = 1", [(True, True)]),
        ("try:\n    M = 1\nexcept E:\n    M = 2", [(True, False), (True, True)]),
        ("try:\n    pass\nexcept E:\n    pass\nelse:\n    M = 1", [(True, False)]),
        ("while x:\n    M = 1", [(True, False)]),
        ("with x:\n    M = 1", [(False, False)]),
        ("match x:\n    case 1:\n        M = 1", [(True, False)]),
    ],
)
def test_what_may_be_passed_by(statement: str, flags: list[tuple[bool, bool]]) -> None:
    assert [(conditional, fallback) for *_, conditional, fallback in bindings(statement)] == flags


def test_what_a_function_binds_for_others() -> None:
    statements = "M = N = None\ndef f():\n    global M, N\n    M = 1\n    from a import N\n"
    assert [(scope, kind, name) for scope, name, kind, _, _ in bindings(statements)] == [
        ("", "assign", "M"),
        ("", "assign", "N"),
        ("", "function", "f"),
        ("", "other", "M"),
        ("", "import", "N"),
    ]


@pytest.mark.parametrize(
    "change", ["M['a'] = x", "M.a = x", "M.a.b |= x", "setattr(M, 'a', x)", "M.a.update(x)"]
)
def test_changes_in_a_function_that_has_nothing_to_do_with_kernels(change: str) -> None:
    statements = f"M = {{}}\ndef f(x):\n    if x.M == M.a:\n        {change}\n"
    assert [(kind, name) for _, name, kind, _, _ in bindings(statements)] == [
        ("assign", "M"),
        ("function", "f"),
        ("mutation", "M"),
    ]


def test_parameters_and_captures_of_a_function() -> None:
    source = (
        f"{CONFIG}def f(a, /, b, *c, d=1, **e):\n"
        "    match a:\n        case [g, *h] | {'x': _, **i} as j: pass\n"
        "    return KernelConfig(a)\n"
    )
    facts = facts_of(source)
    assert [(item.kind, item.name) for item in facts.scopes[1].bindings] == [
        ("parameter", "a"),
        ("parameter", "b"),
        ("parameter", "c"),
        ("parameter", "d"),
        ("parameter", "e"),
        ("other", "j"),
        ("other", "g"),
        ("other", "h"),
        ("other", "i"),
    ]


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

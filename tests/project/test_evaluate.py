"""Tests of the values that kernlint.project computes."""

from __future__ import annotations

import time

import pytest

from tests.project.sources import CONFIG, mappings


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("{'A': 'o/r:L'}", {"A": "o/r:L"}),
        ("{'A': ('o/r:L', {'version': 1})}", {"A": ("o/r:L", {"version": 1})}),
        ("{'A': {'cuda': f'o/{REPO}:L'}}", {"A": {"cuda": "o/r:L"}}),
        ("{NAME: 'o/' + REPO + ':L'}", {"A": "o/r:L"}),
        ("{f'{NAME}{1}{True}': 'x'}", {"A1True": "x"}),
        ("dict(A='o/r:L', **BASE)", {"A": "o/r:L", "B": "b"}),
        ("dict(BASE, A='a')", {"B": "b", "A": "a"}),
        ("{**BASE, 'A': 'a'}", {"B": "b", "A": "a"}),
        ("BASE | {'B': 'c'}", {"B": "c"}),
        ("{'B': 'a', **BASE}", {"B": "b"}),
        ("{1: 'a', True: 'b', 1.0: 'c'}", {1: "c"}),
        ("{'A': [*ITEMS, 3]}", {"A": (1, 2, 3)}),
        ("(mine := {'A': 'a'})", {"A": "a"}),
        ("{**unknown, 'A': 'a'}", {"A": "a", ...: ["?`unknown` is not bound in the project"]}),
        ("{'A': [*unknown]}", {"A": "?`unknown` is not bound in the project"}),
        ("{**1}", {...: ["?a `**` in it is not a dict"]}),
        ("{'A': 'a' if 1 else 'b'}", {"A": "a"}),
        ("{k: v for k, v in BASE.items()}", {"B": "b"}),
        ("BASE.other()", "?the result of `BASE.other(...)` is not known"),
        ("BASE['C']", "?an element of another value is not followed"),
        ("unknown['C']", "?`unknown` is not bound in the project"),
        ("None or BASE", {"B": "b"}),
        ("{f'{NAME!r}': 'a'}", {"?a formatted value is not followed": "a"}),
        ("{f'{1.5}': 'a'}", {"1.5": "a"}),
        ("{f'{BASE}': 'a'}", {"?a part is not a string": "a"}),
        ("{'A': 2 * 3}", {"A": 6}),
    ],
)
def test_values(expression: str, value: object) -> None:
    source = f"{CONFIG}REPO = 'r'\nNAME = 'A'\nBASE = {{'B': 'b'}}\nITEMS = [1, 2]\n"
    assert mappings(f"{source}KernelConfig({expression})\n") == [value]


def test_a_built_in_is_not_one_where_the_file_defines_it() -> None:
    source = f"{CONFIG}def dict(**names): return names\nKernelConfig(dict(A='a'))\n"
    assert mappings(source) == [{"A": "a"}]


def test_a_star_import_of_a_library_hides_no_built_in() -> None:
    source = "from transformers import *\nKernelConfig(dict(A='a'))\n"
    assert mappings(source) == [{"A": "a"}]


def test_names_that_are_used_before_they_are_bound_are_unknown() -> None:
    source = f"{CONFIG}a = {{'A': a}}\nb = c\nc = b\n"
    assert mappings(f"{source}KernelConfig(a)\nKernelConfig(b)\n") == [
        {"A": "?`a` is not bound in the project"},
        "?`c` is not bound in the project",
    ]


def _chain(first: str, step: str, length: int) -> str:
    """``v0 = first`` and ``v1 = step`` with ``@`` for ``v0``, and so on."""
    lines = [f"v0 = {first}"]
    lines += [f"v{n + 1} = {step.replace('@', f'v{n}')}" for n in range(length)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("first", "step", "expected"),
    [
        (
            "{'A': 'a', **x}",
            "{**@, **@, **@}",
            {"A": "a", ...: ["?`x` is not bound in the project"]},
        ),
        ("{'A': 'a'}", "@ | @", {"A": "a"}),
        ("{'A': 'a'}", "{'B': @, 'C': @}", None),
        ("[1]", "[*@, *@, *@]", None),
        ("'abc'", "f'{@}{@}{@}'", None),
        ("'abc'", "@ + @", None),
        ("{x: 1}", "{**@, **@}", None),
    ],
)
def test_chains_that_double_at_every_step_stay_small(
    first: str, step: str, expected: object
) -> None:
    start = time.process_time()
    (value,) = mappings(f"{CONFIG}{_chain(first, step, 40)}KernelConfig(v40)\n")
    assert time.process_time() - start < 60  # it ends
    if expected is not None:
        assert value == expected
    else:
        assert "?" in str(value)


def test_a_long_chain_is_followed() -> None:
    chain = _chain("{'A': 'a'}", "@", 300)
    (value,) = mappings(f"{CONFIG}{chain}KernelConfig(v300)\n")
    assert value == {"A": "a"}


def test_a_large_dict_is_read_whole() -> None:
    items = ", ".join(f"'L{n}': 'o/r:L'" for n in range(10_000))
    (value,) = mappings(f"{CONFIG}M = {{{items}}}\nKernelConfig(M)\n")
    assert value == {f"L{n}": "o/r:L" for n in range(10_000)}


def test_many_changes_of_a_dict() -> None:
    changes = "".join(f"M['L{n}'] = 'o/r:L'\n" for n in range(1, 1_001))
    (value,) = mappings(f"{CONFIG}M = {{'L0': 'o/r:L'}}\n{changes}KernelConfig(M)\n")
    assert value == {f"L{n}": "o/r:L" for n in range(1_001)}
    (value,) = mappings(f"{CONFIG}M = {{}}\n{changes}M['A'] = 'a'\nKernelConfig(M)\n")
    assert value == {**{f"L{n}": "o/r:L" for n in range(1, 1_001)}, "A": "a"}


def test_a_value_that_many_configs_share_is_computed_once_for_each_way() -> None:
    items = ", ".join(f"'L{n}': 'o/r:L'" for n in range(1_000))
    configs = "KernelConfig(M)\n" * 50
    start = time.process_time()
    found = mappings(f"{CONFIG}M = {{{items}, 'A': 'a' if x else 'b'}}\n{configs}")
    assert len(found) == 100
    assert time.process_time() - start < 60  # it ends


def test_a_change_that_depends_on_what_is_changed() -> None:
    source = f"{CONFIG}M = {{'A': 'a'}}\nM['B'] = M['A']\nKernelConfig(M)\n"
    assert mappings(source) == [{"A": "a", "B": "a"}]


def test_changes_in_another_file() -> None:
    source = f"{CONFIG}from b import M\nKernelConfig(M)\n"
    assert mappings({"a.py": source, "b.py": "M = {}\nM['A'] = 'a'\n"}) == [{"A": "a"}]


def test_a_slice_is_no_key_of_a_dict() -> None:
    # Python raises TypeError: unhashable type: 'slice'.
    (value,) = mappings(f"{CONFIG}M = {{}}\nM[1:2] = 'a'\nKernelConfig(M)\n")
    assert isinstance(value, dict)
    assert list(value.values()) == ["a"]

"""Every place of the facts cuts out exactly what it stands for."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernlint.model.expr import Constant, DictDisplay, Parameter
from kernlint.model.walk import walk
from tests.extract.sources import (
    CONFIG,
    arguments,
    calls_of,
    chosen,
    cut,
    expressions,
    facts_of,
)

CALL = 'KernelConfig({"Ünicode": ["ä", 1]})'


@pytest.mark.parametrize(
    "before",
    [
        "",
        "x = 1\r\n",
        "x = 1\r",
        "\f",
        "\f\f\n \f\n",
        "x = 1\n\f",
        "x = 1\r\f",
        "x = 1 \f\n",
        "if x:\n  \f  pass\n\f  pass\n",
        "if x:\n\tpass\n",
        '"""\f\r\n\u2028 ö"""\n',
        "# ö \x0b \x1c \x85 \u2028 ö\n",
        "x = 1 + \\\n  2\n",
        "y = 'ö'; ",
        "é = 'ö'\r\n\r\n",
    ],
)
@pytest.mark.parametrize("after", ["", "\n", "\r\n", "\r", "  # ö", "\n\n\f\n", "; x = 1"])
@pytest.mark.parametrize(
    ("encoding", "cookie"),
    [("utf-8", ""), ("utf-8-sig", ""), ("latin-1", "# coding: latin-1\n")],
)
def test_a_call_in_any_surroundings(before: str, after: str, encoding: str, cookie: str) -> None:
    text = f"{cookie}{CONFIG}{before}{CALL}{after}"
    data = (text.replace("\u2028", "") if cookie else text).encode(encoding)
    facts = facts_of(data)
    assert facts.problem is None
    (site,) = chosen(data)
    real = "latin-1" if cookie else "utf-8"
    assert cut(data, site.span, real) == CALL
    assert cut(data, site.func.span, real) == "KernelConfig"
    display = site.args[0].value
    assert isinstance(display, DictDisplay)
    (item,) = display.items
    assert item.key is not None
    assert cut(data, item.key.span, real) == '"Ünicode"'
    assert cut(data, item.value.span, real) == '["ä", 1]'


@pytest.mark.parametrize("encoding", ["shift_jis", "euc-jp", "gb18030", "big5"])
def test_encodings_of_more_than_one_byte(encoding: str) -> None:
    data = f'# coding: {encoding}\n{CONFIG}x = "表"; KernelConfig({{"中": "表"}})\n'.encode(
        encoding
    )
    (site,) = chosen(data)
    assert cut(data, site.span, encoding) == 'KernelConfig({"中": "表"})'


def test_the_characters_of_a_plain_string_can_be_pointed_at() -> None:
    source = f"{CONFIG}KernelConfig(r'o/r:L', 'ö', 'a\\n', 'a' 'b', '''x''', b'y')\n"
    (site,) = chosen(source)
    strings = [arg.value for arg in site.args]
    assert [s.value for s in strings if isinstance(s, Constant)] == [
        "o/r:L",
        "ö",
        "a\n",
        "ab",
        "x",
        b"y",
    ]
    starts = [s.inner for s in strings if isinstance(s, Constant)]
    data = source.encode()
    assert starts == [data.index(b"o/r:L"), None, None, None, data.index(b"x'''"), None]


@pytest.mark.parametrize(
    ("argument", "place"),
    [
        ("kernel_mapping={}", "kernel_mapping={}"),
        ("kernel_mapping=({})", "kernel_mapping=({})"),
        ("kernel_mapping = ( ( {} ) ) ", "kernel_mapping = ( ( {} ) )"),
        ("( {} ) ,", "{}"),
        ("**options", "options"),
        ("*( options )", "options"),
    ],
)
def test_arguments(argument: str, place: str) -> None:
    source = f"{CONFIG}KernelConfig({argument})\n".encode()
    (site,) = chosen(source)
    assert [cut(source, arg.span) for arg in site.args] == [place]


_ATOMS = st.sampled_from(
    ["1", "-2.5", "'a'", "'ö'", "r'\\d'", "f'x{y}é{z}'", "'a' 'b'", "name", "µ.attr", "None", "..."]
)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        pair.map(lambda p: f"{{{p[0]}: {p[1]}, **{p[0]}}}"),
        pair.map(lambda p: f"[{p[0]}, *{p[1]}]"),
        pair.map(lambda p: f"({p[0]}, {p[1]})"),
        pair.map(lambda p: f"f({p[0]}, *{p[1]}, k=({p[0]}), **{p[1]})"),
        pair.map(lambda p: f"({p[0]}) | ({p[1]})"),
        pair.map(lambda p: f"({p[0]} if c else {p[1]})"),
        pair.map(lambda p: f"({p[0]})[{p[1]}]"),
        pair.map(lambda p: f"{{k: {p[0]} for k in ({p[1]})}}"),
        pair.map(lambda p: f"(  # ö\n  {p[0]}\r\n + \\\n {p[1]}  )"),
        inner.map(lambda p: f"(w := {p})"),
        inner.map(lambda p: f"(lambda ö: {p})"),
        inner.map(lambda p: f"({p}).ä"),
    )


@settings(max_examples=150, deadline=None)
@given(
    expression=st.recursive(_ATOMS, _grown, max_leaves=8),
    ending=st.sampled_from(["", "\n", "\r\n", "  # é"]),
    bom=st.booleans(),
)
def test_every_place_is_the_source_of_its_expression(
    expression: str, ending: str, bom: bool
) -> None:
    source = f"{CONFIG}KernelConfig(({expression})){ending}"
    data = b"\xef\xbb\xbf" * bom + source.encode()
    facts = facts_of(data)
    tree = ast.parse(source)
    expected = {
        ast.dump(node).replace("Store()", "Load()")
        for node in ast.walk(tree)
        if isinstance(node, (ast.expr, ast.Starred))
    }
    assert facts.problem is None
    assert calls_of(data)
    for part in expressions(facts.body):
        text = cut(data, part.span)
        if text.startswith("*"):
            text = f"[{text}]"
        if isinstance(part, Constant) and not text.startswith(("'", "r'", "f'", "-")):
            continue  # the text between the expressions of an f-string
        try:
            found = ast.parse(f"({text}\n)", mode="eval").body
        except SyntaxError:
            raise AssertionError(text) from None
        if isinstance(found, ast.List) and text.startswith("[*"):
            found = found.elts[0]
        assert ast.dump(found).replace("Store()", "Load()") in expected, text
    for arg in arguments(facts.body):
        if arg.name is not None:
            call = ast.parse(f"f({cut(data, arg.span)}\n)", mode="eval").body
            assert isinstance(call, ast.Call)
            assert [keyword.arg for keyword in call.keywords] == [arg.name]
    for each in walk(facts.body):
        if isinstance(each, Parameter):
            assert cut(data, each.span) == each.name


def test_a_file_without_code_has_no_facts() -> None:
    for source in ("", "\n", "# nothing\n", "\ufeff", "\f"):
        assert calls_of(source) == []


def test_a_call_is_a_call() -> None:
    (call,) = chosen(f"{CONFIG}KernelConfig()")
    assert call.args == ()

"""Where the strings of a TOML file stand."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

from hypothesis import given
from hypothesis import strategies as st

from kernlint.catalog.toml_strings import Path, string_places

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def strings(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every string in a parsed file, with the path to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from strings(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from strings(each, (*path, index))


def found(text: str) -> dict[Path, str]:
    return {path: text[start:end] for path, (start, end) in string_places(text).items()}


TEXT = '''\
top = "a" # "not this"
[ table . "quoted key" ]
x.y = [ 'b', [ "c", 1, 2.5, """d""" ], # ]
  { k = "e", "l" = { m = 'f' } }, ]
n = 1979-05-27T07:32:00Z
[[many]]
s = "g"
[[many]]
s = """h
"i" # no comment"""
t = \'\'\'j\'k\'\'\'
'''


def test_every_string_is_found() -> None:
    parsed = dict(strings(tomllib.loads(TEXT)))
    assert len(parsed) == 9
    assert found(TEXT) == parsed


literals = st.text(st.characters(blacklist_categories=["Cc", "Cs"], blacklist_characters="'"))
keys = st.text("abc-_1", min_size=1)
values = st.recursive(
    literals.map("'{}'".format) | st.sampled_from(["1", "true", "-2.5e3", "inf", '""', "12:00:00"]),
    lambda inner: (
        st.lists(inner).map(lambda rows: f"[{', '.join(rows)}]")
        | st.dictionaries(keys, inner).map(
            lambda rows: f"{{{', '.join(f'{key} = {value}' for key, value in rows.items())}}}"
        )
    ),
    max_leaves=8,
)


@given(st.dictionaries(keys, st.dictionaries(keys, values)))
def test_agrees_with_the_parser(tables: dict[str, dict[str, str]]) -> None:
    rows = []
    for name, pairs in tables.items():
        rows.append(f"[{name}] # ['x']")
        rows += [f"{key}={value} # 'y'" for key, value in pairs.items()]
    text = "\n".join(rows)
    assert found(text) == dict(strings(tomllib.loads(text)))

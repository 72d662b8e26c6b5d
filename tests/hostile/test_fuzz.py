"""Sources put together at random: no exception, and the same with and without a cache."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernlint.api import check
from kernlint.config import load_settings
from kernlint.model.diagnostic import Result
from kernlint.rules.registry import all_rules
from tests.hostile.conftest import BAD

_SNIPPETS = sorted(
    {
        text
        for rule in all_rules()
        for kind in ("bad", "good")
        for example in getattr(rule, kind)
        for path, text in example.sources.items()
        if path.endswith(".py")
    }
    | {BAD}
)
_WORDS = r"""
KernelConfig ( ) [ ] { } : , . = | ** * @ \ # ' " ''' f' a b if else for in while def class lambda
match case with as try except finally return yield await async import from global del not and or
is None 1 0x .5 ... := -> use_kernels kernel_config use_kernel_forward_from_hub kernelize noqa
kernlint: é
"""
_BLANKS = ["\n", "\n\n", "\n    ", "\t", "\r", "\f", "\0", "\ufeff", "\U0001d50e"]
_TOKENS = st.sampled_from(_WORDS.split() + _BLANKS)
_MIXED = st.lists(_TOKENS, max_size=60).map(lambda parts: BAD + " ".join(parts))


@st.composite
def _mutated(draw: st.DrawFn) -> str:
    text: str = draw(st.sampled_from(_SNIPPETS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(start + draw(st.integers(0, 60)), len(text))
        other = draw(st.integers(0, len(text)))
        part = text[start:end]
        kind = draw(st.sampled_from(("delete", "double", "move", "insert", "graft")))
        if kind == "delete":
            text = text[:start] + text[end:]
        elif kind == "double":
            text = text[:end] + part + text[end:]
        elif kind == "move":
            rest = text[:start] + text[end:]
            text = rest[:other] + part + rest[other:]
        elif kind == "insert":
            text = text[:start] + draw(_TOKENS) + text[start:]
        else:
            text = text[:start] + draw(st.sampled_from(_SNIPPETS))[other:]
    return text


_SOURCES = st.one_of(_mutated(), _MIXED)


def _check(*, cached: bool) -> Result:
    options: dict[str, object] = {"jobs": 1, "extend-select": ["ALL"]}
    options["cache-dir"] = ".kernlint_cache" if cached else ""
    return check(load_settings(None, options), ["."])


def _try(source: str) -> None:
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            path = Path("a.py")
            path.write_bytes(source.encode())
            os.utime(path, (1, 1))
            plain = _check(cached=False)
            assert plain.internal_errors == ()
            assert not any("kernlint failed" in found.message for found in plain.diagnostics)
            for _ in range(2):
                assert _check(cached=True).diagnostics == plain.diagnostics
            assert not Path("canary").exists()
        finally:
            os.chdir(before)


def _many(count: int) -> settings:
    return settings(
        max_examples=count,
        deadline=20_000,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@_many(150)
@given(_SOURCES)
def test_sources_at_random(source: str) -> None:
    _try(source)


@pytest.mark.slow
@_many(1_000)
@given(_SOURCES)
def test_many_sources_at_random(source: str) -> None:
    _try(source)

"""Fingerprints hold when lines move, and tell findings apart."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernlint.model.diagnostic import Diagnostic, Place
from kernlint.model.expr import Span
from kernlint.model.run import RUN, Run
from kernlint.model.text import SourceText
from kernlint.report.fingerprint import fingerprints
from tests.report.ci import INFO, NOTEBOOK, Notebook, in_notebook
from tests.report.samples import TRAIN, finding, result

NEEDLES = ('"cuda:0"', '"RMSNorm"', "LigerRMSNorm")


def prints(
    source: str | SourceText,
    path: str = "a.py",
    run: Run = RUN,
    needles: tuple[str, ...] = NEEDLES,
) -> list[str]:
    text = SourceText(source.encode()) if isinstance(source, str) else source
    items = [
        finding(Place(path, Span(found.start(), found.end())))
        for needle in needles
        for found in re.finditer(re.escape(needle.encode()), text.data)
    ]
    items.sort(key=lambda item: item.place.span)
    return fingerprints(result(*items, texts={path: text}), run)


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20),
    st.integers(1, 30),
)
def test_lines_above_and_below_change_nothing(line: str, count: int) -> None:
    above = f"# {line}\n" * count
    assert prints(above + TRAIN + above) == prints(TRAIN)


@pytest.mark.parametrize(
    "moved",
    [
        TRAIN.replace("\n", "\r\n"),
        TRAIN.replace("\n", "\r"),
        TRAIN.replace("    ", "\t"),
        TRAIN.replace("        ", "            "),
        TRAIN.rstrip("\n"),
    ],
)
def test_white_space_changes_nothing(moved: str) -> None:
    assert prints(moved) == prints(TRAIN)
    marked = SourceText(b"\xef\xbb\xbf" + moved.encode(), bom=3)
    assert prints(marked) == prints(TRAIN)


def test_what_is_another_finding_has_another() -> None:
    before = prints(TRAIN)
    assert len(set(before)) == 3  # two on one line are told apart
    changed = prints(TRAIN.replace("liger", "tiger"))
    assert [a == b for a, b in zip(before, changed, strict=True)] == [True, False, False]
    assert not {*before} & {*prints(TRAIN, "b.py")}
    other = [item._replace(code="KL105") for item in [_at(TRAIN, '"cuda:0"')]]
    text = {"a.py": SourceText(TRAIN.encode())}
    assert fingerprints(result(*other, texts=text), Run())[0] not in before


def _at(source: str, needle: str) -> Diagnostic:
    start = source.index(needle)
    return INFO._replace(code="KL104", place=Place("a.py", Span(start, start + len(needle))))


def test_equal_findings_on_equal_lines_differ() -> None:
    twice = prints(TRAIN + TRAIN)
    assert len(set(twice)) == 6
    assert twice[:3] == prints(TRAIN)  # the first of each is the one that was there
    assert prints("# above\n" + TRAIN + "\n\n" + TRAIN) == twice


def test_the_folder_of_the_run_changes_nothing() -> None:
    inside = Run(root="/r", cwd="/r/sub")
    assert prints(TRAIN, "a.py", inside) == prints(TRAIN, "sub/a.py", Run(root="/r", cwd="/r"))
    assert prints(TRAIN, "../a.py", inside) == prints(TRAIN)


def test_of_a_place_of_several_lines_the_first_one_counts() -> None:
    source = "a = {\n  1: 2,\n}\n"
    item = finding(Place("a.py", Span(4, len(source) - 1)))

    def of(text: str) -> list[str]:
        return fingerprints(result(item, texts={"a.py": SourceText(text.encode())}), Run())

    assert of(source) == of(source.replace("2", "3"))
    assert of(source) != of(source.replace("a", "b"))


def test_a_notebook_of_one_line_is_not_its_own_line() -> None:
    """What is far from a finding is no part of it."""
    where = in_notebook('"cuda:0"')
    padding = b" " * 3000 + b"9" * 3000
    data = NOTEBOOK.data.replace(b"\n", b" ")
    end = where.span.end
    one = Notebook(data[:end] + padding + data[end:])
    other = Notebook(one.data.replace(b"9", b"8"))
    item = finding(where)
    first, second = (
        fingerprints(result(item, texts={"a b.ipynb": text}), Run()) for text in (one, other)
    )
    assert first == second

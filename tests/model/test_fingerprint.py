from __future__ import annotations

import pytest

from kernlint.model.diagnostic import Diagnostic, Place
from kernlint.model.expr import Span
from kernlint.model.fingerprint import fingerprints
from kernlint.model.text import SourceText

CONFIG = """\
config = KernelConfig(
    {"RMSNorm": {"cudda": ONE}, "SiLU": {"cudda": TWO}}
)
"""


def prints(source: str, *needles: str, code: str = "KL104", path: str = "a.py") -> list[str]:
    """The fingerprints of findings at every place of some words."""
    data = source.encode()
    spans: list[Span] = []
    for needle in needles:
        at = data.find(needle.encode())
        while at >= 0:
            spans.append(Span(at, at + len(needle.encode())))
            at = data.find(needle.encode(), at + 1)
    found = [Diagnostic(code, "name", "error", "message", Place(path, span)) for span in spans]
    return fingerprints(sorted(found), {path: SourceText(data)})


def test_equal_findings_on_a_line_are_numbered() -> None:
    once = prints(CONFIG, '"cudda": ONE', '"cudda": TWO')
    assert len({*once}) == 2
    twice = prints(CONFIG, '"cudda"')
    assert len({*twice}) == 2
    assert len({*once, *twice}) == 4
    # A third one on a line that says the same leaves the first two as they are.
    assert prints(CONFIG + CONFIG, '"cudda"')[:2] == twice
    assert len({*prints(CONFIG + CONFIG, '"cudda"')}) == 4


@pytest.mark.parametrize(
    "changed",
    [
        "import os\n\n\n" + CONFIG,
        CONFIG.replace("\n", "\n        "),
        CONFIG.replace("\n", "\r\n"),
        CONFIG.replace("\n", "\r"),
        CONFIG.replace("{", "{ ").replace("    ", "\t"),
        CONFIG.replace("config =", "other ="),
        "\ufeff" + CONFIG,
    ],
)
def test_changes_elsewhere_change_nothing(changed: str) -> None:
    assert prints(changed, '"cudda"') == prints(CONFIG, '"cudda"')


def test_changes_of_the_line_the_rule_or_the_file_count() -> None:
    before = prints(CONFIG, '"cudda"')
    for after in (
        prints(CONFIG.replace("ONE", "NONE"), '"cudda"'),
        prints(CONFIG, '"cudda"', code="KL102"),
        prints(CONFIG, '"cudda"', path="b.py"),
    ):
        assert not {*before} & {*after}


def test_a_finding_of_several_lines_is_known_by_the_first() -> None:
    longer = CONFIG.replace("TWO}}", 'TWO}, "New": "a/b:C"}')
    assert prints(CONFIG, CONFIG[:-1]) == prints(longer, longer[:-1])


def test_the_path_may_be_written_in_another_way() -> None:
    found = Diagnostic("KL104", "name", "error", "message", Place("src/a.py", Span(0, 3)))
    texts = {"src/a.py": SourceText(b"abc\n")}
    moved = found._replace(place=found.place._replace(path="a.py"))
    short = fingerprints([found], texts, lambda path: path.removeprefix("src/"))
    assert short == fingerprints([moved], {"a.py": SourceText(b"abc\n")})
    assert fingerprints([found], {}) != short

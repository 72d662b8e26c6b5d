"""Nothing in the repository belongs to one machine or is left for later."""

from __future__ import annotations

import re

import pytest

from tests.frame.checkout import ROOT, committed_files

# With a class of one character here and there, so that no pattern finds itself.
FOREIGN = {
    "a path of one machine": r"(?<![\w.])/(?:root|home|work|tmp)/",
    "a package index": r"pypi[.]org|pythonhosted[.]org|--(?:extra-)?index[-]url|/simple[/]",
    "work left for later": r"\b(?:TO[D]O|FIX[M]E|XX[X])\b",
}


@pytest.mark.parametrize(("what", "pattern"), FOREIGN.items(), ids=FOREIGN)
def test_no_committed_file_holds(what: str, pattern: str) -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in committed_files()
        for number, line in enumerate(
            file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1
        )
        if re.search(pattern, line)
    ]
    assert found == [], what


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a path of one machine", "see /" + "root/notes"),
        ("a path of one machine", 'cache = "/' + 'tmp/x"'),
        ("a package index", "pip install --index" + "-url ..."),
        ("work left for later", "# TO" + "DO: later"),
    ],
)
def test_the_patterns_find_what_they_are_for(what: str, text: str) -> None:
    assert re.search(FOREIGN[what], text)


@pytest.mark.parametrize("text", ["org/root/x", "../tmp/x", "https://example.org/tmp/x"])
def test_a_part_of_another_path_is_no_path_of_a_machine(text: str) -> None:
    assert re.search(FOREIGN["a path of one machine"], text) is None

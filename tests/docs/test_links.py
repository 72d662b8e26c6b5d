"""Every link in the documentation leads to a file, and to a heading that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kernlint.rules.base import DOCS
from kernlint.rules.registry import all_rules
from tests.frame.checkout import ROOT

PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "CHANGELOG.md", "examples/README.md")),
        *(ROOT / "docs").rglob("*.md"),
    ]
)

_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def prose(page: Path) -> str:
    """The text of a page without its blocks of code."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub names them in links."""
    titles = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def cases() -> list[object]:
    return [
        pytest.param(page, target, id=f"{page.relative_to(ROOT)}-{target}")
        for page in PAGES
        for target in dict.fromkeys(_LINK.findall(prose(page)))
        if not target.startswith("https://")
    ]


@pytest.mark.parametrize(("page", "target"), cases())
def test_a_link_leads_to_a_file(page: Path, target: str) -> None:
    path, _, anchor = target.partition("#")
    file = page.parent / path if path else page
    assert file.exists()
    assert ROOT in file.resolve().parents
    if anchor:
        assert anchor in anchors(file)


def test_the_readme_links_every_page_of_a_rule() -> None:
    links = _LINK.findall(prose(ROOT / "README.md"))
    assert {f"docs/rules/{rule.code}.md" for rule in all_rules()} <= {*links}


def test_the_published_address_of_a_page_is_its_path() -> None:
    below = DOCS.partition("/blob/main/")[2]
    assert [
        rule.code for rule in all_rules() if not (ROOT / below / f"{rule.code}.md").is_file()
    ] == []

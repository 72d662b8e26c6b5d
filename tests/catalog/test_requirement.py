"""One requirement, as PEP 508 or as poetry writes it."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement as Reference
from packaging.specifiers import SpecifierSet

from kernlint.catalog.requirement import (
    InvalidRequirementError,
    Parsed,
    parse_link,
    parse_requirement,
    poetry_specifiers,
)

NONE: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("transformers", Parsed("transformers", "", NONE)),
        (" Transformers ", Parsed("transformers", "", NONE)),
        ("transformers>=5", Parsed("transformers", ">=5", NONE)),
        ("transformers (>=5,<6)", Parsed("transformers", ">=5,<6", NONE)),
        ("transformers[]==5.*", Parsed("transformers", "==5.*", NONE)),
        (
            "transformers [kernels , Hub_Kernels] ~= 5.1 ; os_name=='nt'",
            Parsed(
                "transformers", "~= 5.1", frozenset({"kernels", "hub-kernels"}), "os_name=='nt'"
            ),
        ),
        ("kernels===0.1", Parsed("kernels", "===0.1", NONE)),
        ("transformers @ git+https://host/transformers@main", Parsed("transformers", "", NONE)),
        (
            "transformers @ git+https://host/transformers.git@v5.22.2 ; a",
            Parsed("transformers", "==5.22.2", NONE, "a"),
        ),
        (
            "transformers[kernels]@https://host/v5.22.2.zip",
            Parsed("transformers", "==5.22.2", frozenset({"kernels"})),
        ),
        (
            "kernels @ file:///w/kernels-0.17.2-py3-none-any.whl",
            Parsed("kernels", "==0.17.2", NONE),
        ),
        ("hub-kernels>=1", None),
        ("transformers-stream-generator", None),
        ("sentence_transformers", None),
        ("liger-kernel", None),
        ("", None),
        ("./transformers", None),
    ],
)
def test_pep_508(text: str, parsed: Parsed | None) -> None:
    assert parse_requirement(text) == parsed


@pytest.mark.parametrize(
    "text",
    [
        "transformers=5",
        "transformers 5.22",
        "transformers>=5<6",
        "transformers>=5.x",
        "transformers[kernels",
        "transformers[a b]",
        "transformers (>=5",
        "transformers>=5)",
        "transformers>=5 @ x",
        "kernels ^0.15",
    ],
)
def test_invalid(text: str) -> None:
    with pytest.raises(InvalidRequirementError) as failure:
        parse_requirement(text)
    assert str(failure.value) == f"`{text}` is left out: it is not a valid requirement"


def test_environment_variable() -> None:
    with pytest.raises(InvalidRequirementError) as failure:
        parse_requirement("transformers==${TF_VERSION}")
    assert str(failure.value) == (
        "`transformers==${TF_VERSION}` is left out: its version comes from an environment variable"
    )


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        (
            "git+https://github.com/huggingface/transformers",
            Parsed("transformers", "", NONE),
        ),
        (
            "git+https://github.com/huggingface/transformers.git@v5.22.2",
            Parsed("transformers", "==5.22.2", NONE),
        ),
        ("git+https://host/fork@main#egg=transformers", Parsed("transformers", "", NONE)),
        ("git+ssh://git@host/huggingface/kernels.git", Parsed("kernels", "", NONE)),
        ("wheels/kernels-0.17.2-py3-none-any.whl", Parsed("kernels", "==0.17.2", NONE)),
        ("https://host/transformers-5.1.0.tar.gz", Parsed("transformers", "==5.1.0", NONE)),
        ("git+https://host/sentence-transformers", None),
        ("git+https://host/transformers/other", None),
        ("../kernels", None),
    ],
)
def test_link(text: str, parsed: Parsed | None) -> None:
    assert parse_link(text) == parsed


versions = st.lists(st.integers(0, 30), min_size=1, max_size=3).map(
    lambda parts: ".".join(map(str, parts))
)
bounds = st.builds("{}{}".format, st.sampled_from(["==", "!=", ">=", "<=", ">", "<"]), versions)
blanks = st.sampled_from(["", " ", "  ", "\t"])


@given(
    name=st.sampled_from(["transformers", "TRANSFORMERS", "kernels", "Kernels"]),
    extras=st.lists(st.sampled_from(["kernels", "hub-kernels", "a.b"]), unique=True),
    bounds=st.lists(bounds, max_size=3),
    marker=st.sampled_from(["", "python_version >= '3.10'", "os_name == 'nt' or extra == 'x'"]),
    blank=blanks,
    bracketed=st.booleans(),
)
def test_agrees_with_packaging(
    name: str, extras: list[str], bounds: list[str], marker: str, blank: str, bracketed: bool
) -> None:
    specifier = f"{blank},{blank}".join(bounds)
    text = f"{name}{blank}" + (f"[{','.join(extras)}]" if extras else "") + blank
    text += f"({specifier})" if bracketed and bounds else specifier
    text += f"{blank};{blank}{marker}" if marker else ""
    reference = Reference(text)
    parsed = parse_requirement(text)
    assert parsed is not None
    assert parsed.library == reference.name.lower()
    assert SpecifierSet(parsed.specifier) == reference.specifier
    assert parsed.extras == {extra.replace(".", "-") for extra in reference.extras}
    assert parsed.marker == marker


@given(st.text(), st.booleans())
def test_any_text(text: str, named: bool) -> None:
    text = f"transformers {text}" if named else text
    parse_link(text)
    with suppress(InvalidRequirementError):
        parse_requirement(text)
    with suppress(InvalidRequirementError):
        poetry_specifiers(text)


@pytest.mark.parametrize(
    ("version", "specifiers"),
    [
        ("*", ("",)),
        ("5.22.2", ("==5.22.2",)),
        ("5.22.*", ("==5.22.*",)),
        ("^5.10", (">=5.10,<6",)),
        ("^5.10.2", (">=5.10.2,<6",)),
        ("^5", (">=5,<6",)),
        ("^0.15.2", (">=0.15.2,<0.16",)),
        ("^0.0.3", (">=0.0.3,<0.0.4",)),
        ("^0.0", (">=0.0,<0.1",)),
        ("^0", (">=0,<1",)),
        ("^5.0.0rc1", (">=5.0.0rc1,<6",)),
        ("~5.10.2", (">=5.10.2,<5.11",)),
        ("~5.10", (">=5.10,<5.11",)),
        ("~5", (">=5,<6",)),
        ("~=5.10", ("~=5.10",)),
        (">=5.1, <5.20", (">=5.1,<5.20",)),
        (">= 5.1 <5.20", (">=5.1,<5.20",)),
        ("!=5.3.0", ("!=5.3.0",)),
        ("~5.3 || ^5.10", (">=5.3,<5.4", ">=5.10,<6")),
    ],
)
def test_poetry(version: str, specifiers: tuple[str, ...]) -> None:
    assert poetry_specifiers(version) == specifiers


@pytest.mark.parametrize("version", ["", "about 5", "^five", "=5", "5,|", "^^5", "5.x"])
def test_invalid_poetry(version: str) -> None:
    with pytest.raises(InvalidRequirementError):
        poetry_specifiers(version)

"""Reads one requirement, as PEP 508 or as poetry writes it."""

from __future__ import annotations

import re

from kernlint.catalog.store import Library
from kernlint.model.record import Record

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_START = re.compile(rf"\s*({_NAME})")
_EXTRAS = re.compile(rf"\s*(?:{_NAME}\s*(?:,\s*{_NAME}\s*)*)?")
_REST = re.compile(
    r"\s*(?:\[(?P<extras>[^\]]*)\])?\s*"
    r"(?:@\s*(?P<url>\S+?)|\((?P<bracketed>[^;()]*)\)|(?P<bare>[^;()@]*))\s*"
    r"(?:;(?P<marker>.*))?",
    re.DOTALL,
)
_TAG = re.compile(r"[@/]v?(\d+(?:\.\d+)+)(?=[#&]|\.zip|\.tar|$)")
_FILE = re.compile(r"(?:^|/)(?:transformers|kernels)-(\d[^-/]*?)(?=-|\.zip|\.tar)", re.IGNORECASE)
_EGG = re.compile(rf"[#&]egg=({_NAME})")
_URL_PATH = re.compile(r"://(?:[^/@]*@)?(?P<path>[^@#]*)")
_FILE_NAME = re.compile(r"(?:^|/)(transformers|kernels)-\d", re.IGNORECASE)
_POETRY_PART = re.compile(r"(\^|~=?|===?|!=|<=?|>=?)?\s*([^\s,|^~=!<>]+)")
_RELEASE = re.compile(r"v?(\d+(?:\.\d+)*)")

_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")


class InvalidRequirementError(ValueError):
    """A requirement of one of the libraries that cannot be read."""


class Parsed(Record):
    """A requirement of one of the libraries; texts are empty where there is none."""

    library: Library
    specifier: str
    extras: frozenset[str]
    marker: str = ""


def normalized(name: str) -> str:
    """The name of a project as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def library_named(name: str) -> Library | None:
    """The library that a project name means."""
    names: dict[str, Library] = {"transformers": "transformers", "kernels": "kernels"}
    return names.get(normalized(name))


def project_name(text: str) -> str | None:
    """The normalized project name that a requirement begins with."""
    start = _START.match(text)
    return normalized(start[1]) if start else None


def parse_requirement(text: str) -> Parsed | None:
    """A PEP 508 requirement; None for one of another project.

    The specifier of a link is the version that a tag (``@v5.22.2``) or file name in it says.
    Markers are handed on as they are. Raises InvalidRequirementError.
    """
    start = _START.match(text)
    library = library_named(start[1]) if start else None
    if start is None or library is None:
        return None
    rest = _REST.fullmatch(text, start.end())
    if rest is None or not _EXTRAS.fullmatch(rest["extras"] or ""):
        raise _invalid(text)
    if rest["url"] is not None:
        specifier = _url_specifier(rest["url"])
    else:
        specifier = (rest["bracketed"] or rest["bare"] or "").strip()
        if specifier and not _is_specifier(specifier):
            raise _invalid(text)
    return Parsed(
        library, specifier, extras_of(rest["extras"] or ""), (rest["marker"] or "").strip()
    )


def extras_of(text: str) -> frozenset[str]:
    """The normalized names in ``a, b``."""
    return frozenset(normalized(name.strip()) for name in text.split(",") if name.strip())


def parse_link(text: str) -> Parsed | None:
    """The library that a bare link or path to an archive, as in requirements files, means."""
    library = library_named(_name_in_link(text))
    return None if library is None else Parsed(library, _url_specifier(text), frozenset())


def _name_in_link(text: str) -> str:
    """The project of an archive, of ``#egg=``, or the last part of a link's path."""
    named = _FILE_NAME.search(text) or _EGG.search(text)
    if named:
        return named[1]
    url = _URL_PATH.search(text)
    return url["path"].rstrip("/").rpartition("/")[2].removesuffix(".git") if url else ""


def _url_specifier(url: str) -> str:
    found = _TAG.search(url) or _FILE.search(url)
    return f"=={found[1]}" if found else ""


def _is_specifier(text: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return False
    return True


def _invalid(text: str) -> InvalidRequirementError:
    shown = " ".join(text.split())
    if _VARIABLE.search(text):
        return InvalidRequirementError(
            f"`{shown}` is left out: its version comes from an environment variable"
        )
    return InvalidRequirementError(f"`{shown}` is left out: it is not a valid requirement")


def poetry_specifiers(text: str) -> tuple[str, ...]:
    """The PEP 440 specifiers, one of which has to hold, of a version as poetry writes it.

    ``^5.1`` admits what leaves the first part that is not zero as it is, ``~5.1`` what leaves the
    minor, ``||`` separates alternatives, a bare version is pinned; ``*`` becomes the empty
    specifier (Poetry, "Dependency specification"). Raises InvalidRequirementError.
    """
    return tuple(_poetry_conjunction(part, text) for part in re.split(r"\|\|?", text))


def _poetry_conjunction(part: str, text: str) -> str:
    if part.strip() == "*":
        return ""
    found: list[str] = []
    end = 0
    for match in _POETRY_PART.finditer(part):
        if part[end : match.start()].strip(" \t\r\n,"):
            raise _invalid_poetry(text)
        found.append(_poetry_bound(match[1] or "", match[2], text))
        end = match.end()
    specifier = ",".join(found)
    if not found or part[end:].strip() or not _is_specifier(specifier):
        raise _invalid_poetry(text)
    return specifier


def _poetry_bound(operator: str, version: str, text: str) -> str:
    if operator not in ("^", "~"):
        return f"{operator or '=='}{version}"
    numbers = _RELEASE.match(version)
    if numbers is None:
        raise _invalid_poetry(text)
    release = [int(number) for number in numbers[1].split(".")]
    kept = _kept(operator, release)
    upper = ".".join(map(str, [*release[: kept - 1], release[kept - 1] + 1]))
    return f">={version},<{upper}"


def _kept(operator: str, release: list[int]) -> int:
    """How many leading numbers of a release are bounded: the last of them may not grow."""
    if operator == "~":
        return min(len(release), 2)
    return next((i + 1 for i, number in enumerate(release) if number), len(release))


def _invalid_poetry(text: str) -> InvalidRequirementError:
    return InvalidRequirementError(f"`{text}` is left out: it is not a valid version")

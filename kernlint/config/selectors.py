"""Which rules are on: selectors, and what they mean together."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache

from kernlint.config.places import ConfigError, read_document
from kernlint.config.settings import COMMAND_LINE, Settings, table_of
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.nearest import nearest

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

#: How specific the name or the whole code of a rule is; prefixes count their length.
_EXACT = 100


def validate_selectors(settings: Settings, known: Iterable[tuple[str, str]]) -> None:
    """Raise ConfigError for the first selector that selects none of the rules.

    ``known`` holds the code and the name of every rule.
    """
    pairs = tuple(known)
    for key, selector in _selectors(settings):
        if not any(_specificity(selector, code, name) is not None for code, name in pairs):
            words = ["ALL", *(word for pair in pairs for word in pair)]
            raise _unknown_selector(settings, key, selector, nearest(selector, words))


def _selectors(settings: Settings) -> Iterable[tuple[tuple[str, ...], str]]:
    """The key under which each selector stands, and the selector."""
    for key, selectors in (
        ("select", settings.select),
        ("extend-select", settings.extend_select),
        ("ignore", settings.ignore),
        ("extend-ignore", settings.extend_ignore),
    ):
        for selector in selectors:
            yield (key,), selector
    for glob, selectors in settings.per_file_ignores.items():
        for selector in selectors:
            yield ("per-file-ignores", glob), selector


def _unknown_selector(
    settings: Settings, key: tuple[str, ...], selector: str, suggestion: str | None
) -> ConfigError:
    message = f"unknown rule selector `{selector}` in "
    origins = settings.sources[key[0]]
    if settings.config_path is not None and origins != (COMMAND_LINE,):
        document = read_document(settings.config_path)
        place = (*table_of(settings.config_path), *key)
        # A list that the command line extends: the file is to blame for its own part.
        if COMMAND_LINE not in origins or document.value_place(place, selector):
            return document.error(
                f"{message}`{key[0]}`", place, culprit=selector, suggestion=suggestion
            )
    return ConfigError(f"{message}`--{key[0]}`", suggestion=suggestion)


def rule_enabled(
    code: str, name: str, default_on: bool, settings: Settings, path: str | None
) -> bool:
    """Whether the settings let a rule report, in the file at ``path`` where given.

    The most specific selector decides, ``ignore`` where one of each is equally
    specific; ``KL`` selects the rules that are on by default, everything longer
    and ``ALL`` also the others. ``per-file-ignores`` wins over all of these.
    ``path`` is absolute or relative to the working directory.
    """
    select = [
        selector
        for selector in settings.select + settings.extend_select
        if default_on or selector != "KL"
    ]
    ignored = _most_specific(settings.ignore + settings.extend_ignore, code, name)
    if _most_specific(select, code, name) <= ignored:
        return False
    if path is None or not settings.per_file_ignores:
        return True
    relative = os.path.relpath(path, settings.root).replace(os.sep, "/")
    return not any(
        _most_specific(selectors, code, name) >= 0 and _matches(glob, relative)
        for glob, selectors in settings.per_file_ignores.items()
    )


def _most_specific(selectors: Iterable[str], code: str, name: str) -> int:
    """The highest specificity among the selectors that match, -1 without any."""
    found = (_specificity(selector, code, name) for selector in selectors)
    return max((value for value in found if value is not None), default=-1)


def _specificity(selector: str, code: str, name: str) -> int | None:
    """How precisely a selector names a rule; None where it does not."""
    if selector in {code, name}:
        return _EXACT
    if selector in {"ALL", "KL"}:
        return 0
    return len(selector) if selector.startswith("KL") and code.startswith(selector) else None


def _matches(glob: str, relative: str) -> bool:
    inverted = glob.startswith("!")
    return _spec(glob.removeprefix("!")).match_file(relative) != inverted


@lru_cache(maxsize=256)
def _spec(glob: str) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines([glob])

"""The one place where findings are selected, silenced, counted and sorted."""

from __future__ import annotations

from kernlint.model.diagnostic import SEVERITIES, Diagnostic, Edit, Fix, NotChecked, Place
from kernlint.model.hints import TYPE_CHECKING, Protocol
from kernlint.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from kernlint.model.text import SourceText
    from kernlint.source.suppress import Suppressions, Unused

#: Reported by the run, not by looking at facts.
UNPARSABLE, UNUSED, NOT_CHECKED = "KL001", "KL002", "KL003"


class Named(Protocol):
    """What selection and comments need to know of a rule."""

    @property
    def code(self) -> str:
        """Its code."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def default_on(self) -> bool:
        """Whether it is on unless settings say otherwise."""

    @property
    def is_about_runtime(self) -> bool:
        """Whether it looks at what was seen at run time, and at nothing else."""


class Kept(Record):
    """What is left to show, sorted, and how many findings a comment silenced.

    ``by_noqa`` are the files in which a ``noqa`` comment did so.
    """

    diagnostics: tuple[Diagnostic, ...]
    not_checked: tuple[NotChecked, ...]
    suppressed: int
    by_noqa: tuple[str, ...] = ()


def finish(
    diagnostics: Iterable[Diagnostic],
    not_checked: Iterable[NotChecked],
    texts: Mapping[str, SourceText],
    rules: Mapping[str, Named],
    enabled: Callable[[Named, str], bool],
    reported: Collection[str],
    *,
    ignore_noqa: bool = False,
) -> Kept:
    """Apply selection and comments; report the comments that silence nothing.

    Args:
        diagnostics: All findings of the reported files.
        not_checked: What could not be read in them.
        texts: The files that may hold comments: those reported, and others that a
            finding stands in.
        rules: What is known of every rule, by code.
        enabled: Whether a rule is on for a path.
        reported: The files whose comments have to silence something.
        ignore_noqa: Whether comments silence nothing in this run.
    """
    from kernlint.rules.registry import rule as loaded

    open_places = sorted(set(not_checked))
    shown = [
        loaded(NOT_CHECKED).found(item.place, f"not checked: {item.reason}") for item in open_places
    ]
    wanted = _distinct(
        item for item in (*diagnostics, *shown) if enabled(rules[item.code], item.place.path)
    )
    if ignore_noqa:
        return Kept(tuple(wanted), tuple(open_places), 0)
    comments: dict[str, Suppressions] = {}
    if texts:
        from kernlint.source.suppress import find_suppressions

        comments = {path: find_suppressions(text) for path, text in texts.items()}
    skipped = {path for path, found in comments.items() if found.skip_file}
    kept = [
        item for item in wanted if item.place.path not in skipped and not _covered(item, comments)
    ]
    silent = len(wanted) - len(kept)
    known = [(rule.code, rule.name) for rule in rules.values()]
    for path, found in comments.items():
        rule = rules[UNUSED]
        if path not in reported or path in skipped or not enabled(rule, path):
            continue
        run = [
            code
            for code, each in rules.items()
            if enabled(each, path) and not each.is_about_runtime
        ]
        for unused in found.unused(run, known):
            if not found.covers(rule.code, rule.name, unused.span):
                place = Place(path, unused.span)
                fix = _removal(unused)
                kept.append(
                    loaded(UNUSED).found(place, unused.message, help="remove the comment", fix=fix)
                )
    return Kept(
        tuple(sorted(kept, key=_order)),
        tuple(item for item in open_places if item.place.path not in skipped),
        silent,
        tuple(sorted(path for path, found in comments.items() if found.honours_noqa)),
    )


def _removal(unused: Unused) -> Fix | None:
    """The comment, or the rule in it, taken out; somebody meant one that is misspelt."""
    if unused.removal is None:
        return None
    what = "the comment" if len(unused.codes) != 1 else f"`{unused.codes[0]}`"
    edit = Edit(unused.removal, "")
    return Fix("unsafe" if unused.misspelt else "safe", f"remove {what}", (edit,))


def _distinct(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sorted, each mistake once: the worst of several verdicts on it counts.

    Configs that share a mapping find the same in it, each for where it goes.
    """
    worst: dict[tuple[Place, str, str], Diagnostic] = {}
    for item in diagnostics:
        other = worst.setdefault(_order(item), item)
        if SEVERITIES.index(item.severity) > SEVERITIES.index(other.severity):
            worst[_order(item)] = item
    return [worst[key] for key in sorted(worst)]


def _covered(item: Diagnostic, comments: Mapping[str, Suppressions]) -> bool:
    found = comments.get(item.place.path)
    return found is not None and found.covers(item.code, item.name, item.place.span)


def _order(item: Diagnostic) -> tuple[Place, str, str]:
    return item.place, item.code, item.message

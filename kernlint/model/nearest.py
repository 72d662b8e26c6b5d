"""The word that somebody probably meant."""

from __future__ import annotations

from collections.abc import Iterable

_IGNORED = str.maketrans("", "", "-_ ")


def nearest(word: str, candidates: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The one candidate that ``word`` is probably a misspelling of.

    A candidate that differs only in case, ``-``, ``_`` and spaces wins outright.
    Otherwise the most similar one wins, when its similarity (0 to 1) reaches
    ``cutoff`` and no other candidate is equally similar: a guess between two is
    worse than none.
    """
    ranked = _ranked(word, candidates, cutoff)
    if not ranked:
        return None
    (best, found), *others = ranked
    if others and others[0][0] == best and best < 1:
        return None
    return found


def nearest_all(
    word: str, candidates: Iterable[str], limit: int = 3, *, cutoff: float = 0.6
) -> list[str]:
    """Up to ``limit`` candidates similar to ``word``, the most similar first."""
    return [candidate for _, candidate in _ranked(word, candidates, cutoff)[:limit]]


def _normal(word: str) -> str:
    return word.casefold().translate(_IGNORED)


def _ranked(word: str, candidates: Iterable[str], cutoff: float) -> list[tuple[float, str]]:
    """Similarity and candidate, best first; candidates keep their order in a tie."""
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(_normal(word))
    ranked: list[tuple[float, str]] = []
    for candidate in dict.fromkeys(candidates):
        matcher.set_seq1(_normal(candidate))
        if matcher.real_quick_ratio() >= cutoff and matcher.quick_ratio() >= cutoff:
            ratio = matcher.ratio()
            if ratio >= cutoff:
                ranked.append((ratio, candidate))
    ranked.sort(key=lambda pair: (-pair[0], pair[1] != word))
    return ranked

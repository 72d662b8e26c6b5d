"""Selection, comments, order: what of all findings is left to show."""

from __future__ import annotations

from collections.abc import Collection

from kernlint.engine.finish import Kept, Named, finish
from kernlint.model.diagnostic import Diagnostic, NotChecked, Place, Severity
from kernlint.model.expr import Span
from kernlint.model.text import SourceText
from kernlint.rules.registry import all_rules, rule

RULES = {item.code: item for item in all_rules()}


class Finished:
    """Finishes findings in one or more files, with all rules on that are by default."""

    def __init__(self, off: Collection[str] = (), on: Collection[str] = ()) -> None:
        self.off = off
        self.on = on
        self.texts: dict[str, SourceText] = {}
        self.diagnostics: list[Diagnostic] = []
        self.not_checked: list[NotChecked] = []

    def file(self, path: str, text: str) -> Finished:
        self.texts[path] = SourceText(text.encode())
        return self

    def place(self, path: str, word: str) -> Place:
        data = self.texts[path].data
        start = data.index(word.encode())
        return Place(path, Span(start, start + len(word.encode())))

    def find(
        self, code: str, path: str, word: str, message: str = "wrong", severity: Severity = "error"
    ) -> Diagnostic:
        found = rule(code).found(self.place(path, word), message, severity=severity)
        self.diagnostics.append(found)
        return found

    def enabled(self, item: Named, path: str) -> bool:
        return item.code in self.on or (item.default_on and item.code not in self.off)

    def __call__(
        self, reported: Collection[str] | None = None, *, ignore_noqa: bool = False
    ) -> Kept:
        return finish(
            self.diagnostics,
            self.not_checked,
            self.texts,
            RULES,
            self.enabled,
            self.texts if reported is None else reported,
            ignore_noqa=ignore_noqa,
        )


def shown(kept: Kept) -> list[tuple[str, str]]:
    return [(item.code, item.message) for item in kept.diagnostics]


def test_findings_are_sorted_by_path_place_and_code() -> None:
    run = Finished().file("b.py", "one two").file("a.py", "one two")
    b_one = run.find("KL104", "b.py", "one")
    a_two = run.find("KL101", "a.py", "two")
    a_one_late = run.find("KL201", "a.py", "one")
    a_one = run.find("KL104", "a.py", "one")
    assert run() == Kept((a_one, a_one_late, a_two, b_one), (), 0)


def test_a_rule_that_is_off_finds_nothing() -> None:
    run = Finished(off={"KL104"}).file("a.py", "one")
    run.find("KL104", "a.py", "one")
    kept = run.find("KL201", "a.py", "one")
    assert run() == Kept((kept,), (), 0)


def test_a_mistake_is_shown_once_with_its_worst_verdict() -> None:
    run = Finished().file("a.py", "one")
    run.find("KL104", "a.py", "one", severity="warning")
    worst = run.find("KL104", "a.py", "one", severity="error")
    run.find("KL104", "a.py", "one", severity="info")
    other = run.find("KL104", "a.py", "one", message="wronger", severity="info")
    assert run() == Kept((worst, other), (), 0)
    assert run(ignore_noqa=True) == Kept((worst, other), (), 0)


def test_a_comment_silences_and_counts_the_findings_of_its_line() -> None:
    run = Finished().file("a.py", "one  # kernlint: ignore[KL104] why\ntwo  # noqa: KL104\nthree\n")
    run.find("KL104", "a.py", "one")
    run.find("KL104", "a.py", "two")
    kept = run.find("KL104", "a.py", "three")
    assert run() == Kept((kept,), (), 2, by_noqa=("a.py",))


def test_a_comment_silences_a_finding_inside_of_a_call_of_several_lines() -> None:
    run = Finished().file(
        "a.py",
        "first = f(  # kernlint: ignore[KL104]\n    one,\n    two,\n)\n"
        "last = f(\n    three,\n)  # kernlint: ignore\n"
        "inner = f(\n    four,  # kernlint: ignore\n    five,\n)\n",
    )
    for word in ("one", "two", "three", "four"):
        run.find("KL104", "a.py", word)
    kept = run.find("KL104", "a.py", "five")
    assert run() == Kept((kept,), (), 4)


def test_a_comment_for_another_rule_silences_nothing_and_is_told() -> None:
    run = Finished().file("a.py", "one  # kernlint: ignore[KL201]\n")
    found = run.find("KL104", "a.py", "one")
    kept = run()
    assert shown(kept) == [("KL104", "wrong"), ("KL002", "`KL201` silences nothing here")]
    assert kept.diagnostics[0] == found
    assert kept.diagnostics[1].place == run.place("a.py", "# kernlint: ignore[KL201]")
    assert kept.suppressed == 0


def test_a_comment_for_a_rule_that_is_off_may_be_needed() -> None:
    run = Finished(off={"KL201"}).file("a.py", "one  # kernlint: ignore[KL201]\n")
    assert run() == Kept((), (), 0)


def test_unused_comments_are_not_told_where_that_rule_is_off() -> None:
    run = Finished(off={"KL002"}).file("a.py", "one  # kernlint: ignore[KL104]\n")
    assert run() == Kept((), (), 0)


def test_a_comment_that_names_the_rule_for_unused_ones_silences_it() -> None:
    run = Finished().file("a.py", "one  # kernlint: ignore[KL002, KL104]\n")
    assert run() == Kept((), (), 0)


def test_comments_of_a_file_that_is_not_reported_work_and_are_not_judged() -> None:
    run = Finished().file("a.py", "one\n")
    run.file("names.py", "one  # kernlint: ignore\ntwo  # kernlint: ignore\n")
    run.find("KL104", "names.py", "one")
    assert run(reported={"a.py"}) == Kept((), (), 1)
    assert shown(run()) == [("KL002", "this comment silences nothing")]


def test_a_file_can_be_skipped() -> None:
    run = Finished().file("a.py", "# kernlint: skip-file\none  # kernlint: ignore[KL201]\n")
    run.file("b.py", "one")
    run.find("KL104", "a.py", "one")
    run.find("KL001", "a.py", "one")
    run.not_checked.append(NotChecked(run.place("a.py", "one"), "a call"))
    kept = run.find("KL104", "b.py", "one")
    assert run() == Kept((kept,), (), 2)


def test_comments_can_be_ignored() -> None:
    run = Finished().file("a.py", "# kernlint: skip-file\none  # kernlint: ignore\ntwo\n")
    two = run.find("KL104", "a.py", "two")
    one = run.find("KL104", "a.py", "one")
    assert run(ignore_noqa=True) == Kept((one, two), (), 0)


def test_what_is_not_checked_is_listed_once_and_no_finding_by_default() -> None:
    run = Finished().file("a.py", "one two")
    two = NotChecked(run.place("a.py", "two"), "a call")
    one = NotChecked(run.place("a.py", "one"), "a call")
    run.not_checked += [two, one, two]
    assert run() == Kept((), (one, two), 0)
    run.on = {"KL003"}
    kept = run()
    assert shown(kept) == [("KL003", "not checked: a call")] * 2
    assert [item.place for item in kept.diagnostics] == [one.place, two.place]
    assert kept.not_checked == (one, two)

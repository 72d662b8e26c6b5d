"""A registry, a check and a target of two rules and no work, in place of the real ones."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from kernlint.config import Settings
from kernlint.model.diagnostic import Counts, Diagnostic, NotChecked, Place, Result
from kernlint.model.expr import Span
from kernlint.model.mapping import Asked, Mappings
from kernlint.model.runtime import Check, ConfigSource, Pass, Request
from kernlint.model.text import SourceText

SOURCE = b'KernelConfig({"RMSNorm": {"cudda": "a/b:C"}})\n'
PLACE = Place("train.py", Span(26, 33))


class Example(NamedTuple):
    sources: Mapping[str, str]
    fixed: dict[str, str] = {}  # noqa: RUF012  # nobody changes it


class Rule(NamedTuple):
    code: str
    name: str
    severity: str
    doc: str
    default_on: bool = True
    bad: tuple[Example, ...] = ()
    good: tuple[Example, ...] = ()
    confidence: str = "high"
    url: str = "https://example.org/rule.md"


RULES = (
    Rule(
        "KL104",
        "unsupported-device",
        "error",
        "A key is no device that transformers\nknows, e.g. `gpu`. Loading raises.\n\nWrite `cuda`.",
        bad=(Example({"train.py": 'config = {"gpu": 1}\n'}), Example({"other.py": "pass\n"})),
        good=(Example({"a.py": "A = 1\n\nB = 2\n", "b.py": "C = 3\n"}),),
    ),
    Rule(
        "KL205", "unused-thing", "info", "Nothing uses it.", default_on=False, confidence="medium"
    ),
)


class UsageError(Exception):
    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def result(*diagnostics: Diagnostic, not_checked: tuple[NotChecked, ...] = ()) -> Result:
    return Result(
        diagnostics,
        not_checked,
        (),
        Counts(files=2, configs=1),
        (("transformers", ("5.22.2",)), ("kernels", ("0.17.2",))),
        {"train.py": SourceText(SOURCE)},
    )


CHECK = Check(
    ConfigSource("train.py:1:1", PLACE, {}, False, True, "set_use_kernels"),
    "model",
    "auto",
    "inference",
    compiled=False,
    offline=False,
    trust_remote_code=False,
    execute=True,
    numerics=False,
    timeout=600.0,
    python="python",
)
FINDING = Diagnostic("KL104", "unsupported-device", "error", "`cudda` is not a device", PLACE)


class World:
    """What the fakes answer, and what they were asked."""

    def __init__(self) -> None:
        self.answer: Result | BaseException = result()
        self.calls: list[tuple[Settings, tuple[str, ...], bool]] = []
        self.asked: list[tuple[tuple[str, ...], Asked]] = []
        self.requests: list[tuple[tuple[str, ...], Request]] = []
        self.unreadable: tuple[NotChecked, ...] = ()

    def check(
        self,
        settings: Settings,
        paths: Sequence[str],
        *,
        ignore_noqa: bool = False,
        progress: Callable[[str], None] = lambda text: None,
        given: Mapping[str, bytes] | None = None,
        write_baseline: str | None = None,
    ) -> Result:
        progress("100 files read: a.py")
        self.calls.append((settings, tuple(paths), ignore_noqa))
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    def confirm(
        self,
        settings: Settings,
        paths: Sequence[str],
        request: Request,
        *,
        ignore_noqa: bool,
        announce: Callable[[str], None],
        progress: Callable[[int, int, Check, Pass, str | None], None],
    ) -> Result:
        announce("what is executed\n")
        progress(1, 2, CHECK, "strict", "RMSNorm")
        self.requests.append((tuple(paths), request))
        return self.check(settings, paths, ignore_noqa=ignore_noqa)

    def list_files(
        self, settings: Settings, paths: Sequence[str], given: Mapping[str, bytes]
    ) -> list[str]:
        return [f"{path}/{len(settings.extend_exclude)}.py" for path in paths]

    def judged_by(
        self, settings: Settings, paths: Sequence[str], given: Mapping[str, bytes]
    ) -> list[tuple[str, tuple[str, ...], str]]:
        if settings.transformers == "==1.0":
            raise UsageError("`--transformers ==1.0` admits no release")
        return [
            ("transformers", ("5.21.1", "5.22.2"), "pyproject.toml line 7"),
            ("kernels", (settings.kernels or "0.17.2",), "--kernels"),
        ]

    def show_mappings(
        self,
        settings: Settings,
        paths: Sequence[str],
        asked: Asked,
        given: Mapping[str, bytes],
    ) -> Mappings:
        self.asked.append((tuple(paths), asked))
        return Mappings((), self.unreadable, 2, {}, ("a note",))

    @property
    def settings(self) -> Settings:
        """The settings of the only check."""
        ((settings, _, _),) = self.calls
        return settings


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    """The fakes, an empty working directory, and an environment without influence."""
    world = World()
    contents: dict[str, dict[str, object]] = {
        "kernlint.rules.registry": {"all_rules": lambda: RULES},
        "kernlint.rules.table": {"ENTRIES": RULES},
        "kernlint.api": {
            "check": world.check,
            "confirm": world.confirm,
            "list_files": world.list_files,
            "judged_by": world.judged_by,
            "show_mappings": world.show_mappings,
            "UsageError": UsageError,
        },
    }
    for name, content in contents.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "KERNLINT_OUTPUT_FORMAT", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    return world

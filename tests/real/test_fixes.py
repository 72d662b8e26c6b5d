"""Fixes, and what the real libraries make of the code before and after them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from kernlint.api import check, fixes
from kernlint.config import load_settings
from kernlint.model.diagnostic import Diagnostic
from kernlint.rules.registry import all_rules
from tests.real.cases import MAPPINGS, config_source
from tests.real.conftest import Probe
from tests.real.record import PATHS
from tests.real.runner import Outcome, Snippet

REAL = "5.22.2"

#: A good entry beside the one with the mistake: what becomes of it must not change.
REST = '"SiLU": "kernels-community/activation:Silu"'

#: A folder for kernlint; for the libraries it is the one that they run in.
FOLDER = "/opt/folder"

AFTER = {
    "set_use_kernels": "\ndef use(model):\n    model.set_use_kernels(True, config)\n",
    "from_pretrained": "\nfrom transformers import AutoModelForCausalLM\n"
    'AutoModelForCausalLM.from_pretrained("m", kernel_config=config)\n',
}


class Mended(NamedTuple):
    """A program before and after its fixes, and what was found before and is left."""

    name: str
    path: str
    before: str
    after: str
    found: tuple[Diagnostic, ...]
    left: tuple[Diagnostic, ...]


def mend(folder: Path, name: str, path: str, source: str, *, unsafe: bool) -> Mended | None:
    """What the fixes make of a program; None where there is none."""
    options: dict[str, object] = {
        "transformers": f"=={REAL}",
        "jobs": 1,
        "cache-dir": "",
        "unsafe-fixes": unsafe,
    }
    text = source + AFTER.get(path, "")
    (folder / "a.py").write_bytes(text.encode())
    settings = load_settings(None, options)
    done = fixes(settings, ["a.py"])
    if not done.after:
        return None
    after = done.after["a.py"].decode().removesuffix(AFTER.get(path, ""))
    found = check(settings, ["a.py"]).diagnostics
    return Mended(name, path, source, after, found, done.result.diagnostics)


def mappings() -> Iterator[tuple[str, str, str]]:
    """Name, path and program of every recorded mapping, alone and beside a good entry."""
    for name, arguments in MAPPINGS.items():
        for path in PATHS:
            yield name, path, config_source(arguments).replace("@HERE@", FOLDER)
            if arguments.startswith("{") and "use_local_kernel" not in arguments:
                beside = "{" + REST + ", " + arguments[1:]
                yield f"{name}+rest", path, config_source(beside).replace("@HERE@", FOLDER)


def examples() -> Iterator[tuple[str, str, str]]:
    """Name, path and program of every example whose fixes are for the real release."""
    for rule in all_rules():
        for number, example in enumerate(rule.bad):
            if not example.fixed or example.transformers is not None:
                continue
            [source] = example.sources.values()
            used = "set_use_kernels(" in source or "from_pretrained(" in source
            yield f"{rule.code}-{number}", "source" if used else "set_use_kernels", source


def outcomes(probe: Probe, cases: list[Mended]) -> Iterator[tuple[Mended, Outcome, Outcome]]:
    """The cases with what the libraries do before and after the fixes."""
    snippets = [
        Snippet(
            f"{case.name} {case.path}",
            source.replace(FOLDER, "@HERE@")
            .replace('"org/model"', "model_dir")
            .replace("org/repo:RMSNorm", "a/b:L"),
            case.path,
        )
        for case in cases
        for source in (case.before, case.after)
    ]
    found = probe(snippets)
    yield from zip(cases, found[::2], found[1::2], strict=True)


@pytest.mark.slow
def test_after_safe_fixes_the_rest_is_what_it_was(
    probe: Probe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tried = (mend(tmp_path, *case, unsafe=False) for case in (*mappings(), *examples()))
    cases = [case for case in tried if case is not None]
    assert len(cases) > 20
    wrong: list[str] = []
    for case, before, after in outcomes(probe, cases):
        told = (
            f"{case.name} {case.path}: {before['raised']} -> {after['raised']} {after['message']}"
        )
        errors = [item for item in case.found if item.severity == "error"]
        if bool(errors) != (before["raised"] is not None):
            wrong.append(f"{told}, but {errors}")
        if before["raised"] is None and before["kernels"] != after["kernels"]:
            wrong.append(f"{told}: other kernels")
        if any(item.severity == "error" for item in case.left):
            if (before["raised"], before["message"]) == (after["raised"], after["message"]):
                wrong.append(f"{told}: the same")
        elif after["raised"] is not None:
            wrong.append(told)
        elif "+rest" in case.name and not any("Silu" in name for name in after["kernels"].values()):
            wrong.append(f"{told}: the good entry is not applied")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.slow
def test_after_all_fixes_what_raised_does_not_raise_for_that(
    probe: Probe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tried = (mend(tmp_path, *case, unsafe=True) for case in (*mappings(), *examples()))
    cases = [case for case in tried if case is not None]
    assert len(cases) > 30
    wrong = [
        f"{case.name} {case.path}: {before['raised']}: {before['message']}"
        for case, before, after in outcomes(probe, cases)
        if before["raised"] is not None
        and (before["raised"], before["message"]) == (after["raised"], after["message"])
    ]
    assert wrong == [], "\n".join(wrong)

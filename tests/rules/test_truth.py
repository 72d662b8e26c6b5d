"""kernlint's verdict on every recorded config against what the real libraries did with it.

``tests/real/truth.json`` records transformers 5.22.2 with kernels 0.17.2 on both paths, and the
validation of eight releases from 5.0 to 5.23 (their own source, run with stubs).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernlint.api import check
from kernlint.config import load_settings
from kernlint.model.diagnostic import Diagnostic
from tests.real.cases import MAPPINGS, config_source

TRUTH = json.loads((Path(__file__).parents[1] / "real" / "truth.json").read_text("utf-8"))
PATHS = ("set_use_kernels", "from_pretrained")
RELEASES = ("5.0.0", "5.5.4", "5.10.4", "5.12.1", "5.13.1", "5.17.0", "5.20.2", "5.23.0")

#: What no linter can know without the Hub or the disk of the user.
ONLY_ONLINE = {
    "local-missing-layer",
    "local-missing-path",
    "meta-revision-missing",
    "meta-trust-false",
    "meta-trust-none",
    "meta-version-0",
    "meta-version-99",
    "meta-version-false",
    "meta-version-negative",
    "no-build-for-this-machine",
    "unknown-layer-in-repo",
    "unknown-organization",
    "unknown-repo",
    "untrusted-publisher",
}
#: Reported as not checked: values that are not followed, and names that from_pretrained may
#: take for classes.
NOT_CHECKED = {
    "key-class-name",
    "key-class-name-layout",
    "key-empty",
    "key-function-undeclared",
    "key-module-path",
    "key-one-good-one-unknown",
    "key-unknown",
    "mapping-proxy",
    "value-class",
}
#: Fusions in the right form: whether from_pretrained takes them depends on the kernel and model.
FUSIONS = {"key-fusion-no-match-layout", "key-fusion-pairs", "key-fusion-pairs-layout"}
#: A folder that is not there.
NO_RULE_YET = {
    *(("local-hub-name", path) for path in PATHS),
    *(("local-flag-string-false", path) for path in PATHS),
}


def program(path: str, arguments: str) -> str:
    source = config_source(arguments)
    if path == "from_pretrained":
        return source + (
            "\nfrom transformers import AutoModelForCausalLM\n"
            'AutoModelForCausalLM.from_pretrained("m", kernel_config=config)\n'
        )
    return f"{source}\n\ndef use(model):\n    model.set_use_kernels(True, config)\n"


def verdicts(folder: Path, release: str) -> dict[tuple[str, str], list[Diagnostic]]:
    """The findings for every case and path, judged by a release."""
    for name, arguments in MAPPINGS.items():
        for path in PATHS:
            text = program(path, arguments)
            (folder / f"{name}__{path}.py").write_text(text, encoding="utf-8")
    result = check(load_settings(None, {"transformers": f"=={release}", "jobs": 1}), ["."])
    assert result.internal_errors == ()
    found: dict[tuple[str, str], list[Diagnostic]] = {
        (name, path): [] for name in MAPPINGS for path in PATHS
    }
    for diagnostic in result.diagnostics:
        name, _, path = diagnostic.place.path.removesuffix(".py").partition("__")
        found[name, path].append(diagnostic)
    for item in result.not_checked:
        assert item.place.path.partition("__")[0] in NOT_CHECKED | FUSIONS | {
            "local-path-object",
            "value-path",
        }
    return found


def judged() -> Iterator[tuple[str, str]]:
    for name in MAPPINGS:
        for path in PATHS:
            is_open = name in FUSIONS and path == "from_pretrained"
            if name in ONLY_ONLINE | NOT_CHECKED or is_open or (name, path) in NO_RULE_YET:
                continue
            yield name, path


def effects(diagnostics: list[Diagnostic]) -> list[str]:
    return [d.effect or "" for d in diagnostics if d.severity == "error"]


def test_an_error_is_what_the_real_libraries_raise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = verdicts(tmp_path, TRUTH["versions"]["transformers"])
    wrong: list[str] = []
    for name, path in judged():
        outcome = TRUTH["real"][name][path]
        raised = None if outcome.startswith(("applied", "nothing")) else outcome.split(" at ")[0]
        errors = effects(found[name, path])
        if raised is None and errors:
            wrong.append(f"{name} {path}: {outcome}, but {errors}")
        if raised is not None and not any(f"raises {raised}" in effect for effect in errors):
            wrong.append(f"{name} {path}: {outcome}, but {errors}")
    assert wrong == []


@pytest.mark.parametrize("release", RELEASES)
def test_an_error_is_what_the_validation_of_a_release_raises(
    release: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = verdicts(tmp_path, release)
    wrong: list[str] = []
    for name, path in judged():
        outcome = next(
            text
            for text, releases in TRUTH["validation"][name][path].items()
            if release in releases
        )
        errors = effects(found[name, path])
        # What only the loading of a kernel rejects passes the validation.
        rejected = [effect for effect in errors if not _is_about_loading(effect)]
        if outcome.startswith(("valid", "nothing")):
            if rejected:
                wrong.append(f"{name} {path}: {outcome}, but {rejected}")
        elif not errors:
            wrong.append(f"{name} {path}: {outcome}, but nothing")
    assert wrong == []


def _is_about_loading(effect: str) -> bool:
    return any(
        part in effect
        for part in ("loading the kernel", "RepositoryNotFoundError", "FileNotFoundError")
    )


def test_the_exceptions_are_those_that_are_stated() -> None:
    """Every list above names cases that exist."""
    names = set(MAPPINGS)
    assert names >= ONLY_ONLINE | NOT_CHECKED | FUSIONS
    assert {name for name, _ in NO_RULE_YET} <= names

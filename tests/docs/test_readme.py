"""The commands, the hooks and the settings that the documentation shows work as shown."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kernlint import __version__
from kernlint.cli import main
from kernlint.config import load_settings
from kernlint.pytest_plugin import OPTIONS
from kernlint.rules.registry import all_rules
from tests.frame.checkout import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
RUNTIME = (ROOT / "docs" / "runtime.md").read_text(encoding="utf-8")


def blocks(text: str, *languages: str) -> list[str]:
    """The contents of the fenced blocks in some languages."""
    found = re.findall(r"^```(\w+)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [body for language, body in found if language in languages]


def commands() -> list[tuple[str, int]]:
    """Every command that runs kernlint, and the exit status that stands beside it, or 0."""
    found: list[tuple[str, int]] = []
    for line in "".join(blocks(README, "bash", "console")).splitlines():
        written, _, remark = line.removeprefix("$ ").partition("  # ")
        status = re.fullmatch(r"exits with (\d)", remark)
        parts = [part.strip() for part in written.split("&&")]
        found += [
            (part, int(status[1]) if status else 0)
            for part in parts
            if re.match(r"kernlint\b", part)
        ]
    return list(dict.fromkeys(found))


def test_the_commands_are_found() -> None:
    assert ("kernlint examples/", 1) in commands()
    assert ("kernlint --show-settings examples/", 0) in commands()
    assert len(commands()) == 12


@pytest.mark.parametrize(("command", "status"), commands())
def test_a_command_exits_as_stated(command: str, status: int, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    run = subprocess.run(
        [sys.executable, "-m", *shlex.split(command)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert run.returncode == status
    # Whoever writes files is told so.
    if "--write-baseline" in command or "--add-ignore" in command:
        assert run.stderr.startswith(("wrote ", "added "))
    elif "--diff" in command:
        left = "6 findings would be left"
        assert run.stderr == f"Would fix 2 findings (2 more with --unsafe-fixes); {left}.\n"
    else:
        assert run.stderr == ""
    assert run.stdout


@pytest.mark.parametrize("code", sorted({*re.findall(r"--explain (KL\d+)", README)}))
def test_a_rule_that_is_to_be_explained_can_be(
    code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--explain", code]) == 0
    assert capsys.readouterr().out.startswith(f"{code} ")


def options() -> list[str]:
    """Every option of the command that the documentation mentions."""
    found = {*re.findall(r"`(--[a-z-]+)", README + CONFIGURATION + RUNTIME)}
    of_pytest = {name for name in found if name.startswith("--kernlint")}
    return sorted(found - of_pytest - {"--dist", "--hook-stage"})


def test_the_options_of_pytest_are_those_of_the_plugin() -> None:
    mentioned = {*re.findall(r"--kernlint-([a-z-]+[a-z])", RUNTIME)}
    assert mentioned == {"model", *(name for name, _, _ in OPTIONS)}


@pytest.mark.parametrize("option", options())
def test_an_option_that_is_mentioned_exists(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--help"])
    assert re.search(rf"{option}\b(?!-)", capsys.readouterr().out)


@pytest.mark.parametrize("text", blocks(README + CONFIGURATION, "toml"))
def test_settings_that_are_shown_are_taken(text: str, tmp_path: Path) -> None:
    name = "pyproject.toml" if "[tool.kernlint]" in text else "kernlint.toml"
    (tmp_path / name).write_text(text, encoding="utf-8")
    settings = load_settings(str(tmp_path / name), {})
    assert settings.transformers == ">=5.20,<5.22"


def test_the_suppressions_that_are_shown_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [shown] = blocks(README, "python")
    head = 'from transformers import KernelConfig\n\nKERNEL = "org/repo:RMSNorm"\n'
    (tmp_path / "serve.py").write_text(head + shown, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main([]) == 0
    assert capsys.readouterr().out == (
        "Checked 1 file with 2 configs: no problems found (2 suppressed).\n"
    )
    assert main(["--ignore-noqa", "--quiet", "--output-format", "concise"]) == 1
    message = "KL104 `cpu` is not a device of a kernel mapping"
    assert capsys.readouterr().out == f"serve.py:4:36: {message}\nserve.py:5:36: {message}\n"


def test_the_hooks_are_those_of_the_manifest() -> None:
    shown = re.findall(r"- id: (\S+)", "".join(blocks(README, "yaml")))
    manifest = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    assert shown == re.findall(r"^- id: (\S+)", manifest, flags=re.MULTILINE)


def test_the_snippets_name_this_version() -> None:
    named = re.findall(r"(?:rev: |@)v(\d+\.\d+\.\d+)", "".join(blocks(README, "yaml")))
    assert named == [__version__, __version__]


def test_the_changelog_names_every_rule() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    named = re.findall(r"\b(KL\d{3})\s+([a-z]+(?:-[a-z]+)*)", changelog)
    assert named == [(rule.code, rule.name) for rule in all_rules()]

"""The pre-commit hooks, run by pre-commit itself on a repository of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.frame.checkout import ROOT, copy_committed_files

MANIFEST = ".pre-commit-hooks.yaml"

SERVE = """\
from transformers import KernelConfig


def load(model):
    model.set_use_kernels(
        True,
        KernelConfig({"RMSNorm": {"%s": "kernels-community/liger-kernels:LigerRMSNorm"}}),
    )
"""
BAD = SERVE % "cuda:0"
GOOD = SERVE % "cuda"


def pre_commit(*arguments: str, cwd: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Run pre-commit with a store of its own."""
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        cwd=cwd,
        env={**os.environ, "PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never"},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )


def git(*arguments: str, cwd: Path) -> str:
    """Run git as somebody, whatever the machine has configured; its output, stripped."""
    identity = ["-c", "user.name=kernlint", "-c", "user.email=kernlint@example.org"]
    run = subprocess.run(
        ["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True, text=True
    )
    return run.stdout.strip()


def repository(folder: Path) -> Path:
    """Make the folder a git repository whose files are all committed."""
    git("init", "--quiet", cwd=folder)
    git("add", "--all", cwd=folder)
    git("commit", "--quiet", "--no-verify", "--message", "All files", cwd=folder)
    return folder


def test_the_manifest_is_valid(tmp_path: Path) -> None:
    run = pre_commit("validate-manifest", MANIFEST, cwd=ROOT, home=tmp_path)
    assert run.returncode == 0, run.stdout


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps the environment it installs kernlint into."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout as a repository that pre-commit can clone, however shallow it is itself."""
    return repository(copy_committed_files(tmp_path_factory.mktemp("kernlint")))


def user_of(hooks: Path, hook: str, folder: Path, serve: str) -> Path:
    """A repository with the hook in its configuration and one file that uses a kernel."""
    revision = git("rev-parse", "HEAD", cwd=hooks)
    (folder / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hooks}\n  rev: {revision}\n  hooks:\n  - id: {hook}\n",
        encoding="utf-8",
    )
    (folder / "serve.py").write_text(serve, encoding="utf-8")
    (folder / "other.py").write_text("print('no kernel here')\n", encoding="utf-8")
    return repository(folder)


@pytest.mark.slow
@pytest.mark.parametrize("hook", ["kernlint", "kernlint-project"])
def test_a_bad_config_is_stopped(hook: str, hooks: Path, store: Path, tmp_path: Path) -> None:
    user = user_of(hooks, hook, tmp_path, BAD)
    run = pre_commit("run", hook, "--all-files", cwd=user, home=store)
    assert run.returncode == 1, run.stdout
    assert "Failed" in run.stdout
    assert "KL104" in run.stdout
    assert "serve.py:7:" in run.stdout


@pytest.mark.slow
def test_a_bad_config_is_mended_and_the_next_commit_passes(
    hooks: Path, store: Path, tmp_path: Path
) -> None:
    user = user_of(hooks, "kernlint-fix", tmp_path, BAD)
    run = pre_commit("run", "kernlint-fix", "--all-files", cwd=user, home=store)
    assert run.returncode == 1, run.stdout
    assert "files were modified by this hook" in run.stdout
    assert "Fixed 1 finding:" in run.stdout
    assert (user / "serve.py").read_text(encoding="utf-8") == GOOD
    git("add", "--all", cwd=user)
    run = pre_commit("run", "kernlint-fix", "--all-files", cwd=user, home=store)
    assert run.returncode == 0, run.stdout


@pytest.mark.slow
@pytest.mark.parametrize("hook", ["kernlint", "kernlint-project", "kernlint-fix"])
def test_a_good_config_passes(hook: str, hooks: Path, store: Path, tmp_path: Path) -> None:
    user = user_of(hooks, hook, tmp_path, GOOD)
    run = pre_commit("run", hook, "--all-files", cwd=user, home=store)
    assert run.returncode == 0, run.stdout
    assert "Passed" in run.stdout


@pytest.mark.slow
def test_the_runtime_hook_runs_by_hand_alone_and_in_the_users_environment(
    hooks: Path, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = tmp_path / "user"
    (user / "model").mkdir(parents=True)
    (user / "model" / "config.json").write_text("{}", encoding="utf-8")
    user = user_of(hooks, "kernlint-runtime", user, GOOD)
    config = user / ".pre-commit-config.yaml"
    with_model = config.read_text(encoding="utf-8") + "    args: [--model, model]\n"
    config.write_text(with_model, encoding="utf-8")
    git("add", "--all", cwd=user)
    command = tmp_path / "bin" / "kernlint"
    command.parent.mkdir()
    command.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from kernlint.cli import run\nrun()\n",
        encoding="utf-8",
    )
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    at_commit = pre_commit("run", "--all-files", cwd=user, home=store)
    at_all = "kernlint (runtime)" in at_commit.stdout
    assert (at_commit.returncode, at_all) == (0, False), at_commit.stdout
    stage = ("run", "kernlint-runtime", "--hook-stage", "manual")
    by_hand = pre_commit(*stage, cwd=user, home=store)
    # The environment of the tests has no torch, so that nothing can be confirmed.
    assert "exit code: 3" in by_hand.stdout, by_hand.stdout
    assert "KL907" in by_hand.stdout


@pytest.mark.slow
def test_only_the_files_of_the_commit_are_reported(
    hooks: Path, store: Path, tmp_path: Path
) -> None:
    user = user_of(hooks, "kernlint", tmp_path, BAD)
    run = pre_commit("run", "kernlint", "--files", "other.py", cwd=user, home=store)
    assert (run.returncode, "KL104" in run.stdout) == (0, False), run.stdout


@pytest.mark.slow
def test_the_project_hook_reports_what_the_commit_does_not_touch(
    hooks: Path, store: Path, tmp_path: Path
) -> None:
    user = user_of(hooks, "kernlint-project", tmp_path, BAD)
    run = pre_commit("run", "kernlint-project", "--files", "other.py", cwd=user, home=store)
    assert (run.returncode, "KL104" in run.stdout) == (1, True), run.stdout


@pytest.mark.slow
def test_an_ignored_file_stays_ignored_when_it_is_named(
    hooks: Path, store: Path, tmp_path: Path
) -> None:
    (tmp_path / "kernlint.toml").write_text('exclude = ["serve.py"]\n', encoding="utf-8")
    user = user_of(hooks, "kernlint", tmp_path, BAD)
    run = pre_commit("run", "kernlint", "--all-files", cwd=user, home=store)
    assert run.returncode == 0, run.stdout


@pytest.mark.slow
def test_the_hook_can_be_tried_without_a_configuration(
    hooks: Path, store: Path, tmp_path: Path
) -> None:
    (tmp_path / "serve.py").write_text(BAD, encoding="utf-8")
    user = repository(tmp_path)
    run = pre_commit("try-repo", str(hooks), "kernlint", "--all-files", cwd=user, home=store)
    assert (run.returncode, "KL104" in run.stdout) == (1, True), run.stdout

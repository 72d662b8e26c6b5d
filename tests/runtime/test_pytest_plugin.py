"""The pytest plugin: a test for each layer, and nothing where nobody asks for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from kernlint.api.confirming import judged, plan
from kernlint.engine import confirm, confirmable, files, finish, mappings, runner
from kernlint.model.runtime import Check, RuntimeFacts
from kernlint.report import text
from kernlint.rules.recorded import facts
from kernlint.runtime import confirm as observing
from tests.frame.checkout import ROOT

pytest_plugins = ["pytester"]

#: What a session in this process takes away again if it is the first to import it.
KEPT = (judged, plan, confirm, confirmable, files, finish, mappings, runner, text, observing)

NORM, SILU = '"RMSNorm": "org/norms:Norm"', '"SiLU": "org/acts:Silu"'

#: Stands in for the real libraries: what they do with a config says the first line of its file.
CONFTEST = """
import os
import kernlint.runtime.confirm as module
from kernlint.rules.recorded import facts

def confirm(check, progress=None):
    path = check.config.place.path
    with open("ran", "a") as file:
        print(os.getpid(), check.model, check.config.label, file=file)
    with open(path) as file:
        source = file.read()
    return facts(source.splitlines()[0].removeprefix("# "), path, source)._replace(check=check)

module.confirm = confirm
"""

Run = Callable[..., pytest.RunResult]


def observe(check: Check, progress: object = None) -> RuntimeFacts:
    """What ``CONFTEST`` does, in this process."""
    path = check.config.place.path
    with open("ran", "a", encoding="utf-8") as file:
        print(os.getpid(), check.model, check.config.label, file=file)
    source = Path(path).read_text(encoding="utf-8")
    found = facts(source.splitlines()[0].removeprefix("# "), path, source)
    return found._replace(check=check)


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run pytest with the plugin, in a folder with two models."""
    monkeypatch.setattr(observing, "confirm", observe)
    return partial(pytester.runpytest_inprocess, *_options(pytester))


@pytest.fixture
def run_apart(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same in a process of its own, which starts others."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest(CONFTEST)
    return partial(pytester.runpytest_subprocess, *_options(pytester))


def _options(pytester: pytest.Pytester) -> tuple[str, ...]:
    """Make two models; what loads the plugin where its package is not installed."""
    for model in ("llama", "qwen"):
        pytester.mkdir(model).joinpath("config.json").write_text("{}")
    loaded = pytester._request.config.pluginmanager.hasplugin("kernlint")
    return () if loaded else ("-p", "kernlint.pytest_plugin")


def config(situation: str, *entries: str) -> str:
    """A file with a config, for which the libraries do what the situation says."""
    return (
        f"# {situation}\nfrom transformers import KernelConfig\n\n"
        f"config = KernelConfig({{{', '.join(entries or (NORM,))}}})\n"
    )


def ran(pytester: pytest.Pytester) -> list[list[str]]:
    """Process, model and config of every check that was made."""
    file = pytester.path / "ran"
    return [line.split(" ", 2) for line in file.read_text().splitlines()] if file.exists() else []


def test_without_a_model_nothing_is_added_or_imported(
    pytester: pytest.Pytester, run_apart: Run
) -> None:
    pytester.makeconftest("")
    pytester.makepyfile(
        train=config("applied"),
        test_own="import sys\n\ndef test_own():\n"
        "    loaded = {name for name in sys.modules if name.startswith('kernlint.')}\n"
        "    assert loaded == {'kernlint.pytest_plugin'}\n",
    )
    result = run_apart("-W", "error")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*kernlint:*")


def test_a_layer_is_a_test_and_a_config_is_checked_once(
    pytester: pytest.Pytester, run: Run
) -> None:
    pytester.makepyfile(train=config("applied", NORM, SILU), test_own="def test_own(): pass")
    result = run("--kernlint-model", "llama", "-v")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        [
            "kernlint:   the kernels of train.py:4:10, by set_use_kernels:",
            "kernlint:     RMSNorm: org/norms:Norm",
            "test_own.py::test_own PASSED*",
            "kernlint::llama::train.py:4:10::RMSNorm*PASSED*",
            "kernlint::llama::train.py:4:10::SiLU*PASSED*",
        ]
    )
    assert [what for _, *what in ran(pytester)] == [["llama", "train.py:4:10"]]


def test_a_problem_fails_with_the_finding_and_no_traceback(
    pytester: pytest.Pytester, run: Run
) -> None:
    pytester.makepyfile(train=config("no build for this system", NORM, SILU))
    result = run("--kernlint-model", "llama")
    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["KL901?kernel-not-applied? warning: *`RMSNorm`*", " --> train.py:4:24", "*VARIANT*"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*KernelProblemError*")


def test_a_finding_that_is_silenced_is_no_success(pytester: pytest.Pytester, run: Run) -> None:
    source = config("no build for this system", NORM, SILU)
    pytester.makepyfile(train=source.rstrip() + "  # kernlint: ignore[KL901] rocm only\n")
    result = run("--kernlint-model", "llama", "-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*RMSNorm: not-applied, which is silenced here"])


@pytest.mark.parametrize("situation", ["no accelerator", "no network"])
def test_nothing_confirmed_is_no_success(
    pytester: pytest.Pytester, run: Run, situation: str
) -> None:
    pytester.makepyfile(train=config(situation, NORM))
    result = run("--kernlint-model", "llama", "-rs")
    result.assert_outcomes(skipped=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["kernlint: nothing was confirmed", "SKIPPED*train.py:4: RMSNorm: *"]
    )


def test_no_config_is_no_success_either(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(test_own="def test_own(): pass")
    result = run("--kernlint-model", "llama")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["kernlint: nothing was confirmed"])


def test_a_config_that_is_not_known_is_skipped(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        train=config("applied"),
        other="from transformers import KernelConfig\nimport x\n\nc = KernelConfig(x.kernels())\n",
    )
    result = run("--kernlint-model", "llama", "-rs")
    result.assert_outcomes(passed=1, skipped=1)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["SKIPPED*other.py:4: not checked: *"])


def test_tests_are_chosen_as_others_are(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(train=config("applied", NORM, SILU), test_own="def test_own(): pass")
    models = ("--kernlint-model", "llama", "--kernlint-model", "qwen")
    run(*models, "-m", "kernlint", "--strict-markers").assert_outcomes(passed=4, deselected=1)
    run(*models, "-k", "qwen and SiLU").assert_outcomes(passed=1, deselected=4)
    assert [model for _, model, _ in ran(pytester)] == ["llama", "qwen", "qwen"]


def test_collecting_executes_nothing(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(train=config("applied", NORM, SILU))
    result = run("--kernlint-model", "llama", "--collect-only", "-q")
    result.stdout.fnmatch_lines(
        ["kernlint::llama::train.py:4:10::RMSNorm", "kernlint::llama::train.py:4:10::SiLU"]
    )
    assert (result.ret, ran(pytester)) == (pytest.ExitCode.OK, [])


def test_the_layers_of_an_attribute_are_one_test(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(fast=config("no build for this system", NORM, SILU))
    result = run("--kernlint-model", "llama", "--kernlint-kernel-config", "fast.py:config", "-v")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["kernlint::llama::fast.py:config::every layer FAILED*", " --> fast.py:4:1"]
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--kernlint-model", "mistral"), "*no such folder, and no config of a model of that id*"),
        (("--kernlint-model", "llama", "--kernlint-device", "gpu"), "*unknown device `gpu`*"),
        (("--kernlint-model", "llama", "--kernlint-mode", "train"), "*must be inference or*"),
        (("--kernlint-model", "llama", "--kernlint-timeout", "soon"), "*a number of seconds*"),
        (("--kernlint-model", "llama", "--kernlint-paths", "src"), "*no such file*`src`*"),
        (("--kernlint-model", "llama", "--kernlint-python", "venv"), "*no interpreter*`venv`*"),
    ],
)
def test_wrong_usage_ends_the_session(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


def test_with_xdist_one_process_makes_the_check_of_a_config(
    pytester: pytest.Pytester, run_apart: Run
) -> None:
    pytester.makepyfile(**{f"train_{number}": config("applied", NORM, SILU) for number in range(4)})
    models = ("--kernlint-model", "llama", "--kernlint-model", "qwen")
    result = run_apart(*models, "-n", "2", "--dist", "loadscope", "--strict-markers")
    result.assert_outcomes(passed=16)
    made = [what for _, *what in ran(pytester)]
    assert len(made) == 8
    assert len({tuple(what) for what in made}) == 8
    assert len({process for process, *_ in ran(pytester)}) == 2


def test_the_layers_of_a_config_are_a_group_of_xdist(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makeconftest(
        """
def pytest_collection_finish(session):
    for item in session.items:
        print(item.name, *item.get_closest_marker("xdist_group").args)
"""
    )
    pytester.makepyfile(train=config("applied", NORM, SILU))
    run("--kernlint-model", "llama", "--collect-only", "-s").stdout.fnmatch_lines(
        ["RMSNorm kernlint::llama::train.py:4:10", "SiLU kernlint::llama::train.py:4:10"]
    )


def test_with_xdist_nothing_confirmed_is_no_success(
    pytester: pytest.Pytester, run_apart: Run
) -> None:
    pytester.makepyfile(train=config("no accelerator", NORM))
    result = run_apart("--kernlint-model", "llama", "-n", "1")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["kernlint: nothing was confirmed"])


def test_the_entry_point_costs_other_sessions_nothing() -> None:
    program = (
        "import sys, time, pytest\nbegin = time.perf_counter()\nimport kernlint.pytest_plugin\n"
        "print(sorted(name for name in sys.modules if name.startswith('kernlint')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "['kernlint', 'kernlint.pytest_plugin']\n"

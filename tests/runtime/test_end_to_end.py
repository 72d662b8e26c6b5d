"""The command itself, with the real libraries: what it prints, and its exit status.

An accelerator is simulated, see ``simulated``: the tensors stay on the CPU, all else is real.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.frame.checkout import ROOT
from tests.runtime import hub, kernels
from tests.runtime.probing import SIMULATED, write_model

pytestmark = pytest.mark.slow

IMPORT = "from transformers import AutoModelForCausalLM, KernelConfig\n\n"
#: One of them waits for a kernel that hangs.
PROCESSES = 3


class Run(NamedTuple):
    """What the command did; ``report`` is its JSON."""

    code: int
    report: dict[str, Any]
    err: str

    def layers(self, config: int = 0) -> dict[str, tuple[str, str | None, bool | None]]:
        """Verdict, code and whether it is swallowed, of each layer of a config."""
        found = self.report["runtime"][config]["layers"]
        return {
            item["name"]: (item["verdict"], item["reason"], item["swallowed"]) for item in found
        }

    @property
    def codes(self) -> list[str]:
        """The codes of the findings."""
        return [item["code"] for item in self.report["diagnostics"]]


APPLIED = ("applied", None, None)


class Commands:
    """Runs of the command in a folder with a model and kernels, a few at a time."""

    def __init__(self, python: str, work: Path, url: str) -> None:
        self.work, self.url = work, url
        self._python = python
        self._pool = ThreadPoolExecutor(PROCESSES)
        self._runs: dict[str, Future[Run]] = {}

    def start(
        self,
        name: str,
        source: str,
        *arguments: str,
        device: str | None = "cuda",
        model: str = "model",
        **variables: str,
    ) -> None:
        """Begin a run over a file with this source; ``HERE`` in it is the folder."""
        path = self.work / f"{name}.py"
        path.write_text(IMPORT + source.replace("HERE", str(self.work)), encoding="utf-8")
        argv = ["--runtime", "--model", model, "--python", self._python, "--timeout", "120"]
        argv += ["--output-format", "json", "--isolated", path.name, *arguments]
        environment = hub.environment(self.work / "hf", self.url, **variables)
        paths = [str(ROOT)] if device is None else [str(ROOT), str(SIMULATED)]
        environment |= {"PYTHONPATH": os.pathsep.join(paths)}
        if device is not None:
            environment["KERNLINT_TEST_DEVICE"] = device
        self._runs[name] = self._pool.submit(self._run, argv, environment)

    def _run(self, argv: list[str], environment: dict[str, str]) -> Run:
        done = subprocess.run(
            [sys.executable, "-m", "kernlint", *argv],
            cwd=self.work,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        report = json.loads(done.stdout) if done.stdout else {}
        return Run(done.returncode, report, done.stderr)

    def result(self, name: str) -> Run:
        """The end of a run."""
        return self._runs[name].result()

    def close(self) -> None:
        """Wait for all."""
        self._pool.shutdown(cancel_futures=True)


USER_CODE = """
from transformers import AutoConfig, KernelConfig, LlamaForCausalLM

print("on stdout")


def build():
    return LlamaForCausalLM(AutoConfig.from_pretrained("model"))


fast = KernelConfig({"RMSNorm": "HERE/good:Layer"}, use_local_kernel=True)
"""


@pytest.fixture(scope="module")
def commands(real_python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    """Every run of this file, begun at once."""
    work = tmp_path_factory.mktemp("command")
    kernels.write_all(work)
    kernels.write(work, "good", identity="_shared_1", to="first")
    kernels.write(work, "biased", identity="_shared_1", to="second")
    write_model(work / "model", hidden_size=64, intermediate_size=128, num_attention_heads=4)
    (work / "code.py").write_text(USER_CODE.replace("HERE", str(work)), encoding="utf-8")
    with hub.hub() as server:
        commands = Commands(real_python, work, server.url)
        _start_all(commands)
        yield commands
        commands.close()


def _start_all(commands: Commands) -> None:
    def local(**names: str) -> str:
        entries = ",\n    ".join(
            f'"{name}": "HERE/{kernel}:Layer"' for name, kernel in names.items()
        )
        return f"KernelConfig({{{entries}}}, use_local_kernel=True)\n"

    def of_hub(repository: str) -> str:
        return f'KernelConfig({{"RMSNorm": "{repository}"}}, inherit_mapping=False)'

    good, both = local(RMSNorm="good"), local(RMSNorm="good", SiLU="silu")
    start = commands.start
    start("hang", local(RMSNorm="hang"), "--timeout", "80")
    start("applied", both, "--numerics")
    start("training", both, "--mode", "training", "--numerics")
    start("rocm", good, device="rocm")
    start("two", local(RMSNorm="other-variant") + good)
    start("rejected", local(RMSNorm="signature-count", SiLU="silu"))
    start("crash", local(RMSNorm="good", SiLU="crash"))
    start("called", local(RMSNorm="crash-when-called"))
    start("exit", local(RMSNorm="os-exit"))
    start("wrong", local(RMSNorm="biased"), "--numerics")
    start("raises", local(RMSNorm="missing-attribute"))
    start("shared", local(RMSNorm="first") + local(RMSNorm="second"), "--numerics")
    start("hub", of_hub(hub.named("good")))
    loaded = f'AutoModelForCausalLM.from_pretrained("m", kernel_config={of_hub(hub.named("good"))})'
    start("loaded", loaded)
    start("offline", of_hub(hub.named("no-backward")), "--offline")
    start("nowhere", both, device=None)
    start("elsewhere", good, "--device", "xpu")
    start("attribute", "", "--kernel-config", "code:fast", model="code.py:build")
    start("broken-model", good, model="code.py:nothing")
    start("unknown", "import x\nKernelConfig(x.kernels())\n")


def test_every_layer_applied_is_success(commands: Commands) -> None:
    run = commands.result("applied")
    assert run.layers() == {"RMSNorm": APPLIED, "SiLU": APPLIED}
    assert (run.code, run.codes) == (0, [])
    [made] = run.report["runtime"]
    assert (made["device"], made["mode"], made["model"]) == ("cuda", "inference", "model")
    assert [(item["modules"], item["applied"]) for item in made["layers"]] == [(5, 5), (2, 2)]
    assert [item["max_abs_error"] for item in made["layers"]] == [0.0, 0.0]
    assert run.report["judged"] == {"transformers": ["5.22.2"], "kernels": ["0.17.2"]}


def test_what_is_executed_is_said_first(commands: Commands) -> None:
    run = commands.result("applied")
    lines = run.err.splitlines()
    assert lines[0].startswith("running ")
    assert lines[0].endswith(", which executes:")
    assert lines[1:] == [
        "  the model: model (code from its repository: no)",
        "  the kernels of applied.py:3:1, by set_use_kernels:",
        f"    RMSNorm: {commands.work}/good:Layer",
        f"    SiLU: {commands.work}/silu:Layer",
    ]


@pytest.mark.parametrize("name", ["training", "rocm", "hub", "loaded"])
def test_other_ways_to_success(commands: Commands, name: str) -> None:
    run = commands.result(name)
    assert {*run.layers().values()} == {APPLIED}
    assert (run.code, run.codes) == (0, [])


def test_a_kernel_that_is_silently_left_out_is_a_finding(commands: Commands) -> None:
    run = commands.result("two")
    assert run.layers() == {"RMSNorm": ("not-applied", "VARIANT", True)}
    assert run.layers(1) == {"RMSNorm": APPLIED}
    assert (run.code, run.codes) == (1, ["KL901"])
    [found] = run.report["diagnostics"]
    assert (found["start"]["line"], found["severity"]) == (3, "warning")


def test_a_mapping_that_raises_is_an_error(commands: Commands) -> None:
    run = commands.result("rejected")
    assert run.layers() == {
        "RMSNorm": ("rejected", "SIGNATURE", False),
        # In the order of the modules, one of its two comes before the first RMSNorm.
        "SiLU": ("partly-applied", "ABORTED", False),
    }
    assert run.code == 1
    assert "KL902" in run.codes


def test_a_crash_is_named_and_the_other_layer_is_not_confirmed(commands: Commands) -> None:
    run = commands.result("crash")
    layers = run.layers()
    assert layers["SiLU"][:2] == ("crashed", "CRASHED")
    assert layers["RMSNorm"][:2] == ("unknown", "ABORTED")
    assert run.code == 1
    [found] = [item for item in run.report["diagnostics"] if item["code"] == "KL905"]
    assert found["start"]["line"] == 4
    assert "SIGSEGV" in found["effect"]
    assert "/crash/build/torch-universal/layers.py" in found["effect"]


def test_a_crash_when_it_is_called_is_named(commands: Commands) -> None:
    run = commands.result("called")
    assert run.layers()["RMSNorm"][:2] == ("crashed", "CRASHED")
    assert (run.code, run.codes) == (1, ["KL905"])


def test_a_hang_is_killed_and_named(commands: Commands) -> None:
    run = commands.result("hang")
    assert run.layers()["RMSNorm"][:2] == ("crashed", "HUNG")
    assert (run.code, run.codes) == (1, ["KL905"])


def test_an_exit_with_0_is_no_success(commands: Commands) -> None:
    run = commands.result("exit")
    assert run.layers()["RMSNorm"][:2] == ("crashed", "EXITED")
    assert (run.code, run.codes) == (1, ["KL905"])


def test_a_wrong_result_is_an_error(commands: Commands) -> None:
    run = commands.result("wrong")
    assert run.layers() == {"RMSNorm": ("wrong-result", "WRONG-OUTPUT", True)}
    assert (run.code, run.codes) == (1, ["KL904"])


def test_a_kernel_that_raises_when_it_is_called(commands: Commands) -> None:
    run = commands.result("raises")
    assert run.layers() == {"RMSNorm": ("wrong-result", "CALL", False)}
    assert (run.code, run.codes) == (1, ["KL904"])
    [made] = run.report["runtime"]
    assert made["layers"][0]["exception"] == "AttributeError"


def test_what_a_check_leaves_behind_does_not_reach_the_next(commands: Commands) -> None:
    """In one process the second kernel of an id would get the layers of the first one."""
    run = commands.result("shared")
    assert run.layers() == {"RMSNorm": APPLIED}
    assert run.layers(1) == {"RMSNorm": ("wrong-result", "WRONG-OUTPUT", True)}


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("nowhere", {("unknown", "NO-ACCELERATOR", None)}),
        ("offline", {("unknown", "OFFLINE", False)}),
        ("elsewhere", {("predicted", "NO-ACCELERATOR", None)}),
        ("broken-model", {("unknown", "MODEL", None)}),
    ],
)
def test_what_cannot_be_confirmed_is_no_success(
    commands: Commands, name: str, layers: set[tuple[str, str, bool | None]]
) -> None:
    run = commands.result(name)
    assert {*run.layers().values()} == layers
    assert (run.code, {*run.codes}) == (3, {"KL907"})


def test_an_attribute_of_the_users_code(commands: Commands) -> None:
    run = commands.result("attribute")
    assert run.layers() == {"RMSNorm": APPLIED}
    assert run.code == 0
    [made] = run.report["runtime"]
    assert (made["config"], made["model"]) == ("code:fast", "code.py:build")


def test_a_config_that_is_not_known_is_no_success(commands: Commands) -> None:
    run = commands.result("unknown")
    assert (run.code, run.report["runtime"]) == (3, [])
    [item] = run.report["not_checked"]
    assert item["path"] == "unknown.py"

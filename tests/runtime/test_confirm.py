"""A check comes to its end whatever its processes do: they are told of, and none is left over."""

from __future__ import annotations

import os
import signal
import subprocess
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kernlint.model.runtime import Check, RuntimeFacts
from kernlint.runtime import launch
from kernlint.runtime.confirm import confirm
from kernlint.runtime.events import Step
from tests.runtime.checks import check

MAPPING: dict[object, object] = {"A": "/a:L", "B": "/b:L", "C": "/c:L"}

#: Does what a probe does, with ``at(pass, layer)`` as what happens in each step.
PROBE = """
import json, os, sys, time, signal, subprocess

job = json.load(open(sys.argv[1]))
events = open(sys.argv[2], "a")

def write(event, **fields):
    if "during" in fields:
        fields["pass"] = fields.pop("during")
    print(json.dumps({"event": event, **fields}), file=events, flush=True)

def begin(during, layer=None):
    if [during, layer] in job["skip"]:
        return False
    write("start", during=during, layer=layer)
    at(during, layer)
    return True

@AT@

layers = [key for key, _ in job["config"]["mapping"]["dict"]]
begin("environment")
begin("model")
write("config", layers=layers, file=None)
states = {"kernel": 2, "original": 0, "untouched": 0, "foreign": 0, "others": []}
for layer in layers:
    if begin("strict", layer):
        write("strict", name=layer, states=states)
if begin("together"):
    write("together", states={layer: states for layer in layers})
if begin("execute"):
    for layer in layers:
        if begin("execute", layer):
            write("execution", name=layer, called=1, ran=1)
if begin("numerics"):
    for layer in layers:
        if begin("numerics", layer):
            write("numerics", name=layer, checked=1, skipped=0)
write("done", seconds=1.0, peak_memory=1000)
at("end", None)
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., RuntimeFacts]:
    """Confirm a mapping with a probe that does ``source`` in its steps."""

    def run(source: str, timeout: float = 30.0) -> RuntimeFacts:
        body = textwrap.indent(textwrap.dedent(source), "    ")
        at = f"def at(during, layer):\n{body}\n    pass\n"
        (tmp_path / "__main__.py").write_text(PROBE.replace("@AT@", at), encoding="utf-8")
        monkeypatch.setattr(launch, "PROBE", str(tmp_path))
        return confirm(asked(timeout))

    return run


def asked(timeout: float = 30.0) -> Check:
    return check(MAPPING, timeout=timeout)


def test_a_probe_that_comes_to_its_end(run: Callable[..., RuntimeFacts]) -> None:
    facts = run("")
    assert facts.interrupted == ()
    assert [item.name for item in facts.strict] == ["A", "B", "C"]
    assert facts.together is not None
    assert (facts.layers, facts.peak_memory) == (("A", "B", "C"), 1000)


def test_a_crash_is_named_and_the_other_layers_are_tried(run: Callable[..., RuntimeFacts]) -> None:
    facts = run("if [during, layer] == ['strict', 'B']: import ctypes; ctypes.string_at(0)")
    [died] = facts.interrupted
    assert (died.ending, died.during, died.layer) == ("crashed", "strict", "B")
    assert died.status == -signal.SIGSEGV
    how, fatal, *calls = died.detail.split("; ")
    assert how == "ended by SIGSEGV"
    assert fatal.startswith("Fatal Python error: Segmentation fault")
    assert any("string_at" in call for call in calls)
    assert [item.name for item in facts.strict] == ["A", "C"]
    # All of them at once would load the kernel that crashes.
    assert (facts.together, facts.execution, facts.numerics) == (None, (), ())


def test_a_kernel_that_crashes_when_called_is_called_once(
    run: Callable[..., RuntimeFacts],
) -> None:
    facts = run("if layer == 'B' and during in ('execute', 'numerics'): os._exit(9)")
    assert [(died.during, died.layer) for died in facts.interrupted] == [("execute", "B")]
    assert [item.name for item in facts.strict] == ["A", "B", "C"]
    assert facts.together is not None
    assert [item.name for item in facts.execution] == ["A", "C"]
    assert [item.name for item in facts.numerics] == ["A", "C"]


def test_a_crash_of_all_at_once_is_the_end(run: Callable[..., RuntimeFacts]) -> None:
    facts = run("if during == 'together': os._exit(9)")
    assert [(died.during, died.layer) for died in facts.interrupted] == [("together", None)]
    assert len(facts.strict) == 3


@pytest.mark.parametrize("status", [0, 3])
def test_leaving_early_is_no_success(run: Callable[..., RuntimeFacts], status: int) -> None:
    facts = run(f"if layer == 'A': print('bye'); sys.stdout.flush(); os._exit({status})")
    [died] = facts.interrupted
    assert (died.ending, died.layer, died.status) == ("exited", "A", status)
    assert died.detail == f"exited with status {status} before it was done; bye"
    assert [item.name for item in facts.strict] == ["B", "C"]


def test_several_steps_end_their_process(run: Callable[..., RuntimeFacts]) -> None:
    facts = run("if layer in ('A', 'C'): os._exit(1)")
    steps = [(died.during, died.layer) for died in facts.interrupted]
    assert steps == [("strict", "A"), ("strict", "C")]
    assert [item.name for item in facts.strict] == ["B"]


def test_a_hang_is_killed_and_the_others_get_the_time_that_is_left(
    run: Callable[..., RuntimeFacts],
) -> None:
    started = time.monotonic()
    facts = run("if layer == 'B': time.sleep(600)", timeout=6.0)
    assert time.monotonic() - started < 60  # it is killed
    [hung] = facts.interrupted
    assert (hung.ending, hung.layer, hung.status) == ("hung", "B", None)
    assert hung.detail == "killed after 3 s without a result"
    assert [item.name for item in facts.strict] == ["A", "C"]


@pytest.mark.parametrize("during", ["environment", "model"])
def test_without_a_model_nothing_is_tried_again(
    run: Callable[..., RuntimeFacts], during: str
) -> None:
    facts = run(f"if during == {during!r}: os._exit(1)")
    assert [(died.during, died.layer) for died in facts.interrupted] == [(during, None)]
    assert facts.strict == ()


def test_a_probe_that_never_starts(run: Callable[..., RuntimeFacts]) -> None:
    facts = run("raise SystemExit('no torch') if during == 'environment' else None\n1 +")
    [died] = facts.interrupted
    assert (died.ending, died.during, died.status) == ("exited", None, 1)
    assert "SyntaxError" in died.detail


def test_after_the_last_record_nothing_counts(
    run: Callable[..., RuntimeFacts], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "_FAREWELL", 0.5)
    assert run("if during == 'end': os._exit(1)").interrupted == ()
    assert run("if during == 'end': time.sleep(600)").interrupted == ()


def test_what_a_kernel_starts_is_gone_too(run: Callable[..., RuntimeFacts], tmp_path: Path) -> None:
    facts = run(
        f"""
        if layer == "B":
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            with open({str(tmp_path / "child")!r}, "w") as file:
                file.write(str(child.pid))
        """
    )
    assert facts.interrupted == ()
    child = int((tmp_path / "child").read_text())
    for _ in range(50):
        if not _alive(child):
            return
        time.sleep(0.1)
    pytest.fail("the child of the probe is still there")


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_the_probe_has_no_stdin_and_a_quiet_environment(
    run: Callable[..., RuntimeFacts], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    for name in ("HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK", "DISABLE_TELEMETRY"):
        monkeypatch.delenv(name, raising=False)
    facts = run(
        """
        if layer == "A":
            print(repr(sys.stdin.read()))
            print(*sorted(name for name in os.environ if name.startswith(
                ("HF_HUB_", "TRANSFORMERS_", "DO_NOT", "DISABLE_TEL"))))
            print(os.getpgrp() == os.getpid())
            sys.stdout.flush()
            os._exit(1)
        """
    )
    [died] = facts.interrupted
    assert died.detail.split("; ")[1:] == [
        "''",
        "HF_HUB_DISABLE_PROGRESS_BARS TRANSFORMERS_VERBOSITY",
        "True",
    ]


def test_the_number_of_processes_is_bounded(
    run: Callable[..., RuntimeFacts], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kernlint.runtime.confirm._MOST_PROCESSES", 2)
    assert len(run("if during == 'strict': os._exit(1)").interrupted) == 2


def test_a_probe_that_ignores_what_to_skip_is_not_started_forever(
    run: Callable[..., RuntimeFacts],
) -> None:
    facts = run("job['skip'] = []\nif layer == 'A': os._exit(1)")
    assert len(facts.interrupted) == 2


def test_progress_is_told(
    run: Callable[..., RuntimeFacts], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("")
    told: list[Step] = []
    confirm(asked(), told.append)
    assert told == [
        Step("environment"),
        Step("model"),
        *(Step("strict", name) for name in "ABC"),
        Step("together"),
        Step("execute"),
        *(Step("execute", name) for name in "ABC"),
        Step("numerics"),
        *(Step("numerics", name) for name in "ABC"),
    ]


def test_interrupting_ends_the_probe(run: Callable[..., RuntimeFacts], tmp_path: Path) -> None:
    run("")
    pid = tmp_path / "pid"
    source = (tmp_path / "__main__.py").read_text(encoding="utf-8")
    wait = f"open({str(pid)!r}, 'w').write(str(os.getpid()))\n"
    (tmp_path / "__main__.py").write_text(
        source.replace("begin('model')", "").replace(
            'begin("model")', f"begin('model')\n{wait}time.sleep(600)"
        ),
        encoding="utf-8",
    )

    def interrupt(step: Step) -> None:
        if step.during == "model":
            while not (pid.exists() and pid.read_text()):
                time.sleep(0.05)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        confirm(asked(), interrupt)
    assert not _alive(int(pid.read_text()))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_start_leaves_no_probe(
    run: Callable[..., RuntimeFacts], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    started: list[int] = []
    real = subprocess.Popen

    def interrupted(*args: Any, **kwargs: Any) -> subprocess.Popen[bytes]:
        process = real(*args, **kwargs)
        started.append(process.pid)
        signal.raise_signal(number)
        return process

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    before = signal.signal(number, stop)
    try:
        with pytest.raises(KeyboardInterrupt):
            run("time.sleep(600)")
        assert signal.getsignal(number) is stop
    finally:
        signal.signal(number, before)
    [pid] = started
    assert not _alive(pid)


def test_an_interpreter_that_cannot_be_started() -> None:
    with pytest.raises(OSError, match="no-such-python"):
        confirm(check(python=os.path.join(os.sep, "no-such-python")))

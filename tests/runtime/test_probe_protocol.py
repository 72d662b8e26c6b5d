"""What of the probe needs no torch: jobs, events, and its start beside modules of the user."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from kernlint.runtime.probe import objects
from kernlint.runtime.probe.events import Events, exception_facts, plain
from kernlint.runtime.probe.job import decode, decode_value, layer_name, read
from tests.runtime import probing
from tests.runtime.probing import Task, config, events_of, job, value


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:  # noqa: BLE001
        return caught


@pytest.mark.parametrize(
    "mapping",
    [
        {"RMSNorm": "org/repo:Layer"},
        {"RMSNorm": {"cuda": ("org/repo:Layer", {"version": 1, "trust_remote_code": True})}},
        {(("RMSNorm", "model.layers.*.norm"),): "org/repo:Layer"},
        {"RMSNorm": ["org/repo:Layer"], 3: None, "x": {"a", 1.5}},
        ["not", "a", ("dict",)],
        None,
    ],
)
def test_a_mapping_arrives_as_it_was(mapping: object) -> None:
    document = json.loads(json.dumps(job("folder", config(mapping))))
    decoded = decode(document)
    assert decoded.mapping == mapping
    assert type(decoded.mapping) is type(mapping)


def test_a_job_is_read(tmp_path: Path) -> None:
    document = job(
        "name", {"attribute": "a:b"}, mode="training", skip=[["strict", "X"], ["model", None]]
    )
    (tmp_path / "job.json").write_text(json.dumps(document), encoding="utf-8")
    found = read(str(tmp_path / "job.json"))
    assert found.attribute == "a:b"
    assert found.training
    assert found.skips("strict", "X")
    assert found.skips("model")
    assert not found.skips("strict")
    assert not found.skips("together")


@pytest.mark.parametrize("wrong", [[1], {"a": []}, {"dict": [], "list": []}])
def test_what_is_no_value_of_the_protocol_is_an_error(wrong: object) -> None:
    with pytest.raises(ValueError, match="not a value of the protocol"):
        decode_value(wrong)


def test_the_name_of_a_key_that_is_no_text_is_how_it_is_written() -> None:
    assert layer_name("RMSNorm") == "RMSNorm"
    assert layer_name((("RMSNorm", "a.b"),)) == "(('RMSNorm', 'a.b'),)"


def test_an_exception_is_kept_with_its_bases_notes_and_calls() -> None:
    error: Any = ModuleNotFoundError("No module named 'x'")
    error.__notes__ = ["while importing kernel 'demo'"]
    facts = exception_facts(raised(error))
    assert facts.type == "ModuleNotFoundError"
    assert facts.mro == ("ModuleNotFoundError", "ImportError", "Exception", "BaseException")
    assert facts.message == "No module named 'x'"
    assert facts.notes == ("while importing kernel 'demo'",)
    [frame] = facts.frames
    assert frame.startswith(f"{__file__}:")
    assert frame.endswith(" raised")


def test_an_exception_that_cannot_be_printed_is_kept() -> None:
    facts = exception_facts(raised(UnprintableError()))
    assert facts.type == "UnprintableError"
    assert "UnprintableError object at" in facts.message


def test_events_are_lines_and_named_tuples_objects(tmp_path: Path) -> None:
    events = Events(str(tmp_path / "events"))
    events.start("strict", "RMSNorm")
    with events.failing("strict"):
        raise SystemExit(3)
    events.write("model", {"registered": {"SiLU": 2}, "notes": ("a", Path("b"))})
    start, failed, model = events_of(tmp_path / "events").events
    assert start == {"event": "start", "pass": "strict", "layer": "RMSNorm"}
    assert failed["pass"] == "strict"
    assert failed["exception"]["type"] == "SystemExit"
    assert failed["exception"]["message"] == "3"
    assert model == {"event": "model", "registered": {"SiLU": 2}, "notes": ["a", "b"]}


def test_keys_of_an_object_are_texts() -> None:
    assert plain({1: (None, True, 1.5)}) == {"1": [None, True, 1.5]}


def test_a_path_with_a_colon_is_a_path(tmp_path: Path) -> None:
    folder = tmp_path / "a:b"
    folder.mkdir()
    assert not objects.names_an_object(str(folder))
    assert objects.names_an_object("models.py:tiny")
    assert not objects.names_an_object("org/name")
    assert not objects.names_an_object(":x")


def test_an_attribute_of_a_file_may_be_dotted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "beside_it.py").write_text("number = 7\n", encoding="utf-8")
    (tmp_path / "user_code.py").write_text(
        "import beside_it\n\n\nclass Settings:\n    number = beside_it.number\n", encoding="utf-8"
    )
    monkeypatch.setattr(sys, "path", list(sys.path))
    found = objects.import_named(f"{tmp_path / 'user_code.py'}:Settings.number")
    assert found == objects.Named(7, str(tmp_path / "user_code.py"))
    for name in ("user_code", "beside_it"):
        del sys.modules[name]


def test_a_file_that_cannot_be_imported_is_not_left_among_the_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_code.py").write_text("raise SystemExit(0)\n", encoding="utf-8")
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(SystemExit):
        objects.import_named(f"{tmp_path / 'broken_code.py'}:x")
    assert "broken_code" not in sys.modules


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is installed")
def test_the_probe_starts_beside_modules_of_the_same_names(tmp_path: Path) -> None:
    """Without torch it says so; the modules of the working directory are not imported for its own.

    A module named ``torch`` there is not imported either: nobody asked for one of the user's.
    """
    for name in ("events", "models", "job", "run", "kernlint_probe", "torch"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(9)\n", encoding="utf-8")
    task = Task(job("nothing", config({})))
    status, seen = probing.run_probe(sys.executable, tmp_path, task)
    assert status == 0
    assert seen.only("environment")["kernels_available"] is False
    assert seen.only("environment")["device"] is None
    assert seen.failed("environment")["type"] == "ModuleNotFoundError"
    assert seen.events[-1]["event"] == "done"
    assert seen.events[-1]["seconds"] > 0


def test_a_job_that_is_none_is_a_failure_that_is_told(tmp_path: Path) -> None:
    task: Any = Task({"model": "x"})
    status, seen = probing.run_probe(sys.executable, tmp_path, task)
    assert status == 0
    assert seen.failed("environment")["type"] == "KeyError"
    assert [event["event"] for event in seen.events] == ["failed", "done"]


def test_a_mapping_in_the_protocol_names_its_kinds() -> None:
    assert value({"a": ("b", {"c": 1})}) == {
        "dict": [["a", {"tuple": ["b", {"dict": [["c", 1]]}]}]]
    }

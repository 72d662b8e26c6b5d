"""Lines of the probe become facts; a line that says nothing known is kept and does no harm."""

from __future__ import annotations

import json

from kernlint.model.runtime import (
    ClassFacts,
    EnvironmentFacts,
    ExceptionFacts,
    ExecutionFacts,
    KernelFacts,
    Mismatch,
    ModelFacts,
    ModuleStates,
    NumericFacts,
    StrictFacts,
    TogetherFacts,
)
from kernlint.runtime.events import ConfigRead, Done, Step, recording

ERROR = {
    "type": "FileNotFoundError",
    "mro": ["FileNotFoundError", "OSError", "Exception"],
    "message": "Cannot find a build variant",
    "notes": [],
    "frames": ["load.py:1 get_kernel"],
}
RAISED = ExceptionFacts(
    "FileNotFoundError",
    ("FileNotFoundError", "OSError", "Exception"),
    "Cannot find a build variant",
    (),
    ("load.py:1 get_kernel",),
)


def line(event: str, **fields: object) -> str:
    named = {"pass" if key == "during" else key: value for key, value in fields.items()}
    return json.dumps({"event": event, **named}) + "\n"


def test_everything_that_the_probe_may_say() -> None:
    states = {"kernel": 3, "original": 1, "untouched": 0, "foreign": 0, "others": ["model.norm"]}
    found = recording(
        [
            line("start", during="environment", layer=None),
            line(
                "environment",
                python="3.12.1",
                versions={"torch": "2.13.0"},
                kernels_available=True,
                registers=True,
                variables={},
                device="cuda",
                accelerator="H100",
                capability="9.0",
            ),
            line("model", name="M", parameters=8, modules=3, registered={"A": 4}, notes=["note"]),
            line("config", layers=["A"], file="configs.py"),
            line("start", during="strict", layer="A"),
            line(
                "strict",
                name="A",
                states=states,
                entry=True,
                excluded=1,
                stage="kernelize",
                exception=ERROR,
                kernel={"repository": "a/b", "variant": "torch-universal"},
                classes=[{"name": "Norm", "modules": 4, "renamed": [["x", "y"]]}],
                predicted=False,
            ),
            line(
                "together", states={"A": states}, exception=None, culprit=None, inherited={"B": 2}
            ),
            line(
                "execution", name="A", called=2, ran=1, exception=None, backward=True, device="cuda"
            ),
            line(
                "numerics",
                name="A",
                checked=1,
                skipped=0,
                max_abs_error=1,
                relative_error=0.5,
                mismatches=[{"kind": "output", "module": "m", "detail": "d"}],
                speedup=None,
            ),
            line("failed", during="execute", exception=ERROR),
            line("done", seconds=6.5, peak_memory=1000),
        ]
    )
    modules = ModuleStates(3, 1, 0, 0, ("model.norm",))
    assert found.environment == EnvironmentFacts(
        "3.12.1", {"torch": "2.13.0"}, True, True, {}, "cuda", "H100", "9.0"
    )
    assert found.model == ModelFacts("M", 8, 3, {"A": 4}, ("note",))
    assert found.config == ConfigRead(("A",), "configs.py")
    assert found.strict == (
        StrictFacts(
            "A",
            modules,
            True,
            1,
            "kernelize",
            RAISED,
            KernelFacts("a/b", variant="torch-universal"),
            (ClassFacts("Norm", 4, renamed=(("x", "y"),)),),
        ),
    )
    assert found.together == TogetherFacts({"A": modules}, inherited={"B": 2})
    assert found.execution == (ExecutionFacts("A", 2, 1, None, True, "cuda"),)
    assert found.numerics == (NumericFacts("A", 1, 0, 1.0, 0.5, (Mismatch("output", "m", "d"),)),)
    assert found.failed == {"execute": RAISED}
    assert (found.last, found.done) == (Step("strict", "A"), Done(6.5, 1000))
    assert found.unread == ()


def test_a_line_that_is_cut_off_is_told_and_the_rest_counts() -> None:
    whole = line("done", seconds=1.0, peak_memory=None)
    found = recording(['{"event": "start", "pass": "str', "\n", whole])
    assert found.done == Done(1.0)
    assert found.unread == ('{"event": "start", "pass": "str',)


def test_fields_of_a_newer_probe_are_left_out() -> None:
    assert recording([line("done", seconds=1.0, peak_memory=None, joules=3)]).done == Done(1.0)


def test_what_is_not_known_is_told() -> None:
    lines = [
        line("weather", sun=True),
        line("start", during="lunch", layer=None),
        line("execution", name="A"),
        line("execution", name="A", called="many", ran=1),
        "[1]\n",
        "[" * 100_000,
    ]
    found = recording(lines)
    assert found == recording([])._replace(unread=tuple(each.strip()[:200] for each in lines))

"""kernlint's verdict on whole programs against what the real libraries did with them.

``tests/real/flows*.py`` say what transformers 5.22.2 does with every program, ``flows.json``
what nine older releases did, in which the real code of each was run.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from kernlint.api import check
from kernlint.catalog.release import release_key
from kernlint.config import load_settings
from kernlint.model.diagnostic import Diagnostic
from tests.real.flow import Flow
from tests.real.flows import ACCELERATE, FLOWS, VERSIONS
from tests.real.record_flows import OLDER, read_flows

NEWEST = VERSIONS["transformers"]
RECORDED = read_flows()
#: The codes for kernels that are silently lost, dropped or ignored.
SILENT = ("KL304", "KL307", "KL309", "KL310")

_PLACE = "where the model is, nothing in the program tells"
_ATTRIBUTE = "what is set on a model by hand is not looked at"
_BY_HAND = "what is registered with kernels by hand is not looked at"
_PART = "the parts of a model are not followed"
_MEANT = "the last config asks for what the model would have by default"

#: Flow -> why no linter can know what it does, or why kernlint does not look at it.
LEFT_OUT: dict[str, str] = {
    "mode-load-layout-train-forward": "which kernels have a layout is not known offline",
    "move-cpu-defaults": _PLACE,
    "move-cpu-load": _PLACE,
    "move-cpu-load-device": _PLACE,
    "move-cpu-set": _PLACE,
    "move-cpu-set-device": _PLACE,
    "move-defaults": _PLACE,
    "move-device-context-over": _PLACE,
    "move-load": _PLACE,
    "move-set": _PLACE,
    "move-set-device": _PLACE,
    "second-after-a-failure": "what a caught exception leaves behind is not followed",
    "second-load-set-empty": _MEANT,
    "sink-attribute": _ATTRIBUTE,
    "sink-attribute-created": _ATTRIBUTE,
    "sink-attribute-device": _ATTRIBUTE,
    "sink-attribute-property": _ATTRIBUTE,
    "sink-attribute-set": _ATTRIBUTE,
    "sink-constructor": "what the constructor of a model takes is not looked at",
    "sink-function": _BY_HAND,
    "sink-method-gone": "what other methods a release has is not looked at",
    "sink-part-train": _PART,
    "sink-pipeline-argument-runs": "the warning on `pipeline` says what a call of it raises",
    "sink-pipeline-use-kernels": "its config is not used at all",
    "sink-property-config": _ATTRIBUTE,
    "trainer-train-evaluate": "the kernels are lost in the training, and back at the end",
}
#: The same for the releases before one.
LEFT_OUT_BEFORE: dict[str, tuple[tuple[int, int], str]] = {
    "move-defaults-to-train": ((5, 10), "none of the default kernels is made for training"),
    "reuse-of-the-model": ((5, 11), "the model has no such attribute"),
    "second-set-disabled-enabled": ((5, 13), "no rule looks for it"),
    "second-set-other-layer": ((5, 13), _MEANT),
}


def source(flow: Flow) -> str:
    """The program as it is linted.

    Where everything is on the GPU, as in the probe, a program has to say so.
    """
    if flow.device != "cuda":
        return flow.source
    return f'import torch\n\ntorch.set_default_device("cuda")\n{flow.source}'


def groups() -> dict[bool | str, list[Flow]]:
    """The flows that are linted together: a default device in one counts for all."""
    found: dict[bool | str, list[Flow]] = {}
    for flow in (*FLOWS, *ACCELERATE):
        alone = "torch.device(" in flow.source or "set_default_device" in flow.source
        key = flow.id if alone else flow.device == "cuda"
        found.setdefault(key, []).append(flow)
    return found


def verdicts(folder: Path, release: str) -> dict[str, list[Diagnostic]]:
    """What is found in every flow, judged by a release."""
    found: dict[str, list[Diagnostic]] = {flow.id: [] for flow in (*FLOWS, *ACCELERATE)}
    for number, flows in enumerate(groups().values()):
        part = folder / f"{release}-{number}"
        part.mkdir()
        os.chdir(part)
        settings = load_settings(None, {"transformers": f"=={release}", "jobs": 1})
        for flow in flows:
            (part / f"{flow.id}.py").write_text(source(flow), encoding="utf-8")
        result = check(settings, ["."])
        assert result.internal_errors == ()
        for diagnostic in result.diagnostics:
            found[Path(diagnostic.place.path).stem].append(diagnostic)
    return found


def outcomes(release: str) -> dict[str, str]:
    """What a release does with every flow, as far as it was run."""
    if release == NEWEST:
        return {flow.id: flow.outcome for flow in (*FLOWS, *ACCELERATE)}
    return {
        flow: next(line for line, releases in by_line.items() if release in releases)
        for flow, by_line in RECORDED.items()
    }


def is_lost(flow: Flow, outcome: str) -> bool:
    """Whether a model ends without the kernel of the last config, or without any kernel."""
    written = re.findall(r'"([@\w-]+/[\w-]+):\w+"', flow.source)
    if not written:
        return flow.device != "cuda" and outcome == "nothing"
    wanted = re.sub(r"\W", "_", written[-1])
    return '"xpu"' not in flow.source and f"_{wanted}_" not in outcome


def wrong(flow: Flow, outcome: str, found: list[Diagnostic]) -> str | None:
    """How the verdict on a flow differs from what it does."""
    errors = [item.effect or "" for item in found if item.severity == "error"]
    silent = [item.message for item in found if item.code in SILENT]
    raised = re.match(r"(\w+) at \w+: (.*)", outcome)
    if raised is not None:
        kind, text = raised.groups()
        stated = [effect.partition(f"raises {kind}")[2] for effect in errors if kind in effect]
        if any(each.strip(": ").removesuffix("…").strip() in text for each in stated):
            return None
        return f"{outcome}, but {errors}"
    if errors:
        return f"{outcome}, but {errors}"
    if outcome.startswith("observed"):
        return None
    if is_lost(flow, outcome) != bool(silent):
        return f"{outcome}, but {silent}"
    return None


def is_left_out(name: str, release: str) -> bool:
    before, _ = LEFT_OUT_BEFORE.get(name, ((0, 0), ""))
    return name in LEFT_OUT or release_key(release) < before


@pytest.fixture(scope="module")
def different(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Release -> flow -> how the verdict differs from what the flow does."""
    flows = {flow.id: flow for flow in (*FLOWS, *ACCELERATE)}
    found: dict[str, dict[str, str]] = {}
    before = Path.cwd()
    try:
        for release in (*OLDER, NEWEST):
            by_flow = verdicts(tmp_path_factory.mktemp("flows"), release)
            found[release] = {
                name: problem
                for name, outcome in outcomes(release).items()
                if (problem := wrong(flows[name], outcome, by_flow[name])) is not None
            }
    finally:
        os.chdir(before)
    return found


@pytest.mark.parametrize("release", [*OLDER, NEWEST])
def test_the_verdict_on_a_program_is_what_it_does(
    release: str, different: dict[str, dict[str, str]]
) -> None:
    found = different[release]
    assert {name: found[name] for name in found if not is_left_out(name, release)} == {}


def test_only_what_differs_is_left_out(different: dict[str, dict[str, str]]) -> None:
    names = {name for by_flow in different.values() for name in by_flow}
    assert set(LEFT_OUT) <= names
    assert set(LEFT_OUT_BEFORE) <= names

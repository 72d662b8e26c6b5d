"""--show-mapping against the installed libraries. Needs ``KERNLINT_REAL_PYTHON``."""

from __future__ import annotations

import re
from typing import cast

import pytest

from kernlint.catalog.store import load
from tests.differential.mappings import NOT_FOLLOWED, Situation, built, difference, show
from tests.real.cases import CONFIG_IMPORTS, MAPPINGS, ON_OTHER_DEVICES
from tests.real.conftest import Probe
from tests.real.old_release import Verdict
from tests.real.runner import Outcome, Snippet

RELEASE = "5.22.2"
SITUATIONS = {
    "set": Situation(RELEASE, "set_use_kernels", "inference", compiled=False),
    "set-training": Situation(RELEASE, "set_use_kernels", "training", compiled=False),
    "load": Situation(RELEASE, "from_pretrained", "inference", compiled=False),
    "hand": Situation(RELEASE, "create_compatible_mapping", "inference", compiled=True),
    "hand-training": Situation(RELEASE, "create_compatible_mapping", "training", compiled=True),
}
CALLS = {
    "set_use_kernels": "model.set_use_kernels(True, config)",
    "from_pretrained": "type(model).from_pretrained(model_dir, kernel_config=config)",
    "create_compatible_mapping": (
        "(config.sanitize_kernel_mapping(model), config.create_compatible_mapping(model, True))"
    ),
}

NAMED_BY_CLASS = ("layout-kernel", "key-class-name-layout")
"""What from_pretrained maps under the name of the kernel's class, which is not to be known."""

OBSERVE = """\
def plain(value):
    return value if isinstance(value, (str, bool, int, float, type(None))) else str(value)


def attributes(repository):
    items = vars(repository).items()
    return {key.lstrip("_"): plain(value) for key, value in items if value is not None}


try:
    %s
finally:
    try:
        observed = {
            layer: {
                device: {
                    "|".join(each.name for each in Mode if each in mode): attributes(repository)
                    for mode, repository in modes.items()
                }
                for device, modes in devices.items()
            }
            for layer, devices in config.kernel_mapping.items()
        }
    except (AttributeError, NameError, TypeError):
        observed = None  # it is not built
"""


def source(arguments: str, situation: Situation) -> str:
    """A program that takes the config on its way and leaves the mapping in ``observed``."""
    state = "model.train()\n" if situation.mode == "training" else ""
    config = f"config = KernelConfig({arguments})\n"
    return CONFIG_IMPORTS + state + config + OBSERVE % CALLS[situation.way]


def verdict(outcome: Outcome) -> Verdict | None:
    """The outcome up to the building of the mapping; None where it ends before that."""
    mapping = cast("dict[str, object]", outcome["observed"])
    if outcome["stage"] in {"load", "kernelize"}:
        # set_use_kernels builds the mapping before it loads anything.
        return Verdict(None, "", None, mapping) if outcome["observed"] else None
    if outcome["raised"] is None:
        return Verdict(None, "", None, mapping)
    return Verdict(outcome["raised"], outcome["message"], outcome["stage"], {})


def is_of_the_model(found: Verdict) -> bool:
    """Whether it is about a layer that transformers declares and the tiny model has not."""
    missing = re.match(r"Layer (\w+) is not registered", found.message)
    return missing is not None and load().transformers(RELEASE).declares(missing[1])


@pytest.mark.slow
@pytest.mark.parametrize("name", SITUATIONS)
def test_the_same_mapping_is_shown_as_is_built(probe: Probe, name: str) -> None:
    situation = SITUATIONS[name]
    left_out = {*NOT_FOLLOWED, *(NAMED_BY_CLASS if situation.way == "from_pretrained" else ())}
    cases = {case: text for case, text in MAPPINGS.items() if case not in left_out}
    programs = [f"config = KernelConfig({arguments})\n" for arguments in cases.values()]
    by_case = dict(zip(cases, show(situation, programs), strict=True))
    asked = [(case, "cuda") for case in cases]
    asked += [(case, device) for case in ON_OTHER_DEVICES for device in ("rocm", "xpu", "cpu")]
    outcomes = probe(
        Snippet(case, source(cases[case], situation), "source", device) for case, device in asked
    )
    found: list[str] = []
    compared = 0
    for (case, device), outcome in zip(asked, outcomes, strict=True):
        happened = verdict(outcome)
        if happened is None or is_of_the_model(happened):
            continue
        shown = by_case[case].get(device)
        compared += shown is not None and bool(built(shown))
        differing = difference(happened, shown)
        if differing is not None:
            found.append(f"{case} on {device}: {differing}")
    assert found == []
    assert compared > 20

"""The mappings that kernlint shows against those that a released validation builds."""

from __future__ import annotations

import json
import os
import tempfile
import textwrap
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from kernlint.api import show_mappings
from kernlint.catalog.store import load
from kernlint.config import load_settings
from kernlint.model.mapping import Asked, ModelMode, ShownMapping
from tests.differential.compare import RELEASES
from tests.real.cases import CONFIG_IMPORTS, MAPPINGS
from tests.real.old_release import OldRelease, Verdict, kernels_release_for, load_release

Way = Literal["create_compatible_mapping", "set_use_kernels", "from_pretrained"]
WAYS: dict[Way, str] = {
    "create_compatible_mapping": "config.create_compatible_mapping(model)\n",
    "set_use_kernels": "model.set_use_kernels(True, config)\n",
    "from_pretrained": 'AutoModel.from_pretrained("model", kernel_config=config)\n',
}
"""How a config gets to a model, and what follows the config then."""

STEPS = {
    "construct": "KernelConfig",
    "register": "from_pretrained",
    "sanitize": "sanitize_kernel_mapping",
    "create": "create_compatible_mapping",
}
"""The step of a verdict to the one that kernlint names."""

OPEN = ("is no declared layer name; from transformers 5.11 on", "a fusion goes by the name")
"""The reasons for what only the kernel itself can tell."""

FILE = Path(__file__).with_name("recorded_mappings.json")
"""What the releases build, so that no wheel is needed to compare.

Maps a program to a way to the releases that build something else than the one before, and what:
the mapping, or the exception and the step that raises it.
"""
RECORDED_WAYS: tuple[Way, ...] = ("set_use_kernels", "from_pretrained")
RECORDED_DEVICE = "cuda"

NOT_FOLLOWED = ("mapping-proxy", "value-class")
"""Cases that kernlint does not read, and says so."""

PROGRAMS = [
    f"config = KernelConfig({arguments.replace('@HERE@', '/opt/kernels')})\n"
    for name, arguments in MAPPINGS.items()
    if name not in NOT_FOLLOWED
]

Built = Mapping[str, Any] | str
Recorded = dict[str, dict[Way, dict[str, Built]]]

_HEADER = f"{CONFIG_IMPORTS}from transformers import AutoModel\n"


class Situation(NamedTuple):
    """A release, the way of the config to a model, and that model."""

    release: str
    way: Way
    mode: ModelMode
    compiled: bool


def situations(release: str) -> Iterator[Situation]:
    """Every situation that a release knows; only a call by hand passes ``compile``."""
    modes: tuple[ModelMode, ...] = ("inference", "training")
    for way in WAYS:
        for mode in modes:
            yield Situation(release, way, mode, compiled=False)
    for mode in modes:
        yield Situation(release, "create_compatible_mapping", mode, compiled=True)


def devices(release: str) -> tuple[str, ...]:
    """The devices of a release, and one that it does not take."""
    return (*load().transformers(release).device_keys, "cpu")


def show(situation: Situation, programs: Sequence[str]) -> list[dict[str, ShownMapping]]:
    """What kernlint shows for every program, by device."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            return _show(situation, programs)
        finally:
            os.chdir(before)


def _show(situation: Situation, programs: Sequence[str]) -> list[dict[str, ShownMapping]]:
    text = _HEADER
    starts: list[int] = []
    for number, program in enumerate(programs):
        starts.append(len(text.encode()))
        body = textwrap.indent(program + WAYS[situation.way], "    ")
        text += f"\n\ndef case_{number}(model):\n{body}"
    Path("programs.py").write_text(text, encoding="utf-8")
    settings = load_settings(None, {"transformers": f"=={situation.release}", "jobs": 1})
    asked = Asked(devices(situation.release), situation.mode, situation.compiled)
    found: list[dict[str, ShownMapping]] = [{} for _ in programs]
    for shown in show_mappings(settings, ["."], asked).shown:
        found[bisect_right(starts, shown.config.span.start) - 1][shown.device] = shown
    return found


@cache
def _old_release(release: str, device: str) -> OldRelease:
    return load_release(release, device)


def ask(situation: Situation, program: str, device: str) -> Verdict:
    """What the validation of the release does with a program.

    The model has every layer that the release declares.
    """
    release = load().transformers(situation.release)
    layers = [name for name in sorted(release.layer_names) if release.layer_kind(name) == "class"]
    functions = sorted(release.layer_names - {*layers})
    # Up to 5.5 the decorator of kernels makes modules of the functions, where it has one.
    kernels = load().kernels(kernels_release_for(situation.release))
    if release.registers_function_layers and "use_kernel_func_from_hub" in kernels.public_names:
        layers += functions
    verdict = _old_release(situation.release, device).judge(
        CONFIG_IMPORTS + program,
        situation.way,
        layers,
        functions,
        training=situation.mode == "training",
        compiled=situation.compiled,
    )
    # The stand-in for kernels.Mode has a name of its own.
    return verdict._replace(message=verdict.message.replace("_Mode", "Mode"))


def built(shown: ShownMapping) -> Mapping[str, Any]:
    """The mapping in the form of a verdict."""
    return {
        layer: {
            device: {mode: dict(found.arguments) for mode, found in modes.items()}
            for device, modes in of_layer.items()
        }
        for layer, of_layer in (shown.built or {}).items()
    }


def difference(verdict: Verdict, shown: ShownMapping | None) -> str | None:
    """In which way the two differ, None where they agree."""
    if shown is None:
        return "not shown"
    if not shown.complete:
        return None if is_open(shown) else f"not known: {shown.entries} {shown.unread}"
    raised = shown.raised
    if verdict.raised is None:
        if raised is not None:
            return f"raises nothing, but {raised.text}"
        same = built(shown) == verdict.mapping
        return None if same else f"{verdict.mapping}, but {built(shown)}"
    happened = f"{STEPS[verdict.stage or '']} raises {verdict.raised}: {verdict.message}"
    if raised is None:
        return f"{happened}, but {built(shown)}"
    if (raised.by, raised.exception) != (STEPS[verdict.stage or ""], verdict.raised):
        return f"{happened}, but {raised.text}"
    known, cut, _ = (raised.message or " …").partition(" …")
    same = verdict.message.startswith(known) if cut else verdict.message == known
    return None if same else f"{happened}, but {raised.text}"


def outcome(verdict: Verdict) -> Built:
    """A verdict as it is recorded."""
    if verdict.raised is None:
        return verdict.mapping
    return f"{verdict.raised} in {STEPS[verdict.stage or '']}"


def outcome_shown(shown: ShownMapping) -> Built:
    """The same of what kernlint shows."""
    if shown.raised is None:
        return built(shown)
    return f"{shown.raised.exception} in {shown.raised.by}"


def record() -> Recorded:
    """Ask every release about every case."""
    recorded: Recorded = {}
    for program in PROGRAMS:
        for way in RECORDED_WAYS:
            before: Built | None = None
            for release in RELEASES:
                situation = Situation(release, way, "inference", compiled=False)
                now = outcome(ask(situation, program, RECORDED_DEVICE))
                if now != before:
                    recorded.setdefault(program, {}).setdefault(way, {})[release] = before = now
    return recorded


def read_recorded() -> Recorded:
    """What was recorded."""
    recorded: Recorded = json.loads(FILE.read_text(encoding="utf-8"))
    return recorded


def write_recorded(recorded: Recorded) -> None:
    """Replace what was recorded."""
    lines = (f"{json.dumps(program)}: {json.dumps(ways)}" for program, ways in recorded.items())
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def is_open(shown: ShownMapping) -> bool:
    """Whether only the kernel itself could tell what becomes of the config."""
    why = [entry.reason or "" for entry in shown.entries if entry.status == "unknown"]
    why += [part.reason for part in shown.unread]
    return bool(why) and all(any(word in each for word in OPEN) for each in why)

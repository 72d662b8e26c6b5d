"""Record what the real libraries do with every case, in ``truth.json``.

Usage: ``KERNLINT_REAL_PYTHON=... KERNLINT_WHEELS=... python -m tests.real.record``, where the
interpreter has the releases that ``versions`` of the file names.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TypedDict

from tests.real.cases import CALLS, MAPPINGS, ON_OTHER_DEVICES, OTHER_DEVICES, config_source
from tests.real.declarations import DECLARATIONS
from tests.real.old_release import Verdict, load_release
from tests.real.runner import Outcome, Snippet, run_probe

FILE = Path(__file__).with_name("truth.json")
RELEASES = ("5.0.0", "5.5.4", "5.10.4", "5.12.1", "5.13.1", "5.17.0", "5.20.2", "5.23.0")
PATHS = ("set_use_kernels", "from_pretrained")


class Truth(TypedDict):
    """``real``: snippet -> path -> outcome. ``validation``: mapping -> path -> outcome -> releases.

    An outcome is one line. ``ValueError at sanitize: ...`` is an exception, its step and the
    first line of its text. Otherwise: ``applied ...`` with the kernels in use after a real run,
    ``observed ...`` with what the snippet left there, ``valid ...`` with the repositories of a
    validation, or ``nothing``.
    """

    versions: dict[str, str]
    real: dict[str, dict[str, str]]
    validation: dict[str, dict[str, dict[str, list[str]]]]


def snippets() -> list[Snippet]:
    """All cases, as the probe takes them."""
    mappings = [
        Snippet(name, config_source(arguments), path)
        for name, arguments in MAPPINGS.items()
        for path in PATHS
    ]
    elsewhere = [
        Snippet(f"{name}-on-{device}", config_source(MAPPINGS[name]), path, device)
        for device in OTHER_DEVICES
        for name in ON_OTHER_DEVICES
        for path in PATHS
    ]
    programs = [Snippet(name, source, "source") for name, source in (CALLS | DECLARATIONS).items()]
    return mappings + elsewhere + programs


def first_line(message: str) -> str:
    """The first line of an exception's text, without memory addresses."""
    return re.sub(r" at 0x\w+", "", message.strip().partition("\n")[0].strip())


def real_line(outcome: Outcome) -> str:
    """One line about a real run."""
    if outcome["raised"] is not None:
        message = first_line(outcome["message"])
        return f"{outcome['raised']} at {outcome['stage']}: {message}"
    if outcome["observed"] is not None:
        return f"observed {json.dumps(outcome['observed'])}"
    kernels = {
        forward.replace(".layers.", ".").removesuffix(".forward")
        for forward in outcome["kernels"].values()
    }
    return f"applied {' '.join(sorted(kernels))}" if kernels else "nothing"


def validation_line(verdict: Verdict) -> str:
    """One line about the validation of a release."""
    if verdict.raised is not None:
        return f"{verdict.raised} at {verdict.stage}: {first_line(verdict.message)}"
    kept = [
        f"{layer}/{device}/{mode}={json.dumps(repository)}"
        for layer, devices in verdict.mapping.items()
        for device, modes in devices.items()
        for mode, repository in modes.items()
    ]
    return f"valid {' '.join(kept)}" if kept else "nothing"


def validate(release: str) -> dict[tuple[str, str], str]:
    """Case and path to one line about the validation of ``release``."""
    old = load_release(release)
    layers = ["RMSNorm", "SiLU"]
    if release.startswith(("5.4.", "5.5.")):
        layers.append("rotary_pos_emb")
    return {
        (name, path): validation_line(old.judge(config_source(arguments), path, layers))
        for name, arguments in MAPPINGS.items()
        for path in PATHS
    }


def record(python: str) -> Truth:
    """Run everything."""
    truth: Truth = {"versions": {}, "real": {}, "validation": {}}
    version_of = (
        "from importlib.metadata import version\n"
        "observed = {name: version(name) for name in ('transformers', 'kernels')}"
    )
    cases = snippets()
    asked, *outcomes = run_probe(python, [Snippet("versions", version_of, "source"), *cases])
    truth["versions"] = dict(json.loads(json.dumps(asked["observed"])))
    for snippet, outcome in zip(cases, outcomes, strict=True):
        truth["real"].setdefault(snippet.id, {})[snippet.path] = real_line(outcome)
    for release in RELEASES:
        for (name, path), line in validate(release).items():
            by_path = truth["validation"].setdefault(name, {path: {} for path in PATHS})
            by_path[path].setdefault(line, []).append(release)
    return truth


def read_truth() -> Truth:
    """What was recorded."""
    truth: Truth = json.loads(FILE.read_text(encoding="utf-8"))
    return truth


if __name__ == "__main__":
    text = json.dumps(record(os.environ["KERNLINT_REAL_PYTHON"]), indent=1, sort_keys=False)
    FILE.write_text(text + "\n", encoding="utf-8")

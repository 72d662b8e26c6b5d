"""Every reason, from the real libraries to its code: what a user is told of it."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from kernlint.model.diagnostic import Place
from kernlint.model.expr import Span
from kernlint.model.runtime import Check, ConfigSource, RuntimeReport
from kernlint.rules.verdicts import report
from kernlint.runtime.confirm import facts_of
from kernlint.runtime.events import recording
from kernlint.runtime.job import job_of
from tests.runtime import hub, kernels
from tests.runtime.probing import DRIVER, PATIENCE, PROBE, SIMULATED, write_model
from tests.runtime.reasons import REASONS, Reason
from tests.runtime.record import PROCESSES, SURROUNDINGS, read

pytestmark = pytest.mark.slow

RECORDED: dict[str, Any] = {item["cause"]: item for item in read()["reasons"]}

#: The verdict and the code of every reason that a KernelConfig can lead to. The others need a
#: mapping of kernels itself.
TOLD = {
    "good": ("applied", None),
    "good-in-training": ("applied", None),
    "no-entry-for-device": ("not-for-device", "DEVICE"),
    "layer-not-in-model": ("rejected", "LAYER-NOT-IN-MODEL"),
    "mode-not-registered": ("not-applied", "MODE"),
    "no-backward": ("rejected", "NO-BACKWARD"),
    "kernel-condition": ("not-applied", "CONDITION"),
    "other-variant": ("not-applied", "VARIANT"),
    "missing-folder": ("not-applied", "PATH"),
    "hub-rocm-only": ("not-applied", "VARIANT"),
    "hub-old-torch": ("not-applied", "VARIANT"),
    "hub-arm-only": ("not-applied", "VARIANT"),
    "signature-count": ("rejected", "SIGNATURE"),
    "signature-kind": ("rejected", "SIGNATURE"),
    "renamed-argument": ("applied", None),
    "own-init": ("rejected", "NOT-STATELESS"),
    "extra-member": ("rejected", "NOT-STATELESS"),
    "not-a-module": ("rejected", "NOT-A-LAYER"),
    "no-layers": ("rejected", "NO-LAYERS"),
    "layer-missing": ("rejected", "LAYER-MISSING"),
    "import-fails": ("rejected", "IMPORT"),
    "shared-object": ("rejected", "IMPORT"),
    "file-not-found": ("not-applied", "FILE-MISSING"),
    "syntax-error": ("rejected", "IMPORT"),
    "system-exit": ("crashed", "EXITED"),
    "broken-metadata": ("rejected", "METADATA"),
    "no-python-depends": ("rejected", "METADATA"),
    "newer-kernels": ("rejected", "MIN-VERSION"),
    "missing-dependency": ("rejected", "DEPENDENCY"),
    "unknown-dependency": ("rejected", "DEPENDENCY"),
    "hub-good": ("applied", None),
    "hub-good-by-revision": ("applied", None),
    "hub-no-version": ("rejected", "VERSION"),
    "hub-version-is-text": ("rejected", "VERSION"),
    "hub-main-only": ("rejected", "VERSION"),
    "hub-no-repository": ("rejected", "REPO-MISSING"),
    "hub-no-repository-by-revision": ("rejected", "REPO-MISSING"),
    "hub-no-revision": ("rejected", "REVISION-MISSING"),
    "hub-no-build": ("rejected", "BUILD-MISSING"),
    "hub-architecture": ("rejected", "ARCH"),
    "hub-untrusted": ("rejected", "UNTRUSTED"),
    "hub-unknown-publisher": ("unknown", "TRUST-UNKNOWN"),
    "hub-untrusted-but-allowed": ("applied", None),
    "network-down": ("unknown", "NETWORK"),
    # The Hub is asked for the publisher first: what fails is that.
    "network-down-by-revision": ("unknown", "TRUST-UNKNOWN"),
    "offline-not-cached": ("unknown", "OFFLINE"),
    "offline-revision-not-cached": ("unknown", "OFFLINE"),
    "offline-version-without-ref": ("unknown", "OFFLINE"),
    "offline-good": ("applied", None),
    "telemetry-off": ("rejected", "TELEMETRY"),
    "telemetry-off-by-revision": ("rejected", "TELEMETRY"),
    "hub-kernels-off": ("unknown", "HUB-KERNELS-OFF"),
    "mapping-disabled": ("unknown", "DISABLED"),
}

#: A model of which the class of the layer excludes every module.
EXCLUDING = """
from transformers import AutoConfig, LlamaForCausalLM
from transformers.models.llama.modeling_llama import LlamaRMSNorm


def build():
    LlamaRMSNorm.kernel_condition = staticmethod(lambda module: False)
    return LlamaForCausalLM(AutoConfig.from_pretrained("model"))
"""


@pytest.fixture(scope="module")
def reports(real_python: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, RuntimeReport]:
    """What is told of every reason, by its cause."""
    work = tmp_path_factory.mktemp("reasons")
    kernels.write_all(work)
    write_model(work / "model")
    (work / "excluding.py").write_text(EXCLUDING, encoding="utf-8")
    with hub.hub() as server, ThreadPoolExecutor(PROCESSES) as pool:
        parts = pool.map(lambda name: _run(real_python, name, work, server.url), SURROUNDINGS)
        return {cause: made for part in parts for cause, made in part.items()}


def _run(python: str, surroundings: str, work: Path, url: str) -> dict[str, RuntimeReport]:
    cache = work / f"cache-{surroundings}"
    hub.fill_cache(cache, f"{hub.TRUSTED}/silu", refs=False)
    if surroundings == "offline":
        hub.fill_cache(cache, f"{hub.TRUSTED}/good")
    checks = {
        reason.cause: _check(reason, work, python)
        for reason in REASONS
        if reason.mapping is None and reason.surroundings == surroundings
    }
    tasks = []
    for cause, check in checks.items():
        job = work / f"{cause}.json"
        job.write_text(json.dumps(job_of(check)), encoding="utf-8")
        events = str(work / f"{cause}.jsonl")
        tasks.append({"job": str(job), "events": events, "folder": str(work), "variables": {}})
    file = work / f"tasks-{surroundings}.json"
    file.write_text(json.dumps(tasks), encoding="utf-8")
    subprocess.run(
        [python, str(DRIVER), str(PROBE), str(file)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=hub.environment(cache, url, PYTHONPATH=str(SIMULATED)) | SURROUNDINGS[surroundings],
        timeout=PATIENCE,
        check=True,
    )
    found = {}
    for cause, check in checks.items():
        with open(work / f"{cause}.jsonl", encoding="utf-8") as lines:
            found[cause] = report(facts_of(check, [recording(lines)], []))
    return found


def _check(reason: Reason, work: Path, python: str) -> Check:
    entry = reason.entry
    if isinstance(entry, str):
        entry = entry.replace("@HERE@", str(work))
    place = Place("config.py", Span(0, 0))
    return Check(
        ConfigSource("config", place, {reason.name: entry}, reason.local, False, "set_use_kernels"),
        "excluding.py:build" if reason.before else "model",
        "auto",
        "training" if reason.training else "inference",
        compiled=reason.mode is not None,
        offline=False,
        trust_remote_code=False,
        execute=False,
        numerics=False,
        timeout=60.0,
        python=python,
    )


def test_every_reason_has_its_verdict_and_code(reports: dict[str, RuntimeReport]) -> None:
    found = {}
    for cause, made in reports.items():
        [layer] = made.layers
        found[cause] = (layer.verdict, layer.reason)
    assert found == TOLD


def test_what_transformers_swallows_is_told(reports: dict[str, RuntimeReport]) -> None:
    for cause, made in reports.items():
        [layer] = made.layers
        if TOLD[cause] == ("unknown", "HUB-KERNELS-OFF"):
            # It has no layers then, and nobody knows what would become of the kernel.
            assert layer.swallowed is None
        else:
            assert bool(layer.swallowed) == RECORDED[cause]["swallowed"], cause


def test_the_exception_is_the_one_that_was_raised(reports: dict[str, RuntimeReport]) -> None:
    for cause, made in reports.items():
        [layer] = made.layers
        raised = RECORDED[cause]["strict"]
        if raised["type"] is not None and made.problem is None:
            assert layer.exception == raised["type"], cause
            first = (
                raised["message"].splitlines()[0].partition("@")[0].partition("python/")[0].strip()
            )
            assert (layer.message or "").startswith(first), cause


def test_only_what_can_be_known_is_confirmed(reports: dict[str, RuntimeReport]) -> None:
    for cause, made in reports.items():
        assert made.confirmed == (TOLD[cause][0] != "unknown"), cause

"""Which reason an exception of the real libraries stands for, and whether it is swallowed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kernlint.model.runtime import ExceptionFacts, Stage
from kernlint.rules.messages import MESSAGES
from kernlint.rules.reasons import REASONS, classify, is_silent, reason
from tests.runtime.record import read

REAL = Path(__file__).parent.parent / "real"
RECORDED = {item["cause"]: item for item in read()["reasons"]}

#: The reason of every recorded exception.
CODES = {
    "layer-not-in-model": "LAYER-NOT-IN-MODEL",
    "device-properties": "PROPERTIES",
    "no-entry-in-kernels-mapping": "DEVICE",
    "mode-not-registered": "MODE",
    "kernel-lacks-compile": "MODE",
    "kernel-lacks-backward": "MODE",
    "registered-for-compile": "NO-COMPILE",
    "no-backward": "NO-BACKWARD",
    "other-variant": "VARIANT",
    "missing-folder": "PATH",
    "hub-rocm-only": "VARIANT",
    "hub-old-torch": "VARIANT",
    "hub-arm-only": "VARIANT",
    "signature-count": "SIGNATURE",
    "signature-kind": "SIGNATURE",
    "own-init": "NOT-STATELESS",
    "extra-member": "NOT-STATELESS",
    "not-a-module": "NOT-A-LAYER",
    "no-layers": "NO-LAYERS",
    "layer-missing": "LAYER-MISSING",
    "import-fails": "IMPORT",
    "shared-object": "IMPORT",
    "file-not-found": "FILE-MISSING",
    "syntax-error": "IMPORT",
    "system-exit": "EXITED",
    "broken-metadata": "METADATA",
    "no-python-depends": "METADATA",
    "newer-kernels": "MIN-VERSION",
    "missing-dependency": "DEPENDENCY",
    "unknown-dependency": "DEPENDENCY",
    "hub-no-version": "VERSION",
    "hub-version-is-text": "VERSION",
    "hub-main-only": "VERSION",
    "hub-no-repository": "REPO-MISSING",
    "hub-no-repository-by-revision": "REPO-MISSING",
    "hub-no-revision": "REVISION-MISSING",
    "hub-no-build": "BUILD-MISSING",
    "hub-architecture": "ARCH",
    "hub-untrusted": "UNTRUSTED",
    "hub-unknown-publisher": "TRUST-UNKNOWN",
    "network-down": "NETWORK",
    "network-down-by-revision": "TRUST-UNKNOWN",
    "offline-not-cached": "OFFLINE",
    "offline-revision-not-cached": "OFFLINE",
    "offline-version-without-ref": "OFFLINE",
    "telemetry-off": "TELEMETRY",
    # With the variables that turn telemetry off the verdict is TELEMETRY, see test_verdicts.py.
    "telemetry-off-by-revision": "TRUST-UNKNOWN",
    # The same text as for a model without the layer: the environment is looked at first.
    "hub-kernels-off": "LAYER-NOT-IN-MODEL",
}


def recorded(cause: str) -> tuple[ExceptionFacts, Stage]:
    """The exception of a layer by itself, and the step that raised it."""
    strict = RECORDED[cause]["strict"]
    raised = ExceptionFacts(
        strict["type"], tuple(strict["mro"]), strict["message"], tuple(strict["notes"])
    )
    stage: Stage = strict["stage"]
    return raised, stage


def raised(type_: str, message: str = "", *bases: str, notes: tuple[str, ...] = ()) -> str:
    return classify(ExceptionFacts(type_, (type_, *bases, "Exception"), message, notes))


def test_every_recorded_exception_has_its_reason() -> None:
    assert {cause for cause, item in RECORDED.items() if item["strict"]["type"]} == set(CODES)


@pytest.mark.parametrize("cause", CODES)
def test_the_reason_of_a_recorded_exception(cause: str) -> None:
    assert classify(*recorded(cause)) == CODES[cause]


@pytest.mark.parametrize("cause", CODES)
def test_the_reason_does_not_need_the_stage(cause: str) -> None:
    assert classify(recorded(cause)[0]) == CODES[cause]


@pytest.mark.parametrize("cause", CODES)
def test_whether_transformers_says_nothing(cause: str) -> None:
    found, stage = recorded(cause)
    silent = is_silent(found, CODES[cause], stage, "set_use_kernels")
    assert silent == RECORDED[cause]["swallowed"]


def test_from_pretrained_swallows_no_missing_file() -> None:
    # It loads every kernel by itself to look for a layout, before kernelize does.
    found, _ = recorded("other-variant")
    assert is_silent(found, "VARIANT", "load", "set_use_kernels")
    assert not is_silent(found, "VARIANT", "load", "from_pretrained")
    assert not is_silent(found, "VARIANT", "register", "set_use_kernels")


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        ("hub-no-version", "OFFLINE"),
        ("hub-old-torch", "OFFLINE"),
        ("other-variant", "VARIANT"),
        ("missing-folder", "PATH"),
        ("signature-count", "SIGNATURE"),
    ],
)
def test_offline_nothing_is_known_of_the_hub(cause: str, code: str) -> None:
    assert classify(*recorded(cause), offline=True) == code


def test_what_a_kernel_raises_while_it_is_imported_is_about_its_import() -> None:
    notes = ("while importing kernel 'norms', variant 'torch-universal' ",)
    assert raised("ConnectionError", "refused", "OSError", notes=notes) == "IMPORT"
    assert raised("ValueError", "No layer mapping for `X`", notes=notes) == "IMPORT"
    assert raised("FileNotFoundError", "table.bin", "OSError", notes=notes) == "FILE-MISSING"


def test_without_notes_a_failed_import_shows_as_what_it_is() -> None:
    # Python 3.10 has no notes.
    assert raised("ModuleNotFoundError", "No module named 'triton'", "ImportError") == "IMPORT"
    assert raised("OSError", "libcudart.so.13: cannot open shared object file") == "IMPORT"
    assert raised("FileNotFoundError", "table.bin", "OSError") == "FILE-MISSING"


@pytest.mark.parametrize(
    ("type_", "message", "bases", "code"),
    [
        # huggingface_hub 2.4.0, errors.py, file_download.py, utils/_http.py
        ("OfflineModeIsEnabled", "Cannot reach", ("ConnectionError", "OSError"), "OFFLINE"),
        (
            "LocalEntryNotFoundError",
            "Cannot find the requested files, and outgoing traffic has been disabled.",
            ("FileNotFoundError", "OSError", "EntryNotFoundError"),
            "OFFLINE",
        ),
        (
            "LocalEntryNotFoundError",
            "An error happened while trying to locate the file on the Hub",
            ("FileNotFoundError", "OSError", "EntryNotFoundError"),
            "NETWORK",
        ),
        ("GatedRepoError", "403", ("RepositoryNotFoundError", "HfHubHTTPError"), "REPO-MISSING"),
        ("DisabledRepoError", "403", ("HfHubHTTPError",), "REPO-MISSING"),
        ("HfHubHTTPError", "Server error '503 Service Unavailable'", ("OSError",), "NETWORK"),
        ("HfHubHTTPError", "\n\n429 Too Many Requests for url: x", ("OSError",), "NETWORK"),
        ("HfHubHTTPError", "\n\n403 Forbidden: no", ("OSError",), "OTHER:HfHubHTTPError"),
        ("HFValidationError", "Repo id must be in the form", ("ValueError",), "MAPPING"),
        ("ReadTimeout", "", ("TimeoutException", "TransportError"), "NETWORK"),
        # torch 2.13.0, cuda/__init__.py
        ("AssertionError", "Torch not compiled with CUDA enabled", (), "NO-ACCELERATOR"),
        ("RuntimeError", "Found no NVIDIA driver on your system.", (), "NO-ACCELERATOR"),
        # transformers 5.22.2, utils/kernel_config.py, integrations/hub_kernels.py
        ("ValueError", "Kernel mapping must follow the format: x, got: 1", (), "MAPPING"),
        ("ValueError", "Only devices in ['cuda'] are supported, got: gpu", (), "MAPPING"),
        ("ValueError", "Only devices in ['cuda'] are supported, got: meta", (), "NO-ACCELERATOR"),
        ("ValueError", "Expected exactly one kernel repo regardless of", (), "MAPPING"),
        ("AttributeError", "'tuple' object has no attribute 'split'", (), "MAPPING"),
        ("RuntimeError", "LayerRepository requires `kernels` to be installed.", (), "VERSIONS"),
    ],
)
def test_reasons_of_other_exceptions(
    type_: str, message: str, bases: tuple[str, ...], code: str
) -> None:
    assert raised(type_, message, *bases) == code


def truth() -> list[tuple[str, str, str, str]]:
    """Snippet, exception, step and message of all that is recorded of real configs."""
    cases = json.loads((REAL / "truth.json").read_text(encoding="utf-8"))["real"]
    found = [
        (f"{name}-{path}", re.fullmatch(r"(\w+) at ([\w ]+): (.*)", line, re.DOTALL))
        for name, paths in cases.items()
        for path, line in paths.items()
    ]
    return [(name, match[1], match[2], match[3]) for name, match in found if match is not None]


@pytest.mark.parametrize(
    ("type_", "stage", "message"),
    [pytest.param(*case[1:], id=case[0]) for case in truth() if case[2] in {"sanitize", "create"}],
)
def test_what_the_validation_of_a_mapping_raises(type_: str, stage: Stage, message: str) -> None:
    code = classify(ExceptionFacts(type_, (type_, "Exception"), message), stage)
    expected = "LAYER-NOT-IN-MODEL" if message.startswith("Layer ") else "MAPPING"
    if stage == "create" and message.endswith("got: cpu"):
        expected = "NO-ACCELERATOR"
    assert code == expected


def test_what_from_pretrained_raises_before_it_loads_a_kernel() -> None:
    found = {
        classify(
            ExceptionFacts(
                type_,
                (type_, "Exception"),
                message,
                frames=("/site/transformers/integrations/hub_kernels.py:1140 register",),
            ),
            "register",
        )
        for _, type_, stage, message in truth()
        if stage == "register"
    }
    assert found == {"MAPPING"}


def test_what_comes_out_of_a_kernel_meanwhile_is_not_about_the_mapping() -> None:
    found = ExceptionFacts(
        "KeyError", ("KeyError", "Exception"), "'x'", frames=("/kernels/norms/layers.py:3 f",)
    )
    assert classify(found, "register") == "OTHER:KeyError"
    assert classify(found, "load") == "OTHER:KeyError"


def test_the_stage_tells_a_device_of_the_mapping_from_that_of_the_model() -> None:
    found = ExceptionFacts(
        "ValueError",
        ("ValueError", "Exception"),
        "Only devices in ['cuda', 'rocm'] are supported, got: cpu",
    )
    assert classify(found, "create") == "NO-ACCELERATOR"
    assert classify(found, "sanitize") == "MAPPING"


def test_nothing_is_dropped() -> None:
    assert raised("ZeroDivisionError", "division by zero") == "OTHER:ZeroDivisionError"
    assert reason("OTHER:ZeroDivisionError").meaning == "ZeroDivisionError was raised"


def test_every_message_has_a_known_reason_and_a_source() -> None:
    for message in MESSAGES:
        assert message.code in REASONS
        assert message.source


def test_the_codes_are_those_of_the_first_release() -> None:
    assert [*REASONS] == [
        *("LAYER-NOT-IN-MODEL", "MAPPING", "DEVICE", "PROPERTIES", "MODE", "NO-BACKWARD"),
        *("NO-COMPILE", "VARIANT", "PATH", "FILE-MISSING", "CONDITION", "DISABLED"),
        *("HUB-KERNELS-OFF", "SIGNATURE", "NOT-STATELESS", "NOT-A-LAYER", "NO-LAYERS"),
        *("LAYER-MISSING", "IMPORT", "METADATA", "MIN-VERSION", "DEPENDENCY", "VERSION"),
        *("REPO-MISSING", "REVISION-MISSING", "BUILD-MISSING", "ARCH", "UNTRUSTED"),
        *("TRUST-UNKNOWN", "OFFLINE", "NETWORK", "TELEMETRY", "SAME-ID", "CRASHED", "HUNG"),
        *("EXITED", "REPLACED", "ABORTED", "INHERITED", "FOREIGN", "NOT-CALLED", "NOT-EXECUTED"),
        *("CALL", "WRONG-OUTPUT", "WRONG-GRADIENT", "NO-GRADIENT", "MUTATES", "NO-ACCELERATOR"),
        *("LIBRARIES", "VERSIONS", "MODEL"),
    ]


def test_a_meaning_can_stand_after_a_colon() -> None:
    for one in REASONS.values():
        assert one.meaning[0].islower() or one.meaning[0] == "`", one.code
        assert not one.meaning.endswith("."), one.code
        assert one.advice is None or not one.advice.endswith("."), one.code

"""What is recorded of the real libraries belongs to the reasons there are, and is still true."""

from __future__ import annotations

import pytest

from tests.runtime.reasons import REASONS
from tests.runtime.record import read, run_reasons

RECORDED = {item["cause"]: item for item in read()["reasons"]}

#: Those for which the kernel runs in every module.
APPLIED = {
    "good",
    "good-in-training",
    "renamed-argument",
    "hub-good",
    "hub-good-by-revision",
    "hub-untrusted-but-allowed",
    "offline-good",
}

#: Those for which transformers says nothing: facts of transformers 5.22.2 and kernels 0.17.2.
SWALLOWED = {
    "no-entry-for-device",
    "no-entry-in-kernels-mapping",
    "not-in-kernels-mapping",
    "device-properties",
    "mode-not-registered",
    "kernel-lacks-compile",
    "kernel-lacks-backward",
    "kernel-condition",
    "other-variant",
    "missing-folder",
    "hub-rocm-only",
    "hub-old-torch",
    "hub-arm-only",
    "file-not-found",
    "offline-revision-not-cached",
    "mapping-disabled",
}


def test_every_reason_is_recorded() -> None:
    assert [*RECORDED] == [reason.cause for reason in REASONS]


def test_what_transformers_swallows() -> None:
    assert {cause for cause, item in RECORDED.items() if item["swallowed"]} == SWALLOWED


@pytest.mark.parametrize("cause", RECORDED)
def test_a_reason_is_told_by_an_exception_or_by_the_modules(cause: str) -> None:
    strict, loose = RECORDED[cause]["strict"], RECORDED[cause]["transformers"]
    assert (strict["type"] is None and strict["states"] == {"kernel": 5}) == (cause in APPLIED)
    assert loose["type"] in {None, strict["type"]}
    assert (loose["type"] is None) == (cause in APPLIED | SWALLOWED)


@pytest.mark.slow
def test_the_libraries_still_do_what_is_recorded(real_python: str) -> None:
    found = run_reasons(real_python)
    assert {cause: item for cause, item in found.items() if item != RECORDED[cause]} == {}

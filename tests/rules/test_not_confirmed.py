"""What keeps a check from confirming anything, or a layer from being confirmed."""

from __future__ import annotations

from typing import Any

import pytest

from kernlint.model.runtime import ExceptionFacts, Interrupted, ModuleStates, StrictFacts
from kernlint.rules.verdicts import report
from tests.rules.seen import (
    ENVIRONMENT,
    NO_BUILD,
    NO_VERSION,
    SIGNATURE,
    UNREGISTERED,
    check,
    facts,
    fine,
    layer,
    raised,
    ran,
    refused,
    verdict,
)

IMPORT = raised("ModuleNotFoundError", "No module named 'torch'", "ImportError")


def versions(**changes: str) -> dict[str, str]:
    return {**ENVIRONMENT.versions, **changes}


def problem(**environment: Any) -> tuple[str | None, str | None, bool | None]:
    """Why nothing is confirmed in an environment, and the reason of the first layer."""
    seen = facts(environment=ENVIRONMENT._replace(**environment), together=None, execution=())
    found = report(seen)
    assert not found.confirmed
    assert {item.verdict for item in found.layers} == {"unknown"}
    assert {item.message for item in found.layers} == {found.problem}
    return found.problem, found.layers[0].reason, found.layers[0].swallowed


def test_libraries_that_are_not_installed() -> None:
    assert problem(versions={"torch": "2.13.0"}) == (
        "transformers, kernels are not installed in Python 3.12.11",
        "LIBRARIES",
        None,
    )


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"transformers": "5.19.0"},
            "transformers 5.19.0 is too old: 5.20 or newer can be checked",
        ),
        ({"kernels": "0.16.2"}, "kernels 0.16.2 is too old: 0.17.2 or newer can be checked"),
        (
            {"transformers": "5.20.0.dev0"},
            "transformers 5.20.0.dev0 is too old: 5.20 or newer can be checked",
        ),
    ],
)
def test_releases_that_are_too_old(changes: dict[str, str], text: str) -> None:
    assert problem(versions=versions(**changes)) == (text, "VERSIONS", None)


def test_releases_that_do_not_work_together() -> None:
    assert problem(
        versions=versions(kernels="0.18.2"), kernels_available=False, registers=False
    ) == (
        "transformers 5.22.2 does not work with kernels 0.18.2: it takes kernels>=0.17.2,<0.18.0",
        "VERSIONS",
        None,
    )
    text, reason, _ = problem(
        versions=versions(transformers="9.0.0"), kernels_available=False, registers=False
    )
    assert (text, reason) == ("transformers 9.0.0 does not work with kernels 0.17.2", "VERSIONS")


def test_newer_releases_that_say_they_work_together_are_believed() -> None:
    newer = ENVIRONMENT._replace(versions=versions(transformers="9.1.0", kernels="1.0"))
    assert report(facts(environment=newer)).confirmed


def test_layers_that_transformers_does_not_declare() -> None:
    assert problem(registers=False, variables={"USE_HUB_KERNELS": "0"}) == (
        "`USE_HUB_KERNELS=0` is set, so transformers declares no layer",
        "HUB-KERNELS-OFF",
        None,
    )


def test_without_declared_layers_no_name_is_known_to_be_missing() -> None:
    strict = refused("RMSNorm", UNREGISTERED, stage="sanitize")
    off = ENVIRONMENT._replace(registers=False, variables={"USE_HUB_KERNELS": "0"})
    seen = facts(environment=off, strict=(strict,), together=None, execution=())
    assert verdict(seen) == ("unknown", "HUB-KERNELS-OFF", None)


@pytest.mark.parametrize("value", ["1", "2"])
def test_a_kernels_that_replaces_nothing(value: str) -> None:
    text, reason, swallowed = problem(variables={"DISABLE_KERNEL_MAPPING": value})
    assert text == "`DISABLE_KERNEL_MAPPING` is set, so kernels replaces no layer"
    assert (reason, swallowed) == ("DISABLED", True)


def test_a_variable_that_changes_nothing() -> None:
    variables = {"DISABLE_KERNEL_MAPPING": "0", "USE_HUB_KERNELS": "YES"}
    assert report(facts(environment=ENVIRONMENT._replace(variables=variables))).confirmed


def test_no_accelerator() -> None:
    assert problem(versions=versions(torch="2.13.0+cpu"), device=None) == (
        "torch 2.13.0+cpu finds no accelerator on this machine",
        "NO-ACCELERATOR",
        None,
    )


@pytest.mark.parametrize(
    "changes", [{"device": None}, {"variables": {"DISABLE_KERNEL_MAPPING": "1"}}]
)
@pytest.mark.parametrize(
    ("exception", "expected"),
    [
        (UNREGISTERED, ("rejected", "LAYER-NOT-IN-MODEL", False)),
        (
            raised("ValueError", "Kernel mapping for 'RMSNorm' must be a valid repo name"),
            ("rejected", "MAPPING", False),
        ),
    ],
)
def test_what_is_certain_anyway_stays(
    changes: dict[str, Any], exception: ExceptionFacts, expected: object
) -> None:
    strict = refused("RMSNorm", exception, stage="sanitize")
    environment = ENVIRONMENT._replace(**changes)
    seen = facts(environment=environment, strict=(strict,), together=None, execution=())
    assert verdict(seen) == expected
    assert verdict(seen, "SiLU")[0] == "unknown"
    assert not report(seen).confirmed


def test_an_environment_that_fails() -> None:
    seen = facts(failed={"environment": IMPORT}, model=None, strict=(), together=None)
    assert report(seen).problem == (
        "the libraries cannot be imported: ModuleNotFoundError: No module named 'torch'"
    )
    assert verdict(seen) == ("unknown", "LIBRARIES", None)


def test_a_model_that_cannot_be_built() -> None:
    error = raised("ValueError", "The checkpoint has model type `x`")
    seen = facts(failed={"model": error}, model=None, strict=(), together=None, execution=())
    assert report(seen).problem == f"the model cannot be built: ValueError: {error.message}"
    assert verdict(seen) == ("unknown", "MODEL", None)
    assert layer(seen).modules == 0


def test_a_config_that_cannot_be_loaded() -> None:
    config = check().config._replace(mapping=None, attribute="train:config", keys=())
    seen = facts(
        check=check(config=config), layers=(), failed={"strict": IMPORT}, strict=(), together=None
    )
    found = report(seen)
    assert found.layers == ()
    assert found.problem is not None
    assert found.problem.startswith("the config cannot be loaded: ModuleNotFoundError")
    assert not found.confirmed


def test_a_config_without_layers_confirms_nothing() -> None:
    config = check().config._replace(mapping={}, keys=())
    seen = facts(check=check(config=config), layers=(), strict=(), execution=())
    assert report(seen).problem == "the config names no layer"
    assert not report(seen).confirmed


@pytest.mark.parametrize(
    ("during", "text"),
    [
        ("environment", "the process crashed while the libraries were imported (ended by SIGSEGV)"),
        ("model", "the process crashed while the model was built (ended by SIGSEGV)"),
        (None, "the process crashed (ended by SIGSEGV)"),
    ],
)
def test_a_process_that_ends_before_any_layer(during: Any, text: str) -> None:
    end = Interrupted("crashed", during, None, -11, "ended by SIGSEGV")
    seen = facts(
        environment=None, model=None, strict=(), together=None, execution=(), interrupted=(end,)
    )
    assert report(seen).problem == text
    assert verdict(seen) == ("unknown", "CRASHED", None)


def test_nothing_at_all() -> None:
    seen = facts(environment=None, model=None, layers=(), strict=(), together=None, execution=())
    assert report(seen).problem == "the check ended before it could look at the libraries"
    assert [item.name for item in report(seen).layers] == ["RMSNorm", "SiLU"]
    assert report(seen).device is None


# Processes that end.


@pytest.mark.parametrize(
    ("how", "reason"), [("crashed", "CRASHED"), ("hung", "HUNG"), ("exited", "EXITED")]
)
def test_the_layer_that_ends_the_process_is_named(how: Any, reason: str) -> None:
    end = Interrupted(how, "strict", "RMSNorm", None, "details")
    seen = facts(strict=(fine("SiLU"),), together=None, execution=(), interrupted=(end,))
    assert verdict(seen) == ("crashed", reason, None)
    assert str(layer(seen).message).endswith("while the kernel was loaded (details)")
    found = layer(seen, "SiLU")
    assert (found.verdict, found.reason) == ("unknown", "ABORTED")
    assert str(found.message).startswith("`RMSNorm` came first: the ")


def test_a_layer_that_was_never_reached() -> None:
    end = Interrupted("crashed", "strict", "RMSNorm", -11, "ended by SIGSEGV")
    seen = facts(strict=(), together=None, execution=(), interrupted=(end,))
    assert verdict(seen, "SiLU") == ("unknown", "ABORTED", None)
    nobody = facts(strict=(), together=None, execution=())
    assert verdict(nobody) == ("unknown", "ABORTED", None)


def test_a_process_that_ends_with_all_layers_at_once_is_nobody_s() -> None:
    end = Interrupted("hung", "together", None, None, "killed after 60 s")
    seen = facts(together=None, execution=(), interrupted=(end,))
    assert verdict(seen) == ("unknown", "HUNG", None)


def test_a_kernel_that_ends_the_process_when_it_is_called() -> None:
    end = Interrupted("crashed", "execute", "RMSNorm", -11, "ended by SIGSEGV")
    seen = facts(execution=(ran("SiLU"),), interrupted=(end,))
    assert verdict(seen) == ("crashed", "CRASHED", None)
    assert verdict(seen, "SiLU") == ("applied", None, None)
    unseen = facts(execution=(), interrupted=(end,))
    assert verdict(unseen, "SiLU") == ("unknown", "ABORTED", None)


def test_a_forward_pass_that_ends_the_process_is_nobody_s() -> None:
    end = Interrupted("crashed", "execute", None, -11, "ended by SIGSEGV")
    seen = facts(execution=(), interrupted=(end,))
    assert verdict(seen) == ("unknown", "CRASHED", None)


def test_what_a_kernel_raised_before_its_process_ended_says_more() -> None:
    # After an illegal access the accelerator is of no use, and the probe ends by itself.
    access = raised("AcceleratorError", "CUDA error: an illegal memory access", "RuntimeError")
    end = Interrupted("exited", "execute", "RMSNorm", 70, "exited with status 70")
    seen = facts(execution=(ran("RMSNorm", exception=access), ran("SiLU")), interrupted=(end,))
    assert verdict(seen) == ("wrong-result", "CALL", False)
    seen = facts(execution=(ran("RMSNorm"), ran("SiLU")), interrupted=(end,))
    assert verdict(seen) == ("crashed", "EXITED", None)


def test_a_pass_that_cannot_be_made() -> None:
    error = raised("AttributeError", "'Net' object has no attribute 'set_use_kernels'")
    seen = facts(together=None, execution=(), failed={"together": error})
    assert verdict(seen) == ("unknown", "OTHER:AttributeError", None)


# Devices that are not there.


def predicted(strict: StrictFacts, **more: Any) -> tuple[str, str | None, bool | None]:
    seen = facts(
        check=check(device="xpu", **more),
        strict=(strict._replace(predicted=True),),
        together=None,
        execution=(),
    )
    assert report(seen).device == "xpu"
    assert report(seen).problem is None
    return verdict(seen)


def test_a_prediction_confirms_nothing() -> None:
    assert predicted(fine("RMSNorm")) == ("predicted", "NO-ACCELERATOR", None)
    seen = facts(check=check(device="xpu"), together=None, execution=())
    assert layer(seen).applied == 5
    assert not report(seen).confirmed


def test_a_device_that_is_there_is_no_prediction() -> None:
    assert report(facts(check=check(device="cuda"))).confirmed


@pytest.mark.parametrize(
    ("exception", "expected"),
    [
        # Of the mapping and of the Hub: certain on every device.
        (UNREGISTERED, ("rejected", "LAYER-NOT-IN-MODEL", False)),
        (NO_VERSION, ("rejected", "VERSION", False)),
        # Of the build that this machine loads.
        (SIGNATURE, ("predicted", "SIGNATURE", False)),
        # Of this machine alone.
        (NO_BUILD, ("unknown", "VARIANT", True)),
        (raised("ModuleNotFoundError", "No module named 'triton'"), ("unknown", "IMPORT", False)),
    ],
)
def test_what_is_known_of_a_device_that_is_not_there(
    exception: ExceptionFacts, expected: object
) -> None:
    if "triton" in exception.message:
        exception = exception._replace(mro=("ModuleNotFoundError", "ImportError", "Exception"))
    assert predicted(refused("RMSNorm", exception)) == expected


def test_a_mapping_without_the_predicted_device() -> None:
    states = ModuleStates(original=5)
    strict = StrictFacts("RMSNorm", states, entry=False)
    assert predicted(strict) == ("not-for-device", "DEVICE", True)


def test_a_condition_excludes_modules_on_every_device() -> None:
    strict = StrictFacts("RMSNorm", ModuleStates(untouched=5), excluded=5)
    assert predicted(strict) == ("not-applied", "CONDITION", True)


def test_a_predicted_device_needs_no_accelerator() -> None:
    environment = ENVIRONMENT._replace(device=None)
    seen = facts(check=check(device="cuda"), environment=environment, together=None, execution=())
    assert report(seen).problem is None
    assert verdict(seen) == ("predicted", "NO-ACCELERATOR", None)

"""What keeps a check with the real libraries from confirming anything at all."""

from __future__ import annotations

from kernlint.catalog.release import minor
from kernlint.catalog.store import load
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record
from kernlint.rules.reasons import reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kernlint.model.runtime import (
        Ending,
        EnvironmentFacts,
        ExceptionFacts,
        Interrupted,
        Pass,
        RuntimeFacts,
    )

#: What every check needs, as distributions are named.
LIBRARIES = ("torch", "transformers", "kernels")

#: The first releases that put kernels in place in the way that is judged: kernels 0.17.2 brought
#: ``KernelizeFallback``, and transformers 5.20 uses it.
FLOORS: Mapping[str, str] = {"transformers": "5.20", "kernels": "0.17.2"}


class Obstacle(Record):
    """Why nothing can be confirmed: the code of a reason, and what there is to say."""

    code: str
    text: str


def obstacle(facts: RuntimeFacts) -> Obstacle | None:
    """The first thing that keeps a check from confirming anything, or None.

    Without the libraries, in releases that fit, and with layers declared, nothing that they say
    counts: where transformers declares no layer, every name is "not registered". Without an
    accelerator some of it still does.
    """
    return next(_obstacles(facts), None)


def _obstacles(facts: RuntimeFacts) -> Iterator[Obstacle]:
    environment = facts.environment
    failed = facts.failed.get("environment")
    if environment is not None:
        yield from _libraries(environment)
    if failed is not None:
        code = "LIBRARIES" if "ImportError" in failed.mro else f"OTHER:{failed.type}"
        yield Obstacle(code, f"the libraries cannot be imported: {told(failed)}")
    yield from _ended(facts.interrupted)
    if environment is None:
        yield Obstacle("LIBRARIES", "the check ended before it could look at the libraries")
        return
    yield from _switched_off(environment)
    failed = facts.failed.get("model")
    if failed is not None:
        yield Obstacle("MODEL", f"the model cannot be built: {told(failed)}")
    if facts.model is None:
        yield Obstacle("MODEL", "the check ended before it could build the model")
    failed = facts.failed.get("strict")
    if failed is not None:
        yield Obstacle(f"OTHER:{failed.type}", f"the config cannot be loaded: {told(failed)}")
    if is_disabled(environment):
        yield Obstacle("DISABLED", reason("DISABLED").meaning)
    if environment.device is None and facts.check.device == "auto":
        torch = environment.versions.get("torch")
        yield Obstacle("NO-ACCELERATOR", f"torch {torch} finds no accelerator on this machine")
    if not facts.layers:
        yield Obstacle("MAPPING", "the config names no layer")


def _libraries(environment: EnvironmentFacts) -> Iterator[Obstacle]:
    """Libraries that are missing, too old, or do not work together."""
    from packaging.version import InvalidVersion, Version

    versions = environment.versions
    missing = [name for name in LIBRARIES if name not in versions]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        yield Obstacle(
            "LIBRARIES",
            f"{', '.join(missing)} {verb} not installed in Python {environment.python}",
        )
        return
    for name, floor in FLOORS.items():
        try:
            old = Version(versions[name]) < Version(floor)
        except InvalidVersion:
            continue
        if old:
            yield Obstacle(
                "VERSIONS", f"{name} {versions[name]} is too old: {floor} or newer can be checked"
            )
    if not environment.kernels_available:
        wanted = _wanted_kernels(versions["transformers"])
        yield Obstacle(
            "VERSIONS",
            f"transformers {versions['transformers']} does not work with kernels "
            f"{versions['kernels']}{wanted}",
        )


def _wanted_kernels(transformers: str) -> str:
    """Which kernels a release of transformers takes, as far as the catalog knows."""
    catalog = load()
    for release in catalog.releases("transformers"):
        if minor(release) == minor(transformers):
            return f": it takes kernels{catalog.transformers(release).kernels_range.specifier}"
    return ""


def _switched_off(environment: EnvironmentFacts) -> Iterator[Obstacle]:
    if environment.registers:
        return
    value = environment.variables.get("USE_HUB_KERNELS")
    if value is not None:
        yield Obstacle(
            "HUB-KERNELS-OFF",
            f"`USE_HUB_KERNELS={value}` is set, so transformers declares no layer",
        )
    else:
        yield Obstacle("VERSIONS", "transformers declares no layer with these libraries")


def is_disabled(environment: EnvironmentFacts) -> bool:
    """Whether kernels replaces no layer.

    Source: kernels 0.17, ``layer/globals.py`` (``_DISABLE_KERNEL_MAPPING``, a whole number).
    """
    try:
        return int(environment.variables.get("DISABLE_KERNEL_MAPPING", "0")) != 0
    except ValueError:
        return False


def is_offline(facts: RuntimeFacts) -> bool:
    """Whether the Hub may not be asked.

    Source: huggingface_hub 2.4, ``constants.py`` (``HF_HUB_OFFLINE``).
    """
    variables = facts.environment.variables if facts.environment else {}
    set_ = variables.get("HF_HUB_OFFLINE") or variables.get("TRANSFORMERS_OFFLINE")
    return facts.check.offline or is_true(set_)


def has_no_telemetry(environment: EnvironmentFacts | None) -> bool:
    """Whether every request of kernels to the Hub fails because telemetry is turned off.

    kernels 0.17 then sends a header that ends in ``; ``, which its library for HTTP refuses.
    Source: kernels 0.17.2, ``hf_hub.py`` (``_get_hf_api``); huggingface_hub 2.4,
    ``constants.py``.
    """
    if environment is None or minor(environment.versions.get("kernels", "")) != "0.17":
        return False
    names = ("HF_HUB_DISABLE_TELEMETRY", "DISABLE_TELEMETRY", "DO_NOT_TRACK")
    return any(is_true(environment.variables.get(name)) for name in names)


def is_true(value: str | None) -> bool:
    """Whether huggingface_hub takes the value of a variable as true (``constants.py``)."""
    return value is not None and value.upper() in {"1", "ON", "YES", "TRUE"}


def _ended(interrupted: tuple[Interrupted, ...]) -> Iterator[Obstacle]:
    """Processes that ended before anything of a layer could be begun."""
    for end in interrupted:
        if end.layer is None and end.during in {None, "environment", "model"}:
            yield Obstacle(ENDINGS[end.ending], ending(end))


#: The reason of each way in which a process can end early.
ENDINGS: Mapping[Ending, str] = {"crashed": "CRASHED", "hung": "HUNG", "exited": "EXITED"}


#: What was done with a layer in each pass, in words.
_DOING: Mapping[Pass, str] = {
    "environment": "while the libraries were imported",
    "model": "while the model was built",
    "strict": "while the kernel was loaded",
    "together": "while all kernels were put in place",
    "execute": "while the kernel was called",
    "numerics": "while the kernel was compared with the original code",
}


def brief(end: Interrupted) -> str:
    """How a process ended, and what it was doing, in words."""
    doing = f" {_DOING[end.during]}" if end.during is not None else ""
    return f"{reason(ENDINGS[end.ending]).meaning}{doing}"


def ending(end: Interrupted) -> str:
    """How a process ended, what it was doing, and what is known of that."""
    return f"{brief(end)} ({end.detail})"


def told(raised: ExceptionFacts) -> str:
    """An exception as Python prints it, with its notes."""
    lines = [f"{raised.type}: {raised.message.strip()}" if raised.message else raised.type]
    return "\n".join([*lines, *raised.notes])

"""What was executed and compared, on top of a kernel being in place."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING
from kernlint.rules.environment import ENDINGS, brief, ending, told
from kernlint.rules.reasons import classify, reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kernlint.model.runtime import (
        ExceptionFacts,
        ExecutionFacts,
        LayerReport,
        NumericFacts,
        Pass,
        RuntimeFacts,
        StrictFacts,
    )

#: The kinds of a mismatch, the gravest first, and their reasons.
MISMATCHES: Mapping[str, str] = {
    "error": "CALL",
    "shape": "WRONG-OUTPUT",
    "dtype": "WRONG-OUTPUT",
    "output": "WRONG-OUTPUT",
    "mutation": "MUTATES",
    "gradient": "WRONG-GRADIENT",
    "no-gradient": "NO-GRADIENT",
}

#: What ended the attempt to put the kernels in place.
_CUT_SHORT = frozenset({"ABORTED", "INHERITED"})

#: Exceptions that are about the machine and not about the kernel.
_OF_THE_MACHINE = frozenset({"OutOfMemoryError", "MemoryError"})


def proven(layer: LayerReport, strict: StrictFacts, facts: RuntimeFacts) -> LayerReport:
    """The verdict on a layer whose kernel is in place, after what was executed and compared."""
    if layer.verdict not in {"applied", "partly-applied", "predicted"}:
        return layer
    if layer.reason in _CUT_SHORT:
        # Whatever ended the attempt ends every other one, too.
        return layer
    for item in strict.classes:
        if item.signature is not None and layer.reason != "SIGNATURE":
            # kernels compares only the first class that a kernel is put in place for.
            text = f"`{item.name}` ({item.modules} modules): {item.signature}"
            found = layer._replace(reason="SIGNATURE", message=text, swallowed=True)
            return found if layer.verdict == "predicted" else found._replace(verdict="wrong-result")
    if layer.verdict == "predicted":
        return layer
    if facts.check.execute:
        executed = next((item for item in facts.execution if item.name == layer.name), None)
        layer = _executed(layer, executed, facts)
    if facts.check.numerics:
        compared = next((item for item in facts.numerics if item.name == layer.name), None)
        layer = _compared(layer, compared, facts)
    return layer


def has_raised(name: str, during: Pass | None, facts: RuntimeFacts) -> bool:
    """Whether a layer whose process ended had raised before: that says more than the end.

    An illegal access leaves the accelerator unusable for the whole process, which the probe ends
    then by itself.
    """
    if during == "execute":
        return any(item.name == name and item.exception for item in facts.execution)
    return during == "numerics" and any(
        item.name == name and any(found.kind == "error" for found in item.mismatches)
        for item in facts.numerics
    )


def _executed(layer: LayerReport, seen: ExecutionFacts | None, facts: RuntimeFacts) -> LayerReport:
    """Whether a forward pass came to the kernel's own code."""
    if seen is None:
        return _missing(layer, "execute", facts) or _not_called(layer)
    if seen.exception is not None:
        return _called(layer, seen.exception)
    if not seen.called:
        return _not_called(layer)
    if not seen.ran:
        text = f"{seen.called} modules were called, and in none of them the kernel's code ran"
        return layer._replace(verdict="not-applied", applied=0, reason="NOT-EXECUTED", message=text)
    if seen.ran < seen.called and layer.verdict == "applied":
        text = f"{seen.called} modules were called, and in {seen.ran} of them the kernel's code ran"
        return layer._replace(verdict="partly-applied", reason="NOT-EXECUTED", message=text)
    failed = facts.failed.get("execute")
    if failed is not None and layer.verdict == "applied":
        found = _called(layer, failed)
        return found._replace(message=f"with all kernels at once, not with each: {found.message}")
    if seen.backward is False:
        text = reason("NO-GRADIENT").meaning
        return layer._replace(
            verdict="wrong-result", reason="NO-GRADIENT", message=text, swallowed=True
        )
    return layer


def _not_called(layer: LayerReport) -> LayerReport:
    text = "the kernel is in place, but the forward pass that should prove it did not call it"
    return layer._replace(verdict="unknown", reason="NOT-CALLED", message=text)


def _called(layer: LayerReport, raised: ExceptionFacts) -> LayerReport:
    """A layer that raises when it is called."""
    text = "\n".join([raised.message.strip(), *raised.notes]).strip()
    found = layer._replace(exception=raised.type, message=text)
    if _OF_THE_MACHINE.intersection(raised.mro):
        return found._replace(verdict="unknown", reason=f"OTHER:{raised.type}")
    return found._replace(verdict="wrong-result", reason="CALL", swallowed=False)


def _missing(layer: LayerReport, step: Pass, facts: RuntimeFacts) -> LayerReport | None:
    """A layer for which a pass that was asked for could not be made, with what kept it."""
    failed = facts.failed.get(step)
    if failed is not None:
        text = f"the pass that should prove it could not be made: {told(failed)}"
        return layer._replace(
            verdict="unknown", reason=classify(failed), exception=failed.type, message=text
        )
    ended = next((item for item in facts.interrupted if item.during == step), None)
    if ended is None:
        return None
    if ended.layer is not None:
        text = f"`{ended.layer}` came first: {brief(ended)}"
        return layer._replace(verdict="unknown", reason="ABORTED", message=text)
    return layer._replace(verdict="unknown", reason=ENDINGS[ended.ending], message=ending(ended))


def _compared(layer: LayerReport, seen: NumericFacts | None, facts: RuntimeFacts) -> LayerReport:
    """Whether the kernel computes what the original code does."""
    if seen is None:
        is_in_place = layer.verdict in {"applied", "partly-applied"}
        return (_missing(layer, "numerics", facts) if is_in_place else None) or layer
    layer = layer._replace(max_abs_error=seen.max_abs_error, speedup=seen.speedup)
    if layer.verdict not in {"applied", "partly-applied", "unknown"} or not seen.mismatches:
        return layer
    grave = [*MISMATCHES]
    worst = min(seen.mismatches, key=lambda item: grave.index(item.kind))
    code = MISMATCHES[worst.kind]
    more = len(seen.mismatches) - 1
    text = f"`{worst.module}`: {worst.detail}" + (f" (and {more} more)" if more else "")
    return layer._replace(
        verdict="wrong-result", reason=code, message=text, swallowed=code != "CALL"
    )

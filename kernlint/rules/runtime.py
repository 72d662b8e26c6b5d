"""KL901 to KL907: what was seen when the real libraries put the kernels in place."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING, ClassVar
from kernlint.rules.base import Rule, confirmed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kernlint.model.diagnostic import Confidence, Diagnostic, Severity
    from kernlint.model.runtime import LayerReport, RuntimeReport, Verdict
    from kernlint.rules.base import Example

_NORM = '"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"'
_SILU = '"SiLU": "kernels-community/activation:Silu"'


def _used(entries: str, situation: str) -> Example:
    """A config that goes to ``set_use_kernels``, and what was seen of it."""
    return confirmed(
        f"""
from transformers import AutoModelForCausalLM, KernelConfig

config = KernelConfig(
    {{{entries}}}
)
model = AutoModelForCausalLM.from_pretrained("models/llama", device_map="cuda")
model.set_use_kernels(True, config)
""",
        situation,
    )


def _loaded(entries: str, situation: str) -> Example:
    """A config that goes to ``from_pretrained``, and what was seen of it."""
    return confirmed(
        f"""
from transformers import AutoModelForCausalLM, KernelConfig

model = AutoModelForCausalLM.from_pretrained(
    "models/llama",
    device_map="cuda",
    kernel_config=KernelConfig({{{entries}}}),
)
""",
        situation,
    )


_GOOD = (
    _used(f"{_NORM}, {_SILU}", "applied"),
    _loaded(_NORM, "applied and compared"),
    _used(_NORM, "applied in training"),
)


class RuntimeRule(Rule):
    """A rule about the layers of a config with certain verdicts.

    ``verdicts`` are those that it reports, ``message`` what it says: a format with the ``name`` of
    the layer, the ``device``, and what is ``why``.
    """

    verdicts: ClassVar[frozenset[Verdict]]
    message: ClassVar[str]
    good = _GOOD

    def runtime(self, report: RuntimeReport) -> Iterable[Diagnostic]:
        """Look at every layer of a report."""
        return (
            self.tell(layer, report) for layer in report.layers if layer.verdict in self.verdicts
        )

    def tell(
        self,
        layer: LayerReport,
        report: RuntimeReport,
        *,
        severity: Severity | None = None,
        confidence: Confidence | None = None,
    ) -> Diagnostic:
        """The finding about a layer."""
        from kernlint.rules.reasons import reason

        known = reason(layer.reason or "OTHER:unexplained")
        return self.found(
            layer.place,
            self.message.format(name=f"`{layer.name}`", device=report.device, why=known.meaning),
            severity=severity,
            confidence=confidence,
            effect=_effect(layer, report),
            help=known.advice,
            label=_label(layer, known.code),
            sink=report.facts.check.config.way,
        )


def _label(layer: LayerReport, code: str) -> str:
    """The code, and how many modules run the kernel where it is not all of them."""
    if layer.applied == layer.modules:
        return code
    return f"{code}: {layer.applied} of {_modules(layer.modules)}"


def _modules(number: int) -> str:
    return "1 module" if number == 1 else f"{number} modules"


def circumstances(report: RuntimeReport) -> str:
    """With which libraries, on what and for what a check was made, in words."""
    facts = report.facts
    check, environment = facts.check, facts.environment
    versions = environment.versions if environment is not None else {}
    known = [f"{name} {versions[name]}" for name in ("transformers", "kernels") if name in versions]
    libraries = [f"with {' and '.join(known)}"] if known else []
    place = [f"on {report.device}"] if report.device else []
    compiled = " and torch.compile" if check.compiled else ""
    return ", ".join([*libraries, *place, f"for {check.mode}{compiled}"])


def _effect(layer: LayerReport, report: RuntimeReport) -> str:
    """What happens with the layer, with the exception as it was raised."""
    check, text = report.facts.check, layer.message or ""
    if layer.exception is not None:
        text = f"{layer.exception}: {text}" if text else layer.exception
    where, way = circumstances(report), f"`{check.config.way}`"
    if layer.swallowed and layer.exception is not None:
        return f"{where}, {way} says nothing; by itself the layer raises {text}"
    if layer.swallowed:
        return f"{where}, {way} says nothing: {text}"
    if layer.exception is not None and layer.reason == "CALL":
        return f"{where}, the forward pass raises {text}"
    if layer.exception is not None and layer.swallowed is False:
        return f"{where}, {way} raises {text}"
    return f"{where}: {text}"


class KernelNotApplied(RuntimeRule):
    """No module runs the kernel that the config names for it.

    The model works, with the original code: what it computes is right, and nothing of the speed
    is there. transformers keeps the original code, and says nothing, where a kernel has no build
    for the system, is not registered for the mode or the capability of the device, where a file
    is missing, and where the `kernel_condition` of the class says no. The reason is shown as the
    libraries raise it where nothing is swallowed, with its [code](../reasons.md).

    Write another kernel or version, or leave the layer out of the config.

    Source: transformers 5.20 to 5.22, `integrations/hub_kernels.py` (`kernelize`); kernels 0.17,
    `layer/layer.py` (`kernelize_layer`).
    """

    code = "KL901"
    name = "kernel-not-applied"
    severity = "warning"
    verdicts = frozenset({"not-applied"})
    message = "no module runs the kernel of {name}: {why}"
    bad = (
        _used(f'«"RMSNorm"»: "org/norms:RMSNorm", {_SILU}', "no build for this system"),
        _used('«"SiLU"»: "kernels-community/activation:Silu"', "kernelized for torch.compile"),
    )


class MappingRejected(RuntimeRule):
    """A kernel of the config makes transformers raise.

    What is wrong with a mapping raises before any kernel is loaded. A kernel that does not fit the
    layer, cannot be imported, does not exist or is not trusted raises when the first module gets
    it, and the modules after that keep their original code if the exception is caught. With the
    default mapping inherited, its kernels are loaded, too, and what they raise ends the attempt in
    the same way.

    Write a kernel that fits; `inherit_mapping=False` leaves out the default mapping.

    Source: transformers 5.20 to 5.22, `utils/kernel_config.py`, `integrations/hub_kernels.py`;
    kernels 0.17, `layer/layer.py` (`_validate_layer`).
    """

    code = "KL902"
    name = "mapping-rejected"
    severity = "error"
    verdicts = frozenset({"rejected"})
    message = "the kernel of {name} is rejected: {why}"
    bad = (
        _used('«"RMSNorm"»: "org/norms:AddRMSNorm"', "another signature"),
        _used('«"RMSNorm"»: "someone/norms:RMSNorm"', "a publisher who is not trusted"),
    )


class KernelPartlyApplied(RuntimeRule):
    """Some modules of a layer run the kernel, and others do not.

    It is worth knowing where the `kernel_condition` of the class leaves modules out, which the
    author of the model means to be so, and a warning where something else is the reason: a kernel
    of the default mapping, or hooks that were put around a module.

    Source: kernels 0.17, `layer/kernelize.py` (`kernelize`).
    """

    code = "KL903"
    name = "kernel-partly-applied"
    severity = "warning"
    verdicts = frozenset({"partly-applied"})
    message = "not every module runs the kernel of {name}: {why}"
    bad = (
        _used('«"RMSNorm"»: "org/norms:RMSNorm"', "hooks around some modules"),
        _used('«"RMSNorm"»: "org/norms:RMSNorm"', "a condition that excludes one"),
    )

    def runtime(self, report: RuntimeReport) -> Iterator[Diagnostic]:
        """Look at every layer of a report."""
        for layer in report.layers:
            if layer.verdict in self.verdicts:
                meant = layer.reason == "CONDITION"
                yield self.tell(layer, report, severity="info" if meant else None)


class KernelWrongResult(RuntimeRule):
    """A kernel is in place and does not do what the original code does.

    kernels compares the number and the kind of the arguments, of the first class that has the
    layer name, and nothing else. What it cannot see: a kernel that reads an attribute that the
    module does not have, which raises in the first forward pass and is an error; results or
    gradients that differ by more than those of the original code in another precision; no
    gradient at all; inputs that are changed; another class of the same layer name that takes other
    arguments.

    Two things are reported of kernels that are in place, as not certain. A class that inherits the
    layer name and has a forward of its own, whose code the kernel replaces, is a warning unless
    `--numerics` has found the same results: that code was written because the base does something
    else. Arguments with other names are worth knowing, unless the kernel was executed: they raise
    where the model passes them by name, and do no harm where it passes them by position.

    Use another kernel, or leave the layer out of the config.

    Source: kernels 0.17, `layer/layer.py` (`_validate_layer`, `_get_layer_memoize`); the
    thresholds of `--numerics` are those of `docs/runtime.md`.
    """

    code = "KL904"
    name = "kernel-wrong-result"
    severity = "warning"
    verdicts = frozenset({"wrong-result"})
    message = "the kernel of {name} is in place, but wrong: {why}"
    bad = (
        _used('«"RMSNorm"»: "org/norms:RMSNorm"', "an inexact result"),
        _used('«"RMSNorm"»: "org/norms:RMSNorm"', "an attribute that is missing"),
        _used('«"RMSNorm"»: "org/norms:RMSNorm"', "a class with a forward of its own"),
    )

    def runtime(self, report: RuntimeReport) -> Iterator[Diagnostic]:
        """Look at every layer of a report, and at the classes of those that are in place."""
        for layer in report.layers:
            if layer.verdict in self.verdicts:
                yield self.tell(layer, report, severity="error" if layer.reason == "CALL" else None)
            elif layer.verdict in {"applied", "partly-applied"}:
                yield from self._doubts(layer, report)

    def _doubts(self, layer: LayerReport, report: RuntimeReport) -> Iterator[Diagnostic]:
        facts = report.facts
        compared = any(item.name == layer.name and item.checked for item in facts.numerics)
        executed = any(item.name == layer.name and item.ran for item in facts.execution)
        strict = next((item for item in facts.strict if item.name == layer.name), None)
        for item in strict.classes if strict is not None else ():
            if item.inherited is not None and not compared:
                yield self.found(
                    layer.place,
                    f"the kernel of `{layer.name}` replaces the forward of `{item.name}`, which "
                    f"has only its name from `{item.inherited}`",
                    confidence="medium",
                    effect=f"{circumstances(report)}, the forward of the class does not run "
                    f"({_modules(item.modules)})",
                    help="compare them with `--numerics`",
                    sink=facts.check.config.way,
                )
            if item.renamed and not executed:
                pairs = ", ".join(f"`{kernel}` for `{own}`" for own, kernel in item.renamed)
                yield self.found(
                    layer.place,
                    f"the kernel of `{layer.name}` names arguments of `{item.name}` otherwise",
                    severity="info",
                    confidence="medium",
                    effect=f"the kernel has {pairs}: passed by name they raise TypeError",
                    sink=facts.check.config.way,
                )


class KernelCrashed(RuntimeRule):
    """A kernel ends the process, or does not come to an end.

    It crashes (a segmentation fault, say), hangs, or calls `sys.exit` while it is imported or
    called. Whatever loads the model ends with it, without a message from transformers. kernlint
    runs the libraries in a process of their own, and demands that it comes to its end.

    Leave the kernel out. Where it only takes long, as with a slow download, allow more time with
    `--timeout`.
    """

    code = "KL905"
    name = "kernel-crashed"
    severity = "error"
    verdicts = frozenset({"crashed"})
    message = "with the kernel of {name} {why}"
    bad = (
        _used('«"RMSNorm"»: "org/norms:RMSNorm"', "a crash"),
        _used('«"SiLU"»: "org/activations:Silu"', "a call that does not end"),
    )


class NotForThisDevice(RuntimeRule):
    """The config names no kernel for the device that is checked.

    `set_use_kernels` leaves such a layer alone and says nothing, and so does kernels where the
    kernel is registered for other capabilities of the device. Kernels of the default mapping may
    run instead.

    Add a kernel for the device, or check on a device that the config is meant for.

    Source: transformers 5.20 to 5.22, `utils/kernel_config.py` (`create_compatible_mapping`);
    kernels 0.17, `layer/layer.py` (`kernelize_layer`).
    """

    code = "KL906"
    name = "not-for-this-device"
    severity = "warning"
    verdicts = frozenset({"not-for-device"})
    message = "the config does nothing for {name} on {device}: {why}"
    bad = (
        _used('«"RMSNorm"»: {"rocm": "org/norms:RMSNorm"}', "another device"),
        _used(
            f'«"RMSNorm"»: {{"xpu": "org/norms:RMSNorm", "mps": "org/norms:RMSNorm"}}, {_SILU}',
            "another device",
        ),
    )


class NotConfirmed(RuntimeRule):
    """Nothing is known for certain about a layer, or about the whole config.

    There is no accelerator of that kind on this machine, the Hub cannot be reached or may not be
    asked, the libraries are missing or do not work together, the model cannot be built, or
    something else ended the attempt. A prediction for a device that is not there confirms nothing
    either. It says nothing about the kernel, so that it never makes the exit status 1. It is 3
    instead, whether this rule is ignored or not: not confirmed is not confirmed.
    """

    code = "KL907"
    name = "not-confirmed"
    severity = "warning"
    verdicts = frozenset({"unknown", "predicted"})
    message = "{name} is not confirmed: {why}"
    bad = (
        confirmed(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = «KernelConfig({"RMSNorm": "org/norms:RMSNorm"})»
            model = AutoModelForCausalLM.from_pretrained("models/llama")
            model.set_use_kernels(True, config)
            """,
            "no accelerator",
        ),
        _used('«"SiLU"»: "org/activations:Silu"', "no network"),
    )

    def runtime(self, report: RuntimeReport) -> Iterator[Diagnostic]:
        """Look at a report as a whole, and at the layers that have reasons of their own."""
        if report.problem is not None:
            yield self.found(
                report.facts.check.config.place,
                f"nothing is confirmed: {report.problem}",
                effect=circumstances(report),
                help=self._advice(report),
                sink=report.facts.check.config.way,
            )
        for layer in report.layers:
            if layer.verdict in self.verdicts and (
                report.problem is None or layer.message != report.problem
            ):
                yield self.tell(layer, report)

    def _advice(self, report: RuntimeReport) -> str | None:
        """What to do about a problem: it is the reason of every layer that it keeps unknown."""
        from kernlint.rules.reasons import reason

        codes = [item.reason for item in report.layers if item.message == report.problem]
        return reason(codes[0]).advice if codes and codes[0] is not None else None

"""What is confirmed of each layer of a config, made of what was recorded.

Together decides what users get: what ``set_use_kernels`` or ``from_pretrained`` has left in the
modules. Strict, one name by itself with nothing swallowed, gives the reason. What was executed and
compared comes on top of that, see ``proofs.py``.
"""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.runtime import LayerReport, RuntimeReport
from kernlint.rules.environment import (
    ENDINGS,
    brief,
    ending,
    has_no_telemetry,
    is_offline,
    obstacle,
    told,
)
from kernlint.rules.origins import layer_names, named_alike, place_of, written
from kernlint.rules.proofs import has_raised, proven
from kernlint.rules.reasons import classify, is_silent, reason

if TYPE_CHECKING:
    from kernlint.model.runtime import (
        ExceptionFacts,
        ModuleStates,
        RuntimeFacts,
        Stage,
        StrictFacts,
        Verdict,
    )
    from kernlint.rules.environment import Obstacle

#: What says nothing about the kernel: another time, or another machine, it may be there.
OPEN = frozenset({"NETWORK", "OFFLINE", "TRUST-UNKNOWN", "NO-ACCELERATOR"})

#: What holds on every machine: it is about the mapping, the Hub, or the mode.
ANYWHERE = frozenset(
    {
        *("LAYER-NOT-IN-MODEL", "MAPPING", "DEVICE", "MODE", "PATH", "CONDITION"),
        *("VERSION", "REPO-MISSING", "REVISION-MISSING", "BUILD-MISSING", "UNTRUSTED", "TELEMETRY"),
    }
)

#: What holds for the build that this machine loads, and most likely for the others: they are made
#: of one source.
OF_THE_BUILD = frozenset(
    {
        *("SIGNATURE", "NOT-STATELESS", "NOT-A-LAYER", "NO-LAYERS", "LAYER-MISSING", "METADATA"),
        *("NO-BACKWARD", "NO-COMPILE", "MIN-VERSION", "SAME-ID"),
    }
)

#: With these the mapping is not meant for the device.
_ELSEWHERE = frozenset({"DEVICE", "PROPERTIES"})

#: What keeps a check from confirming anything, but not from seeing what is wrong with a name.
_PARTIAL = frozenset({"NO-ACCELERATOR", "DISABLED"})

#: The reason of what nothing that was recorded explains.
_UNEXPLAINED = "OTHER:unexplained"


def report(facts: RuntimeFacts) -> RuntimeReport:
    """What is confirmed of a config: a verdict for each of its layers, in their order."""
    judge = _Judge(facts)
    layers = tuple(judge.layer(name) for name in layer_names(facts))
    return RuntimeReport(facts, layers, judge.obstacle.text if judge.obstacle else None)


class _Judge:
    """Judges the layers of one check."""

    def __init__(self, facts: RuntimeFacts) -> None:
        self.facts = facts
        self.obstacle = obstacle(facts)
        self.offline = is_offline(facts)
        self.no_telemetry = has_no_telemetry(facts.environment)
        self.strict = {item.name: item for item in facts.strict}
        self.ended = {item.layer: item for item in facts.interrupted if item.layer is not None}
        self.alike = named_alike(facts.strict)
        wanted, there = facts.check.device, facts.environment and facts.environment.device
        self.elsewhere = wanted not in {"auto", there}

    def layer(self, name: str) -> LayerReport:
        """The verdict on one layer."""
        base = self._base(name)
        strict = self.strict.get(name)
        if self.obstacle is not None:
            return self._hindered(base, strict, self.obstacle)
        ended = self.ended.get(name)
        if ended is not None and not has_raised(name, ended.during, self.facts):
            code = ENDINGS[ended.ending]
            return base._replace(verdict="crashed", reason=code, message=ending(ended))
        if strict is None:
            return self._not_reached(base)
        if strict.exception is not None:
            found = self._refused(base, strict, strict.exception)
        else:
            found = self._accepted(base, strict)
        return proven(found, strict, self.facts)

    def _base(self, name: str) -> LayerReport:
        """A layer of which nothing is known but where it stands, what it is and how often."""
        facts, strict = self.facts, self.strict.get(name)
        together = facts.together.states.get(name) if facts.together else None
        states = together or (strict.states if strict else None)
        modules = facts.model.registered.get(name, 0) if facts.model else 0
        kernel = strict.kernel if strict else None
        repository = written(facts, name)
        if kernel is not None:
            at = f"@{kernel.revision}" if kernel.revision else ""
            repository = f"{kernel.repository}{at}"
        return LayerReport(
            name,
            "unknown",
            place_of(facts.check.config, name),
            states.total if states is not None else modules,
            together.kernel if together is not None else 0,
            repository=repository,
            variant=kernel.variant if kernel is not None else None,
        )

    def _code(self, raised: ExceptionFacts, stage: Stage | None = None) -> str:
        code = classify(raised, stage, offline=self.offline)
        return "TELEMETRY" if code == "TRUST-UNKNOWN" and self.no_telemetry else code

    def _hindered(
        self, base: LayerReport, strict: StrictFacts | None, hindrance: Obstacle
    ) -> LayerReport:
        """A layer where nothing can be confirmed: what is certain anyway stays."""
        if strict is not None and strict.exception is not None and hindrance.code in _PARTIAL:
            code = self._code(strict.exception, strict.stage)
            if code in ANYWHERE:
                way = self.facts.check.config.way
                silent = is_silent(strict.exception, code, strict.stage, way)
                return _told(base, code, strict.exception)._replace(
                    verdict=_verdict(code, silent=silent, states=None), swallowed=silent
                )
        said = True if hindrance.code == "DISABLED" else None
        return base._replace(reason=hindrance.code, message=hindrance.text, swallowed=said)

    def _not_reached(self, base: LayerReport) -> LayerReport:
        """A layer that the check did not come to."""
        for name, ended in self.ended.items():
            return base._replace(reason="ABORTED", message=f"`{name}` came first: {brief(ended)}")
        for ended in self.facts.interrupted:
            return base._replace(reason=ENDINGS[ended.ending], message=ending(ended))
        return base._replace(
            reason="ABORTED", message="the check ended before it came to the layer"
        )

    def _refused(
        self, base: LayerReport, strict: StrictFacts, raised: ExceptionFacts
    ) -> LayerReport:
        """A layer that raises by itself."""
        way = self.facts.check.config.way
        alike = self.alike.get(base.name)
        code = alike.code if alike is not None else self._code(raised, strict.stage)
        found = _told(base, code, raised)
        if alike is not None:
            found = found._replace(message=f"{alike.text}: {found.message}")
        if code == "EXITED":
            return found._replace(verdict="crashed", swallowed=False)
        silent = is_silent(raised, code, strict.stage, way)
        if self.elsewhere or strict.predicted:
            known: Verdict = "predicted" if code in OF_THE_BUILD else "unknown"
            if code in ANYWHERE:
                known = _verdict(code, silent=silent, states=None)
            return found._replace(verdict=known, swallowed=silent)
        together = self.facts.together
        states = together.states.get(base.name) if together is not None else None
        if together is not None and together.exception is None:
            if states is not None and states.kernel == states.total > 0:
                return base._replace(verdict="applied")
            silent = True
        elif together is not None and together.culprit == base.name:
            silent = False
        return found._replace(
            verdict=_verdict(code, silent=silent, states=states), swallowed=silent
        )

    def _accepted(self, base: LayerReport, strict: StrictFacts) -> LayerReport:
        """A layer that goes well by itself."""
        together = self.facts.together
        if base.name in self.alike:
            alike = self.alike[base.name]
            return base._replace(
                verdict="not-applied",
                applied=0,
                reason=alike.code,
                message=alike.text,
                swallowed=True,
            )
        if self.elsewhere or strict.predicted:
            found = self._by_states(base, strict, strict.states)
            if found.verdict != "applied":
                return found
            device = self.facts.check.device
            return found._replace(
                verdict="predicted",
                applied=strict.states.kernel,
                reason="NO-ACCELERATOR",
                message=f"there is no {device} here: this follows from the mapping and from the "
                "build that this machine loads",
            )
        if not strict.entry and (together is None or together.exception is not None):
            return self._by_states(base, strict, strict.states)
        if together is None:
            return self._never_together(base)
        if together.exception is not None:
            return self._ended_together(base, together.exception, together.culprit)
        return self._by_states(base, strict, together.states.get(base.name, strict.states))

    def _never_together(self, base: LayerReport) -> LayerReport:
        """A layer that goes well by itself, of which nothing else could be tried."""
        failed = self.facts.failed.get("together")
        if failed is not None:
            return _told(base, self._code(failed), failed)
        return self._not_reached(base)

    def _ended_together(
        self, base: LayerReport, raised: ExceptionFacts, culprit: str | None
    ) -> LayerReport:
        """A layer that goes well by itself, in an attempt that something ended."""
        code = self._code(raised)
        if culprit is None:
            same = (raised.type, raised.message)
            culprit = next(
                (
                    item.name
                    for item in self.facts.strict
                    if item.exception and (item.exception.type, item.exception.message) == same
                ),
                None,
            )
        verdict: Verdict = "unknown" if code in OPEN else "rejected"
        found = _told(base, code, raised)._replace(verdict=verdict, swallowed=False)
        if culprit is None or culprit == base.name:
            return found
        found = found._replace(exception=None)  # it is another layer's
        of = f"`{culprit}`, which is not in the config, raised"
        if culprit in layer_names(self.facts):
            of = f"`{culprit}` raised first"
            before: Verdict = "partly-applied" if base.applied else "not-applied"
            found = found._replace(reason="ABORTED", verdict="unknown" if code in OPEN else before)
        else:
            found = found._replace(reason="INHERITED")
        return found._replace(message=f"{of}: {told(raised)}")

    def _by_states(
        self, base: LayerReport, strict: StrictFacts, states: ModuleStates
    ) -> LayerReport:
        """A layer for which nothing was raised: what its modules run."""
        if states.kernel == states.total > 0:
            return base._replace(verdict="applied")
        rest = states.total - states.kernel
        code, text = self._silent_reason(strict, states)
        verdict: Verdict = "partly-applied" if states.kernel else "not-applied"
        if code == "DEVICE":
            verdict = "not-for-device"
        where = ", ".join(f"`{path}`" for path in states.others[:3])
        more = " and others" if rest > 3 else ""
        text = f"{text} ({where}{more})" if where and states.kernel else text
        return base._replace(verdict=verdict, reason=code, message=text, swallowed=True)

    def _silent_reason(self, strict: StrictFacts, states: ModuleStates) -> tuple[str, str]:
        """Why modules do not run the kernel although nothing was raised, and a text for it."""
        rest = states.total - states.kernel
        check = self.facts.check
        if states.total == 0:
            return "LAYER-NOT-IN-MODEL", reason("LAYER-NOT-IN-MODEL").meaning
        if not strict.entry:
            also = "; a kernel of the default mapping runs instead" if states.foreign else ""
            return "DEVICE", f"{reason('DEVICE').meaning}{also}"
        if strict.excluded and strict.excluded >= rest:
            return "CONDITION", f"`kernel_condition` excludes {rest} of {states.total} modules"
        if states.foreign and strict.states.foreign:
            return "FOREIGN", reason("FOREIGN").meaning
        if states.foreign:
            return "REPLACED", "beside the default mapping another kernel is put in its place"
        if check.compiled and states.original:
            return "MODE", (
                "`set_use_kernels` registers the kernel without torch.compile, so that it is not "
                "used when the model is kernelized for it"
            )
        if strict.states.kernel:
            return "REPLACED", "beside the default mapping the modules keep their original code"
        if states.untouched:
            return "LAYER-NOT-IN-MODEL", (
                "the layer name is an attribute of the modules and not of their class, so that "
                "kernelize passes them by"
            )
        return _UNEXPLAINED, reason(_UNEXPLAINED).meaning


def _told(base: LayerReport, code: str, raised: ExceptionFacts) -> LayerReport:
    """A layer with an exception: its class, and its text with the notes."""
    text = "\n".join([raised.message.strip(), *raised.notes]).strip()
    return base._replace(reason=code, exception=raised.type, message=text)


def _verdict(code: str, *, silent: bool, states: ModuleStates | None) -> Verdict:
    """What becomes of a layer that raises by itself; ``silent`` if transformers swallows it."""
    if code in OPEN:
        return "unknown"
    if not silent:
        return "rejected"
    if code in _ELSEWHERE:
        return "not-for-device"
    return "partly-applied" if states is not None and states.kernel else "not-applied"

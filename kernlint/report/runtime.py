"""What was confirmed with the real libraries: tables for people, and the closing line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from kernlint.model.diagnostic import SEVERITIES
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record
from kernlint.report.summary import SEVERITY_TINTS
from kernlint.report.terminal import Tint, display_width, paint, printable, wrap

if TYPE_CHECKING:
    from kernlint.model.diagnostic import Result
    from kernlint.model.runtime import LayerReport, RuntimeReport, Verdict

_TINTS: dict[Verdict, Tint] = {
    "applied": "cyan",
    "predicted": "yellow",
    "unknown": "yellow",
    "partly-applied": "yellow",
    "not-applied": "yellow",
    "not-for-device": "yellow",
    "wrong-result": "yellow",
    "rejected": "red",
    "crashed": "red",
}

#: What a verdict is called in a count.
_ORDER: tuple[Verdict, ...] = (
    *("applied", "partly-applied", "not-applied", "rejected", "not-for-device", "wrong-result"),
    *("crashed", "predicted", "unknown"),
)

_NOTHING = "nothing is confirmed:"

_INDENT = "  "
_BETWEEN = "  "


class _Column(Record):
    """A column: its head, its cells, and whether they stand at its right edge."""

    head: str
    cells: Sequence[str]
    right: bool = False

    @property
    def width(self) -> int:
        return max(display_width(text) for text in (self.head, *self.cells))

    def padded(self, text: str) -> str:
        room = " " * (self.width - display_width(text))
        return f"{room}{text}" if self.right else f"{text}{room}"


def render_tables(reports: Iterable[RuntimeReport], *, color: bool, width: int) -> list[str]:
    """A block for each report: what was checked, a table of the layers, and notes.

    ``width`` is the number of columns that lines are folded to. What is wider than that and holds
    no space is broken.
    """
    return ["".join(f"{row}\n" for row in _rows(item, color, width)) for item in reports]


def render_lines(reports: Iterable[RuntimeReport], *, color: bool) -> str:
    """``config: layer: applied/modules verdict`` for every layer, a line each."""
    rows = []
    for item in reports:
        config = printable(item.facts.check.config.label)
        if item.problem is not None:
            rows.append(f"{config}: nothing is confirmed: {printable(item.problem)}")
        rows += [
            f"{config}: {printable(layer.name)}: {_count(layer)} {_painted(layer, color)}"
            for layer in item.layers
        ]
    return "".join(f"{row}\n" for row in rows)


def closing(result: Result, *, color: bool) -> str:
    """The last line: how many layers of how many configs are confirmed, and how."""
    reports, layers = result.runtime, [item for one in result.runtime for item in one.layers]
    configs = len({item.facts.check.config.label for item in reports})
    checked = f"Checked {_plural(configs, 'config')}"
    if len(reports) > configs:
        checked += f" in {len(reports)} ways"
    if layers:
        checked += f" with {_plural(len(layers), 'layer')}"
    devices = sorted({item.device for item in reports if item.device is not None})
    if devices:
        checked += f" on {' and '.join(devices)}"
    suppressed = result.counts.suppressed
    hidden = f" ({suppressed} suppressed)" if suppressed else ""
    return f"{checked}: {_conclusion(result, layers, color=color)}{hidden}.\n"


def _conclusion(result: Result, layers: Sequence[LayerReport], *, color: bool) -> str:
    """What is confirmed, what keeps it from being all, and the number of findings."""
    totals = Counter(layer.verdict for layer in layers)
    caveats = _caveats(result, totals)
    if totals["applied"] == len(layers) and not caveats:
        said = "every layer runs its kernel"
        if not all(_is_executed(layer, item) for item in result.runtime for layer in item.layers):
            said = "every kernel is in place, but not all of them were executed"
    else:
        said = ", ".join(
            paint(f"{totals[verdict]} {verdict}", _TINTS[verdict], color)
            for verdict in _ORDER
            if totals[verdict]
        )
    severities = Counter(diagnostic.severity for diagnostic in result.diagnostics)
    found = ", ".join(
        paint(_plural(severities[severity], severity), SEVERITY_TINTS[severity], color)
        for severity in reversed(SEVERITIES)
        if severities[severity]
    )
    return "; ".join(part for part in (said, *caveats, found) if part)


def _is_executed(layer: LayerReport, report: RuntimeReport) -> bool:
    return any(seen.name == layer.name and seen.ran for seen in report.facts.execution)


def _caveats(result: Result, totals: Mapping[Verdict, int]) -> list[str]:
    """What keeps this run from having confirmed everything."""
    caveats = []
    problems = [item.problem for item in result.runtime if item.problem is not None]
    if problems:
        said = "; ".join(printable(text.splitlines()[0]) for text in dict.fromkeys(problems))
        number, of = len(problems), len(result.runtime)
        nothing = "nothing is confirmed" if number == of else f"{number} of {of} confirmed nothing"
        caveats.append(f"{nothing} ({said})")
    elif totals["predicted"] + totals["unknown"]:
        caveats.append("not every layer is confirmed")
    if result.not_checked:
        caveats.append(f"{_plural(len(result.not_checked), 'config')} could not be tried out")
    elif result.unreadable:
        caveats.append("not every file that mentions kernels could be read")
    if result.internal_errors:
        caveats.append(f"{_plural(len(result.internal_errors), 'rule')} failed")
    return caveats


def _rows(report: RuntimeReport, color: bool, width: int) -> list[str]:
    facts, config = report.facts, report.facts.check.config
    compiled = " and torch.compile" if facts.check.compiled else ""
    model = _model(report)
    rows = wrap(printable(f"{config.label}: {model}"), width)
    rows += _below(f"{config.way}, for {facts.check.mode}{compiled}", width)
    if facts.environment is not None:
        rows += _below(_environment(report), width)
    if report.problem is not None:
        first, *rest = _below(f"{_NOTHING} {report.problem.splitlines()[0]}", width)
        rows += [first.replace(_NOTHING, paint(_NOTHING, "yellow", color)), *rest]
        for line in report.problem.splitlines()[1:]:
            rows += [f"{_INDENT}{row}" for row in _below(line, width - len(_INDENT))]
    if report.layers:
        rows += ["", *_table(report, color, width)]
    notes = facts.model.notes if facts.model is not None else ()
    ending = _cost(report)
    if notes or ending:
        rows.append("")
    for note in notes:
        rows += _below(f"note: {note}", width)
    return rows + (_below(ending, width) if ending else [])


def _below(text: str, width: int) -> list[str]:
    return [f"{_INDENT}{line}" for line in wrap(printable(text), width - len(_INDENT))]


def _model(report: RuntimeReport) -> str:
    """The model: its class and size, or how it was asked for where it was not built."""
    model = report.facts.model
    if model is None:
        return f"model {report.facts.check.model}"
    return f"{model.name} ({size(model.parameters)} parameters, {model.modules} modules)"


def size(number: int) -> str:
    """A number of parameters in the unit that is used for models: ``8.0B``, ``117M``."""
    for unit, name in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        if number >= unit:
            value = number / unit
            return f"{value:.1f}{name}" if value < 100 else f"{value:.0f}{name}"
    return str(number)


def _environment(report: RuntimeReport) -> str:
    """The device with its name and capability, and the releases of the libraries."""
    environment = report.facts.environment
    if environment is None:
        return ""
    device = "no accelerator" if "torch" in environment.versions else "no torch"
    if environment.device is not None:
        named = ", ".join(
            part
            for part in (
                environment.accelerator,
                f"capability {environment.capability}" if environment.capability else None,
            )
            if part is not None
        )
        device = f"{environment.device}{f' ({named})' if named else ''}"
    if report.device not in {None, environment.device}:
        device = f"predicted for {report.device}, here: {device}"
    versions = [
        f"{name} {environment.versions[name]}"
        for name in ("torch", "transformers", "kernels")
        if name in environment.versions
    ]
    return f"{device}; {', '.join([*versions, f'Python {environment.python}'])}"


def _cost(report: RuntimeReport) -> str | None:
    """How long the check took, and how much memory of the host."""
    facts = report.facts
    if not facts.seconds:
        return None
    memory = f" and {facts.peak_memory / 2**20:.0f} MB" if facts.peak_memory else ""
    return f"took {facts.seconds:.1f} s{memory}"


def _table(report: RuntimeReport, color: bool, width: int) -> list[str]:
    """The layers, a row each; the kernel last, folded, or below where there is no room."""
    layers = report.layers
    columns = [
        _Column("layer", [printable(layer.name) for layer in layers]),
        _Column("applied", [_count(layer) for layer in layers], right=True),
        _Column("verdict", [_verdict(layer) for layer in layers]),
    ]
    if report.facts.check.numerics:
        errors = [_error(layer) for layer in layers]
        speeds = [f"{layer.speedup:.2f}x" if layer.speedup else "-" for layer in layers]
        columns.insert(2, _Column("speed", speeds, right=True))
        columns.insert(2, _Column("max error", errors, right=True))
    kernels = [printable(_kernel(layer)) for layer in layers]
    used = len(_INDENT) + sum(column.width + len(_BETWEEN) for column in columns)
    longest = max(display_width(word) for text in kernels for word in text.split(" "))
    below = longest > width - used
    heads = [column.padded(column.head) for column in columns]
    rows = [f"{_INDENT}{_BETWEEN.join([*heads, '' if below else 'kernel'])}".rstrip()]
    for number, layer in enumerate(layers):
        cells = []
        for column in columns:
            cell = column.padded(column.cells[number])
            if column.head == "verdict":
                text = column.cells[number]
                cell = paint(text, _TINTS[layer.verdict], color) + cell[len(text) :]
            cells.append(cell)
        row = f"{_INDENT}{_BETWEEN.join(cells)}"
        folded = wrap(kernels[number], width - (len(_INDENT) * 3 if below else used))
        if below:
            rows += [row.rstrip(), *(f"{_INDENT * 3}{line}" for line in folded)]
        else:
            rows.append(f"{row}{_BETWEEN}{folded[0]}".rstrip())
            rows += [f"{' ' * used}{line}" for line in folded[1:]]
    return rows


def _count(layer: LayerReport) -> str:
    return f"{layer.applied}/{layer.modules}"


def _verdict(layer: LayerReport) -> str:
    return printable(f"{layer.verdict}: {layer.reason}" if layer.reason else layer.verdict)


def _painted(layer: LayerReport, color: bool) -> str:
    return paint(_verdict(layer), _TINTS[layer.verdict], color)


def _error(layer: LayerReport) -> str:
    return "-" if layer.max_abs_error is None else f"{layer.max_abs_error:.1e}"


def _kernel(layer: LayerReport) -> str:
    """Where the kernel is from, and which build it is."""
    variant = f" ({layer.variant})" if layer.variant else ""
    return f"{layer.repository or '-'}{variant}"


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

"""The pytest plugin: each layer of each config is a test, with ``--kernlint-model`` and only then.

A test passes where the kernel of its layer is confirmed, fails with the findings about it, and is
skipped where nothing can be known. The check of a config runs once in a process, with the first of
its layers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kernlint.api.confirming import Plan
    from kernlint.config import Settings
    from kernlint.model.diagnostic import Diagnostic, NotChecked, Place, Result
    from kernlint.model.runtime import Check, LayerReport

MARKER = "kernlint"

#: Option, its metavar (none for a flag), and the help.
OPTIONS = (
    ("paths", "PATH", "Where the configs are; may be repeated [.]"),
    ("kernel-config", "MODULE:ATTR", "Confirm this config, and none in the paths"),
    ("device", "NAME", "Device of the model [the one there]"),
    ("mode", "MODE", "State of the model: inference, training [inference]"),
    ("compile", None, "The model is to be compiled with torch.compile"),
    ("python", "PATH", "Interpreter or environment that runs the model [this one]"),
    ("offline", None, "Use the local Hugging Face cache alone"),
    ("timeout", "SECONDS", "Time for each config [600]"),
    ("trust-remote-code", None, "Run code from the repository of the model"),
    ("no-execute", None, "Leave out the forward pass on the device"),
    ("numerics", None, "Compare each kernel with what it replaces"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; without ``--kernlint-model`` nothing else of the plugin is used."""
    group = parser.getgroup("kernlint", "confirm that the kernels of a KernelConfig run")
    group.addoption(
        "--kernlint-model",
        action="append",
        default=[],
        metavar="MODEL",
        help="Confirm every KernelConfig on this model: a folder with config.json, FILE.py:ATTR, "
        "MODULE:ATTR or an id in the local cache; may be repeated. Executes the code of the model "
        "and the kernels",
    )
    for name, metavar, text in OPTIONS:
        if metavar is None:
            group.addoption(f"--kernlint-{name}", action="store_true", help=text)
        else:
            action = "append" if name == "paths" else "store"
            group.addoption(f"--kernlint-{name}", action=action, metavar=metavar, help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Find what is to be confirmed, where that is asked for; usage errors end the session."""
    if config.getoption("kernlint_model"):
        config.addinivalue_line("markers", f"{MARKER}: the kernel of a layer, on an accelerator")
        config.pluginmanager.register(Sweep(config), "kernlint-sweep")


class Sweep:
    """The checks of a session, and what came of them."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._settings = _settings(config)
        self.plans = {
            model: _plan(config, self._settings, model)
            for model in dict.fromkeys(config.getoption("kernlint_model"))
        }
        self._results: dict[int, Result] = {}
        self._confirmed = False

    def pytest_report_header(self) -> list[str]:
        """Say what will be executed, before anything is."""
        from kernlint.api.confirming import announcement

        text = "".join(announcement(plan.checks) for plan in self.plans.values())
        return [f"kernlint: {line}" for line in text.splitlines()]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> None:
        """Add a test for each layer, before others choose among the tests."""
        root = Group.from_parent(session, name=MARKER, nodeid=MARKER, sweep=self)
        for model, plan in self.plans.items():
            group = Group.from_parent(root, name=model, sweep=self)
            items.extend(group.tests(plan))

    def result(self, check: Check, plan: Plan) -> Result:
        """What comes of a check; it runs when it is asked for first."""
        if id(check) not in self._results:
            from kernlint.api.confirming import judged
            from kernlint.runtime.confirm import confirm

            self._results[id(check)] = judged(self._settings, plan, [confirm(check)])
        return self._results[id(check)]

    @property
    def fail_on(self) -> str:
        """The severity from which on a finding fails a test."""
        return self._settings.fail_on

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note that something was confirmed, right or wrong; with xdist in any process."""
        ours = report.nodeid.startswith(f"{MARKER}::")
        if ours and report.when == "call" and not report.skipped:
            self._confirmed = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """A session in which nothing was confirmed is no success."""
        good = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
        if good and not self._confirmed and not self._is_partial(session.config):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say so."""
        if not self._confirmed and not self._is_partial(self._config):
            terminalreporter.write_line("kernlint: nothing was confirmed", red=True)

    @staticmethod
    def _is_partial(config: pytest.Config) -> bool:
        """Whether the tests run elsewhere, or not at all."""
        return bool(config.getoption("collectonly")) or hasattr(config, "workerinput")


class Group(pytest.Collector):
    """The tests of kernlint, or of a model or a config."""

    def __init__(self, *, sweep: Sweep, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sweep = sweep

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Nothing: the tests are added as they are."""
        return ()

    def tests(self, plan: Plan) -> Iterator[pytest.Item]:
        """A test for each layer of each config of a model, and for what cannot be tried."""
        several = {check.config.label for check in plan.checks if _ways(plan, check) > 1}
        for check in plan.checks:
            config = check.config
            name = f"{config.label} {config.way}" if config.label in several else config.label
            group = Group.from_parent(self, name=name, sweep=self.sweep)
            layers: list[str | None] = [str(layer) for layer in config.mapping or {}]
            for layer in layers or [None]:
                subject = Subject(check, plan, layer)
                yield LayerTest.from_parent(group, name=layer or "every layer", subject=subject)
        for item in plan.not_checked:
            path, line, column = _position(plan, item.place)
            group = Group.from_parent(self, name=f"{path}:{line}:{column}", sweep=self.sweep)
            yield OpenTest.from_parent(group, name="not checked", reason=item, line=line)


class Subject(NamedTuple):
    """What a test is about: a layer of a config, or all of them where their names are not known."""

    check: Check
    plan: Plan
    layer: str | None


class KernelProblemError(Exception):
    """What is wrong with the kernel of a layer, as text for the terminal."""


class LayerTest(pytest.Item):
    """The kernel of a layer."""

    parent: Group

    def __init__(self, *, subject: Subject, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._subject = subject
        self.add_marker(MARKER)
        if self.config.pluginmanager.hasplugin("xdist"):
            # With --dist loadgroup, as with loadscope, one process makes the check for all layers.
            self.add_marker(pytest.mark.xdist_group(self.parent.nodeid))

    def runtest(self) -> None:
        """Pass where the kernel is confirmed, fail with findings, skip what is not known."""
        check, plan, wanted = self._subject
        result = self.parent.sweep.result(check, plan)
        [report] = result.runtime
        layers = [layer for layer in report.layers if wanted in (None, layer.name)]
        found = _findings(result, layers, self.parent.sweep.fail_on)
        if found:
            raise KernelProblemError(_text(result, found))
        if not layers:
            _skip(report.problem or "the check did not come to this layer")
        for layer in layers:
            if layer.verdict != "applied":
                _skip(_because(layer, report.problem))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The findings alone, without a traceback."""
        if isinstance(excinfo.value, KernelProblemError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[str, int, str]:
        """The config, as the place of the test."""
        config = self._subject.check.config
        path, line, _ = _position(self._subject.plan, config.place)
        return path, line - 1, f"{config.label} {self.name}"


class OpenTest(pytest.Item):
    """A config that cannot be tried, because not all of it is known."""

    def __init__(self, *, reason: NotChecked, line: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._reason, self._line = reason, line
        self.add_marker(MARKER)

    def runtest(self) -> None:
        """Skip, with the reason."""
        _skip(f"not checked: {self._reason.reason}")

    def reportinfo(self) -> tuple[str, int, str]:
        """The part of the config that is not known."""
        return self._reason.place.path, self._line - 1, self.name


def _settings(config: pytest.Config) -> Settings:
    import os

    from kernlint.config import ConfigError, find_config, load_settings

    paths = config.getoption("kernlint_paths") or ["."]
    python = config.getoption("kernlint_python")
    try:
        return load_settings(
            find_config(paths[0]), {} if python is None else {"python": python}, os.environ
        )
    except ConfigError as error:
        raise pytest.UsageError(f"kernlint: {error.message}") from None


def _plan(config: pytest.Config, settings: Settings, model: str) -> Plan:
    from kernlint.api import UsageError
    from kernlint.api.confirming import plan
    from kernlint.model.runtime import AUTO, Request

    def option(name: str, default: Any = None) -> Any:
        return config.getoption(f"kernlint_{name}") or default

    mode = option("mode", "inference")
    if mode not in ("inference", "training"):
        raise pytest.UsageError(f"--kernlint-mode must be inference or training, not {mode}")
    try:
        timeout = float(option("timeout", "600"))
    except ValueError:
        raise pytest.UsageError("--kernlint-timeout must be a number of seconds") from None
    request = Request(
        model,
        option("kernel_config"),
        option("device", AUTO),
        mode,
        compiled=option("compile", False),
        offline=option("offline", False),
        timeout=timeout,
        trust_remote_code=option("trust_remote_code", False),
        execute=not option("no_execute", False),
        numerics=option("numerics", False),
    )
    try:
        return plan(settings, option("paths", ["."]), request)
    except UsageError as error:
        hint = f"\n{error.hint}" if error.hint else ""
        raise pytest.UsageError(f"kernlint: {error.message}{hint}") from None


def _ways(plan: Plan, check: Check) -> int:
    """How many ways a config is confirmed on."""
    return sum(other.config.label == check.config.label for other in plan.checks)


def _position(plan: Plan, place: Place) -> tuple[str, int, int]:
    """Path of a place, with its line and column in the file."""
    text = plan.files.texts.get(place.path)
    return (place.path, *(text.position_in_file(place.span.start) if text else (1, 1)))


def _findings(result: Result, layers: list[LayerReport], fail_on: str) -> list[Diagnostic]:
    """What fails the test of these layers: findings about them that are not about open ends."""
    from kernlint.model.diagnostic import OPEN_CODES, SEVERITIES

    places = {layer.place for layer in layers if layer.verdict not in ("unknown", "predicted")}
    ranks = {severity: rank for rank, severity in enumerate(SEVERITIES)}
    return [
        item
        for item in result.diagnostics
        if item.place in places
        and item.code not in OPEN_CODES
        and ranks[item.severity] >= ranks[fail_on]  # type: ignore[index]
    ]


def _text(result: Result, found: list[Diagnostic]) -> str:
    from kernlint.report.text import render_full, summary

    alone = result._replace(diagnostics=tuple(found), runtime=(), not_checked=())
    text = render_full(alone, color=False, width=100, links=False)
    return text.removesuffix(summary(alone, color=False)).rstrip("\n")


def _because(layer: LayerReport, problem: str | None) -> str:
    """Why a layer is neither confirmed nor told to be wrong."""
    if layer.verdict not in ("unknown", "predicted"):
        return f"{layer.name}: {layer.verdict}, which is silenced here"
    first = (layer.message or problem or "nothing is known").splitlines()[0]
    return f"{layer.name}: {first}"


def _skip(reason: str) -> None:
    raise pytest.skip.Exception(reason, _use_item_location=True)

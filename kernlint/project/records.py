"""What is noted of a run, and what follows a run through the calls of others."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING, cast
from kernlint.model.record import Record
from kernlint.model.walk import walk
from kernlint.project.execute import Program
from kernlint.project.flow import CONFIG, Step, Story
from kernlint.project.freeze import freeze
from kernlint.project.objects import External, Object, plain
from kernlint.project.values import (
    Instance,
    Known,
    MappingValue,
    SequenceValue,
    Unknown,
    text_of,
    unknowns,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator

    from kernlint.model.diagnostic import Place
    from kernlint.model.expr import Expr, Span
    from kernlint.project.flow import Config, PassedArgument, StepKind, Usage, Wrapper
    from kernlint.project.objects import Env, Given
    from kernlint.project.values import Value


DEVICE = "torch.device"
MODEL = "transformers.PreTrainedModel"


TRAINER = "transformers.Trainer"


PIPELINE = "transformers.pipeline"


KERNEL_CONFIG = f"transformers.{CONFIG}"


_MAX_DEPTH = 4


class Made(Record):
    """How a config was made: what was called with what, and in which open loops."""

    callee: Place
    passed: tuple[PassedArgument, ...]
    loops: tuple[int, ...]


#: What takes a value out of a dict by its key.
_TAKING_OUT = {"get", "pop"}
#: Arguments whose names tell by themselves that a file has to do with kernels.
TELLING = {"kernel_config", "kernel_mapping", "use_kernels"}


def _parameters(key: Hashable, gathering: Collection[Hashable]) -> Iterator[Hashable]:
    """The parameters, by key, that an unknown value comes from.

    Whoever passes by its name what is taken out of a ``gathering`` parameter (``**kwargs``) under a
    telling name writes that name. Its file is looked at anyway, and need not be looked for.
    """
    match key:
        case ("parameter", *_):
            yield key
        case ("call", ("attr", ("parameter", *_) as held, taking), (("constant", name, _), *_), _):
            if not (held in gathering and taking in _TAKING_OUT and name in TELLING):
                yield held
        case tuple():
            for part in key:
                yield from _parameters(part, gathering)


class Records(Program):
    """Keeps what was seen in a run."""

    watched: dict[str, set[Span]]
    chosen: dict[str, dict[Span, bool]]
    imports: dict[str, dict[str, Place | None]]
    uses_transformers: dict[str, bool]
    wrappers: dict[str, Wrapper | None]
    callees: dict[Place, str]
    gathering: set[Hashable]

    def reset(self) -> None:
        """Forget what was seen in a run."""
        self.configs: list[Object] = []
        self.usages: list[Usage] = []
        self.parameters: set[Hashable] = set()
        self.story: list[Step] = []
        self.boundaries: list[int] = []
        self.models: dict[Hashable, int] = {}
        self.objects: dict[int, int] = {}
        self.kept: list[Value] = []
        self.through: Place | None = None
        self.values: list[tuple[str, Span, Value]] = []

    def mark(self) -> tuple[int, ...]:
        """How much was seen so far."""
        counts = (len(self.configs), len(self.usages), len(self.story))
        return (*counts, len(self.values), len(self.fresh))

    def forget(self, mark: tuple[int, ...]) -> None:
        """Forget what was seen since then."""
        del self.configs[mark[0] :], self.usages[mark[1] :], self.story[mark[2] :]
        del self.values[mark[3] :], self.fresh[mark[4] :]

    def boundary(self) -> None:
        """Another block of a document begins, and another story."""
        self.boundaries.append(len(self.story))

    def stories(self) -> Iterator[Story]:
        """What was done, block by block of a document; the default device stays as it is set."""
        kept: list[Step] = []
        ends = [*self.boundaries, len(self.story)]
        for start, end in zip([0, *ends[:-1]], ends, strict=True):
            steps = self.story[start:end]
            if steps:
                yield Story((*kept, *steps))
            kept += [step for step in steps if step.kind == "default_device"]

    def value(self, env: Env, expr: Expr) -> Value:
        """The value of an expression; noted where it is asked for."""
        value = super().value(env, expr)
        watched = self.watched.get(env.path)
        if watched is not None and expr.span in watched:
            self.use(value)
            self.record()
            self.values.append((env.path, expr.span, value))
        return value

    def _object(self, config: Object) -> int:
        """The number of a config in this run."""
        self.kept.append(config)
        return self.objects.setdefault(id(config), len(self.objects))

    def _flag(self, value: Value) -> Value:
        """A value that some condition of this run is about, as far as that tells of it."""
        if isinstance(value, Unknown) and value.key is not None:
            decided = self.oracle.decided(value.key)
            if decided is not None:
                return Known(decided, value.place)
        return value

    def matters(self, value: Value) -> bool:
        """Whether it has to be known where a value goes."""
        return self._holds(value, 0, set())

    def _holds(self, value: Value, depth: int, seen: set[int]) -> bool:
        """Whether a value is, or holds, a config or a model that has one."""
        if depth > _MAX_DEPTH or id(value) in seen:
            return False
        seen.add(id(value))
        if isinstance(value, Object):
            if value.dotted in {KERNEL_CONFIG, MODEL, TRAINER}:
                return True
            return any(self._holds(each, depth + 1, seen) for each in value.attrs.values())
        value = plain(value)
        if isinstance(value, MappingValue):
            return any(self._holds(entry.value, depth + 1, seen) for entry in value.entries)
        if isinstance(value, SequenceValue):
            return any(self._holds(each, depth + 1, seen) for each in value.items)
        return False

    def _shown(self, value: Value, place: Place, *, is_flag: bool = False) -> Value:
        """A value as rules see it, as far as it can be known."""
        frozen = freeze(value, place)
        self.step(sum(1 for _ in walk(frozen)))
        if is_flag:
            frozen = self._flag(frozen)
        for unknown in unknowns(frozen):
            self.use(unknown)
            self.parameters.update(_parameters(unknown.key, self.gathering))
        return frozen

    def _step(
        self,
        kind: StepKind,
        place: Place,
        model: int | None,
        config: Config | None,
        given: Given,
        *,
        certain: bool,
        owner: str | None = None,
        positional: tuple[str, ...] = (),
        handed: Value | None = None,
    ) -> None:
        pairs = list(zip(positional, given.args, strict=False))
        pairs += [
            (name, each.value) for each in given.named if (name := text_of(each.key)) is not None
        ]
        arguments = [
            (name, self._argument(name, value, place))
            for name, value in pairs
            if config is None or name != "kernel_config"
        ]
        if given.open is not None:
            arguments.append(("**", given.open))
        looped, number = bool(self.open_loops), None
        if config is not None and isinstance(handed, Object):
            number = self._object(handed)
            made = cast("Made", handed.notes[0])
            looped = tuple(self.open_loops) != made.loops
        self.story.append(
            Step(
                kind,
                place,
                model,
                config,
                tuple(arguments),
                certain and not self.oracle.open,
                looped,
                owner,
                number,
                self.through,
            )
        )

    def _argument(self, name: str, value: Value, place: Place) -> Value:
        """An argument as rules see it; a device by its name."""
        if isinstance(value, Object) and value.dotted == DEVICE:
            value = value.attrs["type"]
        elif isinstance(value, External) and name == "device":
            return Instance(value.dotted, place)  # a dtype, which moves nothing
        return self._shown(value, place, is_flag=name in {"use_kernels", "mode"})

    def _number(self, value: Value) -> int | None:
        """The number of a model in this run; equal for what is certainly the same one."""
        key: Hashable = None
        if isinstance(value, Object):
            key = ("object", id(value))
            self.kept.append(value)
        elif isinstance(value, Unknown):
            key = value.key
        return None if key is None else self.models.setdefault(key, len(self.models))

    def _known(self, value: Value) -> int | None:
        """The number of a model that has one."""
        if isinstance(value, Unknown) and value.key is not None:
            return self.models.get(value.key)
        return self.models.get(("object", id(value)))

"""The configs that a program makes, and hands over."""

from __future__ import annotations

from kernlint.model.diagnostic import Place
from kernlint.model.expr import Attribute
from kernlint.model.hints import TYPE_CHECKING, cast
from kernlint.project.flow import PARAMETERS, Config, PassedArgument, Sink, Step
from kernlint.project.objects import Object, plain
from kernlint.project.records import KERNEL_CONFIG, Made, Records
from kernlint.project.values import Known, MappingValue, Unknown, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.expr import Call
    from kernlint.project.flow import SinkKind
    from kernlint.project.objects import Env
    from kernlint.project.values import Entry, Value


class Configs(Records):
    """Follows configs."""

    def copied_object(self, value: Object, made: dict[int, Value]) -> Value:
        """A copy of an object, as deep."""
        twin = super().copied_object(value, made)
        if value.dotted == KERNEL_CONFIG and isinstance(twin, Object):
            self._copy(value, twin)
        return twin

    def _copy(self, original: Object, twin: Object) -> None:
        """Note that a config is made from another one, used up or not."""
        if not twin.notes:
            made = cast("Made", original.notes[0])
            twin.notes = (made._replace(loops=tuple(self.open_loops)),)
        source = Known(self._object(original), original.place)
        step = Step("copy", twin.place, None, None, (("source", source),), certain=True)
        self.story.append(step._replace(number=self._object(twin)))

    def _make_config(self, env: Env, expr: Call) -> Value:
        self.record()
        made = Object(KERNEL_CONFIG, Place(env.path, expr.span))
        passed = tuple(self._passed(env, expr))
        for name in PARAMETERS:
            value = _argument(passed, name)
            if value is not None:
                made.attrs[name] = value
        made.notes = (Made(Place(env.path, expr.func.span), passed, tuple(self.open_loops)),)
        self.configs.append(made)
        for arg in expr.args:
            written = arg.value
            if isinstance(written, Attribute) and written.attr == PARAMETERS[0]:
                source = self.value(env, written.value)
                if isinstance(source, Object) and source.dotted == KERNEL_CONFIG:
                    self._copy(source, made)
        return made

    def _passed(self, env: Env, expr: Call) -> Iterator[PassedArgument]:
        position: int | None = 0
        for arg in expr.args:
            value = self.value(env, arg.value)
            place = Place(env.path, arg.span)
            written = _written_out(value) if arg.star == "**" else None
            if written is not None:
                for name, entry in written:
                    at = entry.key.place
                    yield PassedArgument(name, None, "", entry.value, at, at)
                continue
            positional = arg.star == "" and arg.name is None
            yield PassedArgument(
                arg.name,
                position if positional else None,
                arg.star,
                value,
                place,
                Place(env.path, arg.name_span) if arg.name_span else None,
                Place(env.path, arg.removal) if arg.removal else None,
            )
            if arg.star == "*":
                position = None
            elif positional and position is not None:
                position += 1

    def frozen(self, config: Object) -> Config:
        """A config as rules see it: as it is now, or was when it was first used."""
        for note in config.notes:
            if isinstance(note, Config):
                return note
        made = cast("Made", config.notes[0])
        place = config.place
        arguments = tuple(
            arg._replace(value=self._shown(arg.value, arg.place)) for arg in made.passed
        )
        where = {
            name: arg.place
            for name in PARAMETERS
            for arg in made.passed
            if _argument((arg,), name) is not None
        }
        values = {
            name: self._shown(
                config.attrs[name], where.get(name, made.callee), is_flag=name != PARAMETERS[0]
            )
            for name in PARAMETERS
            if name in config.attrs
        }
        root = self._text(made.callee).partition(".")[0]
        return Config(
            place,
            made.callee,
            arguments,
            values.get("kernel_mapping"),
            values.get("use_local_kernel"),
            values.get("inherit_mapping"),
            self.chosen.get(place.path, {}).get(place.span, False),
            self.imports.get(place.path, {}).get(root),
        )

    def _text(self, callee: Place) -> str:
        return self.callees.get(callee, "")

    def _hand_over(self, value: Value, kind: SinkKind, place: Place) -> Config | None:
        """Note that a config goes to a call; the config as it is then."""
        if not isinstance(value, Object) or value.dotted != KERNEL_CONFIG:
            return None
        if not any(config is value for config in self.configs):
            self.configs.append(value)
        frozen = self.frozen(value)
        self.touch(value)
        if not any(isinstance(note, Config) for note in value.notes) and kind != "update_kernel":
            value.notes = (*value.notes, frozen)
        value.notes = (*value.notes, Sink(kind, place))
        return frozen


def _written_out(value: Value) -> list[tuple[str, Entry]] | None:
    """The arguments that ``**value`` stands for, where all are known."""
    mapping = plain(value)
    if not isinstance(mapping, MappingValue) or mapping.unread:
        return None
    found = [(text_of(entry.key), entry) for entry in mapping.entries]
    named = [(name, entry) for name, entry in found if name is not None]
    return named if len(named) == len(found) else None


def _argument(arguments: tuple[PassedArgument, ...], name: str) -> Value | None:
    """The value passed for a parameter; None where there is certainly none."""
    for arg in arguments:
        if arg.name == name or (
            arg.position is not None and PARAMETERS[arg.position : arg.position + 1] == (name,)
        ):
            return arg.value
    for arg in arguments:
        if arg.star:
            return Unknown(f"it may be passed through `{arg.star}`", arg.place)
    return None

"""Watches a program for configs, for the models that get them, and for layers."""

from __future__ import annotations

from kernlint.model.diagnostic import Place
from kernlint.model.expr import Attribute, last_name
from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.flow import CONFIG, Usage
from kernlint.project.models import COMPUTING, HARMLESS, NOTHING, OF_MODELS, WRAPPERS, Models
from kernlint.project.objects import Class, Env, External, Function, Given, Object
from kernlint.project.records import DEVICE, KERNEL_CONFIG, TRAINER
from kernlint.project.values import Known, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Literal

    from kernlint.model.code import Block
    from kernlint.model.expr import Call, Expr, Span
    from kernlint.project.flow import Config, SinkKind
    from kernlint.project.simple import Done
    from kernlint.project.values import Demand, Value


#: Methods that take a config: what they are, and its position among the arguments.
_METHODS: dict[str, tuple[SinkKind, int | None]] = {
    "from_pretrained": ("from_pretrained", None),
    "from_config": ("from_config", None),
    "_from_config": ("from_config", None),
    "set_use_kernels": ("set_use_kernels", 1),
}
_ON_THE_CONFIG: dict[str, SinkKind] = {
    "sanitize_kernel_mapping": "sanitize_kernel_mapping",
    "create_compatible_mapping": "create_compatible_mapping",
    "update_kernel": "update_kernel",
}
#: The names of the calls that make or take a config.
TAKING = frozenset({CONFIG, *_METHODS, *_ON_THE_CONFIG})


class Observer(Models):
    """Notes what happens with configs, models and layers while a program runs.

    ``watched`` are the places, by file, of the expressions whose values are asked for
    and ``seen`` their values; ``called`` are the calls that kernlint has chosen.
    """

    def decorated(self, env: Env, decorator: Expr, value: Value) -> None:
        """Decorations are seen as values."""

    # Calls

    def _call(self, env: Env, expr: Call) -> Value:
        receiver: Value | None = None
        if isinstance(expr.func, Attribute):
            receiver = self.value(env, expr.func.value)
            callee = self.attribute(receiver, expr.func.attr, env, expr.func)
        else:
            callee = self.value(env, expr.func)
        is_chosen = expr.span in self.chosen.get(env.path, ())
        if is_chosen:
            self.use(callee)
        if _is_config_class(callee):
            return self._make_config(env, expr)
        given = self.given(env, expr.args)
        method = last_name(expr.func) or ""
        if receiver is not None and method in _ON_THE_CONFIG:
            self._on_the_config(_ON_THE_CONFIG[method], receiver, given, env, expr)
        elif receiver is not None and method in _METHODS:
            found = self._taken(method, receiver, given, env, expr)
            if found is not None:
                return found
        elif receiver is not None and method in OF_MODELS and not isinstance(callee, Function):
            found = self._of_model(method, receiver, given, env, expr)
            if found is not None:
                return found
        elif receiver is not None and method in HARMLESS and self._known(receiver) is not None:
            return receiver
        computing = receiver if method in COMPUTING else callee
        if computing is not None and (number := self._known(computing)) is not None:
            self._step("call", Place(env.path, expr.span), number, None, NOTHING, certain=True)
        return self.called(env, expr, callee, given)

    def called(self, env: Env, expr: Call, callee: Value, given: Given) -> Value:
        """The result of calling something; a copy of a config is one more config."""
        if isinstance(callee, External) and callee.dotted == "copy.copy" and len(given.args) == 1:
            (original,) = given.args
            if isinstance(original, Object) and original.dotted == KERNEL_CONFIG:
                twin = Object(original.dotted, original.place)
                twin.attrs = dict(original.attrs)
                self._copy(original, twin)
                return twin
        made = super().called(env, expr, callee, given)
        if isinstance(callee, Class) and isinstance(made, Object) and self._is_trainer(callee):
            self.touch(made)
            made.dotted = TRAINER
            made.attrs = {**self._trainer(given, made.place, env, expr).attrs, **made.attrs}
        return made

    def _is_trainer(self, cls: Class) -> bool:
        """Whether a class of the project inherits from a Trainer."""
        lineage = self.lineage(cls)
        return any(isinstance(each, External) and each.last.endswith("Trainer") for each in lineage)

    # Ways that may not be gone

    def _both(
        self, env: Env, blocks: Sequence[Block], demand: Demand | None, span: Span
    ) -> Done | None:
        mark = len(self.story)
        done = super()._both(env, blocks, demand, span)
        self.story[mark:] = [step._replace(certain=False) for step in self.story[mark:]]
        return done

    def _perhaps(self, env: Env, run: Callable[[], Done | None], value: Value, span: Span) -> None:
        mark = len(self.story)
        ends: list[Done | None] = []

        def once() -> Done | None:
            done = run()
            ends.append(done)
            renewed = set(self._renewed())
            for index, step in enumerate(self.story[mark:], mark):
                if step.number in renewed:
                    self.story[index] = step._replace(looped=False)
            return done

        super()._perhaps(env, once, value, span)
        if not ends or (ends[0] is not None and ends[0].kind != "continue"):
            # It is left in the first round, so there is no second one.
            self.story[mark:] = [step._replace(looped=False) for step in self.story[mark:]]

    def _renewed(self) -> Iterator[int]:
        """The configs whose names the code since the last ``push`` binds to something else."""
        for cell, saved in self.frames[-1].saved.values():
            if isinstance(cell, (Env, Object)):
                now = cell.save().parts
                for name, value in saved.parts.items():
                    if id(value) in self.objects and now.get(name) is not value:
                        yield self.objects[id(value)]

    def special(
        self, callee: External, given: Given, place: Place, env: Env, expr: Call
    ) -> Value | None:
        """The result of a function of the libraries that kernlint knows."""
        if callee.dotted == "dataclasses.field":
            field = Object(callee.dotted, place)
            field.attrs = {str(name): value for name, value in given.by_name().items()}
            return field
        if callee.dotted == "dataclasses.dataclass" and not given.args:
            return callee
        if callee.dotted in {"contextlib.nullcontext", "contextlib.suppress"}:
            context = Object(callee.dotted, place)
            context.attrs = {str(index): value for index, value in enumerate(given.args)}
            return context
        if callee.last.endswith("Trainer"):
            return self._trainer(given, place, env, expr)
        if callee.root == "transformers" and callee.last == "pipeline":
            return self._pipeline(given, place)
        if callee.dotted == DEVICE:
            device = Object(DEVICE, place)
            device.attrs["type"] = given.args[0] if given.args else self._missing(place)
            return device
        if callee.dotted == "torch.set_default_device":
            value = given.args[0] if given.args else self._missing(place)
            device_given = Given((value,), (), None)
            self._step(
                "default_device",
                place,
                None,
                None,
                device_given,
                certain=True,
                positional=("device",),
            )
        if callee.dotted in WRAPPERS and given.args:
            wrapper = Object(callee.dotted, place)
            wrapper.attrs["module"] = given.args[0]
            return wrapper
        return None

    # Configs

    # What configs are given to

    def _on_the_config(
        self, kind: SinkKind, receiver: Value, given: Given, env: Env, expr: Call
    ) -> None:
        self.use(receiver)
        self.record()
        place = Place(env.path, expr.span)
        holder = expr.func.value if isinstance(expr.func, Attribute) else expr.func
        at = Place(env.path, holder.span)
        config = self._hand_over(receiver, kind, place)
        self.usages.append(
            Usage(kind, self._shown(receiver, at), at, place, certain=False, parameter="self")
        )
        model = given.by_name().get("model", given.args[0] if given.args else None)
        number = None if model is None else self._known(model)
        self._step(kind, place, number, config, given, certain=config is not None, handed=receiver)

    def _taken(
        self, method: str, receiver: Value, given: Given, env: Env, expr: Call
    ) -> Value | None:
        """A method that takes a config, as one of transformers' or like it."""
        kind, position = _METHODS[method]
        by_name = {text_of(each.key): each for each in given.named}
        passed: dict[Literal["kernel_config", "use_kernels"], tuple[Value, Place]] = {}
        taken: list[tuple[Literal["kernel_config", "use_kernels"], int | None]]
        taken = [("kernel_config", position)]
        if kind != "from_config":
            taken.append(("use_kernels", 0 if kind == "set_use_kernels" else None))
        opened = any(arg.star == "*" for arg in expr.args) and given.open is not None
        for parameter, index in taken:
            if parameter in by_name:
                value = by_name[parameter].value
                passed[parameter] = value, self._argument_place(env, expr, parameter, None)
            elif index is not None and index < len(given.args) and not opened:
                passed[parameter] = given.args[index], self._argument_place(env, expr, "", index)
        model = self._model_of(receiver)
        made_here = kind != "set_use_kernels"
        certain = self._is_of_transformers(receiver) or (
            not made_here and (model or self.uses_transformers.get(env.path, False)) is not False
        )
        if not passed and not certain:
            return None
        self.use(receiver)
        place = Place(env.path, expr.span)
        config: Config | None = None
        handed = passed["kernel_config"][0] if "kernel_config" in passed else None
        if passed:
            self.record()
        for parameter, (value, at) in passed.items():
            self.use(value)
            self.usages.append(
                Usage(
                    kind,
                    self._shown(value, at, is_flag=parameter == "use_kernels"),
                    at,
                    place,
                    bool(certain),
                    parameter,
                    _written(expr, at),
                    self.wrappers.get(env.path),
                )
            )
            if parameter == "kernel_config":
                config = self._hand_over(value, kind, place)
            else:
                self._hand_over(value, kind, place)
        if made_here:
            owner = receiver.dotted if isinstance(receiver, External) else None
            return self._model(
                kind, place, config, given, owner, certain=bool(certain), handed=handed
            )
        number = self._number(receiver)
        self._step(
            kind,
            place,
            number,
            config,
            given,
            certain=bool(certain),
            positional=("use_kernels", "kernel_config"),
            handed=handed,
        )
        if config is not None and handed is not None and isinstance(receiver, Object):
            self.set_attribute(receiver, "kernel_config", handed)
        return Known(None, place)

    def _argument_place(self, env: Env, expr: Call, name: str, index: int | None) -> Place:
        """The place of an argument, or of the star that it comes through."""
        stars = [arg for arg in expr.args if arg.star]
        for number, arg in enumerate(expr.args):
            if (name and arg.name == name) or (
                index is not None and number == index and arg.name is None and not arg.star
            ):
                return Place(env.path, arg.span)
        return Place(env.path, stars[-1].span if stars else expr.span)

    def _is_of_transformers(self, value: Value) -> bool:
        """Whether something is a class of transformers, or inherits from one."""
        if isinstance(value, Class):
            bases = self.lineage(value)
            return any(isinstance(b, External) and b.root == "transformers" for b in bases)
        return isinstance(value, External) and value.root == "transformers"

    # Models


def _written(call: Call, argument: Place) -> Place | None:
    """The place of the value of an argument, without its name; None for a starred one."""
    for arg in call.args:
        if arg.span == argument.span and not arg.star:
            return Place(argument.path, arg.value.span)
    return None


def _is_config_class(value: Value) -> bool:
    return isinstance(value, External) and value.root == "transformers" and value.last == CONFIG

"""The models that a program loads, and what it does with them."""

from __future__ import annotations

from kernlint.model.diagnostic import Place
from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.configs import Configs
from kernlint.project.flow import Usage
from kernlint.project.objects import Given, Object, plain
from kernlint.project.records import DEVICE, MODEL, PIPELINE, TRAINER
from kernlint.project.values import Known, MappingValue, Unknown, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Literal, TypeGuard

    from kernlint.model.expr import Call
    from kernlint.project.flow import Config, SinkKind, StepKind
    from kernlint.project.objects import Env
    from kernlint.project.simple import Done
    from kernlint.project.values import Value


#: Methods of a model that kernlint follows, and whether they give the model back.
OF_MODELS: dict[str, StepKind] = {
    "train": "train",
    "eval": "eval",
    "to": "move",
    "cuda": "move",
    "cpu": "move",
    "xpu": "move",
    "npu": "move",
}


#: Those that give the model back and change nothing that matters.
HARMLESS = frozenset({"bfloat16", "double", "float", "half", "requires_grad_"})


#: Methods that let a model compute something.
COMPUTING = frozenset({"forward", "generate"})


TAKEN: dict[str, Literal["kernel_config", "use_kernels"]] = {
    "kernel_config": "kernel_config",
    "use_kernels": "use_kernels",
}


#: What holds a model and passes its mode on, with the class that makes a module so.
WRAPPERS = frozenset(
    {"torch.compile", "torch.nn.DataParallel", "torch.nn.parallel.DistributedDataParallel"}
)


_MODULES = frozenset({"Module", "LightningModule", "PreTrainedModel"})


NOTHING = Given((), (), None)


def _is_device(value: Value) -> TypeGuard[Object]:
    return isinstance(value, Object) and value.dotted == DEVICE


class Models(Configs):
    """Follows models, and what holds one."""

    def within(self, contexts: Sequence[Value], run: Callable[[], Done | None]) -> Done | None:
        """Run the body of a ``with``, which may name a device."""
        devices = [each for each in contexts if _is_device(each)]
        for each in devices:
            self._default_device(each)
        done = super().within(contexts, run)
        for each in devices:
            self._default_device(Known(None, each.place))
        return done

    def _default_device(self, value: Object | Known) -> None:
        """Note where models are made from now on; None is where they are made by default."""
        given = Given((value,), (), None)
        self._step(
            "default_device", value.place, None, None, given, certain=True, positional=("device",)
        )

    def _missing(self, place: Place) -> Unknown:
        return Unknown("it is not passed by position", place)

    def _model(
        self,
        kind: SinkKind,
        place: Place,
        config: Config | None,
        given: Given,
        owner: str | None,
        *,
        certain: bool,
        handed: Value | None = None,
    ) -> Value:
        made = Object(MODEL, place)
        if config is not None and handed is not None:
            made.attrs["kernel_config"] = handed
        number = self._number(made)
        self._step(
            kind,
            place,
            number,
            config,
            given,
            certain=certain,
            owner=owner,
            positional=("model",),
            handed=handed,
        )
        return made

    def _model_of(self, value: Value) -> bool | None:
        return True if isinstance(value, Object) and value.dotted == MODEL else None

    def _of_model(
        self, method: str, receiver: Value, given: Given, env: Env, expr: Call
    ) -> Value | None:
        """``train()``, ``eval()``, ``to(...)`` of a model or a trainer."""
        place = Place(env.path, expr.span)
        if isinstance(receiver, Object) and receiver.dotted == TRAINER:
            if method == "train":
                self._train(receiver, place, env, expr)
            return self.unknown("the result of a training is not known", env.path, expr.span)
        numbers = [number] if (number := self._known(receiver)) is not None else []
        if not numbers and method in {"train", "eval"}:
            numbers = self._wrapped(receiver)
        if not numbers:
            return None
        self.record()
        named = () if method not in {"to", "train"} else ("device" if method == "to" else "mode",)
        if method in {"cuda", "cpu", "xpu", "npu"}:
            given = Given((Known(method, place),), (), None)
            named = ("device",)
        owner = receiver.dotted if isinstance(receiver, Object) else None
        for number in numbers:
            self._step(
                OF_MODELS[method],
                place,
                number,
                None,
                given,
                certain=True,
                owner=owner,
                positional=named,
            )
        return receiver

    def _wrapped(self, value: Value) -> list[int]:
        """The models in a module, to which it passes its mode on."""
        if not isinstance(value, Object):
            return []
        if value.dotted not in WRAPPERS and (
            value.cls is None or not self.inherits(value.cls, _MODULES)
        ):
            return []
        return [n for each in value.attrs.values() if (n := self._known(each)) is not None]

    def _trainer(self, given: Given, place: Place, env: Env, expr: Call) -> Object:
        trainer = Object(TRAINER, place)
        named = given.by_name()
        model = named.get("model", given.args[0] if given.args else None)
        if model is not None:
            trainer.attrs["model"] = model
        init = named.get("model_init")
        if init is not None:
            trainer.attrs["model_init"] = init
            trainer.attrs["model"] = self.called(env, expr, init, NOTHING)
        return trainer

    def _train(self, trainer: Object, place: Place, env: Env, expr: Call) -> None:
        init = trainer.attrs.get("model_init")
        if init is not None:
            before, self.through = self.through, place
            try:
                self.set_attribute(trainer, "model", self.called(env, expr, init, NOTHING))
            finally:
                self.through = before
        model = trainer.attrs.get("model")
        number = None if model is None else self._known(model)
        if number is not None:
            self.record()
            self._step("trainer", place, number, None, NOTHING, certain=True)

    def _pipeline(self, given: Given, place: Place) -> Value:
        """``pipeline(model_kwargs={"kernel_config": ...})`` hands them to from_pretrained."""
        made = Object(PIPELINE, place)
        named = given.by_name()
        model = named.get("model", given.args[1] if len(given.args) > 1 else None)
        if model is not None and self._known(model) is not None:
            made.attrs["model"] = model
            return made
        kwargs = plain(named.get("model_kwargs", Known(None, place)))
        passed = tuple(each for each in given.named if text_of(each.key) != "model_kwargs")
        open_given = given.open
        if isinstance(kwargs, MappingValue):
            passed = (*passed, *kwargs.entries)
            open_given = open_given or next(iter(kwargs.unread), None)
        elif isinstance(kwargs, Unknown):
            open_given = open_given or kwargs
        config: Config | None = None
        handed: Value | None = None
        for entry in kwargs.entries if isinstance(kwargs, MappingValue) else ():
            name = text_of(entry.key)
            if name not in {"kernel_config", "use_kernels"}:
                continue
            self.record()
            at = entry.key.place if isinstance(entry.key, Known) else place
            shown = self._shown(entry.value, at)
            if name == "use_kernels":
                self.usages.append(
                    Usage(
                        "from_pretrained", shown, at, place, certain=True, parameter="use_kernels"
                    )
                )
            else:
                self.usages.append(Usage("from_pretrained", shown, at, place, certain=True))
                config = self._hand_over(entry.value, "from_pretrained", place)
                handed = entry.value
        made.attrs["model"] = self._model(
            "from_pretrained",
            place,
            config,
            Given((), passed, open_given),
            PIPELINE,
            certain=True,
            handed=handed,
        )
        return made

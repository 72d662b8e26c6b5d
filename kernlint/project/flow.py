"""The configs of a project, what they hold, and where they go."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

from kernlint.model.diagnostic import Place
from kernlint.model.expr import Attribute, Call, Expr, Span, dotted, last_name
from kernlint.model.facts import argument
from kernlint.project.names import External
from kernlint.project.values import Instance, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kernlint.model.facts import CallSite, FileFacts
    from kernlint.project.evaluate import Evaluator
    from kernlint.project.names import Names

CONFIG = "KernelConfig"

SinkKind = Literal[
    "from_pretrained",
    "from_config",
    "set_use_kernels",
    "sanitize_kernel_mapping",
    "create_compatible_mapping",
    "update_kernel",
]
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
#: Parameters of KernelConfig by position (transformers 5.0 to 5.23, utils/kernel_config.py).
PARAMETERS = ("kernel_mapping", "use_local_kernel", "inherit_mapping")


class Sink(NamedTuple):
    """A call that takes a config, and the place of that call."""

    kind: SinkKind
    place: Place


class Usage(NamedTuple):
    """What a call that takes a kernel config is given for one of its parameters.

    ``certain`` tells that the call is known to be one of transformers. ``parameter``
    is ``kernel_config``, the config itself for a method of it, or ``use_kernels``, the
    flag beside it.
    """

    kind: SinkKind
    value: Value
    argument: Place
    place: Place
    certain: bool
    parameter: Literal["kernel_config", "self", "use_kernels"] = "kernel_config"


class PassedArgument(NamedTuple):
    """An argument as written in a ``KernelConfig(...)`` call."""

    name: str | None
    position: int | None
    star: str
    value: Value
    place: Place
    name_place: Place | None


class Config(NamedTuple):
    """One ``KernelConfig(...)`` call.

    ``mapping`` and the flags are None where nothing is passed for them.
    ``callee`` is the place of the name that is called, ``imported`` the place where
    that name is imported, unless something else is ready for the import to fail;
    ``discarded`` tells that nothing can use the config.
    """

    place: Place
    callee: Place
    arguments: tuple[PassedArgument, ...]
    mapping: Value | None
    use_local_kernel: Value | None
    inherit_mapping: Value | None
    discarded: bool
    imported: Place | None
    sinks: tuple[Sink, ...] = ()


def configs(path: str, facts: FileFacts, names: Names, evaluator: Evaluator) -> Iterator[Config]:
    """The calls of one file that construct transformers' KernelConfig.

    A call whose arguments can be one of several values is given once for each.
    """
    for site in facts.calls:
        reference = names.origin(path, site.scope, site.call.func)
        if (
            isinstance(reference, External)
            and reference.root == "transformers"
            and reference.last == CONFIG
        ):
            imported = _imported(path, facts, site)
            compute = partial(_config, path, site, evaluator, imported)
            yield from evaluator.alternatives(path, site.arms, compute)


def _imported(path: str, facts: FileFacts, site: CallSite) -> Place | None:
    """Where the file imports what it calls, if it cannot do without."""
    root = (dotted(site.call.func) or "").partition(".")[0]
    index: int | None = site.scope
    while index is not None:
        scope = facts.scopes[index]
        bindings = [b for b in scope.bindings if b.name == root and b.kind == "import"]
        if bindings:
            guarded = any(binding.conditional for binding in bindings)
            return None if guarded else Place(path, bindings[0].span)
        index = scope.parent
    return None


def _config(path: str, site: CallSite, evaluator: Evaluator, imported: Place | None) -> Config:
    passed: list[PassedArgument] = []
    position: int | None = 0
    for arg in site.call.args:
        plain = arg.star == "" and arg.name is None
        passed.append(
            PassedArgument(
                arg.name,
                position if plain else None,
                arg.star,
                evaluator.value(path, site.scope, arg.value),
                Place(path, arg.span),
                Place(path, arg.name_span) if arg.name_span else None,
            )
        )
        if arg.star == "*":
            position = None
        elif plain and position is not None:
            position += 1
    return Config(
        Place(path, site.call.span),
        Place(path, site.call.func.span),
        tuple(passed),
        _passed(passed, "kernel_mapping"),
        _passed(passed, "use_local_kernel"),
        _passed(passed, "inherit_mapping"),
        site.discarded,
        imported,
    )


def _passed(arguments: list[PassedArgument], name: str) -> Value | None:
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


def usages(path: str, facts: FileFacts, names: Names, evaluator: Evaluator) -> Iterator[Usage]:
    """The calls of one file that a config is, or should be, handed to."""
    imports = _imports_transformers(facts)
    for site in facts.calls:
        call = site.call
        method = last_name(call.func) or ""
        if method in _ON_THE_CONFIG and isinstance(call.func, Attribute):
            holder = call.func.value
            yield Usage(
                _ON_THE_CONFIG[method],
                evaluator.value(path, site.scope, holder),
                Place(path, holder.span),
                Place(path, call.span),
                certain=False,
                parameter="self",
            )
        elif method in _METHODS:
            kind, position = _METHODS[method]
            certain = kind == "set_use_kernels" and imports
            certain = certain or _is_of_transformers(path, site.scope, call, names)
            taken: list[tuple[Literal["kernel_config", "use_kernels"], int | None]]
            taken = [("kernel_config", position)]
            if kind != "from_config":
                taken.append(("use_kernels", 0 if kind == "set_use_kernels" else None))
            for parameter, index in taken:
                arg = argument(call, parameter, index)
                if arg is not None:
                    yield Usage(
                        kind,
                        evaluator.value(path, site.scope, arg.value),
                        Place(path, arg.span),
                        Place(path, call.span),
                        certain,
                        parameter,
                    )


def _is_of_transformers(path: str, scope: int, call: Call, names: Names) -> bool:
    """Whether the receiver of a method is a class of transformers."""
    receiver: Expr | None = call.func.value if isinstance(call.func, Attribute) else None
    if receiver is None:
        return False
    reference = names.origin(path, scope, receiver)
    return isinstance(reference, External) and reference.root == "transformers"


def _imports_transformers(facts: FileFacts) -> bool:
    """Whether a file uses transformers; `set_use_kernels` is a method of its models alone."""
    return any(
        (binding.target or "").partition(".")[0] == "transformers"
        for scope in facts.scopes
        for binding in scope.bindings
    )


def with_sinks(found: list[Config], used: list[Usage]) -> list[Config]:
    """The configs with the calls that they are seen to reach."""
    sinks: dict[tuple[str, Span], list[Sink]] = {}
    for usage in used:
        if isinstance(usage.value, Instance) and usage.parameter != "use_kernels":
            key = (usage.value.place.path, usage.value.place.span)
            sinks.setdefault(key, []).append(Sink(usage.kind, usage.place))
    return [
        config._replace(sinks=tuple(sinks.get((config.place.path, config.place.span), ())))
        for config in found
    ]


def as_they_stay(
    path: str, facts: FileFacts, found: Iterable[Config], evaluator: Evaluator
) -> Iterator[Config]:
    """The configs of a file; of one that the file changes later, only how it was called."""
    named = {
        binding.value.span: binding.name
        for scope in facts.scopes
        for binding in scope.bindings
        if isinstance(binding.value, Call)
    }
    for config in found:
        name = named.get(config.place.span)
        if name is None or not evaluator.is_mutated(path, name):
            yield config
            continue
        unknown = Unknown("the config is changed after it is made", config.callee)
        yield config._replace(mapping=unknown, use_local_kernel=unknown, inherit_mapping=unknown)

"""What a file asks its followers to look at."""

from __future__ import annotations

from kernlint.model.code import Define, DefineClass, If, Import, Try
from kernlint.model.diagnostic import Place
from kernlint.model.expr import Call, Code, Span, last_name
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.walk import walk
from kernlint.project.flow import CONFIG, Wrapper
from kernlint.project.observe import TAKING
from kernlint.project.outcome import DECORATORS, REPLACER

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from kernlint.model.code import Block
    from kernlint.model.expr import Expr
    from kernlint.model.facts import FileFacts


def takes_config(call: Call) -> bool:
    """Whether a chosen call is one that makes or takes a config, not one that declares."""
    name = last_name(call.func) or ""
    return name in TAKING or any(arg.name in {"kernel_config", "use_kernels"} for arg in call.args)


def makes_configs(facts: FileFacts) -> bool:
    """Whether a file may construct a config, or load a model with one."""
    chosen = {site.span for site in facts.calls}
    return any(
        may_make(code) if code.span in chosen else may_load(code)
        for code in walk(facts.body)
        if isinstance(code, Call)
    )


def may_make(call: Call) -> bool:
    """Whether a chosen call may construct a config, or load a model with one."""
    name = last_name(call.func) or ""
    declares = any(name.endswith(each) for each in (*DECORATORS, REPLACER))
    return name == CONFIG or not (name in TAKING or declares) or may_load(call)


def may_load(call: Call) -> bool:
    """Whether a call may load a model that is to have kernels."""
    name = last_name(call.func) or ""
    return name.endswith(("from_pretrained", "from_config")) and any(
        arg.name in {"kernel_config", "use_kernels"} for arg in call.args
    )


def asked(expr: Expr) -> set[Span]:
    """The parts of a declaring expression whose values are asked for."""
    if not isinstance(expr, Call):
        return {expr.span}
    return {expr.func.span, *(arg.value.span for arg in expr.args)}


def holding_functions(body: Block, spans: set[Span]) -> tuple[set[Span], set[str]]:
    """The functions that hold an expression with one of the spans.

    Returns:
        The spans of these functions, and their names with those of their classes.
    """
    found: set[Span] = set()
    names: set[str] = set()
    pending: list[tuple[object, tuple[Code | DefineClass, ...]]] = [(body, ())]
    while pending:
        current, around = pending.pop()
        if not isinstance(current, tuple) or isinstance(current, Span):
            continue
        if getattr(current, "span", None) in spans:
            found.update(each.span for each in around if isinstance(each, Code))
            names.update(each.name for each in around)
        if isinstance(current, (Code, DefineClass)):
            around = (*around, current)
        pending.extend((each, around) for each in current)
    return found, names


def wrapper(path: str, body: Block, bound: Collection[str]) -> Wrapper | None:
    """How a file can call KernelConfig; ``bound`` are the names that it imports anywhere.

    None where an import of its own would be needed.
    """
    plain = [each for each in body if isinstance(each, Import)]
    for each in plain:
        if each.member and each.target.startswith("transformers.") and _last(each) == CONFIG:
            return Wrapper(each.name)
    members = [each for each in plain if each.member and each.target.count(".") == 1]
    for each in reversed(members):
        if each.target.startswith("transformers.") and CONFIG not in bound:
            return Wrapper(CONFIG, Place(path, each.span))
    for each in plain:
        if not each.member and each.target == "transformers":
            return Wrapper(f"{each.name}.{CONFIG}")
    return None


def _last(found: Import) -> str:
    return found.target.rpartition(".")[2]


def imported_names(
    path: str, body: Block, *, guarded: bool = False
) -> Iterator[tuple[str, Place | None]]:
    """The names that a file imports, with the place unless it can do without."""
    pending: list[tuple[object, bool]] = [(body, guarded)]
    found: dict[str, Place | None] = {}
    while pending:
        current, is_guarded = pending.pop()
        if not isinstance(current, tuple) or isinstance(current, Span):
            continue
        if isinstance(current, Import):
            if is_guarded:
                found[current.name] = None
            else:
                found.setdefault(current.name, Place(path, current.span))
        inside = is_guarded or isinstance(current, (If, Try))
        if isinstance(current, (Define, DefineClass, Code)):
            inside = False
        pending.extend((each, inside) for each in reversed(current))
    yield from found.items()

"""The configs that no program was seen to make: they are not checked."""

from __future__ import annotations

from kernlint.model.code import (
    Assign,
    DefineClass,
    Delete,
    For,
    If,
    Import,
    ImportStar,
    Jump,
    Match,
    Raise,
    Return,
    Statement,
    Try,
    While,
    With,
)
from kernlint.model.diagnostic import Place
from kernlint.model.expr import (
    Call,
    Clause,
    Constant,
    Expr,
    Name,
    Parameter,
    Span,
    Walrus,
    dotted,
)
from kernlint.model.hints import TYPE_CHECKING, cast
from kernlint.model.walk import bound, walk
from kernlint.project.flow import CONFIG, Config
from kernlint.project.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from kernlint.model.facts import FileFacts
    from kernlint.project.modules import Modules

NOT_REACHED = "the program does not come by here"
_LIBRARY = "transformers"


def not_reached(
    path: str,
    facts: FileFacts,
    modules: Modules,
    seen: Collection[Place],
    reason: str | None = None,
) -> Iterator[Config]:
    """A config that is not known for every call of KernelConfig that was not seen.

    Args:
        path: The file.
        facts: What it says.
        modules: The files of the project.
        seen: The places of the configs that were seen.
        reason: Why the file was not followed to its end, if it was not.

    Only calls that certainly mean transformers' class count, and none in code that can
    never run.
    """
    sites = {site.span: site.discarded for site in facts.calls}
    if modules.shadows(path, _LIBRARY) is not None:
        return
    imports = _imports(facts)
    for call in _alive(facts.body):
        place = Place(path, call.span)
        if call.span not in sites or place in seen or not _is_config(call.func, imports):
            continue
        mapping = Unknown(reason or NOT_REACHED, place)
        callee = Place(path, call.func.span)
        yield Config(place, callee, (), mapping, None, None, sites[call.span], None)


def _imports(facts: FileFacts) -> dict[str, str]:
    """What the names that a file imports stand for; none that it also binds to others."""
    found: dict[str, str] = {}
    others: set[str] = set()
    for each in walk(facts.body):
        if isinstance(each, ImportStar) and each.target.partition(".")[0] == _LIBRARY:
            found.setdefault(CONFIG, f"{_LIBRARY}.{CONFIG}")
        elif isinstance(each, Import):
            if found.setdefault(each.name, each.target) != each.target:
                others.add(each.name)
        else:
            others |= _binds(each)
    return {name: target for name, target in found.items() if name not in others}


def _binds(node: tuple[object, ...]) -> set[str]:
    """The names that a part of a program binds to something that it does not import."""
    if isinstance(node, Parameter):
        return {node.name}
    if isinstance(node, Clause):
        return {each.id for each in walk(node.target) if isinstance(each, Name)}
    if isinstance(node, Walrus):
        return {node.name}
    if isinstance(node, Delete):
        return {each.id for each in node.targets if isinstance(each, Name)}
    if isinstance(node, DefineClass):
        # What a class imports is no name for its methods.
        return {node.name, *(each.name for each in node.body or () if isinstance(each, Import))}
    # `KernelConfig = None` stands for the library that is missing.
    if isinstance(node, Assign) and isinstance(node.value, Constant) and node.value.value is None:
        return set()
    if isinstance(node, (Try, If, While)):
        # Their parts come by themselves.
        return {each.name for each in getattr(node, "handlers", ()) if each.name is not None}
    if isinstance(node, (For, With, Match)):
        if isinstance(node, Match):
            return {name for case in node.cases for name in case.pattern.names}
        if isinstance(node, For):
            return bound([node._replace(body=(), orelse=())])
        return bound([node._replace(body=())])
    return bound([cast("Statement", node)])


def _is_config(callee: Expr, imports: dict[str, str]) -> bool:
    first, _, rest = (dotted(callee) or "").partition(".")
    target = imports.get(first, "")
    whole = f"{target}.{rest}" if rest else target
    return whole.partition(".")[0] == _LIBRARY and whole.rpartition(".")[2] == CONFIG


def _alive(body: object) -> Iterator[Call]:
    """The calls of a program, but for those that certainly never run."""
    pending: list[object] = [body]
    while pending:
        current = pending.pop()
        if not isinstance(current, tuple) or isinstance(current, Span):
            continue
        if isinstance(current, Call):
            yield current
        if isinstance(current, If):
            holds = _constant(current.test)
            pending.append(current.test)
            pending.append(() if holds is False else current.body)
            pending.append(() if holds is True else current.orelse)
            continue
        for each in current:
            pending.append(each)
            if isinstance(each, (Return, Raise, Jump)):
                break


def _constant(test: Expr) -> bool | None:
    """Whether a condition holds, whatever the program does."""
    if isinstance(test, Constant):
        return bool(test.value)
    return False if (dotted(test) or "").rpartition(".")[2] == "TYPE_CHECKING" else None

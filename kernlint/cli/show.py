"""Texts that are no findings: errors, settings, rules."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from kernlint.cli.terminal import terminal_width
from kernlint.cli.usage import WrongUsageError
from kernlint.config import OPTIONS, ConfigError, Settings, toml_text
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.nearest import nearest

if TYPE_CHECKING:
    from kernlint.model.run import RuleInfo
    from kernlint.rules.base import Example


def shown_path(path: str | None) -> str:
    """A path relative to the working directory, where it lies below it."""
    if path is None:
        return "none"
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def config_error_text(error: ConfigError) -> str:
    """A configuration error, with its place in the file drawn as in a report."""
    if error.path is None:
        tip = f"tip: a similar value is `{error.suggestion}`\n" if error.suggestion else ""
        return f"error: {error.message}\n{tip}"
    path = shown_path(error.path)
    if not error.line:
        return f"error: {error.message}\n --> {path}\n"
    from kernlint.model.text import SourceText
    from kernlint.report.location import Location, Position
    from kernlint.report.snippet import Look, Mark, bare_bar, context_lines, excerpt

    source = SourceText(error.text.encode())
    gutter = len(str(context_lines(source, error.line)[-1]))
    look = Look(gutter, terminal_width() - gutter - 3, "red", color=False)
    end = Position(error.line, error.column + error.length)
    place = Location(path, Position(error.line, error.column), end)
    rows = [
        f"error: {error.message}",
        f"{' ' * gutter}--> {path}:{error.line}:{error.column}",
        bare_bar(look),
        *excerpt(source, [Mark(place, "", primary=True)], look),
    ]
    if error.suggestion:
        rows += [bare_bar(look), f"{' ' * gutter} = help: did you mean `{error.suggestion}`?"]
    return "\n".join(rows) + "\n"


def internal_error_text(error: Exception, *, verbose: bool) -> str:
    """What to print for a defect of kernlint; the traceback only with ``verbose``."""
    text = (
        f"internal error: {type(error).__name__}: {error}\n"
        "This is a defect of kernlint, not of your code. Please report it"
    )
    if not verbose:
        return f"{text}, with the output of --verbose.\n"
    import traceback

    return f"{text}:\n{''.join(traceback.format_exception(error))}"


def settings_text(settings: Settings, paths: Sequence[str], given: Mapping[str, bytes]) -> str:
    """Every setting as TOML with its origin, and the releases that the paths are judged by.

    Those that are ``given`` need not exist. Raises UsageError as a run over the paths would.
    """
    from kernlint.api import judged_by

    rows = [f"# configuration: {shown_path(settings.config_path)}", f"# root: {settings.root}"]
    for option in OPTIONS:
        value = getattr(settings, option.field)
        origins = [
            origin._replace(where=shown_path(origin.where)) if origin.line else origin
            for origin in settings.sources[option.key]
        ]
        shown = (
            f"# {option.key}: not set" if value is None else f"{option.key} = {toml_text(value)}"
        )
        rows.append(f"{shown}  # {', '.join(map(str, origins))}")
    for library, releases, origin in judged_by(settings, paths, given):
        rows.append(f"# judged: {library} {', '.join(releases) or 'none known'} ({origin})")
    return "\n".join(rows) + "\n"


def rule_list() -> str:
    """Code, name, severity, default and first sentence of every rule, in columns."""
    from kernlint.rules.registry import all_rules

    rules = all_rules()
    width = max((len(rule.name) for rule in rules), default=0)
    return "".join(
        f"{rule.code}  {rule.name:<{width}}  {rule.severity:<7}  "
        f"{'on ' if rule.default_on else 'off'}  {_first_sentence(rule.doc)}\n"
        for rule in rules
    )


def rule_infos() -> tuple[RuleInfo, ...]:
    """Every rule, as the formats that describe rules need it."""
    from kernlint.model.run import RuleInfo
    from kernlint.rules.registry import all_rules

    return tuple(
        RuleInfo(
            rule.code,
            rule.name,
            rule.severity,
            rule.confidence,
            rule.default_on,
            _first_sentence(rule.doc),
            rule.doc,
            rule.url,
        )
        for rule in all_rules()
    )


def _first_sentence(doc: str) -> str:
    paragraph = " ".join(doc.partition("\n\n")[0].split())
    return re.split(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.) (?=[A-Z`])", paragraph, maxsplit=1)[0]


def explanation(wanted: str, width: int = 0) -> str:
    """What a rule reports, with an example of code it reports and of code it accepts.

    Paragraphs that are too wide for ``width`` columns are divided anew; 0 leaves them.
    """
    from kernlint.rules.registry import all_rules

    rules = {word: rule for rule in all_rules() for word in (rule.code.lower(), rule.name)}
    rule = rules.get(wanted.lower())
    if rule is None:
        words = [word for each in all_rules() for word in (each.code, each.name)]
        near = nearest(wanted, words)
        tip = f"a similar rule is `{near}`" if near else "--list-rules shows all rules"
        raise WrongUsageError(f"unknown rule `{wanted}`", tip)
    state = "on" if rule.default_on else "off"
    facts = f"{rule.severity}, {rule.confidence} confidence, {state} by default"
    if any(example.fixed for example in rule.bad):
        facts += ", fixable"
    parts = [f"{rule.code} {rule.name}\n{facts}", _flowed(rule.doc.strip("\n"), width)]
    for title, examples in (("Reported:", rule.bad), ("Not reported:", rule.good)):
        if examples:
            parts += [title, _source(examples[0])]
    return "\n\n".join(parts) + "\n"


def _flowed(doc: str, width: int) -> str:
    """A text whose paragraphs fit; lists, tables and code stay as they are."""
    if not width:
        return doc
    from kernlint.report.terminal import wrap

    parts = []
    for part in doc.split("\n\n"):
        lines = part.split("\n")
        is_prose = not any(line.startswith((" ", "-", "|", "```")) for line in lines)
        if is_prose and max(map(len, lines)) > width:
            lines = wrap(" ".join(lines), width)
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _source(example: Example) -> str:
    """The files of an example, indented; named where there are several."""
    several = len(example.sources) > 1
    blocks = []
    for path, source in example.sources.items():
        lines = [f"# {path}"] if several else []
        lines += source.strip("\n").splitlines()
        blocks.append("\n".join(f"    {line}".rstrip() for line in lines))
    return "\n\n".join(blocks)

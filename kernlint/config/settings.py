"""From defaults, file, environment and command line to one frozen Settings."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from kernlint.config.options import OPTION, OPTIONS, Option, ValueRefusedError, read_value
from kernlint.config.places import ConfigError, Document, read_document
from kernlint.model.diagnostic import Severity
from kernlint.model.pattern import lazy
from kernlint.model.record import Record

#: The keys that together choose the rules of a run.
_SELECTION = ("select", "ignore", "extend-select", "extend-ignore")

_TABLE = lazy(rb"^[ \t]*(?:\[{0,2}[ \t]*)?tool\.kernlint[ \t]*[].=\r\n]", re.MULTILINE)


class Origin(Record):
    """Where a value comes from: a file and line, or something else in words."""

    where: str
    line: int | None = None

    def __str__(self) -> str:
        """``pyproject.toml:12``, ``command line``, ``default``."""
        return self.where if self.line is None else f"{self.where}:{self.line}"


DEFAULT = Origin("default")
COMMAND_LINE = Origin("command line")


class Settings(Record):
    """The settings of a run; the fields up to ``jobs`` are the options by name.

    ``root`` is the absolute folder that globs are relative to: that of the
    configuration file, else the working directory. ``sources`` says for every key
    where its value comes from; a list that the command line extends has two origins.
    """

    select: tuple[str, ...]
    ignore: tuple[str, ...]
    extend_select: tuple[str, ...]
    extend_ignore: tuple[str, ...]
    per_file_ignores: Mapping[str, tuple[str, ...]]
    exclude: tuple[str, ...]
    extend_exclude: tuple[str, ...]
    force_exclude: bool
    known_layers: tuple[str, ...]
    transformers: str | None
    kernels: str | None
    python: str | None
    baseline: str | None
    unsafe_fixes: bool
    fail_on: Severity
    output_format: str
    show_unchecked: bool
    cache_dir: str
    strict_docs: bool
    jobs: int
    root: str
    config_path: str | None
    sources: Mapping[str, tuple[Origin, ...]]


def find_config(start: str) -> str | None:
    """The absolute path of the configuration file for ``start``, a file or folder.

    That is the nearest one upwards: ``kernlint.toml``, or a ``pyproject.toml`` with
    a ``[tool.kernlint]`` table; ``kernlint.toml`` comes first in the same folder.
    """
    folder = os.path.abspath(start)
    if not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    while True:
        own = os.path.join(folder, "kernlint.toml")
        if os.path.isfile(own):
            return own
        shared = os.path.join(folder, "pyproject.toml")
        if _has_table(shared):
            return shared
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def _has_table(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return False
    return b"tool.kernlint" in data and _TABLE.search(data) is not None


def load_settings(
    config_path: str | None,
    overrides: Mapping[str, object],
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """The settings from a configuration file, the environment and the command line.

    ``overrides`` holds what the command line gives, by option key. It replaces what
    the file says, except that ``extend-*`` lists add to the file's; ``select`` starts
    a new selection, so that nothing else that the file says about rules applies but
    ``per-file-ignores``. Raises ConfigError for anything that cannot be used.
    """
    values: dict[str, object] = {option.key: option.default for option in OPTIONS}
    sources: dict[str, tuple[Origin, ...]] = {option.key: (DEFAULT,) for option in OPTIONS}
    if config_path is not None:
        for option, value, origin in _from_file(read_document(config_path)):
            values[option.key], sources[option.key] = value, (origin,)
    for option in OPTIONS:
        if option.env and environ and environ.get(option.env):
            text = environ[option.env]
            values[option.key] = check_value(option, text, f"`{option.env}`")
            sources[option.key] = (Origin(f"environment variable {option.env}"),)
    if "select" in overrides:
        for key in _SELECTION:
            values[key], sources[key] = OPTION[key].default, (DEFAULT,)
    for key, value in overrides.items():
        _override(OPTION[key], value, values, sources)
    root = os.path.dirname(os.path.abspath(config_path)) if config_path else os.getcwd()
    fields = {option.field: values[option.key] for option in OPTIONS}
    fields |= {"root": root, "config_path": config_path, "sources": sources}
    return Settings._make(fields[name] for name in Settings._fields)


def _override(
    option: Option,
    value: object,
    values: dict[str, object],
    sources: dict[str, tuple[Origin, ...]],
) -> None:
    given = check_value(option, value, f"`--{option.key}`")
    before = values[option.key]
    if option.key.startswith("extend-") and isinstance(before, tuple) and before:
        values[option.key] = before + given if isinstance(given, tuple) else before
        sources[option.key] += (COMMAND_LINE,)
    else:
        values[option.key], sources[option.key] = given, (COMMAND_LINE,)


def check_value(option: Option, value: object, label: str) -> object:
    """The value as the settings hold it; ConfigError, with no place, where it is wrong."""
    try:
        return read_value(option, value, label)
    except ValueRefusedError as wrong:
        raise ConfigError(wrong.message, suggestion=wrong.suggestion) from None


def _from_file(document: Document) -> list[tuple[Option, object, Origin]]:
    """Every option that a file sets, its value and where it stands."""
    prefix = table_of(document.path)
    table: object = document.values
    for part in prefix:
        table = table.get(part) if isinstance(table, Mapping) else None
    if table is None:
        raise ConfigError("there is no `[tool.kernlint]` table in this file", path=document.path)
    if not isinstance(table, Mapping):
        raise document.error("`tool.kernlint` must be a table", prefix)
    found: list[tuple[Option, object, Origin]] = []
    for key, value in table.items():
        if key not in OPTION:
            raise _unknown_option(document, (*prefix, key))
        try:
            read = read_value(OPTION[key], value, f"`{key}`")
        except ValueRefusedError as wrong:
            raise document.error(
                wrong.message, (*prefix, key), culprit=wrong.culprit, suggestion=wrong.suggestion
            ) from None
        line, _ = document.position(document.key_place((*prefix, key))[0])
        found.append((OPTION[key], read, Origin(document.path, line)))
    return found


def table_of(path: str) -> tuple[str, ...]:
    """The table that holds the options: the top level, except in a pyproject.toml."""
    return ("tool", "kernlint") if os.path.basename(path) == "pyproject.toml" else ()


def _unknown_option(document: Document, key: tuple[str, ...]) -> ConfigError:
    message = f"unknown option `{key[-1]}`"
    if key == ("tool",):
        message += "; in this file the options stand at the top level, without `[tool.kernlint]`"
        return document.error(message, key)
    from kernlint.model.nearest import nearest

    return document.error(message, key, suggestion=nearest(key[-1], OPTION))

"""What ``--output-format`` asks for: one format for stdout, and others for files beside it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from kernlint.config import OPTION, ConfigError, check_value
from kernlint.model.record import Record

_OPTION = "`--output-format`"


class Output(Record):
    """A report: the name of its format, and the file that it goes to, None for stdout."""

    format: str
    path: str | None = None


def split_outputs(words: Sequence[str]) -> tuple[str | None, tuple[Output, ...]]:
    """The format for stdout, None where none is named, and what goes to files.

    Each word is ``FORMAT`` or ``FORMAT:FILE``; a further colon belongs to the file. ConfigError
    where a format is unknown, a name of a file is missing, or stdout or a file is named twice.
    """
    printed: str | None = None
    files: list[Output] = []
    for word in words:
        name, colon, path = word.partition(":")
        check_value(OPTION["output-format"], name, _OPTION)
        if colon and path in {"", "-"}:
            raise ConfigError(
                f"{_OPTION} `{word}` names no file; `{name}` alone is written to stdout"
            )
        if colon:
            files.append(Output(name, path))
        elif printed is None:
            printed = name
        else:
            raise ConfigError(
                f"{_OPTION} names two formats for stdout, `{printed}` and `{name}`; "
                f"`{name}:FILE` writes a file"
            )
    refuse_same_file(files)
    return printed, tuple(files)


def refuse_same_file(outputs: Sequence[Output]) -> None:
    """Raise ConfigError where two reports would be one file."""
    seen: set[str] = set()
    for _, path in outputs:
        if path is None:
            continue
        real = os.path.normcase(os.path.realpath(path))
        if real in seen:
            raise ConfigError(f"two reports would be written to `{path}`")
        seen.add(real)

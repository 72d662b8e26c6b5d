"""The events: what became known, a line each, on disk before anything else can go wrong."""

from __future__ import annotations

import json
import os
import traceback
from typing import Any, NamedTuple

FRAMES = 8
"""How many of the last calls are kept of an exception, those of the probe itself left out."""

HERE = os.path.dirname(os.path.realpath(__file__))


class Events:
    """Appends events to a file, each flushed to the disk before the next step begins."""

    def __init__(self, path: str) -> None:
        self._path = path

    def write(self, event: str, facts: object = None) -> None:
        """Append an event with the fields of ``facts``, a mapping or a named tuple or None."""
        fields = plain(facts) if facts is not None else {}
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"event": event, **fields}) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def start(self, name: str, layer: str | None = None) -> None:
        """Say that a step of a pass begins."""
        self.write("start", {"pass": name, "layer": layer})

    def failed(self, name: str, error: BaseException) -> None:
        """Say that a pass could not be made at all."""
        self.write("failed", {"pass": name, "exception": exception_facts(error)})

    def failing(self, name: str) -> Failing:
        """Within this, whatever is raised is written as the failure of a pass, and goes no further.

        That holds for an exit, too: kernels and the user's modules may do anything when imported.
        """
        return Failing(self, name)


class Failing:
    """The context of ``Events.failing``."""

    def __init__(self, events: Events, name: str) -> None:
        self._events = events
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> bool:
        if error is not None:
            self._events.failed(self._name, error)
        return True


def plain(value: Any) -> Any:
    """A value as JSON has it: named tuples as objects, what JSON does not know as its text."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return str(value)


class ExceptionFacts(NamedTuple):
    """An exception as it was raised; ``frames`` are its last calls, the innermost one last."""

    type: str
    mro: tuple[str, ...]
    message: str
    notes: tuple[str, ...]
    frames: tuple[str, ...]


def exception_facts(error: BaseException) -> ExceptionFacts:
    """What is kept of an exception; one that cannot say its message gets its representation."""
    names = tuple(base.__name__ for base in type(error).__mro__ if base is not object)
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if os.path.dirname(os.path.realpath(frame.filename)) != HERE
    ]
    return ExceptionFacts(
        names[0],
        names,
        _text(error),
        tuple(map(_text, getattr(error, "__notes__", ()))),
        tuple(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-FRAMES:]),
    )


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 (a class of somebody else's that cannot be printed)
        return object.__repr__(value)

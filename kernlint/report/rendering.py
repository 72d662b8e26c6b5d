"""From the name of a format to its text."""

from __future__ import annotations

from importlib import import_module

from kernlint.model.formats import FORMAT
from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from kernlint.model.diagnostic import Result
    from kernlint.model.run import Run


def renderer(name: str) -> Callable[[Result, Run], str]:
    """The function that writes a result in a format; only then is its module loaded.

    KeyError where there is no such format.
    """
    module, _, function = FORMAT[name].renderer.partition(":")
    found: Callable[[Result, Run], str] = getattr(
        import_module(f"kernlint.report.{module}"), function
    )
    return found

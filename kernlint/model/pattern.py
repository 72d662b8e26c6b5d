"""Regular expressions that are compiled when they are first used.

Compiling all that a run may need takes longer than many a run.
"""

from __future__ import annotations

import re

from kernlint.model.hints import TYPE_CHECKING, Any, AnyStr

if TYPE_CHECKING:
    # What is made here can be used as a compiled expression can.
    def lazy(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
        """An expression to be compiled later."""
else:

    def lazy(pattern: AnyStr, flags: int = 0) -> Any:
        """An expression to be compiled later."""
        return _Lazy(pattern, flags)


class _Lazy:
    """Stands for a compiled expression."""

    def __init__(self, pattern: Any, flags: int) -> None:
        self._arguments = pattern, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(*self._arguments), name)
        # Found at once from now on: the methods of an expression never change.
        setattr(self, name, found)
        return found

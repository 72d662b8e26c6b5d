"""The runs of kernlint, for the command line and for programs."""

from __future__ import annotations

from kernlint.api.adopting import add_ignores
from kernlint.api.checking import check, judged_by, list_files, show_mappings
from kernlint.api.project import UsageError
from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from kernlint.api.confirming import confirm
    from kernlint.api.fixing import fix, fixes

__all__ = [
    "UsageError",
    "add_ignores",
    "check",
    "confirm",
    "fix",
    "fixes",
    "judged_by",
    "list_files",
    "show_mappings",
]


def __getattr__(name: str) -> object:
    """The rarer runs, whose parts others need not load."""
    if name in {"fix", "fixes"}:
        from kernlint.api import fixing

        return getattr(fixing, name)
    if name == "confirm":
        from kernlint.api.confirming import confirm

        return confirm
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

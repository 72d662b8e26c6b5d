"""What is known of a rule without loading it."""

from __future__ import annotations

from kernlint.model.record import Record


class Entry(Record):
    """A rule in the table: see ``Rule`` for its attributes.

    ``kinds`` are the methods that it overrides: what it looks at. ``module`` and ``cls`` say
    where it is.
    """

    code: str
    name: str
    default_on: bool
    whole_project: bool
    kinds: frozenset[str]
    module: str
    cls: str

    @property
    def is_about_runtime(self) -> bool:
        """Whether the rule looks at what was seen at run time."""
        return "runtime" in self.kinds

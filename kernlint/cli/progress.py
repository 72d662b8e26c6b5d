"""What is being done, in one line of a terminal."""

from __future__ import annotations

import time

from kernlint.cli.streams import is_terminal
from kernlint.cli.terminal import terminal_width
from kernlint.model.hints import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from types import TracebackType

    from kernlint.model.runtime import Check, Pass

#: Runs that take longer tell on a terminal what they do, in seconds.
PATIENCE = 2.0

_ERASE = "\r\x1b[K"


class Progress:
    """A line that changes, on a terminal; nothing elsewhere, and nothing if ``quiet``.

    It comes when ``patience`` seconds have passed: a shorter run needs none.
    """

    def __init__(self, stream: TextIO | None, *, quiet: bool, patience: float = 0.0) -> None:
        self._stream = stream if is_terminal(stream) and not quiet else None
        self._from = time.monotonic() + patience
        self._is_written = False

    def __enter__(self) -> Progress:
        """Begin; the line comes with the first step."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the line away."""
        if self._is_written and self._stream is not None:
            self._stream.write(_ERASE)
            self._stream.flush()

    def told(self, number: int, total: int, check: Check, during: Pass, layer: str | None) -> None:
        """Show a step of a check, the ``number``-th of ``total``."""
        about = f" {layer}" if layer else ""
        self.stage(f"[{number}/{total}] {check.config.label}: {during}{about}")

    def stage(self, text: str) -> None:
        """Show what the run has come to."""
        if self._stream is not None and time.monotonic() >= self._from:
            self._stream.write(f"{_ERASE}{text[: terminal_width() - 1]}")
            self._stream.flush()
            self._is_written = True

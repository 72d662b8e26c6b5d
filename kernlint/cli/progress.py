"""What is being tried out, in one line of a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from kernlint.cli.terminal import terminal_width

if TYPE_CHECKING:
    from types import TracebackType

    from kernlint.model.runtime import Check, Pass

_ERASE = "\r\x1b[K"


class Progress:
    """A line that changes, on a terminal; nothing elsewhere, and nothing if ``quiet``."""

    def __init__(self, stream: TextIO, *, quiet: bool) -> None:
        self._stream = stream
        self._shown = stream.isatty() and not quiet

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
        self._write("")

    def told(self, number: int, total: int, check: Check, during: Pass, layer: str | None) -> None:
        """Show a step of a check, the ``number``-th of ``total``."""
        about = f" {layer}" if layer else ""
        text = f"[{number}/{total}] {check.config.label}: {during}{about}"
        self._write(text[: terminal_width() - 1])

    def _write(self, text: str) -> None:
        if self._shown:
            self._stream.write(f"{_ERASE}{text}")
            self._stream.flush()

"""The command line."""

from kernlint.cli.command import main, run

__all__ = ["main", "run"]

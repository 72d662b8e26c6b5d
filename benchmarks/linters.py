"""The commands that are compared, and the environments that hold them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.process import FailedError, environment

#: The other linters, each in an environment of its own: they need other releases of libcst.
RUFF = "ruff==0.17.6"
TORCHFIX = "torchfix==0.7.0"
FIXIT = "fixit==2.2.1"

#: Rules of ruff that find nothing in the tree. It keeps nothing of a file with findings.
CLEAN = ("--select", "E4,E7,E9,F", "--ignore", "E402,E741,F401,F403")

#: What grep looks for.
WORD = "KernelConfig"


class Command(NamedTuple):
    """A command as it is shown and as it is run; ``missing`` says why it cannot be."""

    shown: str
    arguments: tuple[str, ...] = ()
    statuses: tuple[int, ...] = (0, 1)
    missing: str = ""


class Linters:
    """The commands that lint the working directory.

    Args:
        python: The interpreter that has kernlint.
        folder: Where the environments of the other linters are kept.

    Raises:
        FailedError: The interpreter does not have kernlint, or not as a command.
    """

    def __init__(self, python: str, folder: str) -> None:
        self._python = python
        self._folder = folder
        self._pythons: dict[str, str] = {}
        try:
            self._kernlint_help = ask([python, "-m", "kernlint", "--help"])
            version = ask([python, "-m", "kernlint", "--version"]).split()[-1]
            self._version = f"{version} with libcst {_release(python, 'libcst')}"
        except FailedError as error:
            raise FailedError(f"{python} does not have kernlint: {error}") from error
        self._command = os.path.join(os.path.dirname(python), "kernlint")
        if not os.access(self._command, os.X_OK):
            raise FailedError(f"{self._command}: there is no such command")

    def kernlint(self, *options: str, paths: tuple[str, ...] = (".",)) -> Command:
        """The command kernlint, with options that it may not have yet."""
        shown = _shown("kernlint", options)
        lacking = [
            option
            for option in options
            if option.startswith("--") and not re.search(rf"{option}\b", self._kernlint_help)
        ]
        if lacking:
            return Command(shown, missing=f"this kernlint has no option {' and '.join(lacking)}")
        return Command(shown, (self._command, "--isolated", *options, *paths))

    def ruff(self, *options: str, rules: tuple[str, ...] = CLEAN) -> Command:
        """``ruff check``, with a line for each finding: what it says of them costs more."""
        shown = _shown("ruff check" if rules else "ruff check (default rules)", options)
        try:
            ruff = os.path.join(os.path.dirname(self.environment(RUFF)), "ruff")
        except FailedError as error:
            return Command(shown, missing=str(error))
        fixed = ("check", "--isolated", "--output-format", "concise", *rules)
        return Command(shown, (ruff, *fixed, *options, "."))

    def grep(self) -> Command:
        """The search for a word in all files."""
        grep = shutil.which("grep")
        shown = f"grep -rF {WORD}"
        if grep is None:
            return Command(shown, missing="there is no grep")
        return Command(shown, (grep, "-rF", WORD, "."))

    def torchfix(self) -> Command:
        """TorchFix with its default rules."""
        return self._module("TorchFix", TORCHFIX, "torchfix", ".")

    def fixit(self) -> Command:
        """Fixit with its default rules."""
        return self._module("Fixit", FIXIT, "fixit", "lint", ".")

    def _module(self, shown: str, requirement: str, *arguments: str) -> Command:
        try:
            python = self.environment(requirement)
        except FailedError as error:
            return Command(shown, missing=str(error))
        return Command(shown, (python, "-I", "-m", *arguments))

    def environment(self, requirement: str) -> str:
        """The interpreter of the environment that holds a requirement; made where it is not there.

        Raises:
            FailedError: It cannot be made.
        """
        if requirement not in self._pythons:
            name = f"{requirement.replace('==', '-')}-{sys.implementation.cache_tag}"
            self._pythons[requirement] = make_environment(
                os.path.join(self._folder, name), requirement
            )
        return self._pythons[requirement]

    def versions(self) -> dict[str, str]:
        """The releases of what is compared, by name, as far as it was asked for."""
        found = {"kernlint": self._version}
        for requirement, python in self._pythons.items():
            name, _, release = requirement.partition("==")
            libcst = "" if requirement == RUFF else f" with libcst {_release(python, 'libcst')}"
            found[name] = release + libcst
        grep = shutil.which("grep")
        if grep is not None:
            line = ask([grep, "--version"]).partition("\n")[0]
            found["grep"] = line.rpartition(" ")[2]
        return found


def make_environment(folder: str, requirement: str) -> str:
    """The interpreter of an environment with a requirement in it.

    Raises:
        FailedError: It cannot be made.
    """
    python = os.path.join(os.path.abspath(folder), "bin", "python")
    complete = os.path.join(folder, "complete")
    if not os.path.exists(complete):
        print(f"making an environment for {requirement}", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        ask([sys.executable, "-m", "venv", folder])
        ask([python, "-m", "pip", "install", "--quiet", requirement])
        with open(complete, "w", encoding="utf-8") as file:
            file.write(f"{requirement}\n")
    return python


def ask(command: Sequence[str]) -> str:
    """What a command prints.

    Raises:
        FailedError: It fails; with the last line that it said.
    """
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, env=environment()
        )
    except OSError as error:
        raise FailedError(f"{command[0]}: {error.strerror}") from error
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise FailedError(f"{' '.join(command[1:4])} failed: {' '.join(said[-1:])}")
    return done.stdout


def _shown(name: str, options: Sequence[str]) -> str:
    """A command as people write it, without the folder of its cache."""
    words: list[str] = [name]
    for option in options:
        words.append("DIR" if words[-1] == "--cache-dir" else option)
    return " ".join(words)


def _release(python: str, name: str) -> str:
    """The release of a package that an interpreter has."""
    return ask(
        [python, "-c", f"from importlib.metadata import version; print(version({name!r}))"]
    ).strip()

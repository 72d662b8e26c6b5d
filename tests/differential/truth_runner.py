"""Runs programs and prints what reaches their ``KernelConfig(...)`` calls. Stands alone.

``python -I -S truth_runner.py`` reads a JSON list of ``{"files": {path: text}, "entry": path}``
and answers each with ``{"error": text}`` or with ``{"calls": [[path, line, mapping], ...]}``,
every call once, over all combinations of the flags that the program asks the environment for, and
with and without the one module that need not be installed. The mapping is a Python literal with
the keys of its dicts in a fixed order.

The programs are not written by strangers, but drawn at random: a limit on time and memory ends
one that runs away, and their modules come from memory, so they need no folder.
"""

from __future__ import annotations

import enum
import importlib.abc
import importlib.machinery
import itertools
import json
import os
import re
import signal
import sys
from types import CodeType, FrameType, ModuleType
from typing import Any

#: What a flag can be: everything that the conditions of a program tell apart.
VALUES = (None, "", "w", "x", "y", "z")
#: A module that nobody knows to be installed or not.
OPTIONAL = "fast_kernels_of_nobody"
SECONDS_FOR_ONE = 2
SECONDS_FOR_ALL = 500
MEMORY = 1 << 30


def literal(value: object) -> str:
    """A value as Python would read it again; equal texts are equal values of equal types."""
    if isinstance(value, dict):
        items = sorted(f"{literal(key)}: {literal(item)}" for key, item in value.items())
        return f"{{{', '.join(items)}}}"
    if type(value) is tuple:
        return f"({', '.join(map(literal, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, (set, frozenset)):
        items = sorted(map(literal, value))
        return f"{{{', '.join(items)}}}" if items else "set()"
    if value is ...:
        return "..."
    if isinstance(value, enum.Enum) and isinstance(value, str):
        return str.__repr__(value)
    if value is None or type(value) in {str, bytes, int, float, bool}:
        return repr(value)
    raise TypeError(f"{type(value).__name__} has no literal")


class Recorder:
    """The calls of one run, each with its mapping at that moment and the object itself."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int, str, object]] = []

    def module(self) -> ModuleType:
        """A transformers with the one class that matters."""
        calls = self.calls

        class KernelConfig:
            def __init__(self, kernel_mapping: object) -> None:
                frame = sys._getframe(1)
                place = frame.f_code.co_filename, _line(frame)
                calls.append((*place, literal(kernel_mapping), kernel_mapping))

        module = ModuleType("transformers")
        vars(module)["KernelConfig"] = KernelConfig
        return module

    def result(self) -> list[tuple[str, int, str]]:
        """The calls; fails where a mapping was changed after it was handed over."""
        for _, line, text, mapping in self.calls:
            if literal(mapping) != text:
                raise ValueError(f"the mapping of line {line} is changed later")
        return [call[:3] for call in self.calls]


def _line(frame: FrameType) -> int:
    """The line on which the call starts that a frame is in."""
    code: Any = frame.f_code
    if hasattr(code, "co_positions"):  # Python 3.11; before, calls on several lines are not told
        positions = itertools.islice(code.co_positions(), frame.f_lasti // 2, None)
        return int(next(positions)[0] or frame.f_lineno)
    return frame.f_lineno


class Importer(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the files of a program."""

    def __init__(self, files: dict[str, str]) -> None:
        self.codes: dict[str, tuple[CodeType, bool]] = {}
        for path, text in files.items():
            module = path.removesuffix(".py").replace("/", ".")
            name = module.removesuffix(".__init__")
            self.codes[name] = compile(text, path, "exec"), name != module

    def find_spec(self, fullname: str, path: object, target: object = None) -> Any:
        if fullname not in self.codes:
            return None
        is_package = self.codes[fullname][1]
        return importlib.machinery.ModuleSpec(fullname, self, is_package=is_package)

    def exec_module(self, module: ModuleType) -> None:
        exec(self.codes[module.__name__][0], vars(module))

    def run(self, entry: str) -> None:
        """Run a file: as a script where it is in no package, else as a module of it."""
        name = entry.removesuffix(".py").replace("/", ".")
        if "." in name:
            importlib.import_module(name)
            return
        module = ModuleType("__main__")
        before = sys.modules["__main__"]
        sys.modules["__main__"] = module
        try:
            exec(self.codes[name][0], vars(module))
        finally:
            sys.modules["__main__"] = before


class _Optional(ModuleType):
    """The optional module, which has whatever it is asked for."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


def _run(importer: Importer, entry: str, installed: object) -> list[tuple[str, int, str]]:
    recorder = Recorder()
    sys.modules.pop(OPTIONAL, None)
    if installed:
        sys.modules[OPTIONAL] = _Optional(OPTIONAL)
    sys.modules["transformers"] = recorder.module()
    sys.meta_path.insert(0, importer)
    signal.setitimer(signal.ITIMER_REAL, SECONDS_FOR_ONE)
    try:
        importer.run(entry)
        return recorder.result()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.meta_path.remove(importer)
        for name in importer.codes:
            sys.modules.pop(name, None)


def answer(files: dict[str, str], entry: str) -> dict[str, object]:
    """What a program does with every combination of its flags."""
    flags = sorted({flag for text in files.values() for flag in re.findall(r"FLAG\d", text)})
    ways: list[tuple[str | None, ...]] = [VALUES] * len(flags)
    ways.append((None, "1") if any(OPTIONAL in text for text in files.values()) else (None,))
    calls: dict[tuple[str, int, str], None] = {}
    try:
        importer = Importer(files)
        for *values, installed in itertools.product(*ways):
            os.environ.clear()
            given = zip(flags, values, strict=True)
            os.environ.update({flag: value for flag, value in given if value is not None})
            calls.update(dict.fromkeys(_run(importer, entry, installed)))
    except Exception as error:  # noqa: BLE001 (whatever a program raises, it is not a good one)
        return {"error": f"{type(error).__name__}: {error}"}
    return {"calls": list(calls)}


def _give_up(*_: object) -> None:
    raise TimeoutError(f"runs for more than {SECONDS_FOR_ONE} s")


def main() -> None:
    """Answer what is asked on standard input."""
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_FOR_ALL, SECONDS_FOR_ALL))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.signal(signal.SIGALRM, _give_up)
    programs = json.load(sys.stdin)
    answers = [json.dumps(answer(each["files"], each["entry"])) for each in programs]
    sys.stdout.write(f"[{', '.join(answers)}]")


if __name__ == "__main__":
    main()

"""Finds the releases that are installed for an interpreter, without running it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from kernlint.catalog.release import release_key
from kernlint.catalog.target import NoEnvironmentError
from kernlint.model.pattern import lazy

_INTERPRETER = lazy(r"(?:python|pypy)w?(?P<version>3(?:\.\d+)?)?t?(?:\.exe)?", re.IGNORECASE)
_DIST_INFO = lazy(r"(transformers|kernels)-([^-]+)\.dist-info", re.IGNORECASE)
_SYSTEM_PACKAGES = lazy(r"^include-system-site-packages\s*=\s*true\s*$", re.MULTILINE)
_VENV_VERSION = lazy(r"^version(?:_info)?\s*=\s*(3\.\d+)", re.MULTILINE)
_HOME = lazy(r"^home\s*=\s*(.+?)\s*$", re.MULTILINE)


def installed(python: str) -> dict[str, str]:
    """The versions of transformers and kernels that are installed for ``python``.

    ``python`` is an interpreter or the top folder of an environment. A library that is not
    installed is not in the answer. Packages of the user (``pip install --user``) and on
    PYTHONPATH are not seen. Raises NoEnvironmentError.
    """
    found: dict[str, str] = {}
    try:
        for folder in _site_packages(python):
            for library, version in _versions(folder).items():
                found.setdefault(library, version)
    except OSError as error:
        message = f"cannot read the environment of `{python}`: {error.strerror}"
        raise NoEnvironmentError(message) from None
    return found


def _versions(folder: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in sorted(os.listdir(folder)):
        match = _DIST_INFO.fullmatch(name)
        if match:
            library, version = match[1].lower(), match[2]
            if found.setdefault(library, version) != version:
                raise NoEnvironmentError(
                    f"`{folder}` holds {library} {found[library]} and {version}: "
                    "reinstall it so that one is left"
                )
    return found


def _site_packages(python: str) -> list[str]:
    """The folders with the packages of an interpreter, the first to be searched first."""
    path = os.path.abspath(python)
    if os.path.isdir(path):
        root, version = path, ""
    elif os.path.isfile(path):
        named = _INTERPRETER.fullmatch(os.path.basename(path))
        if not named:
            raise NoEnvironmentError(f"`{python}` is not a Python interpreter")
        root, version = _root(path), named["version"] or ""
    else:
        raise NoEnvironmentError(f"there is no interpreter or environment at `{python}`")
    settings = _venv_settings(root)
    if settings is not None:
        named = _VENV_VERSION.search(settings)
        version = named[1] if named else version
    elif os.path.isfile(path):
        # Outside of a virtual environment bin/python may be a link to the real one.
        real = os.path.realpath(path)
        named = _INTERPRETER.fullmatch(os.path.basename(real))
        root, version = _root(real), (named["version"] if named else "") or version
    folders = _packages_below(root, version)
    if not folders:
        raise NoEnvironmentError(
            f"`{python}` is not part of a Python environment: no site-packages below `{root}`"
        )
    if settings is not None and _SYSTEM_PACKAGES.search(settings):
        home = _HOME.search(settings)
        base = _root(os.path.join(home[1], "python")) if home else root
        folders += _packages_below(base, _minor_in(folders[0]))
    return folders


def _root(interpreter: str) -> str:
    """The top folder of an environment: above ``bin`` or ``Scripts``, or next to python.exe."""
    folder = os.path.dirname(interpreter)
    in_bin = os.path.basename(folder).lower() in ("bin", "scripts")
    return os.path.dirname(folder) if in_bin else folder


def _venv_settings(root: str) -> str | None:
    """The text of pyvenv.cfg; None where it is no virtual environment."""
    try:
        with open(os.path.join(root, "pyvenv.cfg"), encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return None


def _packages_below(root: str, version: str) -> list[str]:
    """The package folders below the top of an environment, for a version such as ``3.11``.

    NoEnvironmentError where several versions of Python share the folder and none is named.
    """
    found = list(_package_folders(root))
    versions = sorted({_minor_in(folder) for folder in found} - {""}, key=release_key)
    if "." not in version and len(versions) > 1:
        raise NoEnvironmentError(
            f"`{root}` holds packages of Python {', '.join(versions)}: name one interpreter, "
            f"such as python{versions[-1]}"
        )
    return [folder for folder in found if _minor_in(folder) in ("", version) or "." not in version]


def _package_folders(root: str) -> Iterator[str]:
    """Every site-packages (on Debian also dist-packages) below the top of an environment."""
    for library in ("lib", "lib64", "local/lib"):
        parent = os.path.join(root, *library.split("/"))
        # lib64 is often a link to lib.
        if not os.path.isdir(parent) or (library == "lib64" and os.path.islink(parent)):
            continue
        for name in ("", *sorted(os.listdir(parent))):
            if name and not re.fullmatch(r"(?:python|pypy)3(?:\.\d+t?)?", name):
                continue
            for packages in ("site-packages", "dist-packages"):
                folder = os.path.join(parent, name, packages)
                if os.path.isdir(folder):
                    yield folder
    windows = os.path.join(root, "Lib", "site-packages")
    if os.path.isdir(windows) and not os.path.isdir(os.path.join(root, "lib")):
        yield windows


def _minor_in(folder: str) -> str:
    """``3.11`` of ``lib/python3.11/site-packages``; empty where the path says none."""
    found = re.fullmatch(r"(?:python|pypy)(3\.\d+)t?", os.path.basename(os.path.dirname(folder)))
    return found[1] if found else ""

"""Notebooks for tests, in the formattings in which they are met."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

PYTHON = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}

#: Ways to write the same JSON.
FORMATTINGS: Mapping[str, dict[str, object]] = {
    "one space": {"indent": 1, "ensure_ascii": False},
    "four spaces": {"indent": 4, "ensure_ascii": True},
    "one line": {"ensure_ascii": False},
    "one line, escaped": {"ensure_ascii": True, "separators": (",", ":")},
    "tabs": {"indent": "\t", "ensure_ascii": False},
}


def code(source: object) -> dict[str, object]:
    """A code cell."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def text(source: object) -> dict[str, object]:
    """A cell of Markdown."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def notebook(
    cells: Iterable[object],
    formatting: str = "one space",
    metadata: object = None,
) -> bytes:
    """The file that holds some cells."""
    content = {
        "cells": [*cells],
        "metadata": PYTHON if metadata is None else metadata,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, **FORMATTINGS[formatting]).encode() + b"\n"  # type: ignore[arg-type]


def in_lines(source: str) -> list[str]:
    """A source as Jupyter writes it: a string for each line."""
    return source.splitlines(keepends=True)

"""The table of formats."""

from __future__ import annotations

import inspect

from kernlint.config import OPTION
from kernlint.model.formats import FORMAT, FORMATS
from kernlint.report.rendering import renderer


def test_every_format_has_a_renderer_of_the_same_form() -> None:
    for each in FORMATS:
        parameters = inspect.signature(renderer(each.name)).parameters
        assert list(parameters) == ["result", "run"]


def test_names_are_those_of_the_setting() -> None:
    assert [each.name for each in FORMATS] == list(FORMAT) == list(OPTION["output-format"].choices)
    assert len(FORMAT) == len(FORMATS)
    assert FORMATS[0].name == OPTION["output-format"].default

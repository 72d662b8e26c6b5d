import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # the package ships no types
import pytest

import kernlint
from kernlint.config.options import (
    OPTION,
    OPTIONS,
    ValueRefusedError,
    json_schema,
    options_table,
    read_value,
    toml_text,
)
from tests.config.shown import FORMATS_SHOWN


def test_the_keys_are_these() -> None:
    assert [option.key for option in OPTIONS] == [
        "select",
        "ignore",
        "extend-select",
        "extend-ignore",
        "per-file-ignores",
        "exclude",
        "extend-exclude",
        "force-exclude",
        "known-layers",
        "transformers",
        "kernels",
        "python",
        "baseline",
        "unsafe-fixes",
        "fail-on",
        "output-format",
        "show-unchecked",
        "cache-dir",
        "strict-docs",
        "jobs",
    ]


def test_every_default_is_a_value_of_its_option() -> None:
    for option in OPTIONS:
        if option.default is not None:
            assert read_value(option, option.default, option.key) == option.default


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [
        ("select", ["KL1", "ALL"], ("KL1", "ALL")),
        ("ignore", [], ()),
        ("per-file-ignores", {"tests/**": ["KL1"]}, {"tests/**": ("KL1",)}),
        ("force-exclude", True, True),
        ("known-layers", ("MyNorm",), ("MyNorm",)),
        ("transformers", ">=5.0,<6", ">=5.0,<6"),
        ("transformers", "5.2", "5.2"),
        ("fail-on", "error", "error"),
        ("jobs", 4, 4),
    ],
)
def test_values_that_are_taken(key: str, value: object, read: object) -> None:
    assert read_value(OPTION[key], value, f"`{key}`") == read


@pytest.mark.parametrize(
    ("key", "value", "message", "culprit", "suggestion"),
    [
        ("select", "KL1", "`select` must be a list of strings, not a string", "KL1", '["KL1"]'),
        ("select", 1, "`select` must be a list of strings, not an integer", None, None),
        ("select", ["a", 1.5], "`select` must be a list of strings, but holds a float", None, None),
        ("exclude", {}, "`exclude` must be a list of strings, not a table", None, None),
        (
            "per-file-ignores",
            ["KL1"],
            "`per-file-ignores` must be a table of lists of strings, not a list",
            None,
            None,
        ),
        (
            "per-file-ignores",
            {"a.py": "KL1"},
            "`a.py` in `per-file-ignores` must be a list of strings, not a string",
            "KL1",
            '["KL1"]',
        ),
        ("force-exclude", 1, "`force-exclude` must be true or false, not an integer", None, None),
        (
            "show-unchecked",
            "yes",
            "`show-unchecked` must be true or false, not a string",
            None,
            None,
        ),
        ("jobs", "4", "`jobs` must be a whole number, 0 or more, not a string", None, None),
        ("jobs", True, "`jobs` must be a whole number, 0 or more, not a boolean", None, None),
        ("python", 3, "`python` must be a string, not an integer", None, None),
        ("jobs", -1, "`jobs` must be a whole number, 0 or more, not `-1`", None, None),
        (
            "fail-on",
            "warn",
            "`fail-on` must be `info`, `warning` or `error`, not `warn`",
            "warn",
            "warning",
        ),
        ("output-format", 1, "`output-format` must be a string, not an integer", None, None),
        (
            "output-format",
            "srif",
            f"`output-format` must be {FORMATS_SHOWN}, not `srif`",
            "srif",
            "sarif",
        ),
        (
            "transformers",
            "5.x",
            "`transformers` must be a version or a specifier such as `>=5.0`, not `5.x`",
            "5.x",
            None,
        ),
        (
            "transformers",
            " ",
            "`transformers` must be a version or a specifier such as `>=5.0`, not ` `",
            " ",
            None,
        ),
        (
            "kernels",
            "new",
            "`kernels` must be a version or a specifier such as `>=5.0`, not `new`",
            "new",
            None,
        ),
        (
            "kernels",
            5.2,
            "`kernels` must be a version or a specifier such as `>=5.0`, not a float",
            None,
            None,
        ),
    ],
)
def test_values_that_are_refused(
    key: str, value: object, message: str, culprit: str | None, suggestion: str | None
) -> None:
    with pytest.raises(ValueRefusedError) as caught:
        read_value(OPTION[key], value, f"`{key}`")
    refused = caught.value
    assert (refused.message, refused.culprit, refused.suggestion) == (message, culprit, suggestion)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (3, "3"),
        ('a"\\', '"a\\"\\\\"'),
        (("KL1", "KL2"), '["KL1", "KL2"]'),
        ((), "[]"),
        ({"a/**": ("KL1",), "b": ()}, '{ "a/**" = ["KL1"], "b" = [] }'),
        ({}, "{}"),
    ],
)
def test_settings_as_toml(value: object, text: str) -> None:
    assert toml_text(value) == text


def schema_file() -> Path:
    return Path(kernlint.__file__).with_name("kernlint.schema.json")


def test_the_schema_file_is_the_generated_one() -> None:
    assert schema_file().read_text("utf-8") == json.dumps(json_schema(), indent=2) + "\n"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(json_schema())


@pytest.mark.parametrize(
    ("settings", "valid"),
    [
        ({}, True),
        ({"select": ["KL104", "KL", "ALL", "unsupported-device"], "jobs": 0}, True),
        ({"per-file-ignores": {"tests/**": ["KL1"]}}, True),
        ({"output-format": "concise", "fail-on": "info", "transformers": ">=5"}, True),
        ({"selct": []}, False),
        ({"select": "KL1"}, False),
        ({"select": ["kl104"]}, True),  # a word in lower case may be the name of a rule
        ({"select": ["KL1044"]}, False),
        ({"per-file-ignores": {"a": "KL1"}}, False),
        ({"output-format": "srif"}, False),
        ({"jobs": -1}, False),
        ({"force-exclude": "yes"}, False),
    ],
)
def test_the_schema_accepts_what_kernlint_accepts(settings: object, valid: bool) -> None:
    assert jsonschema.Draft7Validator(json_schema()).is_valid(settings) is valid


def test_the_defaults_are_valid_by_the_schema() -> None:
    properties = json_schema()["properties"]
    assert isinstance(properties, dict)
    for key, property_ in properties.items():
        if "default" in property_:
            jsonschema.validate({key: property_["default"]}, json_schema())


def test_the_table_for_the_documentation() -> None:
    rows = {key: (kind, default) for key, kind, default, _ in options_table()}
    assert len(rows) == len(OPTIONS)
    assert rows["select"] == ("a list of strings", '["KL"]')
    assert rows["fail-on"] == ("`info`, `warning` or `error`", '"warning"')
    assert rows["transformers"] == ("a version or a specifier such as `>=5.0`", "not set")
    assert rows["jobs"] == ("a whole number, 0 or more", "0")
    assert [doc for *_, doc in options_table()] == [option.doc for option in OPTIONS]

import os
from pathlib import Path

import pytest

from kernlint.config import ConfigError, Settings, load_settings, rule_enabled, validate_selectors

KNOWN = (("KL104", "unsupported-device"), ("KL105", "kernel-metadata"), ("KL205", "unused-thing"))


def settings(**lists: object) -> Settings:
    return load_settings(None, {key.replace("_", "-"): value for key, value in lists.items()})


def enabled(code: str, *, default_on: bool = True, **lists: object) -> bool:
    return rule_enabled(code, dict(KNOWN)[code], default_on, settings(**lists), None)


def test_the_default_selects_what_is_on_by_default() -> None:
    assert enabled("KL104")
    assert not enabled("KL104", default_on=False)


@pytest.mark.parametrize("selector", ["ALL", "KL1", "KL10", "KL104", "unsupported-device"])
def test_a_rule_that_is_off_by_default_needs_more_than_the_family(selector: str) -> None:
    assert enabled("KL104", default_on=False, select=[selector])
    assert enabled("KL104", default_on=False, extend_select=[selector])


def test_the_bare_prefix_does_not_turn_on_what_is_off_by_default() -> None:
    assert not enabled("KL104", default_on=False, select=["KL"])
    assert not enabled("KL104", default_on=False, extend_select=["KL"])


def test_select_replaces_the_default_and_extend_select_does_not() -> None:
    assert not enabled("KL205", select=["KL1"])
    assert enabled("KL205", extend_select=["KL1"])
    assert enabled("KL205", select=["KL1"], extend_select=["KL2"])
    assert not enabled("KL205", select=[])


@pytest.mark.parametrize(
    ("select", "ignore", "on"),
    [
        (["KL"], ["KL104"], False),
        (["ALL"], ["KL1"], False),
        (["ALL"], ["KL"], False),
        (["KL"], ["ALL"], False),
        (["KL104"], ["KL1"], True),
        (["KL10"], ["KL1"], True),
        (["KL1"], ["KL10"], False),
        (["KL1"], ["KL1"], False),
        (["KL104"], ["unsupported-device"], False),
        (["unsupported-device"], ["KL10"], True),
        (["KL1", "KL104"], ["KL10"], True),
        (["KL1"], ["KL105"], True),
    ],
)
def test_the_more_specific_selector_wins(select: list[str], ignore: list[str], on: bool) -> None:
    assert enabled("KL104", select=select, ignore=ignore) is on
    assert enabled("KL104", select=select, extend_ignore=ignore) is on


@pytest.mark.parametrize(
    ("glob", "path", "on"),
    [
        ("tests/**", "tests/a/b.py", False),
        ("tests", "src/tests/b.py", False),
        ("tests/", "tests/b.py", False),
        ("/tests", "src/tests/b.py", True),
        ("*.ipynb", "deep/down/a.ipynb", False),
        ("a/*.py", "a/b/c.py", True),
        ("a/**/c.py", "a/b/c.py", False),
        ("a/**/c.py", "a/c.py", False),
        ("src/a.py", "lib/src/a.py", True),
        ("!src/**", "lib/a.py", False),
        ("!src/**", "src/a.py", True),
    ],
)
def test_per_file_ignores(tmp_path: Path, glob: str, path: str, on: bool) -> None:
    chosen = settings(select=["KL104"], per_file_ignores={glob: ["KL1"]})
    chosen = chosen._replace(root=str(tmp_path))
    file = os.path.join(tmp_path, *path.split("/"))
    assert rule_enabled("KL104", "unsupported-device", True, chosen, file) is on


def test_per_file_ignores_concern_the_rules_they_name() -> None:
    chosen = settings(per_file_ignores={"a.py": ["KL105", "unused-thing"]})
    on = [code for code, name in KNOWN if rule_enabled(code, name, True, chosen, "a.py")]
    assert on == ["KL104"]


def test_without_a_path_per_file_ignores_do_not_count() -> None:
    assert enabled("KL104", per_file_ignores={"**": ["ALL"]})


def test_globs_are_relative_to_the_folder_of_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "kernlint.toml"
    path.write_text('[per-file-ignores]\n"a/b.py" = ["KL1"]\n')
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    chosen = load_settings(str(path), {})
    assert not rule_enabled("KL104", "unsupported-device", True, chosen, "b.py")
    assert rule_enabled("KL104", "unsupported-device", True, chosen, "c.py")


def refused(chosen: Settings) -> tuple[str, int, int, int, str | None]:
    with pytest.raises(ConfigError) as caught:
        validate_selectors(chosen, KNOWN)
    error = caught.value
    return error.message, error.line, error.column, error.length, error.suggestion


def test_known_selectors_pass() -> None:
    words = ["ALL", "KL", "KL1", "KL10", "KL104", "kernel-metadata"]
    validate_selectors(
        settings(
            select=words,
            ignore=words,
            extend_select=words,
            extend_ignore=words,
            per_file_ignores={"a": words},
        ),
        KNOWN,
    )


@pytest.mark.parametrize(
    ("key", "selector", "suggestion"),
    [
        ("select", "KL1O4", "KL104"),
        ("ignore", "kl104", "KL104"),
        ("extend-select", "unsupported_device", "unsupported-device"),
        ("extend-ignore", "KL9", None),
        ("select", "K", None),
        ("select", "", None),
        ("select", "all", "ALL"),
    ],
)
def test_unknown_selectors_from_the_command_line(
    key: str, selector: str, suggestion: str | None
) -> None:
    assert refused(load_settings(None, {key: [selector]})) == (
        f"unknown rule selector `{selector}` in `--{key}`",
        0,
        0,
        1,
        suggestion,
    )


def from_file(tmp_path: Path, text: str, **overrides: object) -> Settings:
    path = tmp_path / "pyproject.toml"
    path.write_text(f"[tool.kernlint]\n{text}\n")
    return load_settings(str(path), {k.replace("_", "-"): v for k, v in overrides.items()})


def test_unknown_selectors_from_a_file(tmp_path: Path) -> None:
    assert refused(from_file(tmp_path, 'select = [\n  "KL105",\n  "KL1O4",\n]')) == (
        "unknown rule selector `KL1O4` in `select`",
        4,
        3,
        7,
        "KL104",
    )
    assert refused(from_file(tmp_path, 'per-file-ignores = { "a.py" = ["KL3"] }')) == (
        "unknown rule selector `KL3` in `per-file-ignores`",
        2,
        32,
        5,
        None,
    )


def test_of_a_list_from_two_places_the_right_one_is_blamed(tmp_path: Path) -> None:
    assert refused(from_file(tmp_path, 'extend-ignore = ["KL7"]', extend_ignore=["KL8"]))[:2] == (
        "unknown rule selector `KL7` in `extend-ignore`",
        2,
    )
    assert refused(from_file(tmp_path, 'extend-ignore = ["KL1"]', extend_ignore=["KL8"]))[:2] == (
        "unknown rule selector `KL8` in `--extend-ignore`",
        0,
    )

import os
import pickle
from pathlib import Path

import pytest

from kernlint.config import OPTIONS, ConfigError, Settings, find_config, load_settings
from kernlint.config.settings import Origin
from tests.config.shown import FORMATS_SHOWN

DEFAULT = (Origin("default"),)
COMMAND_LINE = (Origin("command line"),)


def write(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return str(path)


def test_the_fields_are_the_options() -> None:
    assert Settings._fields == (
        *(option.field for option in OPTIONS),
        "root",
        "config_path",
        "sources",
    )


def test_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(None, {})
    assert settings._replace(exclude=(), sources={}) == Settings(
        select=("KL",),
        ignore=(),
        extend_select=(),
        extend_ignore=(),
        per_file_ignores={},
        exclude=(),
        extend_exclude=(),
        force_exclude=False,
        known_layers=(),
        transformers=None,
        kernels=None,
        python=None,
        baseline=None,
        unsafe_fixes=False,
        fail_on="warning",
        output_format="full",
        show_unchecked=False,
        cache_dir=".kernlint_cache",
        strict_docs=False,
        jobs=0,
        root=str(tmp_path),
        config_path=None,
        sources={},
    )
    assert len(settings.exclude) == 20
    assert {".venv", "build", "site-packages"} < set(settings.exclude)
    assert settings.sources == {option.key: DEFAULT for option in OPTIONS}


def test_everything_from_a_pyproject(tmp_path: Path) -> None:
    path = write(
        tmp_path / "pyproject.toml",
        """\
[project]
name = "x"

[tool.kernlint]
select = ["KL1"]
ignore = ["KL101"]
extend-select = ["KL2"]
extend-ignore = ["KL201"]
exclude = ["gen"]
extend-exclude = ["old/**"]
force-exclude = true
known-layers = ["MyNorm"]
transformers = ">=5"
kernels = "<1"
python = ".venv"
baseline = "old.json"
unsafe-fixes = true
fail-on = "error"
output-format = "concise"
show-unchecked = true
cache-dir = "kept"
strict-docs = true
jobs = 2

[tool.kernlint.per-file-ignores]
"tests/**" = ["KL103"]
""",
    )
    assert load_settings(path, {}) == Settings(
        select=("KL1",),
        ignore=("KL101",),
        extend_select=("KL2",),
        extend_ignore=("KL201",),
        per_file_ignores={"tests/**": ("KL103",)},
        exclude=("gen",),
        extend_exclude=("old/**",),
        force_exclude=True,
        known_layers=("MyNorm",),
        transformers=">=5",
        kernels="<1",
        python=".venv",
        baseline="old.json",
        unsafe_fixes=True,
        fail_on="error",
        output_format="concise",
        show_unchecked=True,
        cache_dir="kept",
        strict_docs=True,
        jobs=2,
        root=str(tmp_path),
        config_path=path,
        sources={
            "select": (Origin(path, 5),),
            "ignore": (Origin(path, 6),),
            "extend-select": (Origin(path, 7),),
            "extend-ignore": (Origin(path, 8),),
            "exclude": (Origin(path, 9),),
            "extend-exclude": (Origin(path, 10),),
            "force-exclude": (Origin(path, 11),),
            "known-layers": (Origin(path, 12),),
            "transformers": (Origin(path, 13),),
            "kernels": (Origin(path, 14),),
            "python": (Origin(path, 15),),
            "baseline": (Origin(path, 16),),
            "unsafe-fixes": (Origin(path, 17),),
            "fail-on": (Origin(path, 18),),
            "output-format": (Origin(path, 19),),
            "show-unchecked": (Origin(path, 20),),
            "cache-dir": (Origin(path, 21),),
            "strict-docs": (Origin(path, 22),),
            "jobs": (Origin(path, 23),),
            "per-file-ignores": (Origin(path, 25),),
        },
    )


def test_a_kernlint_toml_holds_the_options_at_the_top_level(tmp_path: Path) -> None:
    path = write(tmp_path / "kernlint.toml", "\njobs = 3\n")
    settings = load_settings(path, {})
    assert (settings.jobs, settings.sources["jobs"]) == (3, (Origin(path, 2),))


def test_so_does_a_file_of_any_other_name(tmp_path: Path) -> None:
    assert load_settings(write(tmp_path / "ci.toml", "jobs = 3\n"), {}).jobs == 3


@pytest.mark.parametrize(
    "text",
    ["tool.kernlint.jobs = 3", "[tool]\nkernlint = { jobs = 3 }", "[tool]\nkernlint.jobs = 3"],
)
def test_other_ways_to_write_the_table(tmp_path: Path, text: str) -> None:
    assert load_settings(write(tmp_path / "pyproject.toml", text), {}).jobs == 3


def test_the_command_line_comes_before_the_environment_before_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "kernlint.toml", 'output-format = "concise"\n')
    environ = {"KERNLINT_OUTPUT_FORMAT": "json"}

    def output_format(settings: Settings) -> tuple[str, tuple[Origin, ...]]:
        return settings.output_format, settings.sources["output-format"]

    assert output_format(load_settings(path, {})) == ("concise", (Origin(path, 1),))
    assert output_format(load_settings(path, {}, environ)) == (
        "json",
        (Origin("environment variable KERNLINT_OUTPUT_FORMAT"),),
    )
    assert output_format(load_settings(path, {"output-format": "full"}, environ)) == (
        "full",
        COMMAND_LINE,
    )
    assert output_format(load_settings(path, {}, {"KERNLINT_OUTPUT_FORMAT": ""})) == (
        "concise",
        (Origin(path, 1),),
    )


def test_extend_lists_add_to_those_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "kernlint.toml", 'extend-exclude = ["a"]\nextend-ignore = ["KL1"]\n')
    settings = load_settings(path, {"extend-exclude": ["b"], "extend-select": ["KL2"]})
    assert settings.extend_exclude == ("a", "b")
    assert settings.sources["extend-exclude"] == (Origin(path, 1), *COMMAND_LINE)
    assert settings.extend_ignore == ("KL1",)
    assert settings.extend_select == ("KL2",)
    assert settings.sources["extend-select"] == COMMAND_LINE


def test_other_lists_are_replaced(tmp_path: Path) -> None:
    path = write(tmp_path / "kernlint.toml", 'exclude = ["a"]\nignore = ["KL1"]\n')
    settings = load_settings(path, {"exclude": ["b"], "ignore": ["KL2"]})
    assert (settings.exclude, settings.ignore) == (("b",), ("KL2",))


def test_select_on_the_command_line_is_a_new_selection(tmp_path: Path) -> None:
    path = write(
        tmp_path / "kernlint.toml",
        'select = ["KL2"]\nignore = ["KL104"]\nextend-select = ["KL3"]\nextend-ignore = ["KL1"]\n'
        'per-file-ignores = { "a.py" = ["KL5"] }\n',
    )
    settings = load_settings(path, {"extend-ignore": ["KL105"], "select": ["KL1"]})
    assert settings.select == ("KL1",)
    assert (settings.ignore, settings.extend_select) == ((), ())
    assert settings.extend_ignore == ("KL105",)
    assert settings.per_file_ignores == {"a.py": ("KL5",)}
    assert settings.sources["ignore"] == DEFAULT


def refused(
    path: str | None, overrides: dict[str, object] | None = None, **environ: str
) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_settings(path, overrides or {}, environ)
    return caught.value


@pytest.mark.parametrize(
    ("text", "message", "place", "suggestion"),
    [
        ("selct = []", "unknown option `selct`", (2, 1, 5), "select"),
        ("known_layers = []", "unknown option `known_layers`", (2, 1, 12), "known-layers"),
        ("'zzz' = []", "unknown option `zzz`", (2, 1, 5), None),
        ("zzz.yyy = 1", "unknown option `zzz`", (2, 1, 3), None),
        ("[tool.kernlint.selct]", "unknown option `selct`", (2, 16, 5), "select"),
        (
            'select = "KL1"',
            "`select` must be a list of strings, not a string",
            (2, 10, 5),
            '["KL1"]',
        ),
        ("jobs = 1.5", "`jobs` must be a whole number, 0 or more, not a float", (2, 1, 4), None),
        (
            "jobs = 2024-01-01",
            "`jobs` must be a whole number, 0 or more, not a date or time",
            (2, 1, 4),
            None,
        ),
        (
            "fail-on  =  'errors'",
            "`fail-on` must be `info`, `warning` or `error`, not `errors`",
            (2, 13, 8),
            "error",
        ),
    ],
)
def test_a_wrong_file_says_where(
    tmp_path: Path,
    text: str,
    message: str,
    place: tuple[int, int, int],
    suggestion: str | None,
) -> None:
    path = write(tmp_path / "pyproject.toml", f"[tool.kernlint]\n{text}\n")
    error = refused(path)
    assert (error.message, error.path, error.text, error.suggestion) == (
        message,
        path,
        f"[tool.kernlint]\n{text}\n",
        suggestion,
    )
    assert (error.line, error.column, error.length) == place


def test_the_table_header_in_a_file_of_its_own(tmp_path: Path) -> None:
    error = refused(write(tmp_path / "kernlint.toml", "[tool.kernlint]\njobs = 1\n"))
    assert error.message == (
        "unknown option `tool`; in this file the options stand at the top level, "
        "without `[tool.kernlint]`"
    )
    assert (error.line, error.column, error.length, error.suggestion) == (1, 2, 4, None)


def test_a_pyproject_without_the_table(tmp_path: Path) -> None:
    path = write(tmp_path / "pyproject.toml", "[project]\n")
    error = refused(path)
    assert (error.message, error.path, error.line) == (
        "there is no `[tool.kernlint]` table in this file",
        path,
        0,
    )


def test_a_table_that_is_none(tmp_path: Path) -> None:
    error = refused(write(tmp_path / "pyproject.toml", "[tool]\nkernlint = 1\n"))
    assert (error.message, error.line, error.column, error.length) == (
        "`tool.kernlint` must be a table",
        2,
        1,
        8,
    )


def test_wrong_values_from_elsewhere() -> None:
    error = refused(None, {"output-format": "jsn"})
    assert (error.message, error.path, error.line, error.suggestion) == (
        f"`--output-format` must be {FORMATS_SHOWN}, not `jsn`",
        None,
        0,
        "json",
    )
    error = refused(None, KERNLINT_OUTPUT_FORMAT="text")
    assert (error.message, error.suggestion) == (
        f"`KERNLINT_OUTPUT_FORMAT` must be {FORMATS_SHOWN}, not `text`",
        None,
    )


TABLE = "[tool.kernlint]\n"


def test_the_nearest_file_upwards_is_found(tmp_path: Path) -> None:
    outer = write(tmp_path / "kernlint.toml", "")
    inner = write(tmp_path / "a" / "pyproject.toml", TABLE)
    module = write(tmp_path / "a" / "b" / "c.py", "")
    assert find_config(module) == inner
    assert find_config(os.path.dirname(module)) == inner
    assert find_config(str(tmp_path / "a" / "missing" / "x.py")) == inner
    assert find_config(str(tmp_path)) == outer


def test_a_kernlint_toml_comes_before_a_pyproject(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", TABLE)
    own = write(tmp_path / "kernlint.toml", "")
    assert find_config(str(tmp_path)) == own


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        (TABLE, True),
        ("[tool.kernlint.per-file-ignores]\n", True),
        ("  [ tool.kernlint ]\n", True),
        ("tool.kernlint.jobs = 1\n", True),
        ("[tool.kernlint\nbroken", True),  # to be told
        ("[project]\n# configure it in [tool.kernlint]\n", False),
        ("[tool.kernlinter]\n", False),
        ("[project]\ndependencies = ['kernlint']\n", False),
    ],
)
def test_only_a_pyproject_with_the_table_counts(tmp_path: Path, text: str, counts: bool) -> None:
    outer = write(tmp_path / "kernlint.toml", "")
    inner = write(tmp_path / "a" / "pyproject.toml", text)
    assert find_config(str(tmp_path / "a")) == (inner if counts else outer)


def test_a_relative_start_counts_from_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = write(tmp_path / "kernlint.toml", "")
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    assert find_config(".") == path


def test_no_file_up_to_the_root(tmp_path: Path) -> None:
    # Holds as long as no folder above the temporary one is configured.
    assert find_config(str(tmp_path)) is None


def test_settings_travel_between_processes() -> None:
    settings = load_settings(None, {"per-file-ignores": {"a": ["KL1"]}})
    assert pickle.loads(pickle.dumps(settings)) == settings

"""Every option, once: parsing, schema, documentation and help come from this table."""

from __future__ import annotations

from collections.abc import Mapping

from kernlint.model.diagnostic import SEVERITIES
from kernlint.model.formats import FORMAT, FORMATS
from kernlint.model.hints import Literal
from kernlint.model.record import Record

Kind = Literal[
    "strings", "selectors", "selector-table", "flag", "choice", "specifier", "count", "path"
]

#: What a value of each kind has to be, as it stands in messages and in the docs.
EXPECTED: Mapping[Kind, str] = {
    "strings": "a list of strings",
    "selectors": "a list of strings",
    "selector-table": "a table of lists of strings",
    "flag": "true or false",
    "choice": "a string",
    "specifier": "a version or a specifier such as `>=5.0`",
    "count": "a whole number, 0 or more",
    "path": "a string",
}

#: The pattern of a rule selector, for editors that know the schema.
_SELECTOR = r"^(ALL|KL[0-9]{0,3}|[a-z][a-z0-9]*(-[a-z0-9]+)*)$"


class Option(Record):
    """One option of a configuration file.

    The first sentence of ``doc`` is also the help of the command line. ``env``
    names the environment variable that sets the option, where there is one;
    ``metavar`` stands for the value in the help.
    """

    key: str
    kind: Kind
    default: object
    doc: str
    choices: tuple[str, ...] = ()
    env: str | None = None
    metavar: str = ""

    @property
    def field(self) -> str:
        """The name of the option's field in the settings."""
        return self.key.replace("-", "_")


class ValueRefusedError(Exception):
    """A value that an option does not take.

    ``culprit`` is the string inside the value that is wrong, None for the whole;
    ``suggestion`` is what was probably meant.
    """

    def __init__(
        self, message: str, culprit: str | None = None, suggestion: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.culprit = culprit
        self.suggestion = suggestion


_EXCLUDED = (
    ".eggs", ".env", ".git", ".hg", ".ipynb_checkpoints", ".kernlint_cache",
    ".mypy_cache", ".nox",
    ".pytest_cache", ".ruff_cache", ".svn", ".tox", ".venv", "__pycache__",
    "__pypackages__", "build", "dist", "node_modules", "site-packages", "venv",
)  # fmt: skip

OPTIONS: tuple[Option, ...] = (
    Option(
        "select",
        "selectors",
        ("KL",),
        "Report these rules only. A selector is a code (`KL104`), a prefix (`KL1`), a rule name "
        "(`unsupported-device`) or `ALL`; `KL` stands for the rules that are on by default.",
        metavar="RULE,...",
    ),
    Option(
        "ignore",
        "selectors",
        (),
        "Do not report these rules. Between `select` and `ignore` the more specific selector "
        "wins, `ignore` where both are equally specific.",
        metavar="RULE,...",
    ),
    Option("extend-select", "selectors", (), "Report these rules, too.", metavar="RULE,..."),
    Option("extend-ignore", "selectors", (), "Ignore these rules, too.", metavar="RULE,..."),
    Option(
        "per-file-ignores",
        "selector-table",
        {},
        "Ignore rules in the files of a glob. Each key is a glob as in `.gitignore`, relative to "
        "the folder of the configuration file; `!` in front turns it round.",
        metavar="GLOB:RULE",
    ),
    Option(
        "exclude",
        "strings",
        _EXCLUDED,
        "Skip files and folders. Globs relative to the folder of the configuration file; one "
        "without `/` fits a name in any folder.",
        metavar="GLOB,...",
    ),
    Option(
        "extend-exclude", "strings", (), "Skip these files and folders, too.", metavar="GLOB,..."
    ),
    Option(
        "force-exclude",
        "flag",
        False,
        "Skip excluded files even where named. Without it a file that the command line names is "
        "always checked.",
    ),
    Option(
        "known-layers",
        "strings",
        (),
        "Layer names that exist elsewhere. For layers whose declaration kernlint cannot see, in a "
        "private package or in remote code.",
        metavar="NAME,...",
    ),
    Option(
        "transformers",
        "specifier",
        None,
        "Judge for these releases of transformers. A PEP 440 specifier or a version; "
        "where it is not set, a lock file or the requirements of the project decide.",
        metavar="SPEC",
    ),
    Option(
        "kernels",
        "specifier",
        None,
        "Judge for these releases of kernels. A PEP 440 specifier or a version; where it "
        "is not set, a lock file or the requirements of the project decide.",
        metavar="SPEC",
    ),
    Option(
        "python",
        "path",
        None,
        "Judge for what is installed there. An interpreter or the folder of an environment, "
        "which is looked at and not run; `transformers` and `kernels` go before it. With "
        "`--runtime` it is the one that is run, instead of the one that runs kernlint.",
        metavar="PATH",
    ),
    Option(
        "baseline",
        "path",
        None,
        "Hide the findings of this file. It is written by `--write-baseline`, and relative to the "
        "folder of the configuration file; an empty string means none. What it hides is counted.",
        metavar="FILE",
    ),
    Option(
        "unsafe-fixes",
        "flag",
        False,
        "Make unsafe fixes, too. With `--fix` and `--diff`; a safe fix leaves what the libraries "
        "make of everything else as it is, an unsafe one is a guess at what was meant.",
    ),
    Option(
        "fail-on",
        "choice",
        "warning",
        "Level that fails. Findings of this severity or above make the exit code 1.",
        choices=SEVERITIES,
        metavar="LEVEL",
    ),
    Option(
        "output-format",
        "choice",
        "full",
        "Format of the findings, see below. "
        + "; ".join(f"`{each.name}`: {each.about}" for each in FORMATS)
        + ". On the command line `FORMAT:FILE` writes a file beside what is printed.",
        choices=tuple(FORMAT),
        env="KERNLINT_OUTPUT_FORMAT",
        metavar="FORMAT",
    ),
    Option(
        "show-unchecked",
        "flag",
        False,
        "Show what could not be checked. One entry, with its reason, for every mapping that "
        "cannot be read without running the code.",
    ),
    Option(
        "cache-dir",
        "path",
        ".kernlint_cache",
        "Folder of the cache. Relative to that of the configuration file; it holds what is known "
        "of the files from earlier runs, and may be deleted. An empty string means none.",
        env="KERNLINT_CACHE_DIR",
        metavar="PATH",
    ),
    Option(
        "strict-docs",
        "flag",
        False,
        "Report code blocks that are no Python. Without it a block of a document, or the examples "
        "of a docstring, that cannot be parsed are passed over.",
    ),
    Option("jobs", "count", 0, "Number of processes, 0 for one per processor.", metavar="N"),
)

OPTION: Mapping[str, Option] = {option.key: option for option in OPTIONS}


def read_value(option: Option, value: object, label: str) -> object:
    """The value as the settings hold it: lists become tuples.

    ``label`` names the option in the message of the ValueRefusedError that is raised for
    a value of another type or outside the choices.
    """
    if option.kind == "selector-table":
        return _table(value, label)
    if option.kind in {"strings", "selectors"}:
        return _strings(value, label)
    if option.kind == "flag" and not isinstance(value, bool):
        raise _wrong_type(option.kind, value, label)
    if option.kind == "count":
        if isinstance(value, bool) or not isinstance(value, int):
            raise _wrong_type(option.kind, value, label)
        if value < 0:
            raise ValueRefusedError(f"{label} must be {EXPECTED['count']}, not `{value}`")
    if option.kind in {"choice", "specifier", "path"}:
        if not isinstance(value, str):
            raise _wrong_type(option.kind, value, label)
        if option.kind == "choice":
            _check_choice(option, value, label)
        elif option.kind == "specifier":
            _check_specifier(option, value, label)
    return value


def _wrong_type(kind: Kind, value: object, label: str) -> ValueRefusedError:
    return ValueRefusedError(f"{label} must be {EXPECTED[kind]}, not {_type_name(value)}")


def _strings(value: object, label: str) -> tuple[str, ...]:
    if isinstance(value, str):
        raise ValueRefusedError(
            f"{label} must be {EXPECTED['strings']}, not a string",
            culprit=value,
            suggestion=toml_text([value]),
        )
    if not isinstance(value, (list, tuple)):
        raise _wrong_type("strings", value, label)
    for item in value:
        if not isinstance(item, str):
            raise ValueRefusedError(
                f"{label} must be {EXPECTED['strings']}, but holds {_type_name(item)}"
            )
    return tuple(value)


def _table(value: object, label: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise _wrong_type("selector-table", value, label)
    return {glob: _strings(items, f"`{glob}` in {label}") for glob, items in value.items()}


def _check_choice(option: Option, value: str, label: str) -> None:
    if value not in option.choices:
        from kernlint.model.nearest import nearest

        raise ValueRefusedError(
            f"{label} must be {_alternatives(option.choices)}, not `{value}`",
            culprit=value,
            suggestion=nearest(value, option.choices),
        )


def _check_specifier(option: Option, value: str, label: str) -> None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    text = value.strip()
    try:
        SpecifierSet(f"=={text}" if text[:1].isdigit() else text)
    except InvalidSpecifier:
        text = ""
    if not text:
        raise ValueRefusedError(
            f"{label} must be {EXPECTED[option.kind]}, not `{value}`", culprit=value
        )


def _alternatives(words: tuple[str, ...]) -> str:
    quoted = [f"`{word}`" for word in words]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _type_name(value: object) -> str:
    names = {
        bool: "a boolean",
        int: "an integer",
        float: "a float",
        str: "a string",
        list: "a list",
        tuple: "a list",
        dict: "a table",
    }
    return names.get(type(value), "a date or time")


def toml_text(value: object) -> str:
    """A setting as it is written in TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, Mapping):
        pairs = [f"{toml_text(key)} = {toml_text(item)}" for key, item in value.items()]
        return "{ " + ", ".join(pairs) + " }" if pairs else "{}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_text(item) for item in value) + "]"
    return str(value)


def options_table() -> list[tuple[str, str, str, str]]:
    """Key, type, default and description of every option, for the documentation."""
    return [
        (
            option.key,
            _alternatives(option.choices) if option.choices else EXPECTED[option.kind],
            "not set" if option.default is None else toml_text(option.default),
            option.doc,
        )
        for option in OPTIONS
    ]


def json_schema() -> dict[str, object]:
    """The JSON schema (draft 7) of ``[tool.kernlint]`` and of ``kernlint.toml``.

    ``kernlint/kernlint.schema.json`` is this object, indented by two spaces.
    """
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "kernlint",
        "description": "Settings of kernlint: `[tool.kernlint]` or `kernlint.toml`.",
        "type": "object",
        "additionalProperties": False,
        "properties": {option.key: _property(option) for option in OPTIONS},
    }


def _property(option: Option) -> dict[str, object]:
    selectors = {"type": "array", "items": {"type": "string", "pattern": _SELECTOR}}
    shapes: dict[Kind, dict[str, object]] = {
        "strings": {"type": "array", "items": {"type": "string"}},
        "selectors": {**selectors},
        "selector-table": {"type": "object", "additionalProperties": selectors},
        "flag": {"type": "boolean"},
        "choice": {"type": "string", "enum": list(option.choices)},
        "specifier": {"type": "string"},
        "path": {"type": "string"},
        "count": {"type": "integer", "minimum": 0},
    }
    result = {"description": option.doc, **shapes[option.kind]}
    if option.default is not None:
        default = option.default
        result["default"] = list(default) if isinstance(default, tuple) else default
    return result

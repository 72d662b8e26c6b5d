"""Arguments: the options, their help, and the settings that they make."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterable, Sequence

from kernlint.cli.outputs import split_outputs
from kernlint.cli.terminal import terminal_width
from kernlint.cli.usage import WrongUsageError, refuse_combinations
from kernlint.config import (
    OPTION,
    OPTIONS,
    Option,
    Settings,
    check_value,
    find_config,
    load_settings,
    validate_selectors,
)
from kernlint.model.formats import FORMATS
from kernlint.model.hints import TYPE_CHECKING, NoReturn
from kernlint.model.record import Record

if TYPE_CHECKING:
    from kernlint.model.mapping import Asked
    from kernlint.model.runtime import Request


class Flag(Record):
    """An option that is no setting; without a metavar it takes no value."""

    names: str
    metavar: str
    help: str


_COLOR = Option(
    "color", "choice", "auto", "When to use colour.", ("auto", "always", "never"), metavar="WHEN"
)

_DEVICE = Option(
    "device",
    "strings",
    (),
    "Its device [of the mapping; the one there]",
    metavar="NAME,...",
)
_MODE = Option(
    "mode", "choice", "inference", "Its state", ("inference", "training"), metavar="MODE"
)

#: The help, group by group: settings by their key, then what is no setting.
_GROUPS: tuple[tuple[str, tuple[str | Option | Flag, ...]], ...] = (
    (
        "rules",
        (
            "select",
            "ignore",
            "extend-select",
            "extend-ignore",
            "per-file-ignores",
            Flag("--ignore-noqa", "", "Report what comments in the code suppress"),
            "known-layers",
        ),
    ),
    (
        "fixes",
        (
            Flag("--fix", "", "Make the safe fixes, and report what is left"),
            "unsafe-fixes",
            Flag("--diff", "", "Print what it would change, change nothing"),
        ),
    ),
    (
        "files",
        (
            "exclude",
            "extend-exclude",
            "force-exclude",
            "strict-docs",
            Flag("--stdin-filename", "PATH", "Check stdin, as if it were this file"),
        ),
    ),
    ("judged releases", ("transformers", "kernels", "python")),
    (
        "output",
        (
            "output-format",
            Flag("-o --output-file", "FILE", "Write the findings to a file"),
            Flag("--statistics", "", "Count the findings by rule instead"),
            "show-unchecked",
            _COLOR,
            Flag("-q --quiet", "", "Print the findings and nothing else"),
            Flag("-v --verbose", "", "Tell on stderr what is done, and errors in full"),
        ),
    ),
    (
        "run",
        (
            "fail-on",
            Flag("--exit-zero", "", "Exit with 0 even with findings"),
            Flag("--config", "FILE", "Use this configuration file"),
            Flag("--isolated", "", "Use no configuration file"),
            Flag("--no-cache", "", "Keep nothing between runs, and use nothing kept"),
            "cache-dir",
            "jobs",
        ),
    ),
    (
        "adoption in an existing project",
        (
            "baseline",
            Flag("--write-baseline", "FILE", "Write all present findings to a baseline"),
            Flag("--add-ignore", "[=REASON]", "Write comments that ignore all present findings"),
        ),
    ),
    (
        "mappings instead of findings",
        (Flag("--show-mapping", "", "Show the mapping that each KernelConfig becomes"),),
    ),
    (
        "confirm on the accelerator; executes the code of the model and the kernels",
        (
            Flag("--runtime", "", "Prove for every layer that its kernel runs"),
            Flag("--model", "MODEL", "Folder, FILE.py:ATTR, MODULE:ATTR or cached id"),
            Flag("--kernel-config", "MODULE:ATTR", "Confirm this config, and none in the paths"),
            Flag("--offline", "", "Use the local Hugging Face cache alone"),
            Flag("--timeout", "SECONDS", "Time for each config [600]"),
            Flag("--trust-remote-code", "", "Run code from the repository of the model"),
            Flag("--no-execute", "", "Leave out the forward pass on the device"),
            Flag("--numerics", "", "Compare each kernel with what it replaces"),
        ),
    ),
    (
        "the model for --show-mapping and --runtime",
        (
            _DEVICE,
            _MODE,
            Flag("--compile", "", "It is to be compiled with torch.compile"),
        ),
    ),
    (
        "instead of checking",
        (
            Flag("--explain", "RULE", "Explain a rule, by code or name"),
            Flag("--list-rules", "", "List all rules"),
            Flag("--show-files", "", "List the files that would be checked"),
            Flag("--show-settings", "", "Show every setting and where it comes from"),
            Flag("--version", "", "Show the version"),
            Flag("-h --help", "", "Show this help"),
        ),
    ),
)

_DESCRIPTION = "Check the KernelConfig mappings of Hugging Face models, without running them."
_FORMATS = "\n".join(f"  {each.name:<8} {each.about}" for each in FORMATS)
_EPILOG = f"""\
formats; FORMAT:FILE writes a file beside what is printed, and may be repeated:
{_FORMATS}

exit codes: 0 nothing found, 1 findings, 2 wrong usage or configuration,
3 something that had to be checked could not be
environment: KERNLINT_OUTPUT_FORMAT, KERNLINT_CACHE_DIR, NO_COLOR, FORCE_COLOR,
CLICOLOR_FORCE"""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in kernlint's own words, and never exits."""

    def error(self, message: str) -> NoReturn:
        found = re.match(r"argument (?:\S+/)?(--\S+): (expected one|ignored explicit)", message)
        if found is None:
            raise WrongUsageError(message)
        verb = "needs a value" if found[2] == "expected one" else "takes no value"
        raise WrongUsageError(f"option `{found[1]}` {verb}")


def build_parser() -> argparse.ArgumentParser:
    """The parser of the options; paths are what it leaves over."""
    parser = _Parser(
        prog="kernlint",
        usage="kernlint [OPTIONS] [PATH ... | -]",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        add_help=False,
        allow_abbrev=False,
        formatter_class=_formatter,
    )
    for title, members in _GROUPS:
        group = parser.add_argument_group(title)
        for member in members:
            if isinstance(member, Flag):
                _add_flag(group, member)
            else:
                _add(group, OPTION[member] if isinstance(member, str) else member)
    return parser


def _formatter(prog: str) -> argparse.HelpFormatter:
    width = max(min(terminal_width(), 100), 80)
    return argparse.RawTextHelpFormatter(prog, max_help_position=32, width=width)


def _add_flag(group: argparse._ArgumentGroup, flag: Flag) -> None:
    if flag.metavar:
        group.add_argument(*flag.names.split(), metavar=flag.metavar, help=flag.help)
    else:
        group.add_argument(*flag.names.split(), action="store_true", help=flag.help)


def _add(group: argparse._ArgumentGroup, option: Option) -> None:
    """Add the command line's form of an option; None where it is not given."""
    names = ("-j", "--jobs") if option.key == "jobs" else (f"--{option.key}",)
    text = _help(option)
    if option.kind == "flag":
        group.add_argument(*names, action="store_const", const=True, help=text)
    else:
        lists = option.kind in {"strings", "selectors", "selector-table"}
        action = "append" if lists or option.key == "output-format" else "store"
        group.add_argument(*names, action=action, metavar=option.metavar, help=text)


def _help(option: Option) -> str:
    """The first sentence, the choices and the default, in a line."""
    text = option.doc.split(". ")[0].rstrip(".")
    if option.choices and option.key != "output-format":
        text += f": {', '.join(option.choices)}"
    if isinstance(option.default, tuple) and len(option.default) > 1:
        return f"{text} [see --show-settings]"
    if option.kind != "flag" and option.default not in (None, (), {}):
        default = option.default[0] if isinstance(option.default, tuple) else option.default
        text += f" [{default}]"
    return text


def parse(argv: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """The options and the paths of a command line; WrongUsageError where it is wrong."""
    split = argv.index("--") if "--" in argv else len(argv)
    parser = build_parser()
    # Its value is optional, so that what follows is none.
    words = ["--add-ignore=" if word == "--add-ignore" else word for word in argv[:split]]
    args, rest = parser.parse_known_args(words)
    for word in rest:
        if word.startswith("-") and word != "-":
            unknown = word.split("=")[0]
            from kernlint.model.nearest import nearest

            near = nearest(unknown, [f"--{name.replace('_', '-')}" for name in vars(args)])
            tip = f"a similar option is `{near}`" if near else None
            raise WrongUsageError(f"unknown option `{unknown}`", tip)
    if args.isolated and args.config is not None:
        raise WrongUsageError("`--config` and `--isolated` exclude each other")
    refuse_combinations(args)
    args.output_format, args.reports = split_outputs(args.output_format or ())
    args.mode = check_value(_MODE, args.mode or _MODE.default, "`--mode`")
    args.color = check_value(_COLOR, args.color or _COLOR.default, "`--color`")
    return args, [*rest, *argv[split + 1 :]]


def overrides_of(args: argparse.Namespace) -> dict[str, object]:
    """What the command line says about the settings, by option key."""
    given = [(option, getattr(args, option.field)) for option in OPTIONS]
    found = {option.key: _converted(option, value) for option, value in given if value is not None}
    return found | {"cache-dir": ""} if args.no_cache else found


def _converted(option: Option, value: object) -> object:
    if option.kind == "selector-table" and isinstance(value, list):
        return _per_file(value)
    if isinstance(value, list):
        return _split(",".join(value))
    if option.kind == "count" and isinstance(value, str):
        return int(value) if re.fullmatch(r"-?[0-9]{1,9}", value) else _no_number(option, value)
    return value


def _no_number(option: Option, value: str) -> NoReturn:
    raise WrongUsageError(f"`--{option.key}` must be a whole number, 0 or more, not `{value}`")


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _per_file(texts: Iterable[str]) -> dict[str, list[str]]:
    """``GLOB:RULE,RULE`` to a table; a glob may be given several times."""
    table: dict[str, list[str]] = {}
    for text in texts:
        glob, colon, selectors = text.rpartition(":")
        if not (glob and colon and _split(selectors)):
            raise WrongUsageError(
                f"`--per-file-ignores` must be a glob and rules, not `{text}`",
                "write `tests/**:KL104,KL2`, and repeat the option for another glob",
            )
        table.setdefault(glob, []).extend(_split(selectors))
    return table


def asked_of(args: argparse.Namespace) -> Asked:
    """The situation that mappings are asked for."""
    from kernlint.model.mapping import Asked

    return Asked(tuple(_split(",".join(args.device or ()))), args.mode, args.compile)


def request_of(args: argparse.Namespace) -> Request:
    """What is to be confirmed; WrongUsageError where a value has the wrong form."""
    from kernlint.model.runtime import AUTO, Request

    devices = _split(",".join(args.device or ()))
    if len(devices) > 1:
        raise WrongUsageError("`--runtime` takes one `--device`", "run it once for each device")
    timeout = args.timeout or "600"
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", timeout):
        raise WrongUsageError(f"`--timeout` must be a number of seconds, not `{timeout}`")
    return Request(
        args.model,
        args.kernel_config,
        device=devices[0] if devices else AUTO,
        mode=args.mode,
        compiled=args.compile,
        offline=args.offline,
        timeout=float(timeout),
        trust_remote_code=args.trust_remote_code,
        execute=not args.no_execute,
        numerics=args.numerics,
    )


def settings_of(args: argparse.Namespace, paths: Sequence[str]) -> Settings:
    """The settings of a run, its rule selectors checked."""
    config = None if args.isolated else args.config or find_config(paths[0])
    settings = load_settings(config, overrides_of(args), os.environ)
    from kernlint.rules.table import ENTRIES

    validate_selectors(settings, ((rule.code, rule.name) for rule in ENTRIES))
    return settings

"""What a command line must not say."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

#: Exit codes: findings at or above the fail level; a command line that cannot be obeyed.
FINDINGS, WRONG_USAGE = 1, 2

#: What has a meaning with one of the options that ask for something else than findings alone.
_NEEDS: dict[str, tuple[str, ...]] = {
    "device": ("show_mapping", "runtime"),
    "mode": ("show_mapping", "runtime"),
    "compile": ("show_mapping", "runtime"),
    "model": ("runtime",),
    "kernel_config": ("runtime",),
    "offline": ("runtime",),
    "timeout": ("runtime",),
    "trust_remote_code": ("runtime",),
    "no_execute": ("runtime",),
    "numerics": ("runtime",),
}
#: What makes an output of its own; one of them at a time.
_EXCLUSIVE = ("show_mapping", "runtime", "statistics", "diff")
#: What decides on the findings of a check, and has nothing to decide elsewhere.
_ADOPTING = ("baseline", "write_baseline", "add_ignore")
_CONFLICTS = (
    *((name, other) for name in _ADOPTING for other in ("show_mapping", "runtime")),
    *((name, other) for name in ("write_baseline", "add_ignore") for other in ("fix", "diff")),
    *(("fix", other) for other in ("show_mapping", "runtime", "diff")),
    ("baseline", "write_baseline"),
    ("write_baseline", "add_ignore"),
    ("add_ignore", "ignore_noqa"),
)


class WrongUsageError(Exception):
    """A command line that cannot be obeyed; ``tip`` says what may have been meant."""

    def __init__(self, message: str, tip: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.tip = tip


def refuse_combinations(args: argparse.Namespace) -> None:
    """Raise WrongUsageError for options that mean nothing beside the others."""
    for name, owners in _NEEDS.items():
        if getattr(args, name) and not any(getattr(args, owner) for owner in owners):
            option = _option_of(name)
            shown = " or ".join(f"`{_option_of(owner)}`" for owner in owners)
            raise WrongUsageError(
                f"`{option}` has a meaning with {shown} alone",
                f"add {shown}, or leave `{option}` out",
            )
    given = [f"`{_option_of(name)}`" for name in _EXCLUSIVE if getattr(args, name)]
    pairs = (pair for pair in _CONFLICTS if all(_is_given(args, name) for name in pair))
    if len(given) < 2:
        given = [f"`{_option_of(name)}`" for name in next(pairs, ())]
    if given and len(given) > 1:
        raise WrongUsageError(f"{' and '.join(given)} exclude each other")
    if args.write_baseline == "":
        raise WrongUsageError("`--write-baseline` needs the name of a file")
    if any(not char.isprintable() for char in args.add_ignore or ""):
        raise WrongUsageError("the reason for `--add-ignore` must be one line of text")
    if args.runtime and args.model is None:
        raise WrongUsageError(
            "`--runtime` needs a model", "add `--model`: a folder with config.json, for one"
        )


def _is_given(args: argparse.Namespace, name: str) -> bool:
    return getattr(args, name) not in (None, False)


def _option_of(name: str) -> str:
    return f"--{name.replace('_', '-')}"

"""Writes what the documentation takes from the code: ``python -m tools.gen_docs``.

That is the pages of the rules with the output on their examples, the marked parts of README.md,
docs/mapping.md, docs/output.md and docs/configuration.md, and the JSON schema of the settings.
With ``--check`` nothing is written: what differs is printed, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache

from kernlint import __version__
from kernlint.api import check, show_mappings
from kernlint.catalog.release import minor
from kernlint.catalog.store import Library, load
from kernlint.cli.arguments import build_parser
from kernlint.cli.show import rule_infos
from kernlint.config import find_config, json_schema, load_settings, options_table
from kernlint.engine.confirm import confirm
from kernlint.model.diagnostic import Result
from kernlint.model.formats import FORMATS
from kernlint.model.mapping import Asked
from kernlint.model.run import Run
from kernlint.model.text import SourceText
from kernlint.report.mapping import render_text
from kernlint.report.rendering import renderer
from kernlint.report.text import render_full
from kernlint.rules.base import Example, Rule
from kernlint.rules.reasons import OTHER, REASONS
from kernlint.rules.registry import all_rules

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

#: Columns of the output that the pages show.
WIDTH = 100

#: The rule that README.md shows at work on ``examples/``.
SHOWN = "KL104"

#: The file whose mappings docs/mapping.md shows.
MAPPED = "examples/serve.py"

_PAGES = "docs/rules"


def generated(root: str) -> dict[str, str]:
    """Every generated file by its path below ``root``, whose hand-written parts stay.

    Raises ValueError where a file lacks the marks for a generated part.
    """
    pages = {f"{_PAGES}/{rule.code}.md": rule_page(rule) for rule in all_rules()}
    readme = {
        "finding": shown_finding(root),
        "rules": rule_table(f"{_PAGES}/"),
        "formats": formats(),
        "releases": known_releases(),
        "exit codes": exit_codes(),
        "help": _fenced(help_text(), "text"),
    }
    return {
        **pages,
        f"{_PAGES}/README.md": rule_index(),
        "docs/reasons.md": reasons(),
        "README.md": filled(_read(root, "README.md"), readme),
        "docs/mapping.md": filled(_read(root, "docs/mapping.md"), {"mapping": shown_mapping(root)}),
        "docs/configuration.md": filled(
            _read(root, "docs/configuration.md"), {"options": options()}
        ),
        "docs/output.md": filled(
            _read(root, "docs/output.md"), {"formats": formats(), **shown_formats(root)}
        ),
        "kernlint/kernlint.schema.json": json.dumps(json_schema(), indent=2) + "\n",
    }


def filled(text: str, parts: Mapping[str, str]) -> str:
    """The text with each part between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``.

    Raises ValueError unless each part has its marks, once, and each mark its part.
    """
    marks = re.findall(r"<!-- begin (.+) -->", text)
    if sorted(marks) != sorted(parts):
        raise ValueError(f"generated parts {sorted(parts)}, but marks for {sorted(marks)}")
    for name, part in parts.items():
        begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->\n"
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"no end of the generated part {name!r}")
        text = f"{before}{begin}{part.strip()}\n{end}{after}"
    return text


def rule_page(rule: Rule) -> str:
    """The page of a rule: what it is about, and its examples."""
    state = "on" if rule.default_on else f"off, `--extend-select {rule.code}` turns it on"
    facts = f"Severity: {rule.severity}. Confidence: {rule.confidence}. Default: {state}."
    blocks = [
        f"# {rule.code}: {rule.name}",
        f"{facts} Fix: {fixable(rule) or 'none'}.",
        rule.doc,
        "## Reported",
    ]
    for example in rule.bad:
        blocks += [*_source(example), _fenced(output(rule, example), "text")]
        flags = "--fix --unsafe-fixes" if "unsafe" in _kinds(rule, example) else "--fix"
        for path in example.fixed:
            blocks += [f"After `{flags}`:", _fenced(example.mended[path], "python")]
    blocks.append("## Not reported")
    for example in rule.good:
        blocks += _source(example)
        if example.facts:
            blocks.append(_fenced(output(rule, example), "text"))
    blocks.append("[All rules](README.md)")
    return "\n\n".join(blocks) + "\n"


def _source(example: Example) -> Iterator[str]:
    """The files of an example; their names and the judged release where they matter."""
    if example.transformers is not None:
        yield f"With `--transformers {example.transformers}`:"
    if example.situation is not None:
        yield f"Seen: {example.situation}."
    for path, text in example.sources.items():
        if len(example.sources) > 1:
            yield f"`{path}`:"
        yield _fenced(text, "json" if path.endswith(".json") else "python")


def _fenced(text: str, language: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```"


@cache
def fixable(rule: Rule) -> str:
    """Whether the findings of a rule have safe or unsafe fixes, after its examples."""
    return ", ".join(sorted({kind for example in rule.bad for kind in _kinds(rule, example)}))


def _kinds(rule: Rule, example: Example) -> set[str]:
    """Whether the fixes of an example are safe or unsafe."""
    found = _result(rule, example).diagnostics
    return {item.fix.applicability for item in found if item.fix is not None}


def output(rule: Rule, example: Example) -> str:
    """What kernlint prints for an example, in the format ``full`` and without colour."""
    return render_full(_result(rule, example), color=False, width=WIDTH, links=False)


def _result(rule: Rule, example: Example) -> Result:
    """What kernlint finds in an example."""
    if example.facts:
        texts = {path: SourceText(text.encode()) for path, text in example.sources.items()}
        return confirm(example.facts, texts, lambda each, _: each.default_on or each == rule)
    with _inside_new_folder() as folder:
        for path, text in example.sources.items():
            target = os.path.join(folder, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            _write(target, text)
        overrides: dict[str, object] = {"extend-select": [rule.code], "jobs": 1}
        if example.transformers is not None:
            overrides["transformers"] = example.transformers
        return check(load_settings(None, overrides), ["."])


def shown_finding(root: str) -> str:
    """The command and the output of one rule on the examples of the repository."""
    with _examples(root) as config:
        found = _full(config, {"select": [SHOWN], "jobs": 1}, "examples")
    command = f"$ kernlint examples/ --select {SHOWN}  # exits with 1"
    return _fenced(f"{command}\n{found}", "console")


def shown_formats(root: str) -> dict[str, str]:
    """The finding of ``shown_finding`` in every format, by its name; of SARIF the result alone."""
    with _examples(root) as config:
        result = check(load_settings(config, {"select": [SHOWN], "jobs": 1}), ["examples"])
    run = Run(exit_code=1, rules=rule_infos, width=WIDTH)
    texts = {each.name: renderer(each.name)(result, run) for each in FORMATS}
    (log,) = json.loads(texts["sarif"])["runs"]
    texts["sarif"] = json.dumps(log["results"], indent=2, ensure_ascii=False)
    languages = {"junit": "xml", "full": "text", "concise": "text", "github": "text"}
    return {name: _fenced(text, languages.get(name, "json")) for name, text in texts.items()}


def formats() -> str:
    """The formats and what they are."""
    rows = [("Format", "What it is"), *((f"`{each.name}`", each.about) for each in FORMATS)]
    return _table(rows)


@contextmanager
def _examples(root: str) -> Iterator[str | None]:
    """A copy of the examples below the working directory; their configuration file."""
    with _inside_new_folder() as folder:
        shutil.copytree(os.path.join(root, "examples"), os.path.join(folder, "examples"))
        yield find_config("examples")


def _full(config: str | None, overrides: Mapping[str, object], path: str) -> str:
    result = check(load_settings(config, overrides), [path])
    return render_full(result, color=False, width=WIDTH, links=False)


def shown_mapping(root: str) -> str:
    """What ``--show-mapping`` prints for a file of the examples."""
    before = os.getcwd()
    os.chdir(root)
    try:
        settings = load_settings(find_config(MAPPED), {}, {})
        text = render_text(show_mappings(settings, [MAPPED], Asked()))
    finally:
        os.chdir(before)
    return _fenced(f"$ kernlint --show-mapping {MAPPED}\n{text}", "console")


@contextmanager
def _inside_new_folder() -> Iterator[str]:
    """An empty folder that is the working directory meanwhile."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield folder
        finally:
            os.chdir(before)


def rule_table(folder: str) -> str:
    """Code, name, severity and subject of every rule; the codes link to pages in ``folder``."""
    rows = [("Code", "Name", "Severity", "Fix", "What is wrong")]
    for rule in all_rules():
        severity = rule.severity if rule.default_on else f"{rule.severity}, off"
        page = f"[{rule.code}]({folder}{rule.code}.md)"
        rows.append((page, rule.name, severity, fixable(rule), rule.doc.splitlines()[0]))
    return _table(rows)


def rule_index() -> str:
    """The page that lists all rules."""
    return f"""\
# Rules

{rule_table("")}

A finding can have another severity than its rule has in the table. A mistake that raises in
`set_use_kernels` and goes through in `from_pretrained` is an error where the config goes to the
first, and a warning where it goes to the second. What each severity promises is in the
[README](../../README.md#what-it-finds).

Rules marked *off* are reported where they are selected: `--extend-select KL205`.

The findings of a rule can have a *safe* fix or an *unsafe* one, as [fixes](../fixes.md) explains;
not each of them has one.
"""


def reasons() -> str:
    """The page that lists the reasons for which a layer does not run its kernel."""
    rows = [("Code", "Meaning", "What to do")]
    rows += [(f"`{one.code}`", one.meaning, one.advice or "") for one in REASONS.values()]
    return f"""\
# Reasons

What `kernlint --runtime` says of a layer that does not run its kernel, or that is not confirmed.
The codes are stable: they stand in the table of a report, in its JSON as `reason`, and beside the
findings of [KL901](rules/KL901.md) to [KL907](rules/KL907.md).

{_table(rows)}

An exception that has no code is `{OTHER}` and its type.
"""


def known_releases() -> str:
    """The releases that the catalog covers, in a sentence."""
    catalog = load()
    libraries: tuple[Library, ...] = ("transformers", "kernels")
    spans = []
    for library in libraries:
        known = catalog.releases(library)
        spans.append(f"{library} {minor(known[0])} to {minor(known[-1])}")
    return f"kernlint {__version__} knows {' and '.join(spans)}."


def exit_codes() -> str:
    """The exit codes and their meaning, as ``--help`` states them."""
    text = (build_parser().epilog or "").partition("exit codes: ")[2].partition("\nenviron")[0]
    meanings = re.findall(r"(\d) ([^,]+)", text.replace("\n", " "))
    return _table([("Exit code", "Meaning"), *meanings])


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def help_text() -> str:
    """The text of ``--help`` at 80 columns, the same for every Python.

    Python before 3.13 repeats the value of an option after its short name.
    """
    before = {name: os.environ.get(name) for name in ("COLUMNS", "NO_COLOR")}
    os.environ.update(COLUMNS="80", NO_COLOR="1")
    try:
        text = build_parser().format_help()
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            os.environ.update({name: value} if value is not None else {})
    return re.sub(
        r"(-\w) (\S+), (--\S+ )\2( *)",
        lambda m: f"{m[1]}, {m[3]}{m[2]}{m[4]}" + " " * (len(m[2]) + 1),
        text,
    )


def options() -> str:
    """A section for each option of the configuration file."""
    blocks = []
    for key, kind, default, doc in options_table():
        value = default if default == "not set" else f"`{default}`"
        blocks.append(f"### `{key}`\n\n{doc}\n\nValue: {kind}. Default: {value}.")
    return "\n\n".join(blocks)


def stale_pages(root: str) -> list[str]:
    """Pages of rules that do not exist."""
    codes = {rule.code for rule in all_rules()}
    folder = os.path.join(root, _PAGES)
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [
        f"{_PAGES}/{name}"
        for name in names
        if re.fullmatch(r"KL\d+\.md", name) and name[:-3] not in codes
    ]


def differences(root: str) -> Iterator[str]:
    """What ``--check`` prints: a diff for each file that is not what would be written."""
    for path, text in generated(root).items():
        old, new = _read(root, path).splitlines(True), text.splitlines(True)
        yield from difflib.unified_diff(old, new, path, f"{path} as generated")
    for path in stale_pages(root):
        yield f"{path}: there is no such rule\n"


def write(root: str) -> None:
    """Write every generated file, and remove the pages of rules that do not exist."""
    os.makedirs(os.path.join(root, _PAGES), exist_ok=True)
    for path, text in generated(root).items():
        _write(os.path.join(root, path), text)
    for path in stale_pages(root):
        os.remove(os.path.join(root, path))


def _read(root: str, path: str) -> str:
    """The text of a file, empty where there is none."""
    try:
        with open(os.path.join(root, path), encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def main(argv: Sequence[str] | None = None) -> int:
    """Write the files, or compare them; the exit status."""
    parser = argparse.ArgumentParser(description="Write the generated parts of the documentation.")
    parser.add_argument("--check", action="store_true", help="write nothing, print what differs")
    if not parser.parse_args(argv).check:
        write(ROOT)
        return 0
    found = list(differences(ROOT))
    sys.stdout.writelines(found)
    if found:
        print("The documentation is out of date: run `python -m tools.gen_docs`.", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

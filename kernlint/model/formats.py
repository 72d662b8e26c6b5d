"""Every format of the findings, once: settings, command line and documentation read this table."""

from __future__ import annotations

from collections.abc import Mapping

from kernlint.model.record import Record


class Format(Record):
    """A way to write down a result.

    ``about`` says what it is, in a few words. ``renderer`` is ``module:function`` below
    ``kernlint.report``, loaded when a report is made: see ``kernlint.report.rendering``.
    ``counts`` tells whether ``--statistics`` can be shown in it, ``mappings`` whether the
    mappings of ``--show-mapping`` can.
    """

    name: str
    about: str
    renderer: str
    counts: bool = False
    mappings: bool = False


FORMATS: tuple[Format, ...] = (
    Format("full", "every finding with its source", "people:full", True, True),
    Format("concise", "a line for each finding", "people:concise", True, True),
    Format("json", "one object for programs", "json_v1:render", True, True),
    Format("jsonl", "one object for each finding, a line each", "jsonl:render"),
    Format("sarif", "SARIF 2.1.0, for code scanning and editors", "sarif:render"),
    Format("github", "annotations of GitHub Actions", "github:render"),
    Format("gitlab", "the Code Quality report of GitLab", "gitlab:render"),
    Format("junit", "the XML that CI systems show as tests", "junit:render"),
    Format("rdjson", "diagnostics for reviewdog", "rdjson:render"),
)

FORMAT: Mapping[str, Format] = {each.name: each for each in FORMATS}

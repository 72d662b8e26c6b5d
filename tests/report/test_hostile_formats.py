"""Whatever names and messages hold, each format stays what it is and loses nothing of it."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ET  # of kernlint's own making
from urllib.parse import unquote_to_bytes

from hypothesis import given, settings
from hypothesis import strategies as st

from kernlint.model.diagnostic import NotChecked, Related, Result
from kernlint.model.formats import FORMATS
from kernlint.model.run import Run
from kernlint.model.text import SourceText
from kernlint.report.rendering import renderer
from tests.report.ci import CUDA, FINDING, RULES, commands, valid
from tests.report.samples import TRAIN, result

_PIECES = (
    *("::", "%", "%0A", "\n", "\r\n", "\r", ",", ":", "=", "::error::x", "##[error]", "]](", "{0}"),
    *("\x00", "\x1b[31m", "\x85", "\u2028", "\u202e", "é", "𝄞", "\udcff", "\ud800", "]]>", "<&"),
)
HOSTILE = st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=4)), max_size=6).map(
    "".join
)
#: Names as file systems have them: bytes without NUL.
NAMES = (
    st.binary(min_size=1, max_size=12)
    .map(lambda name: name.replace(b"\0", b"").replace(b"/", b"") + b"%:.py")
    .map(os.fsdecode)
)
RUN = Run(exit_code=1, rules=lambda: RULES)


def hostile(message: str, path: str) -> Result:
    where = CUDA._replace(path=path)
    item = FINDING._replace(
        message=message,
        effect=message,
        help=message,
        label=message,
        name=message,
        code="KL104",
        place=where,
        related=(Related(message, where),),
    )
    texts = {path: SourceText(TRAIN.encode())}
    return result(item, texts=texts, not_checked=(NotChecked(where, message),))


@settings(max_examples=60, deadline=None)
@given(HOSTILE, NAMES)
def test_every_format_is_well_formed(message: str, path: str) -> None:
    finished = hostile(message, path)
    for each in FORMATS:
        text = renderer(each.name)(finished, RUN._replace(unchecked=True))
        assert text.endswith("\n")
        if each.name in {"sarif", "gitlab", "rdjson", "json"}:
            json.loads(text)
            text.encode()
    valid("sarif-2.1.0.json", json.loads(renderer("sarif")(finished, RUN)))
    valid("rdjson.json", json.loads(renderer("rdjson")(finished, RUN)))
    ET.fromstring(renderer("junit")(finished, RUN).encode())


@settings(max_examples=100, deadline=None)
@given(HOSTILE, NAMES)
def test_names_and_messages_come_back(message: str, path: str) -> None:
    finished = hostile(message, path)
    run = RUN._replace(closing=False)
    [(command, properties, told)] = commands(renderer("github")(finished, run))
    assert (command, properties["file"], properties["line"]) == ("error", path, "5")
    assert properties["title"] == f"KL104 {message}"
    assert told.count("\n") == renderer("github")(finished, run).count("%0A") - (
        properties["title"].count("\n") + path.count("\n")
    )

    log = json.loads(renderer("sarif")(finished, run))["runs"][0]
    place = log["results"][0]["locations"][0]["physicalLocation"]
    assert unquote_to_bytes(place["artifactLocation"]["uri"]) == os.fsencode(path)

    lines = renderer("jsonl")(finished, run).splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["diagnostic", "not_checked", "summary"]
    assert json.loads(lines[0])["message"] == _paired(message)
    assert json.loads(lines[0])["path"] == path


def _paired(text: str) -> str:
    """The text with neighbouring halves of a character joined, as JSON joins them."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def test_every_format_is_there_and_tells_of_a_finding() -> None:
    for each in FORMATS:
        text = renderer(each.name)(result(FINDING), RUN)
        assert "KL104" in text, each.name

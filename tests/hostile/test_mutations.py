"""Files with bytes changed at random: read to the end, and the same in parts as in whole."""

from __future__ import annotations

import random
import time
import zipfile
from collections.abc import Sequence

import pytest

from kernlint.engine.runner import extract_one
from kernlint.extract.brief import brief
from kernlint.extract.file import extract
from kernlint.model.code import Import
from kernlint.model.text import SourceText
from kernlint.rules.registry import all_rules
from kernlint.source.read import DecodeError, decode, mentions_kernels
from kernlint.source.suppress import find_suppressions
from tests.real.old_release import fetch_wheel

#: Seconds that one small file may take, on a machine that does other things, too.
LIMIT = 20.0

_EXAMPLES = sorted(
    {
        text.encode()
        for rule in all_rules()
        for example in (*rule.bad, *rule.good)
        for path, text in example.sources.items()
        if path.endswith(".py")
    }
)
_PIECES = (
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\r", b"\f", b"\t", b"\n", b"\\\n", b"\x1a", b"\xc3"),
    *(b"(", b")", b"[", b"{", b"}", b":", b",", b'"', b"'", b'"""', b"#", b"\\", b"@", b"=", b"*"),
    *(b"# coding: latin-1\n", b"# coding: utf-7\n", b"# -*- coding: rot13 -*-\n"),
    *(b"from x import *\n", b"use_kernel_forward_from_hub", b"KernelConfig(", b"kernel_layer_name"),
    *(b"if x:\n    ", b"global KernelConfig\n", b"print 'x'\n", b"async ", b"match x:\n"),
)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The bytes with one to four changes."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randint(0, len(data))
        end = min(start + chance.choice((1, 1, 3, 20, 200)), len(data))
        kind = chance.randrange(6)
        if kind == 0:
            data = data[:start] + data[end:]
        elif kind == 1:
            data = data[:start] + chance.choice(_PIECES) + data[start:]
        elif kind == 2:
            data = data[:start] + bytes([chance.randrange(256)]) + data[start + 1 :]
        elif kind == 3:
            data = data[:end] + data[start:]
        elif kind == 4:
            at = chance.randint(0, len(data))
            data = data[:at] + data[start:end] + data[at:]
        else:
            data = data[:start]
    return data


def read(data: bytes) -> str:
    """Read a file as a run does; whether it is decoded, parsed, and read in brief."""
    assert isinstance(mentions_kernels(data), bool)
    source = _decoded(data)
    if isinstance(source, DecodeError):
        assert source.message
        assert 0 <= source.offset <= len(data)
        return "undecoded"
    find_suppressions(source)
    start = time.monotonic()
    sliced = extract_one(source)
    assert time.monotonic() - start < LIMIT
    whole = extract(source, sliced=False)
    if whole.problem is not None:
        assert whole.problem.message
        assert 0 <= whole.problem.span.start <= whole.problem.span.end <= len(data)
        return "unparsed"
    assert sliced == whole
    return "brief" if _in_brief(source) else "parsed"


def _decoded(data: bytes) -> SourceText | DecodeError:
    try:
        return decode(data)
    except DecodeError as error:
        return error


def _in_brief(source: SourceText) -> bool:
    short = brief(source)
    if short is None:
        return False
    whole = extract(source)
    assert (short.decorations, short.calls, short.layer_names) == (
        whole.decorations,
        whole.calls,
        whole.layer_names,
    )
    imports = [each for each in short.body if isinstance(each, Import)]
    assert set(imports) <= {each for each in whole.body if isinstance(each, Import)}
    return True


def tried(files: Sequence[bytes], count: int, seed: int) -> set[str]:
    """What became of files, each changed at random."""
    chance = random.Random(seed)
    return {read(mutated(chance.choice(files), chance)) for _ in range(count)}


def test_examples_with_changed_bytes() -> None:
    assert {"undecoded", "unparsed", "parsed"} <= tried(_EXAMPLES, 250, seed=11)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_released_files_with_changed_bytes(seed: int) -> None:
    with zipfile.ZipFile(fetch_wheel("transformers", "5.22.2")) as wheel:
        names = [each for each in wheel.infolist() if each.filename.endswith(".py")]
        small = [wheel.read(each) for each in names if each.file_size < 25_000]
    files = [data for data in small if mentions_kernels(data)]
    assert len(files) > 60
    assert {"unparsed", "parsed", "brief"} <= tried(files, 150, seed)

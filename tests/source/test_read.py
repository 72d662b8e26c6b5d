from __future__ import annotations

import codecs
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernlint.model.text import SourceText
from kernlint.source.read import (
    DecodeError,
    Offsets,
    ReadError,
    decode,
    mentions_kernels,
    read_bytes,
    too_deep,
)

BOM = codecs.BOM_UTF8


@pytest.mark.parametrize(
    "line",
    [
        "from transformers import KernelConfig",
        "kernel_config = None",
        "model = load(kernel_config=cfg)",
        "cfg.kernel_mapping",
        "sanitize_kernel_mapping(model)",
        'kernel_layer_name = "RMSNorm"',
        "@use_kernel_forward_from_hub('RMSNorm')",
        "@use_kernel_func_from_hub('rotary')",
        "replace_kernel_forward_from_hub(cls, 'RMSNorm')",
        "@use_kernelized_func(apply_rotary_pos_emb)",
        "from_pretrained(path, use_kernels=True)",
        "model.set_use_kernels(True)",
        "register_kernel_mapping(mapping)",
        "with use_kernel_mapping(mapping):",
        "lazy_load_kernel('causal-conv1d')",
        "register_kernel_replacements_and_fusions(cls)",
        "kernelize(model, mode=Mode.INFERENCE)",
        "get_kernel('kernels-community/activation')",
        "has_kernel('kernels-community/activation')",
        "get_locked_kernel('kernels-community/activation')",
        "get_local_kernel(path, 'activation')",
        "from kernels import LayerRepository",
        "import kernels",
        "import torch, kernels; kernels.LayerRepository",
    ],
)
def test_mentions(line: str) -> None:
    assert mentions_kernels(line.encode())
    assert mentions_kernels(b"x = 1\n" * 100 + line.encode() + b"\n")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "x = 1",
        "nn.Conv2d(3, 3, kernel_size=3)",
        "self.conv_kernel = 4",
        "# the kernels. Each one is fast",
        "from .kernels import rbf",
        "import kernels_of_mine",
        "self._dispatch_has_kernel_for_dispatch_key()",
        "kernel_configuration = 1",
        "KernelConfiguration()",
        "KERNEL_CONFIG = 1",
    ],
)
def test_does_not_mention(line: str) -> None:
    assert not mentions_kernels(line.encode())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_mentions_in_other_encodings(encoding: str) -> None:
    assert mentions_kernels("use_kernels = True".encode(encoding))
    assert not mentions_kernels("kernel_size = 3".encode(encoding))


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
    ],
)
def test_mentions_in_either_byte_order(mark: bytes, encoding: str) -> None:
    assert mentions_kernels(mark + "use_kernels = True".encode(encoding))


def test_mentions_survives_broken_utf16() -> None:
    assert mentions_kernels(codecs.BOM_UTF16_LE + "use_kernels".encode("utf-16-le") + b"\x00")
    assert mentions_kernels(
        codecs.BOM_UTF16_LE + b"\x00\xd8" + "use_kernels\ud800".encode("utf-16-le", "surrogatepass")
    )


def test_read_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    for data in (b"", b"x = 1\r\n", bytes(range(256)) * 5000):
        path.write_bytes(data)
        assert read_bytes(str(path)) == data


def test_read_through_link(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x = 1\n")
    (tmp_path / "b.py").symlink_to("a.py")
    assert read_bytes(str(tmp_path / "b.py")) == b"x = 1\n"


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs procfs")
def test_read_file_that_hides_its_size() -> None:
    assert read_bytes("/proc/self/status").startswith(b"Name:")


def test_read_refuses_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "broken.py").symlink_to("nothing")
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "d.py").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.py"))
    reasons = {}
    for name in ("pipe.py", "broken.py", "loop.py", "d.py", "socket.py", "none.py", "nul\0.py"):
        with pytest.raises(ReadError) as caught:
            read_bytes(str(tmp_path / name))
        reasons[name] = str(caught.value)
    assert reasons == {
        "pipe.py": "Not a regular file",
        "broken.py": "No such file or directory",
        "loop.py": "Too many levels of symbolic links",
        "d.py": "Is a directory",
        "socket.py": "Not a regular file",
        "none.py": "No such file or directory",
        "nul\0.py": "Null byte in the path",
    }


def test_read_reports_denial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_bytes(b"")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ReadError, match=r"^Permission denied$"):
        read_bytes(str(tmp_path / "a.py"))


@pytest.mark.parametrize(
    ("data", "encoding", "bom"),
    [
        (b"", "utf-8", 0),
        (b"x = 1\n", "utf-8", 0),
        ("x = 'é'\n".encode(), "utf-8", 0),
        (BOM, "utf-8", 3),
        (BOM + b"# coding: utf-8\n", "utf-8", 3),
        (BOM + b"# coding: UTF_8\n", "utf-8", 3),
        (b"# -*- coding: UTF-8-unix -*-\n", "utf-8", 0),
        (b"# coding: utf-8-sig\n", "utf-8", 0),
        (b"# coding: latin-1\n'\xe9'", "iso-8859-1", 0),
        (b"# vim: set fileencoding=latin-1-unix :\n'\xe9'", "iso-8859-1", 0),
        (b"#!/usr/bin/python\n# coding: cp1252\n'\x80'", "cp1252", 0),
        (b"\x0c \t# coding=cp1252\n'\x80'", "cp1252", 0),
        (b"\r# coding: latin-1\r'\xe9'\r", "iso-8859-1", 0),
        (b"\r\n# coding: latin-1\r\n'\xe9'\r\n", "iso-8859-1", 0),
        (b"# \xe9\n# coding: latin-1\n", "iso-8859-1", 0),
        (b"# coding: shift_jis\n'\x93\xfa'", "shift_jis", 0),
        (b"# coding: gb18030\n'\x81\x30\x81\x30'", "gb18030", 0),
        (b"x = 1\n# coding: latin-1\n", "utf-8", 0),
        (b"\n\n# coding: latin-1\n", "utf-8", 0),
        (b"\\\n# coding: latin-1\n", "utf-8", 0),
        (b"x = 1 # coding: latin-1\n", "utf-8", 0),
        (b"# coding : latin-1\n", "utf-8", 0),
        (b"# coding:\n", "utf-8", 0),
    ],
)
def test_decode(data: bytes, encoding: str, bom: int) -> None:
    compile(data + b"\n", "x", "exec")  # Python agrees that this is source code
    source = decode(data)
    assert (source.data, source.encoding, source.bom) == (data, encoding, bom)


@pytest.mark.parametrize(
    ("data", "message", "offset"),
    [
        (b"x = 'a\0'", "source code cannot contain null bytes", 6),
        (b"ab\xe9", "byte 0xe9 is not UTF-8, and no other encoding is declared", 2),
        (BOM + b"\xe9", "byte 0xe9 is not UTF-8, and no other encoding is declared", 3),
        (b"# coding: utf-8\n\xe9", "byte 0xe9 is not valid in the declared encoding, utf-8", 16),
        (b"# coding: ascii\n\xe9", "byte 0xe9 is not valid in the declared encoding, ascii", 16),
        (b"# coding: klingon\n", "unknown encoding: klingon", 10),
        (b"\n# coding: klingon", "unknown encoding: klingon", 11),
        (b"# coding: rot13\n", "rot13 is not a text encoding", 10),
        (b"# coding: hex\n", "hex is not a text encoding", 10),
        (BOM + b"# coding: cp1252\n", "a UTF-8 byte order mark, but cp1252 is declared", 13),
        (BOM + b"# coding: utf8\n", "a UTF-8 byte order mark, but utf8 is declared", 13),
        (b"# coding: utf-16\nx = 1\n", "source code in utf-16 is not supported", 10),
        (b"# coding: undefined\n", "source code in undefined is not supported", 10),
        ("x = 1\n".encode("utf-16"), "the file is UTF-16, which Python does not read", 0),
        ("x = 1\n".encode("utf-32"), "the file is UTF-32, which Python does not read", 0),
        ("x = 1\n".encode("utf-16-be"), "source code cannot contain null bytes", 0),
    ],
)
def test_decode_refuses(data: bytes, message: str, offset: int) -> None:
    with pytest.raises((SyntaxError, ValueError)):
        compile(data, "x", "exec")
    with pytest.raises(DecodeError) as caught:
        decode(data)
    assert (caught.value.message, caught.value.offset) == (message, offset)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "encoding",
    ["utf-7", "hz", "iso2022_jp", "iso2022_kr", "unicode_escape", "raw_unicode_escape", "cp037"],
)
def test_decode_refuses_codecs_that_shift(encoding: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(b"# coding: " + encoding.encode() + b"\n")
    assert caught.value.message == f"source code in {encoding} is not supported"


@settings(deadline=None)
@given(st.binary(max_size=40), st.sampled_from(["", "latin-1", "utf-8", "ascii", "cp932", "big5"]))
def test_decode_yields_text_or_an_error(tail: bytes, cookie: str) -> None:
    data = (f"# coding: {cookie}\n".encode() if cookie else b"") + tail
    try:
        source = decode(data)
    except DecodeError as error:
        offset: int | None = error.offset
    else:
        offset = None
        assert source.slice(source.bom, len(data)) == data[source.bom :].decode(source.encoding)
    assert offset is None or 0 <= offset < len(data)


def offsets(data: bytes) -> tuple[str, list[int]]:
    source = decode(data)
    text = data[source.bom :].decode(source.encoding)
    table = Offsets(text, source)
    return text, [table.byte(offset) for offset in range(len(text) + 1)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", [0]),
        (b"ab\r\n", [0, 1, 2, 3, 4]),
        (BOM + b"ab", [3, 4, 5]),
        ("aé\n日".encode(), [0, 1, 3, 4, 7]),
        (BOM + "é\r\n😀x".encode(), [3, 5, 6, 7, 11, 12]),
        ("\u2028\x85\x0b\ré".encode(), [0, 3, 5, 6, 7, 9]),
    ],
)
def test_offsets(data: bytes, expected: list[int]) -> None:
    assert offsets(data)[1] == expected


ALPHABET = {
    "utf-8": "ab#\n\r\f\x85\u2028é日😀",
    "latin-1": "ab#\n\r\x85éÿ",
    "shift_jis": "ab\\#\n\r日本ｶ表",
    "gb18030": "ab#\n\ré日😀",
    "euc_jp": "ab#\n\r日ｶ丂",
    "koi8-r": "ab#\n\rжЖ",
}


@settings(deadline=None)
@given(st.data(), st.sampled_from(sorted(ALPHABET)), st.booleans())
def test_offsets_agree_with_encoding(data: st.DataObject, encoding: str, bom: bool) -> None:
    body = data.draw(st.text(alphabet=ALPHABET[encoding], max_size=30))
    text = f"# coding: {encoding}\n{body}"
    raw = (BOM if bom and encoding == "utf-8" else b"") + text.encode(encoding)
    start = len(raw) - len(text.encode(encoding))
    expected = [start + len(text[:end].encode(encoding)) for end in range(len(text) + 1)]
    assert offsets(raw) == (text, expected)


def test_offsets_count_what_is_written() -> None:
    # Two spellings of the same character, and two characters from one pair of bytes.
    assert offsets(b"# coding: cp932\n\x87\x90\x81\xe0x")[1][-4:] == [16, 18, 20, 21]
    assert offsets(b"# coding: big5hkscs\n\x88\x62x")[1][-3:] == [22, 22, 23]


def test_offsets_in_any_order() -> None:
    source = SourceText("é\nab\né".encode())
    table = Offsets("é\nab\né", source)
    assert [table.byte(offset) for offset in (5, 0, 6, 2, 1)] == [6, 0, 8, 3, 2]


@pytest.mark.parametrize("opening", ["(", "[", "{", "f(", "[{("])
def test_too_deep(opening: str) -> None:
    per_round = sum(opening.count(bracket) for bracket in "([{")
    text = "x = " + opening * (200 // per_round)
    spare = "(" * (200 % per_round)
    assert too_deep(text + spare) is None
    assert too_deep(text + spare + " (") == len(text + spare) + 1


@pytest.mark.parametrize(
    "text",
    [
        "()" * 500,
        "(" * 150 + ")" * 150 + "[" * 150,
        ")" * 10 + "(" * 200,
        "# " + "(" * 500,
        "x = '" + "(" * 500 + "'",
        'x = "' + "(" * 500 + '"',
        "x = '''\n" + "(\n" * 500 + "'''",
        'x = """a " "" \\""" ' + "(" * 500 + '"""',
        "x = '\\'" + "(" * 500 + "'",
        "x = '\\\n" + "(" * 500 + "'",
        "x = r'\\" + "'" + "(" * 500 + "'",
        "x = '''" + "(" * 500,
    ],
)
def test_not_too_deep(text: str) -> None:
    assert too_deep(text) is None


def test_brackets_after_text_count() -> None:
    text = "# it's\nx = '''a''' \"\" '' \"b\"\n"
    assert too_deep(text + "(" * 201) == len(text) + 200


def test_unfinished_string_ends_with_its_line() -> None:
    text = "x = 'abc\n"
    assert too_deep(text + "(" * 201) == len(text) + 200


@pytest.mark.parametrize("piece", ["'", '"', "'''", '"""', "\\", '"\\', "'''\\''", "#"])
def test_too_deep_takes_linear_time(piece: str) -> None:
    assert too_deep("()" * 201 + piece * 100_000) is None


@settings(deadline=None)
@given(st.text(alphabet="()[]{}'\"\\#\n a", max_size=60))
def test_too_deep_accepts_any_text(text: str) -> None:
    found = too_deep("(" * 195 + text)
    assert found is None or ("(" * 195 + text)[found] in "([{"


def test_limit_is_that_of_python() -> None:
    inside = "(" * 150 + "[" * 40 + "1" + "]" * 40 + ")" * 150
    assert too_deep(inside) is None
    outside = "(" * 201 + "1" + ")" * 201
    with pytest.raises(SyntaxError, match="too many nested parentheses"):
        compile(outside, "x", "eval")
    assert too_deep(outside) == 200

from pathlib import Path

import pytest

from kernlint.config.places import ConfigError, Document, key_places, read_document


def keys(text: str) -> dict[str, str]:
    """Every key path with the text that its place covers."""
    return {
        "/".join(path): text[start:end] + f"@{start}"
        for path, (start, end) in key_places(text).items()
    }


def test_headers_and_dotted_keys() -> None:
    text = "[tool.kernlint]\nselect = []\nper-file-ignores.a = ['KL1']\n"
    assert keys(text) == {
        "tool": "tool@1",
        "tool/kernlint": "kernlint@6",
        "tool/kernlint/select": "select@16",
        "tool/kernlint/per-file-ignores": "per-file-ignores@28",
        "tool/kernlint/per-file-ignores/a": "a@45",
    }


def test_quoted_keys_and_spaces_in_headers() -> None:
    text = '[ "tool" . kernlint ]\n"a b" = 1\n'
    assert keys(text) == {
        "tool": '"tool"@2',
        "tool/kernlint": "kernlint@11",
        "tool/kernlint/a b": '"a b"@22',
    }


def test_inline_tables_and_arrays() -> None:
    text = "a = { b = [1, { c = 2 }], d = 'x' }\ne = 1\n"
    assert keys(text) == {"a": "a@0", "a/b": "b@6", "a/b/c": "c@16", "a/d": "d@26", "e": "e@36"}


def test_what_looks_like_a_key_is_none() -> None:
    text = (
        "# select = 1\n"
        'a = """\n[b]\nc = 1\n"""\n'
        "d = '''\ne = 1\n'''\n"
        "f = [\n  'g = 1', # h = 1\n  \"i\",\n]\n"
        "j = 1979-05-27 07:32:00\n"
        "k = -1.5e3\n"
    )
    assert [*key_places(text)] == [("a",), ("d",), ("f",), ("j",), ("k",)]


def test_an_array_of_tables_keeps_the_first_place() -> None:
    text = "[[a]]\nb = 1\n[[a]]\nb = 2\nc = 3\n"
    assert keys(text) == {"a": "a@2", "a/b": "b@6", "a/c": "c@24"}


def test_strings_that_end_in_quotes() -> None:
    text = 'a = """x"""""\nb = "\\""\nc = \'\'\'y\'\'\'\'\'\nd = 1\n'
    assert [*key_places(text)] == [("a",), ("b",), ("c",), ("d",)]


def test_an_empty_text_has_no_keys() -> None:
    assert key_places("") == {}


def error_at(text: str, *key: str, culprit: str | None = None) -> tuple[int, int, int]:
    error = Document("x.toml", text, {}).error("m", key, culprit=culprit)
    assert error.text == text
    return error.line, error.column, error.length


def test_an_error_points_at_the_string_in_the_value() -> None:
    text = 'a = [\n  "x", # "x"\n  \'y\',\n]\nb = ["y", "x"]\n'
    assert error_at(text, "a", culprit="y") == (3, 3, 3)
    assert error_at(text, "a", culprit="x") == (2, 3, 3)
    assert error_at(text, "b", culprit="x") == (5, 11, 3)


def test_an_error_falls_back_to_the_key_and_then_to_the_table() -> None:
    text = "\n[t]\na = 1\n"
    assert error_at(text, "t", "a", culprit="z") == (3, 1, 1)
    assert error_at(text, "t", "missing") == (2, 2, 1)
    assert error_at(text, "missing") == (1, 1, 1)
    assert error_at("", "missing") == (1, 1, 1)


def test_columns_count_characters() -> None:
    assert error_at('é = ["ü", "x"]', "é", culprit="x") == (1, 11, 3)


def refused(path: Path) -> tuple[str, str | None, int, int, str]:
    with pytest.raises(ConfigError) as caught:
        read_document(str(path))
    error = caught.value
    return error.message, error.path, error.line, error.column, error.text


def test_toml_syntax_errors_have_the_parsers_place(tmp_path: Path) -> None:
    path = tmp_path / "kernlint.toml"
    path.write_bytes(b"ignore = []\r\nselect [\r\n")
    assert refused(path) == (
        "not valid TOML: expected '=' after a key in a key/value pair",
        str(path),
        2,
        8,
        "ignore = []\nselect [\n",
    )


def test_a_toml_error_at_the_end_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "kernlint.toml"
    path.write_text("a = [1")
    assert refused(path) == ("not valid TOML: unclosed array", str(path), 1, 7, "a = [1")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    missing = tmp_path / "missing.toml"
    assert refused(missing) == (
        "cannot read the file: No such file or directory",
        str(missing),
        0,
        0,
        "",
    )
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b"a = '\xe9'\n")
    assert refused(latin) == ("cannot read the file: it is not UTF-8", str(latin), 0, 0, "")

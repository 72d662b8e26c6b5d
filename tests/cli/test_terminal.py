import pytest

from kernlint.cli.terminal import terminal_width, use_color, use_links


@pytest.mark.parametrize(
    ("choice", "environ", "terminal", "color"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("always", {"NO_COLOR": "1", "TERM": "dumb"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"CLICOLOR_FORCE": "", "FORCE_COLOR": ""}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"TERM": "xterm"}, True, True),
    ],
)
def test_the_order_of_what_decides_on_colour(
    choice: str, environ: dict[str, str], terminal: bool, color: bool
) -> None:
    assert use_color(choice, environ, terminal) is color


@pytest.mark.parametrize(
    ("environ", "color", "terminal", "links"),
    [
        ({}, True, True, True),
        ({}, False, True, False),
        ({}, True, False, False),
        ({"CI": "true"}, True, True, False),
        ({"PRE_COMMIT": "1"}, True, True, False),
    ],
)
def test_links_are_for_people_at_a_terminal(
    environ: dict[str, str], color: bool, terminal: bool, links: bool
) -> None:
    assert use_links(environ, color, terminal) is links


@pytest.mark.parametrize(("columns", "width"), [("100", 100), ("0", 80), ("", 80), ("wide", 80)])
def test_the_width(monkeypatch: pytest.MonkeyPatch, columns: str, width: int) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    # A terminal of no columns, as some programs open for the commands they run.
    monkeypatch.setattr("os.get_terminal_size", lambda _: __import__("os").terminal_size((0, 0)))
    assert terminal_width() == width

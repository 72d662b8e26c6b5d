"""Files that cannot be read say so, where it shows; no file ends the run."""

from __future__ import annotations

import random
import time

import pytest

from kernlint.model.expr import Constant, Opaque, Span
from tests.extract.sources import (
    CONFIG,
    STATEMENTS,
    argument_of,
    calls_of,
    expressions,
    facts_of,
    problem_of,
)

CALL = "KernelConfig({'A': 'o/r:L'})\n"


@pytest.mark.parametrize(
    ("source", "message", "start"),
    [
        (f"{CONFIG}print 'x'\n{CALL}", "Missing parentheses in call to 'print'", "print"),
        (f"{CONFIG}x = '\u2028\x0b\x0c'\nfoo(]\n{CALL}", "closing parenthesis ']'", "]"),
        (f"{CONFIG}{CALL}\x1a", "invalid non-printable character U+001A", "\x1a"),
        (f"{CONFIG}{CALL}x = {'(' * 201}{')' * 201}", "brackets nest deeper", None),
        (f"{CONFIG}{CALL}x = {'-' * 3000}1", "the code nests deeper", ""),
        (f"{CONFIG}{CALL}x = {'a.' * 5000}b", "the code nests deeper", ""),
        (f"{CONFIG}{CALL}x = a{'()' * 3000}", "the code nests deeper", ""),
        (f"{CONFIG}{CALL}{'x = 1;' * 170_000}", "files above 1,000,000 are not parsed", ""),
    ],
)
def test_problems(source: str, message: str, start: str | None) -> None:
    problem = problem_of(source)
    assert problem is not None
    assert message in problem[0]
    if start is not None:
        assert problem[1].start == len(source[: source.index(start)].encode())


def test_the_place_of_a_problem_counts_bytes() -> None:
    source = f"\ufeff{CONFIG}KernelConfig({{'é': ö ö}})\n"
    problem = problem_of(source)
    assert problem is not None
    assert problem[1].start == source.encode().index("ö ö".encode())


@pytest.mark.parametrize(
    "literal",
    ["'\\x'", "'\\N{no such name}'", "b'é'", "1" * 5000, "0x" + "f" * 5000, "-" + "9" * 5000],
)
def test_literals_that_python_refuses_are_opaque(literal: str) -> None:
    parts = list(expressions(argument_of(literal)))
    assert isinstance(parts[-1], Opaque)
    assert not any(isinstance(part, Constant) for part in parts)


def test_a_strange_escape_is_kept_without_a_warning() -> None:
    lowered = argument_of("'\\d'")
    assert isinstance(lowered, Constant)
    assert lowered.value == "\\d"


@pytest.mark.parametrize(
    "statement",
    [
        "x = " + "+".join(["1"] * 300),
        "x = " + "[" * 150 + "]" * 150,
        "if a:\n    pass\n" + "elif b:\n    pass\n" * 100,
        "x = '" + "a" * 200_000 + "'",
        "x = [" + "1," * 10_000 + "]",
    ],
)
def test_large_statements_are_read(statement: str) -> None:
    start = time.process_time()
    assert calls_of(f"{CONFIG}{statement}\n{CALL}") == [CALL.strip()]
    assert time.process_time() - start < 60  # it ends


SAMPLE = f'''"""Text."""
{CONFIG}from kernels import use_kernel_forward_from_hub as hub


@hub("Own")
class Own:
    kernel_layer_name = "Own"

    async def f(self, *a: int, k=(1, 2), **o) -> None:
        global M
        M = {{**o, "A": f"o/{{k}}:L"}}
        match a:
            case {{"x": [y, *_], **rest}} if y:
                del M["A"]
        return [KernelConfig(m) for m in a if (n := m)]


try:
    import torch
except ImportError as error:
    torch = None
else:
    with open("ä") as (b, c):
        b |= c
'''


@pytest.mark.parametrize("seed", range(150))
def test_damaged_files_give_facts_or_a_problem(seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(SAMPLE.encode())
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data))
        choice = chance.randrange(4)
        if choice == 0:
            del data[at:]
        elif choice == 1:
            del data[at : at + chance.randrange(20)]
        elif choice == 2:
            data[at:at] = chance.choice(
                [b"(", b"'", b'"""', b"\r", b"\f", b"\t", b"\\\n", b"{", b"lambda", b"\n  ", b":"]
            )
        else:
            lines = bytes(data).splitlines(keepends=True)
            del lines[chance.randrange(len(lines))]
            data = bytearray(b"".join(lines))
        if not data:
            break
    try:
        text = bytes(data).decode()
    except UnicodeDecodeError:
        return
    facts = facts_of(text)
    if facts.problem is not None:
        assert facts == type(facts)(problem=facts.problem)
        assert Span(0, 0) <= facts.problem.span <= Span(len(data), len(data))
    else:
        assert all(isinstance(each, STATEMENTS) for each in facts.body)
        assert all(0 <= site.span.start < site.span.end <= len(data) for site in facts.calls)

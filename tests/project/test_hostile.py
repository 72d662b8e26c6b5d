"""Programs that are made to be hard to follow: each ends soon, and none with an exception."""

from __future__ import annotations

import time

import pytest

from tests.project.sources import CONFIG, mappings

END = "KernelConfig({'A': x})\n"

PROGRAMS = {
    "recursion": "def f(n): return f(n - 1) + f(n - 1) + f(n - 1)\nx = f(1000)\n",
    "a function of itself": "x = (lambda f: [f(f), f(f)])(lambda f: [f(f), f(f)])\n",
    "a dict in itself": "x = {}\nx['a'] = x\ny = x == x\n",
    "a list in itself": "import copy\nx = []\nx.append(x)\nx = copy.deepcopy(x)\nif x in x: pass\n",
    "a tuple in itself": "l = []\nt = (l,)\nl.append(t)\nx = t == t\nif x == u: pass\n",
    "a class of itself": "class A(A): pass\nclass A(A): pass\nx = A().f\n",
    "properties": "class A:\n    @property\n    def x(self): return self.x + self.x\nx = A().x\n",
    "getattr": "class A:\n    def __getattr__(self, n): return getattr(self, n)\nx = A().x\n",
    "instances": "class A:\n    def __init__(self): self.a = A(); self.b = A()\nx = A()\n",
    "loops": "x = 1\n" + "".join("    " * n + f"for a{n} in range(9):\n" for n in range(15))
    + "    " * 15 + END,
    "a comprehension": "x = [a for a in range(999) for b in range(999) for c in range(999) if 0]\n",
    "a list that doubles": "x = [1]\nwhile True: x = x + x\n",
    "a list that extends itself": "x = [1]\nwhile True: x.extend(x)\n",
    "a dict that doubles": "x = {}\nwhile True: x = {'a': x, 'b': x}\n",
    "a tuple that doubles": (
        "x = 1\nfor i in range(1900): x = (x, x)\nd = {x: 1}\nif x in d: pass\n"
    ),
    "unknown values that double": "x = u\nfor i in range(1900): x = f(x, x)\nif x: x = 1\n",
    "unknown values that nest": "x = u\nfor i in range(1900): x = x[0].a\nif x: x = 1\n",
    "an unknown operation": "x = u\nfor i in range(1900): x = x + u\nif x: x = 1\n",
    "a text that grows": "x = 'a' * 9\nfor i in range(999): x = x.replace('a', 'a' * 99)\n",
    "many ways": "x = 1\n" + "".join(f"if a{n}: x = {n}\n" for n in range(30))
    + "for i in range(999): x = i\n",
    "many branches": "if u: x = 0\n" + "".join(f"elif u{n}: x = {n}\n" for n in range(300))
    + "else: x = 1\n",
    "tries": "x = []\nfor i in range(999):\n    try: x.append(g(i))\n    except E: continue\n",
    "a slice for a key": "x = {}\nx[1:2] = 3\nx = {slice(1): 1}\n",
    "what cannot be a key": "x = {}\nx[[]] = 1\nx[{}] = 1\ns = set()\ns.add([])\nx = {*s}\n",
}  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_hard_programs_end(program: str) -> None:
    start = time.process_time()
    found = mappings(f"{CONFIG}{PROGRAMS[program]}{END}")
    assert time.process_time() - start < 60  # it ends
    # Whatever comes of it, the config is not passed over.
    assert found


def test_a_program_that_is_too_long_is_not_checked() -> None:
    program = f"{CONFIG}KernelConfig({{'A': 'a'}})\nwhile True:\n    while True: pass\n{END}"
    reason = "?the program takes too many steps to be followed"
    assert mappings(program) == [reason, reason]


@pytest.mark.parametrize(
    "program",
    [
        "if 0:\n    KernelConfig({})\n",
        "def f():\n    return 1\n    KernelConfig({})\n",
        "raise SystemExit\nKernelConfig({})\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    KernelConfig({})\n",
    ],
)
def test_a_config_that_is_never_made_is_none(program: str) -> None:
    assert mappings(f"{CONFIG}{program}") == []


def test_a_config_that_no_run_comes_by_is_not_checked() -> None:
    program = f"{CONFIG}USE = False\nif USE:\n    KernelConfig({{}})\n"
    assert mappings(program) == ["?the program does not come by here"]


def test_a_built_in_that_a_branch_would_replace() -> None:
    program = f"{CONFIG}if 0:\n    str = None\nKernelConfig({{'A': str(1)}})\n"
    assert mappings(program) == [{"A": "1"}]

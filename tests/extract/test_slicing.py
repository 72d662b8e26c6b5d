"""The facts of a slice are those of the whole file."""

from __future__ import annotations

import textwrap
import zipfile

import pytest

from kernlint.extract.file import extract
from kernlint.model.code import DefineClass
from kernlint.model.expr import Code, Elided
from kernlint.model.walk import walk
from kernlint.rules.registry import all_rules
from kernlint.source.read import decode, mentions_kernels
from kernlint.source.slice import Slice, cut, logical_lines, mentioned, whole
from tests.real.old_release import fetch_wheel

PROGRAMS = {
    "functions without a word": """
        from transformers import KernelConfig

        LIMIT = 3

        def unrelated(a, b):
            '''Nothing here.'''
            return [a, b]

        async def also_unrelated():
            pass

        def config():
            return KernelConfig({"RMSNorm": "org/repo:Layer"})
        """,
    "a method that matters": """
        from kernels import use_kernel_forward_from_hub as declare

        class First:
            x = 1

            def f(self):
                @declare("Inner")
                class Inner: ...
                return Inner

            def g(self):
                return "nothing"

        @declare(
            "Second"
        )
        class Second(First):
            '''Text.'''

            def forward(self, x):
                return x
        """,
    "a value changed elsewhere": """
        from transformers import KernelConfig

        MAPPING = {"RMSNorm": "org/repo:Layer"}

        def add(name):
            MAPPING[name] = None

        def other():
            return 1

        config = KernelConfig(MAPPING)
        """,
    "a value bound anew through global": """
        from transformers import KernelConfig

        NAME = "RMSNorm"

        def rename():
            global NAME
            NAME = "Other"

        config = KernelConfig({NAME: "org/repo:Layer"})
        """,
    "an alias used where nothing else is": """
        from transformers import KernelConfig as KC

        def build(mapping):
            return KC(mapping)

        def unrelated():
            return 0
        """,
    "branches": """
        try:
            from transformers import KernelConfig
        except ImportError:
            def KernelConfig(mapping):
                return mapping
        else:
            def helper():
                return 1

        if True:
            class A:
                def f(self): return 1
        elif False:
            x = 2
        else:
            y = KernelConfig({"X": "org/repo:Layer"})

        with open("f") as file:
            data = file.read()
        """,
    "changes and branches around what is left out": """
        from transformers import KernelConfig

        MAPPING = {"RMSNorm": "org/repo:Layer"}
        if True:
            def unrelated(a):
                return a
            OTHER = {"A": "b"}
        elif (1):
            OTHER = {"B": "c"}
            def also_unrelated(): return 1
        else:
            OTHER = {}
        MAPPING["A"] = OTHER
        MAPPING.update(B=OTHER)
        MAPPING |= {"C": None} if OTHER else {}
        del MAPPING["C"]

        def unrelated_too(MAPPING):
            return 1

        def use():
            if OTHER:
                return KernelConfig(MAPPING)
        """,
    "odd layout": """
        from transformers import KernelConfig
        def f(): return KernelConfig({"A": "a/b:C"})
        class B: kernel_layer_name = "B"
        text = '''
        def not_code():
            pass
        '''
        def g(a=(
        1,
        2)):
            return a \\
                + 1
        # the end
        """,
    "a name that another file may want": """
        import os
        KERNEL = "org/repo:Layer"
        TABLE = {"a": 1}
        def unrelated():
            TABLE.update(b=2)
            os.environ.setdefault("X", "1")
        def use(model, kernel_config): model.set_use_kernels(True, kernel_config)
        """,
}


def program(name: str) -> bytes:
    return textwrap.dedent(PROGRAMS[name]).strip("\n").encode() + b"\n"


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_slice_says_what_the_file_says(name: str, newline: bytes) -> None:
    source = decode(program(name).replace(b"\n", newline))
    facts = extract(source)
    assert facts.problem is None
    assert repr(facts) == repr(extract(source, sliced=False))


def test_a_slice_says_what_the_file_says_of_every_example() -> None:
    for rule in all_rules():
        for example in (*rule.bad, *rule.good):
            for path, text in example.sources.items():
                if path.endswith(".py"):
                    source = decode(text.encode())
                    assert repr(extract(source)) == repr(extract(source, sliced=False)), text


#: What a function may do to names of the module, in as many ways as it can be written.
STEPS = """
M['a'] = 1 | M.a = 1 | M.a.b = M.c = 1 | del M.a | del M['a'] | M.a += 1 | M['a'] **= 1
M.a //= 1
M.a: int = 1 | M.a, b = 1, 2 | [M.a, b] = 1, 2 | (M)['a'] = 1 | (M).a = 1 | (M.a).b = 1
M.f().a = 1
for M.a in x: pass | for M['a'] in x: pass | with x as M.a: pass | with x as M.a[0]: pass
M . update (x) | (M).update(x) | M.a.append(x) | M.insert(0, 1) | lambda: M.update(x)
setattr(M, 'a', 1) | delattr((M), 'a') | setattr(M.a, 'a', 1) | setattr(obj=M)
A.x = 1 | F.x = 1 | L.x = 1 | L['x'] = 1 | os.environ['a'] = 1 | os.environ.update(a=1)
x = 1; global M; M = 2 | if x: global M; M = 2 | global Q; Q = 1 | global M; [M := 1 for i in x]
M = 1; M['a'] = 2 | yield M | x = yield | await M | async def inner(): M['a'] = 1
class Inner: kernel_layer_name = "x" | kc = KernelConfig; kc(M) | x = "M['a'] = 1" | print(M['a'])
""".strip().replace("\n", " | ")
STEP = """from transformers import KernelConfig
import os
M = {}
for L in x: pass
class A:
    x = 1
    def g(self):
        STEP
def F(): pass
def h(y):
    'Text.'
    STEP
    return y
def g():
    x = 1
    STEP
c = KernelConfig(M)
"""


@pytest.mark.parametrize("step", STEPS.split(" | "))
def test_a_slice_says_what_the_file_says_of_every_change(step: str) -> None:
    text = STEP.replace("STEP", step)
    if "await" in step:
        text = text.replace("def ", "async def ")
    source = decode(text.encode())
    facts = extract(source)
    assert facts.problem is None
    assert repr(facts) == repr(extract(source, sliced=False))


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_slice_says_what_the_file_says_of_calls_that_others_ask_for(name: str) -> None:
    source = decode(program(name))
    names = frozenset({"unrelated", "f", "open", "Second", "update"})
    facts = extract(source, names=names)
    assert repr(facts) == repr(extract(source, sliced=False, names=names))


def test_calls_that_others_ask_for() -> None:
    source = b"from a import build\ndef f(x):\n    return build(x)\n"
    assert extract(decode(source)).calls == ()
    facts = extract(decode(source), names=frozenset({"build"}))
    assert [source[site.span.start : site.span.end] for site in facts.calls] == [b"build(x)"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_full_facts_leave_nothing_out(name: str) -> None:
    source = decode(program(name))
    facts = extract(source, full=True)
    assert facts.full
    assert facts._replace(full=False, body=()) == extract(source)._replace(body=())
    for part in walk(facts.body):
        assert not isinstance(part, Elided)
        assert not isinstance(part, (Code, DefineClass)) or part.body is not None


def test_what_is_left_out() -> None:
    text = program("functions without a word").decode()
    part = cut(text, logical_lines(text))
    assert part.text == textwrap.dedent(
        """\
        from transformers import KernelConfig

        LIMIT = 3

        def unrelated(a, b):
            pass
        async def also_unrelated():
            pass
        def config():
            return KernelConfig({"RMSNorm": "org/repo:Layer"})
        """
    )


def test_offsets_lead_back_to_the_original() -> None:
    text = program("functions without a word").decode()
    part = cut(text, logical_lines(text))
    for word in ("from transformers", "LIMIT", "unrelated(a", "def config", '"org/repo:Layer"'):
        assert part.original(part.text.index(word)) == text.index(word)
    assert "".join(text[start:end] for start, end in part.omitted).split() == [
        *("'''Nothing", "here.'''", "return", "[a,", "b]", "pass"),
    ]


def test_names_bring_more_into_the_slice() -> None:
    text = program("a value changed elsewhere").decode()
    part = cut(text, logical_lines(text))
    assert "MAPPING[name]" not in part.text
    names = mentioned(text, part.omitted, frozenset({"KernelConfig"}), frozenset({"MAPPING"}))
    assert names == {"MAPPING"}
    assert "MAPPING[name]" in cut(text, logical_lines(text), names).text


def test_the_whole_file_leaves_nothing_out() -> None:
    assert whole("abc") == Slice("abc", ((0, 0),), ())
    assert whole("abc").original(2) == 2


def test_a_slice_that_does_not_parse_is_not_the_last_word() -> None:
    # The cut takes the text in the brackets for lines of the program.
    source = decode(b"x = 'a\nfrom transformers import KernelConfig\n")
    problem = extract(source).problem
    assert problem == extract(source, sliced=False).problem
    assert problem is not None
    assert problem.message.startswith("unterminated string literal")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("library", "release", "least"),
    [
        ("transformers", "5.22.2", 200),
        ("transformers", "5.12.1", 100),
        ("transformers", "5.4.0", 80),
        ("diffusers", "0.42.1", 5),
        ("trl", "1.16.0", 5),
        ("axolotl", "0.19.0", 5),
        ("kernels", "0.17.2", 5),
    ],
)
def test_a_slice_says_what_the_file_says_on_released_files(
    library: str, release: str, least: int
) -> None:
    checked = 0
    with zipfile.ZipFile(fetch_wheel(library, release)) as wheel:
        for name in sorted(wheel.namelist()):
            data = wheel.read(name) if name.endswith(".py") else b""
            if mentions_kernels(data):
                source = decode(data)
                assert repr(extract(source)) == repr(extract(source, sliced=False)), name
                checked += 1
    assert checked >= least

"""Sources that are made to upset a linter, with the code that is to be found in each.

Every one mentions kernels. KL104 stands for one that is read, KL001 for one that cannot be.
"""

from __future__ import annotations

import codecs

from tests.hostile.conftest import BAD

READ, BROKEN = "KL104", "KL001"

IMPORT = "from transformers.integrations import use_kernel_forward_from_hub\n"


def nested(opened: str, inner: str, closed: str, depth: int) -> str:
    return f"{BAD}x = {opened * depth}{inner}{closed * depth}\n"


def blocks(header: str, depth: int) -> str:
    lines = [f"{' ' * level}{header}\n" for level in range(depth)]
    return f"{BAD}{''.join(lines)}{' ' * depth}KernelConfig\n"


def case(opened: str, closed: str, depth: int) -> str:
    return f"{BAD}match x:\n case {opened * depth}KernelConfig{closed * depth}: pass\n"


def doubled(operator: str) -> str:
    """A dict merged with itself until it is a trillion merges."""
    value = "KernelConfig({**a40})"
    rows = [f"a{n + 1} = a{n} {operator} a{n}\n" for n in range(40)]
    return f"{BAD}a0 = {{'RMSNorm': 'kernels-community/x:Y'}}\n{''.join(rows)}{value}\n"


def starred() -> str:
    rows = [f"a{n + 1} = {{**a{n}, **a{n}}}\n" for n in range(40)]
    return f"{BAD}a0 = {{}}\n{''.join(rows)}KernelConfig(a40)\n"


def within(opened: str, depth: int, closed: str) -> str:
    """A value of a mapping that nests."""
    return f"{BAD}KernelConfig({{'A': {opened * depth}'x'{closed * depth}}})\n"


NESTED = {
    "brackets to the limit": (nested("[", "1", "]", 199), READ),
    "brackets beyond": (nested("[", "1", "]", 250), BROKEN),
    "parentheses, many": (nested("(", "1", ")", 20_000), BROKEN),
    "tuples": (nested("(", "1", ",)", 190), READ),
    "dicts": (nested("{1: ", "1", "}", 190), READ),
    "calls": (nested("a.b(", "1", ")", 190), READ),
    "calls of results": (nested("", "a", "()", 5_000), BROKEN),
    "subscripts": (nested("a[", "1", "]", 190), READ),
    "comprehensions": (nested("[", "a", " for a in b]", 150), None),
    "generators": (nested("f(", "a", " for a in b)", 150), None),
    "lambdas": (nested("lambda: ", "1", "", 5_000), BROKEN),
    "lambdas for defaults": (nested("lambda x=", "1", ": 1", 60), READ),
    "not": (nested("not ", "1", "", 20_000), BROKEN),
    "minus": (nested("-", "1", "", 20_000), BROKEN),
    "conditions": (nested("a if b else ", "1", "", 5_000), BROKEN),
    "strings in a row": (nested("'a' ", "'a'", "", 20_000), None),
    "sums": (nested("a + ", "a", "", 20_000), BROKEN),
    "comparisons": (nested("a < ", "a", "", 5_000), None),
    "attributes": (nested("", "a", ".a", 20_000), BROKEN),
    "targets": (nested("a = ", "1", "", 5_000), None),
    "walrus": (nested("(a := ", "1", ")", 190), READ),
    "stars": (nested("[*", "a", "]", 190), READ),
    "f-strings": (nested("f'{", "1", "}'", 150), None),
    "fields of f-strings": (nested("f'{a:", "", "}'", 2), None),
    "if": (blocks("if a:", 99), None),
    "if, beyond": (blocks("if a:", 150), BROKEN),
    "def": (blocks("def f():", 95), None),
    "class": (blocks("class A:", 95), None),
    "elif": (f"{BAD}if a: KernelConfig\n" + "elif a: pass\n" * 3_000, None),
    "decorators": (f"{BAD}{'@a' + chr(10)}" * 3_000 + "def f(): pass\n", None),
    "with": (f"{BAD}with {'(' * 150}a{')' * 150}: KernelConfig\n", READ),
    "case, lists": (case("[", "]", 90), BROKEN),
    "case, mappings": (case("{1: ", "}", 20), BROKEN),
    "case, classes": (case("A(b=", ")", 90), BROKEN),
    "never closed": (f"{BAD}x = {'(' * 150}\n", BROKEN),
    "never closed, mixed": (f"{BAD}x = {'([{' * 50}\n", BROKEN),
    "a mapping of dicts": (within("{'a': ", 150, "}"), None),
    "a mapping of sums": (within("'a' + ", 300, ""), None),
    "merges": (doubled("|"), None),
    "merges by stars": (starred(), None),
    "concatenations": (doubled("+"), None),
}

LONG = {
    "a line of a list": (f"{BAD}x = [{'1, ' * 60_000}]\n", READ),
    "a string": (f"{BAD}x = '{'x' * 990_000}'\n", READ),
    "a comment": (f"{BAD}# {'x' * 990_000}\n", READ),
    "a name": (f"{BAD}{'x' * 100_000} = 1\n", READ),
    "five megabytes": (f"{BAD}{'x = 1' + chr(10)}" + "x = 1\n" * 850_000, BROKEN),
    "five megabytes in a line": (f"{BAD}x = '{'x' * 5_000_000}'\n", BROKEN),
    "blanks in a decorator": (
        f"{IMPORT}{BAD}@use_kernel_forward_from_hub({' ' * 900_000}\n",
        BROKEN,
    ),
    "decorators without an end": (
        f"{IMPORT}{BAD}" + f"@use_kernel_forward_from_hub({' ' * 390}\n" * 2_000,
        BROKEN,
    ),
    "an import without an end": (
        f"{BAD}from transformers.integrations import ({'use_kernel_forward_from_hub, ' * 30_000}\n",
        BROKEN,
    ),
    "imports without an end": (
        f"{BAD}" + "from a import (use_kernel_forward_from_hub # \n" * 15_000,
        BROKEN,
    ),
    "a name in an import": (f"{BAD}from {'a.' * 20_000}b import (KernelConfig\n", BROKEN),
    "blank lines": ("\n" * 60_000 + BAD, READ),
    "lines of blanks": ("   \n" * 40_000 + BAD, READ),
    "blanks": (f"{BAD}x = 1{' ' * 900_000}\n", READ),
    "double quotes": (BAD + '"' * 300_001 + "\n", None),
    "single quotes": (BAD + "'" * 300_001 + "\n", None),
    "quotes in lines": (BAD + "'\n\"\n" * 60_000, None),
    "triple quotes": (f'{BAD}"""' + '""\\"' * 200_000, None),
    "backslashes": (f"{BAD}{chr(92) * 900_000}\n", BROKEN),
    "backslashes in a string": (f"{BAD}x = '{chr(92) * 900_001}'\n", BROKEN),
    "backslashes and lines": (BAD + "\\\n" * 100_000, None),
    "ends of calls": (f"{BAD}{')' * 900_000}\n", BROKEN),
    "setattr": (f"{BAD}{'setattr(' * 100_000}\n", BROKEN),
    "setattr with blanks": (f"{BAD}setattr{' ' * 900_000}\n", READ),
    "words": (f"{BAD}{'ernel' * 180_000}\n", READ),
    "words in a row": (BAD + "KernelConfig\n" * 7_000, READ),
    "words in a string": (f"{BAD}x = '{'KernelConfig ' * 70_000}'\n", READ),
    "a kernel without an end": (f"{BAD}x = '{'a' * 900_000}\n", BROKEN),
    "kernels without an end": (f"{BAD}{chr(39) + 'a/a' * 300_000}\n", None),
    "kernels in a row": (BAD + "'a/a:a" * 150_000 + "\n", None),
    "noqa": (f"{BAD}# noqa: {'KL104, ' * 10_000}\n", READ),
    "noqa in a row": (BAD + "# noqa\n" * 100_000, READ),
    "directives": (BAD + "# kernlint: " * 80_000 + "\n", None),
}

_GERMAN = BAD.replace("print", "größe = 'Größe'\nprint")
ODD = {
    "latin-1": (_GERMAN.encode("latin-1"), BROKEN),
    "latin-1, declared": (b"# coding: latin-1\n" + _GERMAN.encode("latin-1"), READ),
    "utf-7, declared": (b"# coding: utf-7\n" + BAD.encode(), BROKEN),
    "utf-16": (BAD.encode("utf-16"), BROKEN),
    "utf-32": (BAD.encode("utf-32"), BROKEN),
    "shift_jis": (b"# coding: shift_jis\n" + f"{BAD}# 日本語\n".encode("shift_jis"), READ),
    "an unknown cookie": (b"# coding: klingon\n" + BAD.encode(), BROKEN),
    "rot13": (b"# coding: rot13\n" + BAD.encode(), BROKEN),
    "a mark": (codecs.BOM_UTF8 + BAD.encode(), READ),
    "a mark and its cookie": (codecs.BOM_UTF8 + b"# coding: utf-8\n" + BAD.encode(), READ),
    "a mark and another": (codecs.BOM_UTF8 + b"# coding: latin-1\n" + BAD.encode(), BROKEN),
    "two marks": (codecs.BOM_UTF8 * 2 + BAD.encode(), BROKEN),
    "half a mark": (codecs.BOM_UTF8[:2] + BAD.encode(), BROKEN),
    "a surrogate": (BAD.encode() + b"# \xed\xa0\x80\n", BROKEN),
    "noise": (BAD.encode() + bytes(range(256)) * 100, BROKEN),
    "a null byte": (BAD.encode() + b"\0\n", BROKEN),
    "a null byte in a comment": (BAD.encode() + b"# \0\n", None),
    "a null byte before": (b"\0" + BAD.encode(), BROKEN),
    "null bytes": (BAD.encode() + b"\0" * 900_000, BROKEN),
    "returns and feeds": (BAD.replace("\n", "\r\n").encode(), READ),
    "returns": (BAD.replace("\n", "\r").encode(), READ),
    "a mixture": (b"x = 1\r\ny = 2\rz = 3\n" + BAD.encode() + b"\r", READ),
    "form feeds": (BAD.replace("\n", "\n\f").encode(), READ),
    "form feeds in lines": (b"\f \f\t" + BAD.encode(), None),
    "a control character": (BAD.encode() + b"\x1a", BROKEN),
    "tabs and blanks": (f"{BAD}if a:\n\tx = 1\n        y = KernelConfig\n".encode(), None),
    "no end of line": (BAD.strip().encode(), READ),
    "python 2": (f"{BAD}print 'KernelConfig'\nexec 'x'\n".encode(), BROKEN),
    "python 2, backticks": (f"{BAD}x = `KernelConfig`\n".encode(), BROKEN),
    "python 2, octal": (f"{BAD}x = 0777\n".encode(), BROKEN),
    "python 3.12": (f"{BAD}type A = int\ndef f[T](x: T): pass\n".encode(), READ),
    "python 3.14": (f"{BAD}x = t'{{y}}'\ntry: x\nexcept A, B: pass\n".encode(), READ),
    "python 3.99": (f"{BAD}unless KernelConfig: pass\n".encode(), BROKEN),
    "jinja": (f"{BAD}{{% if KernelConfig %}}\nx = {{{{ x }}}}\n{{% endif %}}\n".encode(), BROKEN),
    "a conflict": (f"<<<<<<< HEAD\n{BAD}=======\n{BAD}>>>>>>> other\n".encode(), BROKEN),
    "a notebook": (f"{BAD}%matplotlib inline\n!ls\n".encode(), BROKEN),
    "exotic blanks": (f"{BAD}x\u00a0= 1\u2028\u3000KernelConfig\n".encode(), BROKEN),
    "exotic names": (f"{BAD}\u212aernelConfig = \U0001d50eernel = 1\n".encode(), READ),
    "large numbers": (f"{BAD}x = {'9' * 10_000}\nKernelConfig({{x: x}})\n".encode(), None),
    "powers": (f"{BAD}x = 9 ** 9 ** 9 ** 9\nKernelConfig({{'A': 'a' * x}})\n".encode(), None),
    "long texts": (f"{BAD}KernelConfig({{'a' * 10**12: [0] * 10**12}})\n".encode(), None),
    "shifts": (f"{BAD}KernelConfig({{1 << 10**12: f'{{1:>9999999999}}'}})\n".encode(), None),
}

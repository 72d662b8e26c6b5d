"""Small programs for the evaluation, by construct.

Each makes one config. ``FLAG`` and ``OTHER`` come from outside, so that every
combination of them can be run.
"""

from __future__ import annotations

PRELUDE = """import copy, os
from transformers import KernelConfig
FLAG = os.environ.get("FLAG")
OTHER = os.environ.get("OTHER")
"""

ALTERNATIVES = (
    "KernelConfig({'A': 'a' if FLAG else 'b'})",
    "KernelConfig({'A': 'a'} if FLAG else {'B': 'b'})",
    "M = {'A': 'a'} if FLAG else {'B': 'b'}\nKernelConfig({**M, 'C': 'c'})",
    "KernelConfig({'A': 'a' if FLAG else ('b' if OTHER else 'c'), 'B': 'd'})",
    "KernelConfig({'A': 'a' if 1 == 1 else 'b'})",
    "USE = False\nKernelConfig({'A': 'a' if USE else 'b'})",
    "if FLAG:\n    M = {'A': 'a'}\nelse:\n    M = {'B': 'b'}\nKernelConfig(M)",
    (
        "if FLAG:\n    M, N = 1, 2\n    K = 'a'\n    V = 'x'\nelse:\n    K = 'b'\n    V = 'y'\n"
        "KernelConfig({K: V})"
    ),
    (
        "if FLAG:\n    M = {'A': 'a'}\nelif OTHER:\n    M = {'B': 'b'}\nelse:\n    M = {'C': 'c'}\n"
        "def f():\n    return KernelConfig(M)\nf()"
    ),
    "M = {'A': 'a'}\nif FLAG:\n    M = {'B': 'b'}\nKernelConfig(M)",
    "M = {'A': 'a'}\nM = {'B': 'b'}\nKernelConfig(M)",
    (
        "def f():\n    m = {'A': 'a'}\n    if FLAG:\n"
        "        if OTHER:\n            m = {'B': 'b'}\n"
        "        else:\n            m = {'C': 'c'}\n    return KernelConfig(m)\nf()"
    ),
    "if FLAG:\n    M = {'A': 'a'}\n    C = KernelConfig(M)\nelse:\n    M = {'B': 'b'}",
    (
        "if FLAG:\n    M = {'A': 'a'}\nelse:\n    M = {'B': 'b'}\n    def f():\n"
        "        return KernelConfig(M)\n    f()"
    ),
)

CHANGES = (
    "M = dict.fromkeys(['A', 'B'], {})\nM['A']['cuda'] = 'a'\nKernelConfig(M)",
    "M = dict.fromkeys(['A', 'B'], {})\nN = M.get('A')\nN['cuda'] = 'a'\nKernelConfig(M)",
    "D = {}\nN = {}.get('A', D)\nN['cuda'] = 'a'\nKernelConfig({'A': D})",
    "M = {}\nM['A'] = 'a'\nKernelConfig(M)",
    "M = {'A': 'a'}\nM['A'] = 'b'\nM['B'] = M2 = 'c'\nKernelConfig({'X': M2})",
    "M = {'A': 'a'}\nM.update({'A': 'b', 'C': 'c'})\nKernelConfig(M)",
    "M = {'A': 'a'}\nM.update(A='b', C='c')\nM.update({'D': 'd'}, E='e')\nKernelConfig(M)",
    "M = {'A': 'a'}\nM |= {'B': 'b'}\nM |= {'A': 'c'}\nKernelConfig(M)",
    "M = {'A': 'a'}\nM.setdefault('A', 'b')\nM.setdefault('B', 'c')\nM.setdefault('C')\nKernelConfig(M)",  # noqa: E501
    "M = {'A': 'a', 'B': 'b'}\ndel M['A']\nKernelConfig(M)",
    "M = {'A': 'a', 'B': 'b'}\nM.pop('A')\nM.pop('C', None)\nM['A'] = 'c'\nKernelConfig(M)",
    "def f():\n    m = {}\n    m['A'] = 'a' if FLAG else 'b'\n    return KernelConfig(m)\nf()",
    "def f():\n    m = {}\n    m['A'] = 'a'\ndef g():\n    m = {'B': 'b'}\n    return KernelConfig(m)\nf()\ng()",  # noqa: E501
    "if FLAG:\n    M = {'A': 'a'}\nelse:\n    M = {'B': 'b'}\nM['C'] = 'c'\nKernelConfig(M)",
    "BASE = {'A': 'a'}\nM = dict(BASE)\nM['B'] = 'b'\nKernelConfig({'X': [M, BASE]})",
    "BASE = {'A': 'a'}\nM = BASE.copy()\nM['B'] = 'b'\nKernelConfig({'X': [M, BASE]})",
    "BASE = {'A': 'a'}\nM = copy.deepcopy(BASE)\nM['B'] = 'b'\nKernelConfig({'X': [M, BASE]})",
    "M = dict.fromkeys(['A', 'B'], 'a')\nKernelConfig(M)",
    "M = dict.fromkeys(('A', 'B'))\nM['A'] = copy.copy('x')\nKernelConfig(M)",
    "N = 'A'\nM = {'A': 'a'}\nM[N] = {'cuda': 'b'}\ndel M[N]\nKernelConfig(M)",
    "M = {'A': 'a'}\nwith open(os.devnull) as f:\n    M['B'] = 'b'\nKernelConfig(M)",
    "M = {}\nif FLAG:\n    M['A'] = 'a'\nKernelConfig(M)",
    "M = {}\nfor name in 'AB':\n    M[name] = 'a'\nKernelConfig(M)",
    "M = {}\nC = KernelConfig(M)\nM['A'] = 'a'",
    "M = {}\nN = M\nN['A'] = 'a'\nKernelConfig(M)",
    "M = {}\nN = M\nM['A'] = 'a'\nKernelConfig(N)",
    "M = {}\ndef f():\n    M['A'] = 'a'\nf()\nKernelConfig(M)",
    "M = {}\ndef f():\n    global M\n    M['A'] = 'a'\nf()\nKernelConfig(M)",
    "M = {}\ndef f():\n    return KernelConfig(M)\nM['A'] = 'a'\nf()",
    "M = {}\nx = FLAG or M.update(A='a')\nKernelConfig(M)",
    "M = {}\nM['A'] = N = {}\nKernelConfig(M)",
    "M = {'A': {}}\nM['A']['cuda'] = 'a'\nKernelConfig(M)",
    "M = {}\nM.update([('A', 'a')])\nKernelConfig(M)",
    "M = {'A': 'a'}\nM.clear()\nKernelConfig(M)",
    "M = {'A': 'a'}\nM.popitem()\nKernelConfig(M)",
)

CHANGES_OUTSIDE = ("M = {}\nM[FLAG] = 'a'\nM.pop('A', None)\nKernelConfig(M)",)

SUBSCRIPTS = (
    "T = [{'A': 'a'}][:1]\nKernelConfig(T[0])",
    "T = {'A': {'B': 'b'}}\nKernelConfig(T['A'])",
    "T = {'A': {'B': 'b'}}\nKernelConfig({'X': T['A']['B']})",
    "T = [{'A': 'a'}, {'B': 'b'}]\nKernelConfig(T[0] | T[-1])",
    "T = ({'A': 'a'},)\nKernelConfig(T[0])",
    "T = {'A': 'a'}\nKernelConfig({'X': T.get('A'), 'Y': T.get('B'), 'Z': T.get('B', 'c')})",
    "T = {1: {'A': 'a'}}\nKernelConfig(T[True])",
    "T = {'A': {'X': 'a'}, 'B': {'X': 'b'}}\nKernelConfig(T['A' if FLAG else 'B'])",
    "T = {}\nT['A'] = {'B': 'b'}\nKernelConfig(T['A'])",
    "T = {('A', 1): {'A': 'a'}}\nN = 'A'\nKernelConfig(T[N, 1])",
    "KernelConfig({'A': 'abc'[0]})",
)

SUBSCRIPTS_OUTSIDE = (
    "T = {'A': {'X': 'a'}, None: {}, '': {}, '1': {}}\nKernelConfig(T[FLAG])",
    "T = {**os.environ, 'A': {}}\nKernelConfig(T['A'])",
)

STRINGS = (
    "KernelConfig({'A': '%s:%s' % ('a/b', 'C')})",
    "KernelConfig({'A': 'a/%s:C' % 'b', 'B': '100%%' % ()})",
    "KernelConfig({'A': '%(r)s:C%%' % {'r': 'a/b'}})",
    "KernelConfig({'A': '{}:{}'.format('a/b', 'C')})",
    "KernelConfig({'A': '{1}/{0}:{name}'.format('b', 'a', name='C')})",
    "KernelConfig({'A': '{{{}}} {!s}'.format('b', 1)})",
    "KernelConfig({'A': '/'.join(['a', 'b'])})",
    "N = ['a', 'b']\nKernelConfig({'A': ':'.join(('/'.join(N), 'C'))})",
    "KernelConfig({' A '.strip(): 'xax'.strip('x'), 'b'.upper(): 'C'.lower()})",
    "KernelConfig({str(1): str('a'), str(None): str(1.5)})",
    "R = 'a/b'\nKernelConfig({'A': f'{R!s}:C', 'B': f'{1}{True}{None}'})",
    "R = 'a/{}:{}'\nKernelConfig({'A': R.format('b', 'C' if FLAG else 'D')})",
    "KernelConfig({'A': 'a/b' + ':' + 'C'.title()})",
    "KernelConfig({'A': 'a'.replace('a', 'b')})",
)

STRINGS_OUTSIDE = (
    "KernelConfig({'A': '%d' % 1})",
    "KernelConfig({'A': '%5s' % 'a'})",
    "KernelConfig({'A': '{:>5}'.format('a')})",
    "KernelConfig({'A': '{0[0]}'.format('a')})",
    "KernelConfig({'A': '{!r}'.format('a')})",
    "KernelConfig({'A': f'{1:>5}'})",
    "KernelConfig({'A': f'{1!r}'})",
    "KernelConfig({'A': 'a'.center(5)})",
    "KernelConfig({'A': '/'.join({'a', 'b'})[:0]})",
)

FUNCTIONS = (
    "KernelConfig({'A': sorted(['b', 'a'])})",
    "KernelConfig({'A': list({'b': 1, 'a': 2}), 'B': tuple(['x'])})",
    "KernelConfig({'A': list(reversed(['b', 'a'])), 'B': set(['x', 'x'])})",
    "KernelConfig({'A': list(zip(['a', 'b'], range(3)))})",
    "KernelConfig({'A': list(enumerate('ab'.join(['x', 'y']) and ['p', 'q']))} if 0 else {})",
    "KernelConfig({'A': list(enumerate(['p', 'q'])), 'B': list(range(5, 0, -2))})",
    "T = {'A': 'a'}\nKernelConfig({'K': list(T.keys()), 'V': list(T.values()), 'I': list(T.items())})",  # noqa: E501
    "KernelConfig({'A': sorted({'b', 'a'}), 'B': [1] + [2], 'C': list()})",
    "KernelConfig({'A': list('ab')})",
    "KernelConfig({'A': sorted([2, 1])})",
)

FUNCTIONS_OUTSIDE = (
    "KernelConfig({'A': list({'b'})})",
    "KernelConfig({'A': sorted(['b', 'a'], reverse=True)})",
    "KernelConfig({'A': list(range(2_000))})",
)

LOOPS_OUTSIDE = (
    (
        "def f():\n    for name in os.environ.get('NAMES', '').split(','):\n"
        "        return {'A': name}\n    return {}\nKernelConfig(f())"
    ),
)

INSIDE = {
    "alternatives": ALTERNATIVES,
    "changes": CHANGES,
    "subscripts": SUBSCRIPTS,
    "strings": STRINGS,
    "functions": FUNCTIONS,
}
OUTSIDE = {
    "loops": LOOPS_OUTSIDE,
    "changes": CHANGES_OUTSIDE,
    "subscripts": SUBSCRIPTS_OUTSIDE,
    "strings": STRINGS_OUTSIDE,
    "functions": FUNCTIONS_OUTSIDE,
}

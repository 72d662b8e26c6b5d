"""The table of the rules is what their classes say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from kernlint.rules.base import KINDS, Rule
from kernlint.rules.registry import all_rules, rule
from kernlint.rules.table import ENTRIES
from tools import gen_rules


def test_the_table_is_up_to_date() -> None:
    with open(gen_rules.PATH, encoding="utf-8") as file:
        assert file.read() == gen_rules.text()


def test_every_entry_says_what_the_rule_says() -> None:
    for entry, each in zip(ENTRIES, all_rules(), strict=True):
        assert (entry.code, entry.name) == (each.code, each.name)
        assert (entry.default_on, entry.whole_project) == (each.default_on, each.whole_project)
        assert entry.is_about_runtime == each.is_about_runtime
        assert rule(entry.code) is each
        looks_at = {kind for kind in KINDS if kind in vars(type(each))}
        assert looks_at <= entry.kinds


def test_what_rules_look_at_are_their_methods() -> None:
    assert all(callable(getattr(Rule, kind)) for kind in KINDS)


def test_a_project_without_configs_loads_few_rules(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from kernlint.api import check\n"
        "from kernlint.config import load_settings\n"
        "open('a.py', 'w').write('from kernels import use_kernel_forward_from_hub\\n'"
        " '@use_kernel_forward_from_hub(\"RMSNorm\")\\nclass Norm: pass\\n')\n"
        "result = check(load_settings(None, {}), ['a.py'])\n"
        "assert result.counts.declarations == 1\n"
        "print(*[f'kernlint.rules.{name}' in sys.modules for name in ('declarations', 'layers')])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == "True False\n"

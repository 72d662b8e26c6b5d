"""The real command in a folder of hostile files: bounded in time and memory, and watched."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

#: A run may take so long, in seconds, and so much memory, in bytes.
SECONDS = 40
MEMORY = 2 << 30

#: A module that would leave a trace if it were run, and in which KL104 is found.
CANARY = 'open("canary", "w").close()\n'
BAD = f"""{CANARY}from transformers import KernelConfig
config = KernelConfig({{"RMSNorm": {{"cudda": "kernels-community/liger-kernels:LigerRMSNorm"}}}})
print(config)
"""
_FINDING = re.compile(r"^(?P<path>[^:\n]*):(?:\d+:\d+:)? (?P<code>KL\d+) ", re.MULTILINE)


class Outcome(NamedTuple):
    """What a run came to; ``codes`` are those of each file of which something was found."""

    status: int
    codes: dict[str, set[str]]
    out: str
    err: str


class Hostile:
    """A folder, and the command in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, content: bytes | str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def check(self, *argv: str) -> Outcome:
        """Run the command; it must end, say no more than it should and write to the cache alone."""
        before = self._listing()
        done = subprocess.run(
            [sys.executable, "-m", "kernlint", "--output-format", "concise", *argv],
            cwd=self.path,
            env={name: value for name, value in os.environ.items() if "KERNLINT" not in name},
            capture_output=True,
            check=False,
            timeout=SECONDS,
            stdin=subprocess.DEVNULL,
            preexec_fn=_limit,
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        assert "Traceback" not in err, err
        assert "internal error" not in out + err, out + err
        assert "kernlint failed" not in out, out
        assert done.returncode in {0, 1, 2, 3}, (done.returncode, err)
        assert self._listing() == before
        assert not (self.path / "canary").exists()
        codes: dict[str, set[str]] = {}
        for found in _FINDING.finditer(out):
            codes.setdefault(found["path"], set()).add(found["code"])
        return Outcome(done.returncode, codes, out, err)

    def _listing(self) -> list[tuple[str, int, int]]:
        found = []
        for folder, folders, files in os.walk(self.path):
            if ".kernlint_cache" in folders:
                folders.remove(".kernlint_cache")
            for name in (*folders, *files):
                path = os.path.join(folder, name)
                status = os.lstat(path)
                size = 0 if name in folders else status.st_size
                modified = 0 if name in folders else status.st_mtime_ns
                found.append((path, size, modified))
        return sorted(found)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@pytest.fixture
def hostile(tmp_path: Path) -> Hostile:
    """An empty folder."""
    path = tmp_path / "project"
    path.mkdir()
    return Hostile(path)

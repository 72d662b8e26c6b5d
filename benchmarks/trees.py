"""What is linted: a released wheel, unpacked, and trees that are made of it."""

from __future__ import annotations

import glob
import itertools
import os
import random
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Sequence

from benchmarks.process import FailedError

#: What is linted, a project and its release.
WHEEL = ("transformers", "5.22.2")

#: How many copies of the tree show what a larger tree costs.
COPIES = 10

#: A file of a model, with declarations of layers, and one without a kernel word.
MODEL_FILE = "transformers/models/llama/modeling_llama.py"
PLAIN_FILE = "transformers/models/llama/configuration_llama.py"

#: What the development tree of transformers has beside its package: tests and pages with configs.
CONFIGS = {
    "tests/test_kernels.py": """
from transformers import AutoModelForCausalLM, KernelConfig


def test_device():
    config = KernelConfig({"RMSNorm": {"cuda": "kernels-community/liger-kernels:LigerRMSNorm"}})
    model = AutoModelForCausalLM.from_pretrained("org/model")
    model.set_use_kernels(True, config)


def test_loading():
    config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
    return AutoModelForCausalLM.from_pretrained(
        "org/model", use_kernels=True, kernel_config=config, device_map="cuda"
    )
""",
    "docs/kernels.md": """# Kernels

```python
from transformers import AutoModelForCausalLM, KernelConfig

config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
model = AutoModelForCausalLM.from_pretrained(
    "org/model", use_kernels=True, kernel_config=config, device_map="cuda"
)
```
""",
}

# A cache cannot trust the times of a file that was written just now.
_SETTLED = 3.0


def wheel_folder() -> str:
    """Where wheels are kept unless an option says otherwise."""
    return os.environ.get("KERNLINT_WHEELS", ".wheels")


def fetch_wheel(folder: str, project: str, release: str) -> str:
    """The path of a wheel in a folder, downloaded where it is not there.

    Raises:
        FailedError: It cannot be downloaded.
    """
    pattern = os.path.join(glob.escape(folder), f"{project}-{release}-*.whl")
    found = glob.glob(pattern)
    if not found:
        os.makedirs(folder, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
        done = subprocess.run([*pip, f"{project}=={release}"], check=False, capture_output=True)
        found = glob.glob(pattern)
        if done.returncode or not found:
            raise FailedError(f"{project} {release} cannot be downloaded")
    return found[0]


class Trees:
    """The trees below a folder, each made when it is first asked for."""

    def __init__(self, folder: str, wheel: str) -> None:
        self._folder = folder
        self._wheel = wheel
        self._written = 0.0

    def settle(self) -> None:
        """Wait until what was written last is no longer new."""
        time.sleep(max(0.0, self._written + _SETTLED - time.time()))

    def tree(self, name: str = "tree") -> str:
        """The files of the wheel; each name is a tree of its own."""
        folder = os.path.join(self._folder, name)
        if not os.path.exists(folder):
            with zipfile.ZipFile(self._wheel) as archive:
                archive.extractall(folder)
            self._written = time.time()
        return folder

    def with_configs(self) -> str:
        """The tree with a module of tests and a page of documentation that make configs."""
        folder = os.path.join(self._folder, "configs")
        if not os.path.exists(folder):
            self.tree("configs")
            for path, text in CONFIGS.items():
                os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
                with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
                    file.write(text)
            self._written = time.time()
        return folder

    def without_kernels(self) -> str:
        """The tree without the files that hold the word kernel, however it is written."""
        folder = os.path.join(self._folder, "no-kernels")
        if not os.path.exists(folder):
            for path in python_files(self.tree("no-kernels")):
                with open(path, "rb") as file:
                    mentions = b"kernel" in file.read().lower()
                if mentions:
                    os.remove(path)
            self._written = time.time()
        return folder

    def copies(self) -> str:
        """A folder with ten copies of the tree, each in a folder of its own."""
        folder = os.path.join(self._folder, "copies")
        if not os.path.exists(folder):
            for number in range(1, COPIES + 1):
                self.tree(os.path.join("copies", f"copy{number:02}"))
        return folder

    def sample(self, count: int, seed: int) -> str:
        """A folder with some files of the tree, drawn at random, always the same for a seed."""
        folder = os.path.join(self._folder, f"sample-{count}-{seed}")
        if not os.path.exists(folder):
            tree = self.tree()
            files = sorted(python_files(tree))
            for path in random.Random(seed).sample(files, min(count, len(files))):
                copy = os.path.join(folder, os.path.relpath(path, tree))
                os.makedirs(os.path.dirname(copy), exist_ok=True)
                shutil.copyfile(path, copy)
            self._written = time.time()
        return folder

    def one_line(self) -> str:
        """A folder with a single file of one line, which shows what a start costs."""
        folder = os.path.join(self._folder, "one-line")
        if not os.path.exists(folder):
            os.makedirs(folder)
            with open(os.path.join(folder, "one.py"), "w", encoding="utf-8") as file:
                file.write("import torch\n")
            self._written = time.time()
        return folder

    def cache(self, name: str) -> str:
        """A folder for a cache, which is not made."""
        return os.path.join(self._folder, "caches", name)


class Change:
    """A file that gets another line at its end before each run."""

    def __init__(self, path: str) -> None:
        self._path = path
        with open(path, "rb") as file:
            self._original = file.read()
        self._numbers = itertools.count(1)

    def apply(self) -> None:
        """Make the file differ from all that it was."""
        with open(self._path, "wb") as file:
            file.write(b"%sCHANGED = %d\n" % (self._original, next(self._numbers)))

    def restore(self) -> None:
        """Make the file what it was at first."""
        with open(self._path, "wb") as file:
            file.write(self._original)


def python_files(folder: str) -> Iterator[str]:
    """The paths of all Python files below a folder."""
    for parent, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".py"):
                yield os.path.join(parent, name)


def size(paths: Sequence[str]) -> int:
    """The bytes of some files together."""
    return sum(os.path.getsize(path) for path in paths)

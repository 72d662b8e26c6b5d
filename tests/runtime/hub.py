"""A Hub of kernels that fail, the cache of one, and the environment of a process that uses it.

Every local kernel of ``tests/runtime/kernels.py`` is ``kernels-community/NAME``, too. What only a
Hub can answer has repositories of its own.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tests.real.fake_hub import FakeHub, Repo, World, commit_of, files_of
from tests.real.runner import SILENT
from tests.runtime.kernels import KERNELS, LAYER, LocalKernel, files, layer

TRUSTED = "kernels-community"

#: Nothing listens there.
NETWORK_DOWN = "http://127.0.0.1:9"


def _repo(kernel: LocalKernel, branches: tuple[str, ...] = ("main", "v1", "v2")) -> Repo:
    def build(identity: str) -> Mapping[str, bytes]:
        return {name: text.encode() for name, text in files(kernel, identity).items()}

    return Repo("", kernel.variant, branches, build)


_GOOD = KERNELS["good"]
_SM_80A = {"backend": {"type": "cuda", "archs": ["8.0a"]}}

REPOS: dict[str, Repo] = {
    **{f"{TRUSTED}/{name}": _repo(kernel) for name, kernel in KERNELS.items()},
    # A repository without versions, and one without a build.
    f"{TRUSTED}/main-only": _repo(_GOOD, ("main",)),
    f"{TRUSTED}/no-build": Repo("", None),
    # Builds for another accelerator, Python ABI and machine.
    f"{TRUSTED}/rocm-only": _repo(
        LocalKernel(layer(), variant="torch213-cxx11-rocm70-x86_64-linux")
    ),
    f"{TRUSTED}/old-torch": _repo(LocalKernel(layer(), variant="torch27-cxx11-cu126-x86_64-linux")),
    f"{TRUSTED}/arm-only": _repo(
        LocalKernel(layer(), variant="torch213-cxx11-cu130-aarch64-linux")
    ),
    # Built for one architecture of GPUs alone.
    f"{TRUSTED}/sm-80a": _repo(LocalKernel(layer(), metadata=_SM_80A)),
    # Publishers that nobody vouches for: an organisation, and a user.
    "untrusted/good": _repo(_GOOD),
    "somebody/good": _repo(_GOOD),
}

WORLD = World(REPOS, {TRUSTED: True, "untrusted": False})


def hub() -> FakeHub:
    """The Hub, a context manager; its address is ``url``."""
    return FakeHub(WORLD)


def named(name: str, organization: str = TRUSTED) -> str:
    """The text for a mapping: ``organization/name:Layer``."""
    return f"{organization}/{name}:{LAYER}"


def environment(hf_home: Path, endpoint: str, **more: str) -> dict[str, str]:
    """The environment of a process that uses this Hub and no other, and keeps its own cache.

    Variables that turn telemetry off are left out: with them, kernels 0.17.2 reaches no Hub.
    """
    kept = {
        key: value
        for key, value in os.environ.items()
        if key not in SILENT and not key.startswith(("HF_", "HUGGING", "TRANSFORMERS_"))
    }
    return kept | {"HF_HOME": str(hf_home), "HF_ENDPOINT": endpoint, "OMP_NUM_THREADS": "1"} | more


def fill_cache(hf_home: Path, repo_id: str, branch: str = "v1", *, refs: bool = True) -> str:
    """Put a branch into the Hub's cache as a download leaves it; its commit.

    Without ``refs`` the name of the branch is not kept, as after loading by ``version=``.
    """
    commit = commit_of(repo_id, branch)
    folder = hf_home / "hub" / f"kernels--{repo_id.replace('/', '--')}"
    for path, content in files_of(REPOS[repo_id], repo_id, branch).items():
        file = folder / "snapshots" / commit / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    if refs:
        (folder / "refs").mkdir(parents=True, exist_ok=True)
        (folder / "refs" / branch).write_text(commit, encoding="ascii")
    return commit

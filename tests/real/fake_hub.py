"""A small local Hub for kernel repositories: just the routes that loading a kernel asks for.

Point ``HF_ENDPOINT`` at ``FakeHub.url`` before huggingface_hub is imported. Every repository has
the branches ``main`` and ``v1`` to ``v4``, each with its own commit, and kernels of pure Python
in a ``torch-universal`` build, so that any torch on any machine can load them. A ``World`` holds
other repositories.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

BRANCHES = ("main", "v1", "v2", "v3", "v4")
UNIVERSAL = "torch-universal"

_LAYER = """
class {name}(nn.Module):
    can_torch_compile = True

    def forward(self, hidden_states):
        return hidden_states * self.weight
"""
_LAYOUT = """
class {name}Layout(nn.Module):
    def __init__(self, *args, **kwargs):
        super().__init__()
        size = args[0] if args and isinstance(args[0], int) else 8
        self.weight = nn.Parameter(torch.ones(size))
"""
_SILU = """
class Silu(nn.Module):
    can_torch_compile = True

    def forward(self, input):
        return nn.functional.silu(input)
"""
_ROTARY = """
class apply_rotary_transformers(nn.Module):
    can_torch_compile = True

    def forward(self, q, k, cos, sin, unsqueeze_dim=1):
        return q, k
"""


class Repo(NamedTuple):
    """A kernel repository: the Python source of its layers, and the name of its only build.

    ``build`` makes the files of the build of an identity, where these are to be others. A
    repository with the variant None has no build at all.
    """

    layers: str
    variant: str | None = UNIVERSAL
    branches: tuple[str, ...] = BRANCHES
    build: Callable[[str], Mapping[str, bytes]] | None = None


REPOS = {
    "kernels-community/liger-kernels": Repo(_LAYER.format(name="LigerRMSNorm")),
    "kernels-community/activation": Repo(_SILU),
    "kernels-community/rmsnorm": Repo(_LAYER.format(name="RMSNorm")),
    "kernels-community/rotary": Repo(_ROTARY),
    "kernels-community/aiter-rope": Repo(_ROTARY),
    "kernels-community/stateful": Repo(
        _LAYER.format(name="StatefulNorm") + _LAYOUT.format(name="StatefulNorm")
    ),
    "kernels-community/other-build": Repo(_LAYER.format(name="L"), variant="torch-rocm"),
    "a/b": Repo(_LAYER.format(name="L")),
    "untrusted/norms": Repo(_LAYER.format(name="L")),
}
ORGANIZATIONS = {"kernels-community": True, "a": True, "untrusted": False}
"""Organisation to whether the Hub vouches for its kernels; any other answers 404."""


class World(NamedTuple):
    """What a Hub knows of: repositories and organisations."""

    repos: Mapping[str, Repo]
    organizations: Mapping[str, bool]


WORLD = World(REPOS, ORGANIZATIONS)


def commit_of(repo_id: str, branch: str) -> str:
    """The 40 hex digits of a branch's commit."""
    return hashlib.sha1(f"{repo_id}@{branch}".encode()).hexdigest()


def build_files(identity: str, layers: str) -> dict[str, bytes]:
    """The files of one build, by name. ``identity`` becomes the name of the imported package."""
    metadata = {
        "id": identity,
        "name": "fake",
        "version": 1,
        "license": "Apache-2.0",
        "python-depends": [],
        "backend": {"type": "cpu"},
    }
    return {
        "metadata.json": json.dumps(metadata).encode(),
        "__init__.py": b'from . import layers\n\n__all__ = ["layers"]\n',
        "layers.py": f"import torch\nfrom torch import nn\n{layers}".encode(),
    }


def write_local_kernel(folder: Path, layer: str = "L") -> None:
    """Write a kernel with one layer below ``folder``, in the layout of a local repository."""
    build = folder / "build" / UNIVERSAL
    build.mkdir(parents=True)
    for name, content in build_files("_local_kernel", _LAYER.format(name=layer)).items():
        (build / name).write_bytes(content)


class Answer(NamedTuple):
    """Body, and the error code that the client turns into an exception (None: success)."""

    body: bytes
    error: str | None = None
    commit: str | None = None


def _json(value: object) -> Answer:
    return Answer(json.dumps(value).encode())


def _missing(error: str) -> Answer:
    return Answer(b"{}", error)


def _branch(world: World, repo_id: str, revision: str) -> str | None:
    name = revision.removeprefix("refs/heads/")
    branches = world.repos[repo_id].branches
    if name in branches:
        return name
    return next((branch for branch in branches if commit_of(repo_id, branch) == revision), None)


def files_of(repo: Repo, repo_id: str, branch: str) -> dict[str, bytes]:
    """The files of a branch, by path."""
    identity = "_" + re.sub(r"\W", "_", f"{repo_id}_{branch}")
    files = repo.build(identity) if repo.build else build_files(identity, repo.layers)
    if repo.variant is None:
        return {"README.md": b"No kernel.\n"}
    return {f"build/{repo.variant}/{name}": content for name, content in files.items()}


def _organization(world: World, name: str) -> Answer:
    if name not in world.organizations:
        return _missing("RepoNotFound")
    trusted = world.organizations[name]
    return _json(
        {"name": name, "fullname": name, "avatarUrl": "", "trustedKernelPublisher": trusted}
    )


def _refs(world: World, repo_id: str) -> Answer:
    branches = [
        {"name": name, "ref": f"refs/heads/{name}", "targetCommit": commit_of(repo_id, name)}
        for name in world.repos[repo_id].branches
    ]
    return _json({"branches": branches, "converts": [], "tags": []})


def _revision(world: World, repo_id: str, revision: str) -> Answer:
    branch = _branch(world, repo_id, revision)
    if branch is None:
        return _missing("RevisionNotFound")
    files = files_of(world.repos[repo_id], repo_id, branch)
    siblings = [{"rfilename": path} for path in files]
    commit = commit_of(repo_id, branch)
    return _json({"id": repo_id, "sha": commit, "author": "fake", "siblings": siblings})


def _tree(world: World, repo_id: str, revision: str, folder: str) -> Answer:
    branch = _branch(world, repo_id, revision)
    if branch is None:
        return _missing("RevisionNotFound")
    repo = world.repos[repo_id]
    if folder == "build":
        if repo.variant is None:
            return _missing("EntryNotFound")
        path = f"build/{repo.variant}"
        return _json([{"type": "directory", "oid": "0" * 40, "size": 0, "path": path}])
    return _json(
        [
            {"type": "file", "oid": hashlib.sha1(body).hexdigest(), "size": len(body), "path": path}
            for path, body in files_of(repo, repo_id, branch).items()
        ]
    )


def _resolve(world: World, repo_id: str, revision: str, path: str) -> Answer:
    branch = _branch(world, repo_id, revision)
    if branch is None:
        return _missing("RevisionNotFound")
    body = files_of(world.repos[repo_id], repo_id, branch).get(path)
    if body is None:
        return _missing("EntryNotFound")
    return Answer(body, commit=commit_of(repo_id, branch))


_REPO = r"(?P<repo>[^/]+/[^/]+)"
_ROUTES: tuple[tuple[re.Pattern[str], Callable[..., Answer]], ...] = (
    (re.compile(r"/api/organizations/(?P<repo>[^/]+)/overview"), _organization),
    (re.compile(rf"/api/kernels/{_REPO}/refs"), _refs),
    (re.compile(rf"/api/kernels/{_REPO}/revision/(.+)"), _revision),
    (re.compile(rf"/api/kernels/{_REPO}/tree/(refs/heads/[^/]+|[^/]+)(?:/(.*))?"), _tree),
    (re.compile(rf"/kernels/{_REPO}/resolve/(refs/heads/[^/]+|[^/]+)/(.+)"), _resolve),
)


def answer(path: str, world: World = WORLD) -> Answer:
    """What the Hub says to a GET of ``path`` (with its query, percent-encoded)."""
    plain = unquote(urlsplit(path).path)
    for pattern, route in _ROUTES:
        match = pattern.fullmatch(plain)
        if match is not None:
            known = route is _organization or match["repo"] in world.repos
            return route(world, *match.groups()) if known else _missing("RepoNotFound")
    return _missing("RepoNotFound")  # a repository without an organisation, for one


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._reply(with_body=True)

    def do_HEAD(self) -> None:
        self._reply(with_body=False)

    def _reply(self, *, with_body: bool) -> None:
        assert isinstance(self.server, _Server)
        reply = answer(self.path, self.server.world)
        self.send_response(200 if reply.error is None else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("ETag", f'"{hashlib.sha1(reply.body).hexdigest()}"')
        if reply.error is not None:
            self.send_header("X-Error-Code", reply.error)
        if reply.commit is not None:
            self.send_header("X-Repo-Commit", reply.commit)
        self.end_headers()
        if with_body:
            self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Stay silent: the output belongs to the tests."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, world: World) -> None:
        self.world = world
        super().__init__(("127.0.0.1", 0), _Handler)


class FakeHub:
    """Context manager that serves the fake Hub on a free local port."""

    def __init__(self, world: World = WORLD) -> None:
        self._world = world

    def __enter__(self) -> FakeHub:
        self._server = _Server(self._world)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

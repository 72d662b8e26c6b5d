"""A small local Hub for kernel repositories: just the routes that loading a kernel asks for.

Point ``HF_ENDPOINT`` at ``FakeHub.url`` before huggingface_hub is imported. Every repository has
the branches ``main`` and ``v1`` to ``v4``, each with its own commit, and kernels of pure Python
in a ``torch-universal`` build, so that any torch on any machine can load them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
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
    """A kernel repository: the Python source of its layers, and the name of its only build."""

    layers: str
    variant: str = UNIVERSAL


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


def _branch(repo_id: str, revision: str) -> str | None:
    name = revision.removeprefix("refs/heads/")
    if name in BRANCHES:
        return name
    return next((branch for branch in BRANCHES if commit_of(repo_id, branch) == revision), None)


def _files(repo_id: str, branch: str) -> dict[str, bytes]:
    repo = REPOS[repo_id]
    identity = "_" + re.sub(r"\W", "_", f"{repo_id}_{branch}")
    return {
        f"build/{repo.variant}/{name}": content
        for name, content in build_files(identity, repo.layers).items()
    }


def _organization(name: str) -> Answer:
    if name not in ORGANIZATIONS:
        return _missing("RepoNotFound")
    trusted = ORGANIZATIONS[name]
    return _json(
        {"name": name, "fullname": name, "avatarUrl": "", "trustedKernelPublisher": trusted}
    )


def _refs(repo_id: str) -> Answer:
    branches = [
        {"name": name, "ref": f"refs/heads/{name}", "targetCommit": commit_of(repo_id, name)}
        for name in BRANCHES
    ]
    return _json({"branches": branches, "converts": [], "tags": []})


def _revision(repo_id: str, revision: str) -> Answer:
    branch = _branch(repo_id, revision)
    if branch is None:
        return _missing("RevisionNotFound")
    siblings = [{"rfilename": path} for path in _files(repo_id, branch)]
    commit = commit_of(repo_id, branch)
    return _json({"id": repo_id, "sha": commit, "author": "fake", "siblings": siblings})


def _tree(repo_id: str, revision: str, folder: str) -> Answer:
    branch = _branch(repo_id, revision)
    if branch is None:
        return _missing("RevisionNotFound")
    if folder == "build":
        path = f"build/{REPOS[repo_id].variant}"
        return _json([{"type": "directory", "oid": "0" * 40, "size": 0, "path": path}])
    return _json(
        [
            {"type": "file", "oid": hashlib.sha1(body).hexdigest(), "size": len(body), "path": path}
            for path, body in _files(repo_id, branch).items()
        ]
    )


def _resolve(repo_id: str, revision: str, path: str) -> Answer:
    branch = _branch(repo_id, revision)
    if branch is None:
        return _missing("RevisionNotFound")
    body = _files(repo_id, branch).get(path)
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


def answer(path: str) -> Answer:
    """What the Hub says to a GET of ``path`` (with its query, percent-encoded)."""
    plain = unquote(urlsplit(path).path)
    for pattern, route in _ROUTES:
        match = pattern.fullmatch(plain)
        if match is not None:
            known = route is _organization or match["repo"] in REPOS
            return route(*match.groups()) if known else _missing("RepoNotFound")
    return _missing("RepoNotFound")  # a repository without an organisation, for one


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._reply(with_body=True)

    def do_HEAD(self) -> None:
        self._reply(with_body=False)

    def _reply(self, *, with_body: bool) -> None:
        reply = answer(self.path)
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


class FakeHub:
    """Context manager that serves the fake Hub on a free local port."""

    def __enter__(self) -> FakeHub:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

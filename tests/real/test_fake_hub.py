"""The fake Hub speaks as the client expects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.real.fake_hub import FakeHub, answer, build_files, commit_of, write_local_kernel


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture(scope="module")
def hub() -> Iterator[FakeHub]:
    with FakeHub() as running:
        yield running


def ask(hub: FakeHub, path: str, method: str = "GET") -> Reply:
    connection = HTTPConnection(urlsplit(hub.url).netloc, timeout=10)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return Reply(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


def test_branches_are_versions() -> None:
    branches = json.loads(answer("/api/kernels/a/b/refs").body)["branches"]
    assert [branch["name"] for branch in branches] == ["main", "v1", "v2", "v3", "v4"]
    assert branches[1]["targetCommit"] == commit_of("a/b", "v1")


@pytest.mark.parametrize(
    ("organization", "trusted"), [("kernels-community", True), ("a", True), ("untrusted", False)]
)
def test_organizations(organization: str, trusted: bool) -> None:
    overview = json.loads(answer(f"/api/organizations/{organization}/overview").body)
    assert overview["trustedKernelPublisher"] is trusted


@pytest.mark.parametrize("revision", ["v1", "refs%2Fheads%2Fv1", commit_of("a/b", "v1")])
def test_a_revision_is_a_branch_a_quoted_ref_or_a_commit(revision: str) -> None:
    tree = json.loads(answer(f"/api/kernels/a/b/tree/{revision}/build?recursive=false").body)
    assert [entry["path"] for entry in tree] == ["build/torch-universal"]


def test_whole_tree_lists_every_file() -> None:
    tree = json.loads(answer("/api/kernels/a/b/tree/v1?recursive=true").body)
    assert [entry["path"] for entry in tree] == [
        "build/torch-universal/metadata.json",
        "build/torch-universal/__init__.py",
        "build/torch-universal/layers.py",
    ]


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/api/organizations/nobody/overview", "RepoNotFound"),
        ("/api/kernels/a/nothing/refs", "RepoNotFound"),
        ("/api/kernels/nothing/refs", "RepoNotFound"),
        ("/api/kernels/a/b/revision/v9", "RevisionNotFound"),
        ("/api/kernels/a/b/tree/v9/build", "RevisionNotFound"),
        ("/kernels/a/b/resolve/v1/build/torch-universal/nothing.py", "EntryNotFound"),
    ],
)
def test_what_is_missing_has_the_hubs_error_code(hub: FakeHub, path: str, error: str) -> None:
    reply = ask(hub, path)
    assert (reply.status, reply.headers["X-Error-Code"]) == (404, error)


def test_a_file_comes_with_the_headers_of_a_download(hub: FakeHub) -> None:
    path = "/kernels/a/b/resolve/v2/build/torch-universal/metadata.json"
    head, get = ask(hub, path, "HEAD"), ask(hub, path)
    expected = build_files("_a_b_v2", "")["metadata.json"]
    assert (head.status, head.body, get.body) == (200, b"", expected)
    assert head.headers["X-Repo-Commit"] == commit_of("a/b", "v2")
    assert head.headers["Content-Length"] == str(len(expected))
    assert head.headers["ETag"] == get.headers["ETag"]


def test_every_build_has_its_own_identity() -> None:
    path = "/kernels/a/b/resolve/{}/build/torch-universal/metadata.json"
    identities = {json.loads(answer(path.format(name)).body)["id"] for name in ("main", "v1")}
    assert identities == {"_a_b_main", "_a_b_v1"}


def test_layout_stands_beside_its_layer() -> None:
    path = "/kernels/kernels-community/stateful/resolve/v1/build/torch-universal/layers.py"
    source = answer(path).body.decode()
    assert [line for line in source.splitlines() if line.startswith("class")] == [
        "class StatefulNorm(nn.Module):",
        "class StatefulNormLayout(nn.Module):",
    ]


def test_local_kernel_has_one_build(tmp_path: Path) -> None:
    write_local_kernel(tmp_path / "local")
    files = sorted(file.relative_to(tmp_path) for file in tmp_path.rglob("*") if file.is_file())
    assert [file.as_posix() for file in files] == [
        "local/build/torch-universal/__init__.py",
        "local/build/torch-universal/layers.py",
        "local/build/torch-universal/metadata.json",
    ]

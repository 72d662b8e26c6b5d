"""Which of several paths to one file counts; what the system says of each file, asked once."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence

from kernlint.model.record import Record

#: What tells a file from all others: its device and number, or its path where there is none.
Identity = tuple[int, int] | str

#: What the system says of files, by folder and name.
Statuses = dict[str, dict[str, os.stat_result]]


class Distinct(Record):
    """Regular files, each once: by absolute folder and name, and the path of each identity."""

    statuses: Statuses
    paths: dict[Identity, str]


def distinct(given: Sequence[str], listed: Iterable[tuple[str, Sequence[str]]] = ()) -> Distinct:
    """The regular files among absolute paths.

    Of several paths to a file one that is no link counts, the first ``given`` one before one that
    is only ``listed``, of which the first in order counts.

    Args:
        given: Paths.
        listed: Folders, each with names of files in it.
    """
    statuses: Statuses = {}
    paths: dict[Identity, str] = {}
    order = {path: number for number, path in reversed([*enumerate(given)])}

    def rank(path: str) -> tuple[bool, int, str]:
        return os.path.islink(path), order.get(path, len(order)), path

    # Written for speed: this is most of what a run costs in which nothing has changed.
    ask, is_file = os.stat, stat.S_ISREG
    for folder, names in _all(given, listed):
        head = folder.removesuffix(os.sep) + os.sep
        held = statuses.setdefault(folder, {})
        for name in names:
            path = head + name
            try:
                status = ask(path)
            except OSError:  # deleted but still known to git, or a broken link
                continue
            if not is_file(status.st_mode):
                continue
            identity = (status.st_dev, status.st_ino) if status.st_ino else path
            other = paths.setdefault(identity, path)
            if other is not path:
                if rank(other) <= rank(path):
                    continue
                paths[identity] = path
                del statuses[os.path.dirname(other)][os.path.basename(other)]
            held[name] = status
    return Distinct(statuses, paths)


def _all(
    given: Sequence[str], listed: Iterable[tuple[str, Sequence[str]]]
) -> Iterator[tuple[str, Sequence[str]]]:
    for path in given:
        folder, name = os.path.split(path)
        yield folder, (name,)
    yield from listed

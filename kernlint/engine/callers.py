"""What the bytes of a file hold that calls a function of another one."""

from __future__ import annotations

import os
import re


def search(path: str, name: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """What a file holds that calls a function of another one: its name, and that file's.

    A relative import may bring it from a package that hands it on.
    """
    parts = os.path.splitext(path)[0].replace(os.sep, "/").split("/")[-2:]
    module = "|".join(re.escape(part) for part in parts if part)
    return re.compile(rf"\b{re.escape(name)}\b".encode()), re.compile(
        rf"\b(?:{module})\b|\bfrom\s+\.".encode()
    )

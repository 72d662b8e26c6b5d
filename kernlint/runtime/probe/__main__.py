"""Where ``python PROBE_FOLDER JOB EVENTS`` begins.

Python has put the folder of the probe in front of ``sys.path``. There its modules would hide those
of the user with the same names (``events``, ``models``), so they become a package of their own.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys

PACKAGE = "kernlint_probe"


def bootstrap() -> None:
    """Make the folder of this file the package ``kernlint_probe`` and take it off ``sys.path``."""
    folder = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry) != folder]
    spec = importlib.util.spec_from_file_location(
        PACKAGE, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"no package in {folder}")
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)


def main() -> None:
    """Do the job that the command line names, and end without what else waits for the end.

    Threads and exit handlers of a kernel could keep the process from ending, or end it badly.
    """
    bootstrap()
    run = importlib.import_module(f"{PACKAGE}.run")
    run.main(*sys.argv[1:])
    with contextlib.suppress(OSError, ValueError):  # whoever reads them may be gone
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()

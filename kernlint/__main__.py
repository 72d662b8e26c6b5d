"""``python -m kernlint``."""

import os
import sys

if __name__ == "__main__":
    # Python looks for modules in the working directory first, which may hold the code to be read:
    # none of it may run because it is called like a module that is needed.
    if sys.path[:1] in ([""], [os.getcwd()]):
        del sys.path[0]
    from kernlint.cli import run

    run()

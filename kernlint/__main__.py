"""``python -m kernlint``."""

from kernlint.cli import run

if __name__ == "__main__":
    run()

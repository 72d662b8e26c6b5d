"""The real libraries are reached in the same way as by ``tests/real``."""

from tests.real.conftest import probe

__all__ = ["probe"]

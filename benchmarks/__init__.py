"""What kernlint costs beside other linters, measured: ``python -m benchmarks``."""

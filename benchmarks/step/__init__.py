"""A training step against every way in use of computing it: ``python -m benchmarks.step``."""

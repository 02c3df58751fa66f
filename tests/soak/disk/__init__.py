"""A disk that is full, fails, is locked, taken away, damaged or cut off: ``python -m tests.soak.disk [CASE …]``."""

"""Fast random fuzzers: ``python -m tests.fuzz --what dialogue --seconds 60``. Not part of ``make test``."""

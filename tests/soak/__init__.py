"""Long runs that prove promises: ``python -m tests.soak kill --kills 100``. Not part of ``make test``."""

"""Dice whose throws are read from bytes, so that a coverage-guided fuzzer steers the same generators as chance does."""

from __future__ import annotations

import random


class Dice(random.Random):
    """Throws what the bytes say; when they are used up, what a generator seeded by them says."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0
        self._rest = random.Random(data)
        super().__init__(0)

    def getrandbits(self, k: int) -> int:
        """Return ``k`` bits."""
        size = (k + 7) // 8
        taken = self._data[self._at : self._at + size]
        self._at += size
        if len(taken) < size:
            return self._rest.getrandbits(k)
        return int.from_bytes(taken, "little") & ((1 << k) - 1)

    def random(self) -> float:
        """Return a number from 0 to 1; two bytes are enough for any choice made here."""
        return self.getrandbits(16) / 65536

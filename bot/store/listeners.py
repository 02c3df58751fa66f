"""Who wants to hear of which topic; kept per process, beside the database."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterable

Wake = Callable[[], None]


class Listeners:
    """Topics and the calls to make when something is committed to them."""

    def __init__(self) -> None:
        self._wakes: defaultdict[str, list[Wake]] = defaultdict(list)

    def add(self, topic: str, wake: Wake) -> Wake:
        """Register a call; the result takes it back."""
        self._wakes[topic].append(wake)
        return lambda: self._remove(topic, wake)

    def fire(self, topics: Iterable[str]) -> None:
        """Call everyone who listens to one of the topics."""
        for topic in set(topics):
            for wake in tuple(self._wakes.get(topic, ())):
                wake()

    def fire_all(self) -> None:
        """Call everyone: something may have been missed."""
        self.fire(tuple(self._wakes))

    def _remove(self, topic: str, wake: Wake) -> None:
        with contextlib.suppress(ValueError):
            self._wakes[topic].remove(wake)
        if not self._wakes[topic]:
            del self._wakes[topic]

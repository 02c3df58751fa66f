"""The table of Bot API methods; each takes the world and the parameters and returns the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .params import Params
from .state import World

Method = Callable[[World, Params], Any]
METHODS: dict[str, Method] = {}


def method(*names: str) -> Callable[[Method], Method]:
    """Register a function under names that Telegram matches without regard to case."""

    def register(function: Method) -> Method:
        METHODS.update({name.lower(): function for name in names})
        return function

    return register

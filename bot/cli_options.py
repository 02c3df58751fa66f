"""Settings as flags: each option is declared once, in ``config``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from bot.config import Settings, load

Command = TypeVar("Command", bound=Callable[..., Any])


def options(*names: str) -> Callable[[Command], Command]:
    """Offer settings as flags; the command gets one ``Settings`` value instead of them."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def run(**given: Any) -> Any:
            flags = {name: given.pop(name) for name in names}
            return command(load(**flags), **given)

        for name in reversed(names):
            field = Settings.model_fields[name]
            text = f"{field.description} [env POSBOT_{name.upper()}]"
            run = click.option(f"--{name.replace('_', '-')}", default=None, help=text)(run)
        return run  # type: ignore[return-value]  # click's decorators keep the callable

    return decorate

"""One posbot on one SQLite file."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from bot.errors import ConfigError


@contextlib.contextmanager
def alone_on(database: str) -> Iterator[None]:
    """Hold the database's lock file: two posbots on one SQLite file would answer everybody twice.

    Raises:
        ConfigError: another posbot holds it, or the folder cannot be written.

    """
    path = Path(f"{database}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("a")
    except OSError as error:
        raise ConfigError(f"POSBOT_DATABASE: {path.parent} cannot be written: {error.strerror}") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(
                f"another posbot is running on {database}: stop it first, or name another file"
            ) from error
        yield

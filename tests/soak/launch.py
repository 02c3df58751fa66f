"""posbot as it is, or one that kills itself: python -m tests.soak.launch [POINT PASSES].

At a named point the process gets a real SIGKILL at its n-th pass. The product knows nothing of this: the concrete
functions are wrapped from outside before posbot starts.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from bot import cli

Call = Callable[..., Awaitable[Any]]
OPERATIONS = {
    "inbox-insert": ("receive", "inside"),
    "inbox-commit": ("receive", "after"),
    "turn-write": ("commit", "inside"),
    "turn-commit": ("commit", "after"),
    "record-write": ("record", "inside"),
    "record-commit": ("record", "after"),
}
"""Points in and after the transaction of one store operation: ``inside`` all is written and nothing committed."""
CALLS = {"send": "/sendMessage", "offset": "/getUpdates"}
"""Points after an answer of Telegram: the message is out and not recorded; the offset is confirmed, and no more."""
POINTS = (*OPERATIONS, *CALLS)


class Fuse:
    """Kills the process at the n-th pass."""

    def __init__(self, passes: int) -> None:
        self._left = passes

    def burn(self) -> None:
        """Count one pass."""
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Run posbot."""
    if len(sys.argv) == 3:
        _arm(sys.argv[1], Fuse(int(sys.argv[2])))
    sys.argv = ["posbot", "run"]
    cli.main()


def _arm(point: str, fuse: Fuse) -> None:
    if point in CALLS:
        from bot.channels.link import Link

        Link.do_request = _after_answer(Link.do_request, CALLS[point], fuse)  # type: ignore[method-assign]
        return
    from bot.store.sqlite import SqliteDatabase

    name, moment = OPERATIONS[point]
    for database in (SqliteDatabase, *_postgres()):
        database.write = _around(database.write, name, moment, fuse)


def _postgres() -> list[Any]:
    try:
        from bot.store.postgres.database import PostgresDatabase  # its driver is an extra
    except ImportError:
        return []
    return [PostgresDatabase]


def _after_answer(request: Call, path: str, fuse: Fuse) -> Call:
    @functools.wraps(request)
    async def asked(self: Any, url: str, *args: Any, **kwargs: Any) -> Any:
        answer = await request(self, url, *args, **kwargs)
        if path in url:
            fuse.burn()
        return answer

    return asked


def _around(write: Call, name: str, moment: str, fuse: Fuse) -> Call:
    @functools.wraps(write)
    async def written(self: Any, op: Call, *args: Any, **kwargs: Any) -> Any:
        if op.__name__ != name:
            return await write(self, op, *args, **kwargs)
        result = await write(self, _inside(op, fuse) if moment == "inside" else op, *args, **kwargs)
        if moment == "after":
            fuse.burn()
        return result

    return written


def _inside(op: Call, fuse: Fuse) -> Call:
    @functools.wraps(op)
    async def run(*args: Any, **kwargs: Any) -> Any:
        result = await op(*args, **kwargs)
        fuse.burn()
        return result

    return run


if __name__ == "__main__":
    main()

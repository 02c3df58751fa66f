"""The files of a SQLite database in their folder: made durable, and noticed when they are taken away."""

from __future__ import annotations

import os
from pathlib import Path

from bot.errors import StoreDamaged

Identity = tuple[int, int] | None


class Gone(StoreDamaged):
    """The file, or its log, is not the one that was opened; it may be put back."""


class Files:
    """A database and its log, as they were when they were opened.

    SQLite goes on writing into a file that was deleted, as if nothing had happened.
    """

    def __init__(self, path: Path) -> None:
        self._paths = (path, Path(f"{path}-wal"))
        self._found: tuple[Identity, ...] = ()

    def remember(self) -> None:
        """Take the files as they are."""
        self._found = tuple(map(_identity, self._paths))

    def check(self) -> None:
        """Make sure they are still there.

        Raises:
            Gone: one of them was deleted or replaced.

        """
        if tuple(map(_identity, self._paths)) != self._found:
            path = self._paths[0]
            raise Gone(f"{path} was deleted or replaced while posbot runs: put the same file back, or stop posbot and "
                       "run `posbot restore` with the newest backup")  # fmt: skip


def make(folder: Path) -> None:
    """Make a folder that a power cut cannot take away again."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for place in missing:
        sync(place.parent)


def sync(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _identity(path: Path) -> Identity:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino

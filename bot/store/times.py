"""Times as the database writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def now_utc() -> datetime:
    """Return the time of day."""
    return datetime.now(UTC)


def stamp(at: datetime) -> str:
    """Return a time as the database writes it: UTC, ISO 8601, milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def read(at: str) -> datetime:
    """Return a stored time."""
    return datetime.fromisoformat(at)


def later(at: str, by: timedelta) -> str:
    """Return a stored time moved by a while."""
    return stamp(read(at) + by)

"""Whose work is whose on a database that several replicas share. Alone on SQLite nothing is ever owned."""

from __future__ import annotations

FREE = """({table}.owner IS NULL OR {table}.owner NOT IN
             (SELECT id FROM replicas WHERE until > clock_timestamp() AND id <> :me))"""
"""Nobody else who lives works on it. What this replica has under way it knows itself, and names as ``busy``."""
OURS = "COALESCE(owner, :me) = :me"
"""Nobody took it over while this replica was away."""


def lane(chat: str) -> str:
    """Return the name under which updates of a chat are stored one after the other: ids follow the commits."""
    return f"inbox:{chat}"

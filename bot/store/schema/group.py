"""Step 0003: the Telegram staff group: each ticket's topic and card, and which message there is which here."""

from __future__ import annotations

from bot.store.schema.words import Statement

GROUP: tuple[Statement, ...] = (
    # thread: NULL no topic yet, 0 posted without one; event: the newest ticket_events row that was noticed
    """CREATE TABLE topics (
        ticket INTEGER PRIMARY KEY,
        thread INTEGER,
        card INTEGER,
        mode TEXT NOT NULL DEFAULT '',
        event INTEGER NOT NULL DEFAULT 0)""",
    "CREATE INDEX topics_thread ON topics (thread) WHERE thread > 0",
    # origin: mirror (shown in the group), group (written there), card (part of the card)
    """CREATE TABLE topic_messages (
        message INTEGER PRIMARY KEY,
        ticket INTEGER NOT NULL,
        origin TEXT NOT NULL,
        mark TEXT NOT NULL DEFAULT '')""",
    "CREATE INDEX topic_messages_waiting ON topic_messages (message) WHERE mark = 'waiting'",
    "CREATE INDEX topic_messages_ticket ON topic_messages (ticket)",
    "CREATE TABLE topic_posts (posted BIGINT PRIMARY KEY, ticket INTEGER NOT NULL, message INTEGER)",
    "CREATE INDEX topic_posts_message ON topic_posts (message) WHERE message IS NOT NULL",
    "CREATE INDEX topic_posts_ticket ON topic_posts (ticket)",
)

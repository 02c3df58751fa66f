"""Step 0005: changes of the knowledge on their way, and which escalation the webhook was told of."""

from __future__ import annotations

from bot.store.schema.words import Statement

DESK: tuple[Statement, ...] = (
    # state: working, ready, faulty; worker: the process that tries it out, as long as alive_at is fresh
    """CREATE TABLE proposals (
        id {serial},
        created_at TEXT NOT NULL,
        author TEXT NOT NULL,
        note TEXT NOT NULL,
        base INTEGER NOT NULL,
        files TEXT NOT NULL,
        intent TEXT NOT NULL,
        misses TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'working' CHECK (state IN ('working', 'ready', 'faulty')),
        worker TEXT NOT NULL DEFAULT '',
        alive_at TEXT NOT NULL DEFAULT '',
        tries INTEGER NOT NULL DEFAULT 0,
        faults TEXT NOT NULL DEFAULT '[]',
        effect TEXT NOT NULL DEFAULT '{{}}')""",
    "ALTER TABLE tickets ADD COLUMN hooked_escalation TEXT",
    "CREATE INDEX tickets_escalated ON tickets (escalated_at) WHERE escalated_at IS NOT NULL",
)

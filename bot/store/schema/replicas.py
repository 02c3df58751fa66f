"""Step 0004: several posbots on one database: who is there, whose work is whose, the pace of all together."""

from __future__ import annotations

from bot.store.schema.words import Only, Statement

REPLICAS: tuple[Statement, ...] = (
    # the replica that works on it; free again when that one is gone
    "ALTER TABLE inbox ADD COLUMN owner TEXT",
    "ALTER TABLE outbox ADD COLUMN owner TEXT",
    "ALTER TABLE media ADD COLUMN owner TEXT",
    Only("postgres", "CREATE TABLE replicas (id TEXT PRIMARY KEY, until TIMESTAMPTZ NOT NULL)"),
    # when a chat, or all of them ("") may be sent to without a burst
    Only("postgres", "CREATE UNLOGGED TABLE pace (chat TEXT PRIMARY KEY, free_at TIMESTAMPTZ NOT NULL)"),
    # rows that change often: room beside them, and a broom that comes before they are many
    *(
        Only("postgres", f"ALTER TABLE {table} SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02)")
        for table in ("inbox", "outbox", "sessions", "tickets")
    ),
    Only("postgres", "CREATE INDEX inbox_queue ON inbox (id) WHERE done_at IS NULL"),
    Only("postgres", "CREATE INDEX outbox_queue ON outbox (channel, id) WHERE state = 'pending'"),
)

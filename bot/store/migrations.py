"""The schema as one numbered list. A step, once released, never changes; a new one is added below.

``{serial}`` and ``{bytes}`` are words that SQLite and PostgreSQL spell differently (see ``schema.words``); ``Only`` is
a statement for one of them. Times are UTC, ISO 8601.
"""

from __future__ import annotations

from bot.store.schema.desk import DESK
from bot.store.schema.group import GROUP
from bot.store.schema.replicas import REPLICAS
from bot.store.schema.support import SUPPORT
from bot.store.schema.words import Statement

STEPS: tuple[tuple[str, tuple[Statement, ...]], ...] = (
    (
        "0001_first",
        (
            """CREATE TABLE inbox (
                id {serial},
                channel TEXT NOT NULL,
                key TEXT NOT NULL,
                chat TEXT NOT NULL,
                payload {bytes} NOT NULL,
                received_at TEXT NOT NULL,
                done_at TEXT,
                reason TEXT,
                UNIQUE (channel, key))""",
            "CREATE INDEX inbox_waiting ON inbox (chat, id) WHERE done_at IS NULL",
            """CREATE TABLE sessions (
                chat TEXT PRIMARY KEY,
                channel TEXT NOT NULL,
                name TEXT,
                lang TEXT,
                data TEXT NOT NULL,
                created_at TEXT NOT NULL,
                updated_at TEXT NOT NULL)""",
            """CREATE TABLE messages (
                id {serial},
                chat TEXT NOT NULL,
                direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
                author TEXT NOT NULL,
                kind TEXT NOT NULL,
                text TEXT NOT NULL,
                at TEXT NOT NULL,
                buttons TEXT,
                token TEXT UNIQUE,
                media INTEGER,
                ticket INTEGER,
                inbox INTEGER,
                match TEXT)""",
            "CREATE INDEX messages_chat ON messages (chat, id)",
            "CREATE INDEX messages_ticket ON messages (ticket, id) WHERE ticket IS NOT NULL",
            """CREATE TABLE tickets (
                number {serial},
                chat TEXT NOT NULL,
                channel TEXT NOT NULL,
                fault TEXT NOT NULL,
                intent TEXT NOT NULL,
                title TEXT NOT NULL,
                status TEXT NOT NULL CHECK (status IN ('open', 'claimed', 'waiting', 'resolved', 'closed')),
                priority TEXT NOT NULL CHECK (priority IN ('P1', 'P2', 'P3', 'P4')),
                reason TEXT NOT NULL,
                lang TEXT NOT NULL,
                path TEXT NOT NULL,
                slots TEXT NOT NULL,
                assignee TEXT,
                created_at TEXT NOT NULL,
                updated_at TEXT NOT NULL,
                resolved_at TEXT)""",
            """CREATE UNIQUE INDEX tickets_one_open ON tickets (chat, fault)
                WHERE status IN ('open', 'claimed', 'waiting')""",
            "CREATE INDEX tickets_status ON tickets (status, priority, number)",
            "CREATE INDEX tickets_chat ON tickets (chat, number)",
            """CREATE TABLE ticket_events (
                id {serial},
                ticket INTEGER NOT NULL REFERENCES tickets (number),
                at TEXT NOT NULL,
                actor TEXT NOT NULL,
                kind TEXT NOT NULL,
                data TEXT NOT NULL)""",
            "CREATE INDEX ticket_events_ticket ON ticket_events (ticket, id)",
            """CREATE TABLE outbox (
                id {serial},
                chat TEXT NOT NULL,
                channel TEXT NOT NULL,
                kind TEXT NOT NULL,
                payload TEXT NOT NULL,
                message INTEGER,
                created_at TEXT NOT NULL,
                due_at TEXT NOT NULL,
                attempts INTEGER NOT NULL DEFAULT 0,
                state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'failed')),
                error TEXT,
                sent_at TEXT,
                remote TEXT)""",
            "CREATE INDEX outbox_waiting ON outbox (chat, id) WHERE state = 'pending'",
            """CREATE TABLE timers (
                chat TEXT NOT NULL,
                name TEXT NOT NULL,
                due_at TEXT NOT NULL,
                serial TEXT NOT NULL,
                PRIMARY KEY (chat, name))""",
            "CREATE INDEX timers_due ON timers (due_at)",
            """CREATE TABLE media (
                id {serial},
                chat TEXT NOT NULL,
                channel TEXT NOT NULL,
                ref TEXT,
                kind TEXT NOT NULL,
                name TEXT,
                mime TEXT,
                content {bytes},
                state TEXT NOT NULL CHECK (state IN ('remote', 'unread', 'ready', 'failed')),
                attempts INTEGER NOT NULL DEFAULT 0,
                due_at TEXT NOT NULL,
                note TEXT,
                created_at TEXT NOT NULL)""",
            "CREATE INDEX media_todo ON media (due_at) WHERE state IN ('remote', 'unread')",
            "CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
        ),
    ),
    ("0002_support", SUPPORT),
    ("0003_staff_group", GROUP),
    ("0004_replicas", REPLICAS),
    ("0005_desk", DESK),
)

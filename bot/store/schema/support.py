"""Step 0002: staff, merchants, what support does to tickets, search, and what is learnt from conversations."""

from __future__ import annotations

from bot.store.schema.words import Only, Statement

UNRESOLVED = "('open', 'claimed', 'waiting')"

_TICKET_COLUMNS = (
    # the machine
    "brand TEXT NOT NULL DEFAULT ''", "model TEXT NOT NULL DEFAULT ''", "serial TEXT NOT NULL DEFAULT ''",
    # 1 from a member of staff's first word until the ticket is released, resolved or reopened: the bot is silent
    "handled INTEGER NOT NULL DEFAULT 0",
    # the SLA clock: when it started, what the merchant kept it waiting, what is due next (NULL: nothing runs)
    "clock_at TEXT", "waiting_since TEXT", "paused_minutes INTEGER NOT NULL DEFAULT 0",
    "first_reply_at TEXT", "first_due_at TEXT", "first_minutes INTEGER",
    "solve_due_at TEXT", "solve_minutes INTEGER",
    "due_at TEXT", "warn_at TEXT", "warned_at TEXT", "escalated_at TEXT",
    # the end
    "resolution TEXT", "resolved_by TEXT", "merged_into INTEGER", "asked_rating_at TEXT",
    "rating INTEGER", "rating_word TEXT",
    # when the outgoing webhook was queued
    "hooked_at TEXT",
)  # fmt: skip

_STAFF: tuple[Statement, ...] = (
    """CREATE TABLE staff (
        login TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        role TEXT NOT NULL CHECK (role IN ('agent', 'supervisor', 'editor', 'admin')),
        password TEXT,
        telegram_id TEXT UNIQUE,
        active INTEGER NOT NULL DEFAULT 1,
        created_at TEXT NOT NULL)""",
    """CREATE TABLE staff_sessions (
        token TEXT PRIMARY KEY,
        login TEXT NOT NULL REFERENCES staff (login),
        created_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        seen_at TEXT NOT NULL)""",
    "CREATE INDEX staff_sessions_login ON staff_sessions (login)",
    "CREATE TABLE throttle (key TEXT PRIMARY KEY, count INTEGER NOT NULL, last_at TEXT NOT NULL)",
    """CREATE TABLE audit (
        id {serial},
        at TEXT NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        data TEXT NOT NULL)""",
    "CREATE INDEX audit_subject ON audit (subject, id)",
    "CREATE INDEX audit_at ON audit (at)",
)
_DESK: tuple[Statement, ...] = (
    """CREATE TABLE merchants (
        chat TEXT PRIMARY KEY,
        name TEXT NOT NULL DEFAULT '',
        notes TEXT NOT NULL DEFAULT '',
        blocked_at TEXT,
        blocked_by TEXT)""",
    "CREATE TABLE ticket_tags (ticket INTEGER NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (ticket, tag))",
    "CREATE INDEX ticket_tags_tag ON ticket_tags (tag, ticket)",
    """CREATE TABLE presence (
        ticket INTEGER NOT NULL, login TEXT NOT NULL, seen_at TEXT NOT NULL, PRIMARY KEY (ticket, login))""",
    """CREATE TABLE views (
        id {serial},
        owner TEXT NOT NULL,
        name TEXT NOT NULL,
        query TEXT NOT NULL,
        shared INTEGER NOT NULL DEFAULT 0,
        UNIQUE (owner, name))""",
    """CREATE TABLE canned (
        id {serial},
        title TEXT NOT NULL,
        zh TEXT NOT NULL,
        en TEXT NOT NULL,
        author TEXT NOT NULL,
        updated_at TEXT NOT NULL)""",
    """CREATE TABLE announcements (
        id {serial},
        zh TEXT NOT NULL,
        en TEXT NOT NULL,
        intents TEXT NOT NULL,
        brands TEXT NOT NULL,
        starts_at TEXT NOT NULL,
        ends_at TEXT NOT NULL,
        author TEXT NOT NULL)""",
)
_LEARNING: tuple[Statement, ...] = (
    """CREATE TABLE outcomes (
        id {serial},
        at TEXT NOT NULL,
        chat TEXT NOT NULL,
        kind TEXT NOT NULL,
        intent TEXT NOT NULL,
        node TEXT NOT NULL,
        text TEXT NOT NULL,
        lang TEXT NOT NULL,
        reviewed_at TEXT,
        reviewed_by TEXT)""",
    "CREATE INDEX outcomes_at ON outcomes (at, kind, intent, node, chat)",
    "CREATE INDEX outcomes_chat ON outcomes (chat)",
    "CREATE INDEX outcomes_new ON outcomes (kind, id) WHERE reviewed_at IS NULL AND text <> ''",
    """CREATE TABLE knowledge_versions (
        id {serial},
        created_at TEXT NOT NULL,
        author TEXT NOT NULL,
        note TEXT NOT NULL,
        files TEXT NOT NULL,
        report TEXT NOT NULL)""",
)
_SEARCH: tuple[Statement, ...] = (
    "CREATE TABLE search (ticket INTEGER PRIMARY KEY, body TEXT NOT NULL)",
    Only("sqlite", """CREATE VIRTUAL TABLE search_fts USING fts5(
        body, content='search', content_rowid='ticket', tokenize='unicode61')"""),
    Only("sqlite", """CREATE TRIGGER search_added AFTER INSERT ON search BEGIN
        INSERT INTO search_fts (rowid, body) VALUES (new.ticket, new.body); END"""),
    Only("sqlite", """CREATE TRIGGER search_removed AFTER DELETE ON search BEGIN
        INSERT INTO search_fts (search_fts, rowid, body) VALUES ('delete', old.ticket, old.body); END"""),
    Only("sqlite", """CREATE TRIGGER search_changed AFTER UPDATE ON search BEGIN
        INSERT INTO search_fts (search_fts, rowid, body) VALUES ('delete', old.ticket, old.body);
        INSERT INTO search_fts (rowid, body) VALUES (new.ticket, new.body); END"""),
    Only("postgres", "CREATE INDEX search_words ON search USING gin (to_tsvector('simple', body))"),
)  # fmt: skip
_INDEXES: tuple[Statement, ...] = (
    "DROP INDEX tickets_status",
    # the list filters and sorts within this index alone; only the rows of one page are fetched
    """CREATE INDEX tickets_list ON tickets
        (status, priority, number, intent, brand, assignee, due_at, warn_at, created_at, updated_at)""",
    "CREATE INDEX tickets_assignee ON tickets (assignee, status, number)",
    "CREATE INDEX tickets_updated ON tickets (updated_at, number)",
    "CREATE INDEX tickets_intent ON tickets (intent, number)",
    "CREATE INDEX tickets_brand ON tickets (brand, number)",
    # statistics of a period read this index alone: the reader is shared with the merchants' turns
    """CREATE INDEX tickets_period ON tickets
        (created_at, status, priority, intent, brand, model, merged_into, first_minutes, solve_minutes, rating,
         first_reply_at, first_due_at, resolved_at, solve_due_at, resolution, resolved_by)""",
    "CREATE INDEX tickets_due ON tickets (due_at, number) WHERE due_at IS NOT NULL",
    "CREATE INDEX tickets_warn ON tickets (warn_at) WHERE warn_at IS NOT NULL",
    "CREATE INDEX tickets_resolved ON tickets (resolved_at) WHERE status = 'resolved'",
    "CREATE INDEX tickets_unhooked ON tickets (created_at) WHERE hooked_at IS NULL",
    "CREATE INDEX outbox_message ON outbox (message) WHERE message IS NOT NULL",
    "CREATE INDEX messages_at ON messages (at)",
)
_MOVE: tuple[Statement, ...] = (
    # what older tickets know: the clock starts with the next change, the bot stays as it was
    """UPDATE tickets SET handled = 1 WHERE assignee IS NOT NULL AND status IN ('claimed', 'waiting')
        AND EXISTS (SELECT 1 FROM ticket_events WHERE ticket = number AND kind = 'reply')""",
    "UPDATE tickets SET clock_at = created_at, hooked_at = created_at",
)

SUPPORT: tuple[Statement, ...] = (
    *(f"ALTER TABLE tickets ADD COLUMN {column}" for column in _TICKET_COLUMNS),
    *_STAFF, *_DESK, *_LEARNING, *_SEARCH, *_INDEXES, *_MOVE,
)  # fmt: skip
"""All statements of the step, in order."""

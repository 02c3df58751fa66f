"""The one write of a turn: session, transcript, tickets, timers, outbox and the inbox row, together or not at all."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from bot.dialogue.model import TICKET, Incoming, Reply, Turn, dump_session
from bot.errors import PosbotError
from bot.store import inbox, ticketing
from bot.store.base import Tx
from bot.store.inbox import Work
from bot.store.pushing import PUSHED, push
from bot.store.support import erasing, forgotten, outcomes, search
from bot.store.times import read
from bot.store.times import stamp as stamp
from bot.support.office import ALWAYS, Office


class AlreadyHandled(PosbotError):
    """Somebody else finished this update: nothing of this turn may be stored."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A photo or file that came with a message: stored (``media``) or still to be fetched (``ref``)."""

    kind: str
    ref: str = ""
    name: str = ""
    mime: str = ""
    media: int = 0


@dataclass(frozen=True, slots=True)
class Arrived:
    """Where a message came from, for the record and for what must be sent back; ``payload`` is what was understood."""

    inbox: int
    channel: str
    chat: str
    incoming: Incoming
    attachment: Attachment | None = None
    callback: str = ""
    remote: str = ""
    office: Office = ALWAYS
    payload: bytes | None = None


async def commit(tx: Tx, arrived: Arrived, turn: Turn, now: datetime) -> int | None:
    """Store everything a turn caused and mark its update done; returns the number of the ticket it touched.

    Raises:
        AlreadyHandled: the update was done before, or a part of it was erased meanwhile; nothing is stored.

    """
    at = stamp(now)
    if not await inbox.done(tx, arrived.inbox, at, arrived.payload):
        raise AlreadyHandled(f"update {arrived.inbox} was handled before, or changed")
    if turn.forget:
        await forget(tx, arrived.chat, at, waiting=False)
    number = await _ticket(tx, arrived, turn, now)
    if not turn.forget:
        await _heard(tx, arrived, turn, number, at)
        await _session(tx, arrived, turn, at)
        await _timers(tx, arrived.chat, turn)
        await outcomes.add(tx, arrived.chat, turn.session.lang or "zh", turn.outcomes, at)
    if arrived.callback and not turn.ignored:
        await push(tx, arrived.chat, arrived.channel, "answer", {"callback": arrived.callback}, at)
    if "card" in arrived.incoming.found and arrived.remote:
        await push(tx, arrived.chat, arrived.channel, "delete", {"message": arrived.remote}, at)
    for reply in turn.replies:
        await speak(
            tx,
            arrived.chat,
            arrived.channel,
            reply,
            number,
            at,
            stored=not turn.forget or arrived.channel not in PUSHED,
            passing=(arrived.incoming.kind, arrived.incoming.action) == ("timer", "nudge"),
        )
    tx.notify(f"chat:{arrived.chat}")
    return number


async def speak(
    tx: Tx, chat: str, channel: str, reply: Reply, number: int | None, at: str,
    author: str = "bot", stored: bool = True, lead: str = "", passing: bool = False,
) -> int | None:  # fmt: skip
    """Say something to a merchant: on the transcript and, where the channel is pushed to, in the outbox.

    ``lead`` is a line before it, where the channel does not show by itself who speaks. ``passing``: of use
    only now, so given up soon.
    """
    text = reply.text.replace(TICKET, str(number))
    rows = [[asdict(button) for button in row] for row in reply.rows]
    token = secrets.token_urlsafe(9) if rows else None
    message = None
    if stored:
        row = await tx.one(
            """INSERT INTO messages (chat, direction, author, kind, text, at, buttons, token, ticket)
               VALUES (:chat, 'out', :author, 'text', :text, :at, :buttons, :token, :ticket) RETURNING id""",
            chat=chat, author=author, text=text, at=at, token=token, ticket=number,
            buttons=json.dumps(rows, ensure_ascii=False) if rows else None,
        )  # fmt: skip
        message = int(row["id"]) if row else None
    if channel in PUSHED:
        labels = [[button.label for button in row] for row in reply.rows]
        await push(
            tx,
            chat,
            channel,
            "send",
            {"text": f"{lead}\n{text}" if lead else text, "labels": labels, "token": token, "passing": passing},
            at,
            message,
        )
    tx.notify(f"chat:{chat}")
    return message


async def forget(tx: Tx, chat: str, at: str = "", waiting: bool = True) -> None:
    """Erase a merchant: chats, photos, facts; of tickets only number, fault and times remain.

    ``waiting``: updates that nobody handled yet go as well; after the merchant's own word they are a new beginning.
    """
    await forgotten.note(tx, chat, at or stamp(datetime.now(UTC)))
    await erasing.forget(tx, chat)
    for table in ("messages", "media", "timers", "sessions", "outbox", "outcomes"):
        await tx.do(f"DELETE FROM {table} WHERE chat = :chat", chat=chat)  # noqa: S608 - the names stand here
    await tx.do(
        """UPDATE tickets
           SET chat = 'forgotten', fault = intent || ':' || number, slots = '{}', path = '[]', reason = '',
             status = CASE WHEN status IN ('open', 'claimed', 'waiting') THEN 'closed' ELSE status END
           WHERE chat = :chat""",
        chat=chat,
    )
    if waiting:
        await tx.do("DELETE FROM inbox WHERE chat = :chat AND done_at IS NULL", chat=chat)
    # Telegram may send an update twice, so its number stays; the web chat's keys name the chat
    await tx.do(
        """UPDATE inbox SET chat = 'forgotten', payload = :none, reason = NULL,
             key = CASE WHEN channel = 'telegram' THEN key ELSE 'forgotten:' || id END
           WHERE chat = :chat AND done_at IS NOT NULL""",
        none=b"", chat=chat,
    )  # fmt: skip
    tx.notify("erased")


async def button(tx: Tx, chat: str, token: str, index: int) -> tuple[str, str, datetime] | None:
    """Return (label, action, when) of a button that was really shown in this chat, else None."""
    row = await tx.one("SELECT buttons, at FROM messages WHERE token = :token AND chat = :chat", token=token, chat=chat)
    if row is None or row["buttons"] is None:
        return None
    buttons = [button for line in json.loads(row["buttons"]) for button in line]
    if not 0 <= index < len(buttons):
        return None
    return buttons[index]["label"], buttons[index]["action"], read(row["at"])


async def park(tx: Tx, work: Work, reason: str, callback: str, at: str) -> None:
    """Set an update aside that no reply can be made for; a press is answered, so that its button stops waiting."""
    await inbox.park(tx, work.id, reason, at)
    if callback:
        await push(tx, work.chat, work.channel, "answer", {"callback": callback}, at)


async def _ticket(tx: Tx, arrived: Arrived, turn: Turn, now: datetime) -> int | None:
    number = None
    for change in turn.changes:
        number = await ticketing.apply(tx, arrived.chat, arrived.channel, turn.session.lang or "zh", change, now,
                                       arrived.office)  # fmt: skip
    return number


async def _heard(tx: Tx, arrived: Arrived, turn: Turn, number: int | None, at: str) -> None:
    incoming = arrived.incoming
    if incoming.kind == "timer":
        return
    media = await _keep(tx, arrived, at) if arrived.attachment else None
    await tx.do(
        """INSERT INTO messages (chat, direction, author, kind, text, at, media, ticket, inbox, match)
           VALUES (:chat, 'in', 'merchant', :kind, :text, :at, :media, :ticket, :inbox, :match)""",
        chat=arrived.chat, kind=incoming.media or incoming.kind, text=incoming.text, at=stamp(incoming.at),
        media=media, ticket=number, inbox=arrived.inbox,
        match=json.dumps(asdict(turn.heard)) if turn.heard else None,
    )  # fmt: skip
    if number is not None and incoming.kind != "press":
        await search.add(tx, number, incoming.text)


async def _keep(tx: Tx, arrived: Arrived, at: str) -> int | None:
    attachment = arrived.attachment
    if attachment is None or attachment.media:
        return attachment.media if attachment else None
    row = await tx.one(
        """INSERT INTO media (chat, channel, ref, kind, name, mime, state, due_at, created_at)
           VALUES (:chat, :channel, :ref, :kind, :name, :mime, 'remote', :at, :at) RETURNING id""",
        chat=arrived.chat, channel=arrived.channel, ref=attachment.ref, kind=attachment.kind,
        name=attachment.name, mime=attachment.mime, at=at,
    )  # fmt: skip
    tx.notify("media")
    return int(row["id"]) if row else None


async def _session(tx: Tx, arrived: Arrived, turn: Turn, at: str) -> None:
    await tx.do(
        """INSERT INTO sessions (chat, channel, name, lang, data, created_at, updated_at)
           VALUES (:chat, :channel, :name, :lang, :data, :at, :at)
           ON CONFLICT (chat) DO UPDATE SET lang = excluded.lang, data = excluded.data,
             name = CASE WHEN excluded.name = '' THEN sessions.name ELSE excluded.name END,
             updated_at = excluded.updated_at""",
        chat=arrived.chat, channel=arrived.channel, name=arrived.incoming.name,
        lang=turn.session.lang, data=dump_session(turn.session), at=at,
    )  # fmt: skip


async def _timers(tx: Tx, chat: str, turn: Turn) -> None:
    for name, due in turn.timers.items():
        if due is None:
            await tx.do("DELETE FROM timers WHERE chat = :chat AND name = :name", chat=chat, name=name)
            continue
        await tx.do(
            """INSERT INTO timers (chat, name, due_at, serial) VALUES (:chat, :name, :due, :serial)
               ON CONFLICT (chat, name) DO UPDATE SET due_at = excluded.due_at, serial = excluded.serial""",
            chat=chat, name=name, due=stamp(due), serial=secrets.token_hex(8),
        )  # fmt: skip

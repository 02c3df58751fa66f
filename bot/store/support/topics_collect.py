"""What happened to tickets, made into parcels for the staff group: once each, whatever is killed when."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from bot.messages import Messages
from bot.store import pushing
from bot.store.base import Row, Tx
from bot.store.support import settings, staff, topics
from bot.store.times import stamp
from bot.support.authority import LOCAL
from intents.model import Lang

RECENT = timedelta(days=7)
"""Tickets older than that get no topic: the group was set up after them."""
BACK = 200
"""Rows that are looked at again: with several writers ids are not committed in order."""
ALBUM = timedelta(seconds=0.7)
"""Time in which the parts of an album arrive."""
NOTICES = ("warned", "escalated", "reopened", "rated")
BATCH = 200


async def collect(tx: Tx, now: datetime, messages: Messages) -> int:
    """Queue what the group must show; returns how many things."""
    found = await _new(tx, now) + await _changed(tx, now, messages) + await _said(tx, now)
    return found + await _delivered(tx, stamp(now), messages)


async def stale(tx: Tx) -> bool:
    """Tell whether ``collect`` may find something."""
    row = await tx.one(
        """SELECT (SELECT MAX(id) FROM messages) AS messages, (SELECT MAX(id) FROM ticket_events) AS events,
                  EXISTS (SELECT 1 FROM topic_messages x JOIN outbox o ON o.message = x.message
                          WHERE x.mark = 'waiting' AND o.state <> 'pending')
                  OR EXISTS (SELECT 1 FROM topic_messages x WHERE x.mark = 'waiting'
                             AND NOT EXISTS (SELECT 1 FROM outbox WHERE message = x.message)) AS marks"""
    )
    if row is None:
        return False
    seen = [await topics.seen(tx, "messages"), await topics.seen(tx, "events")]
    return bool(row["marks"]) or [row["messages"] or 0, row["events"] or 0] != seen


async def _new(tx: Tx, now: datetime) -> int:
    rows = await tx.all(
        """SELECT number, (SELECT MAX(id) FROM ticket_events WHERE ticket = number) AS event FROM tickets
           WHERE number > COALESCE((SELECT MAX(ticket) FROM topics), 0) - :back AND created_at >= :since
             AND status IN ('open', 'claimed', 'waiting') AND NOT EXISTS (SELECT 1 FROM topics WHERE ticket = number)
           ORDER BY number LIMIT :batch""",
        back=BACK, since=stamp(now - RECENT), batch=BATCH,
    )  # fmt: skip
    for row in rows:
        number = row["number"]
        await tx.do("INSERT INTO topics (ticket, event) VALUES (:number, :event)",
                     number=number, event=row["event"] or 0)  # fmt: skip
        await topics.card(tx, number, stamp(now))
        for one in await _messages(tx, "m.ticket = :value", number):
            if one["media"]:
                await _mirror(tx, one, now)
            else:  # what was pressed on the way here stands on the card as the path
                await _note(tx, one, "path" if one["kind"] == "press" else "card")
    return len(rows)


async def _changed(tx: Tx, now: datetime, messages: Messages) -> int:
    newest = await tx.one("SELECT MAX(id) AS id FROM ticket_events")
    rows = await tx.all(
        """SELECT e.id, e.ticket, e.kind, e.actor, COALESCE(s.name, e.actor) AS name, e.data
           FROM ticket_events e JOIN topics t ON t.ticket = e.ticket LEFT JOIN staff s ON s.login = e.actor
           WHERE e.id > :seen AND e.id > t.event AND t.mode <> 'erased' ORDER BY e.id""",
        seen=await topics.seen(tx, "events") - BACK,
    )
    for number in sorted({row["ticket"] for row in rows}):
        last = max(row["id"] for row in rows if row["ticket"] == number)
        await tx.do("UPDATE topics SET event = :last WHERE ticket = :number", last=last, number=number)
        await topics.card(tx, number, stamp(now))
    lang = (await settings.policy(tx)).group.lang
    for row in rows:
        await _notice(tx, row, stamp(now), messages, lang)
    await topics.saw(tx, "events", newest["id"] or 0 if newest else 0)
    return len(rows)


async def _notice(tx: Tx, row: Row, at: str, messages: Messages, lang: Lang) -> None:
    """Say in the topic what staff must not overlook: what time and the merchant did, and notes of the desk."""
    data = json.loads(row["data"])
    if row["kind"] == "note" and data.get("text") and not data.get("posted"):
        name = messages.say("staff_nameless", lang) if row["actor"] == LOCAL.login else row["name"]
        await topics.hint(tx, row["ticket"], messages.say("staff.note", lang, name=name, text=data["text"]), at)
    if row["kind"] in NOTICES and row["actor"] in ("clock", "merchant"):
        text = messages.say(f"staff.notice.{row['kind']}", lang, number=row["ticket"], stars=data.get("stars") or "")
        people = await staff.supervisors(tx) if row["kind"] == "escalated" else ()
        await topics.hint(tx, row["ticket"], text, at, people=people)


async def _said(tx: Tx, now: datetime) -> int:
    newest = await tx.one("SELECT MAX(id) AS id FROM messages")
    rows = await _messages(tx, "m.id > :value", await topics.seen(tx, "messages") - BACK)
    for row in rows:
        await _mirror(tx, row, now)
    await topics.saw(tx, "messages", newest["id"] or 0 if newest else 0)
    return len(rows)


async def _messages(tx: Tx, which: str, value: int) -> list[Row]:
    return await tx.all(
        f"""SELECT m.id, m.ticket, m.kind, m.media, i.payload, i.channel
            FROM messages m JOIN topics t ON t.ticket = m.ticket LEFT JOIN inbox i ON i.id = m.inbox
            WHERE {which} AND (m.direction = 'in' OR m.direction = 'out' AND m.author <> 'bot')
              AND NOT EXISTS (SELECT 1 FROM topic_messages WHERE message = m.id) ORDER BY m.id""",  # noqa: S608
        value=value,
    )


async def _mirror(tx: Tx, row: Row, now: datetime) -> None:
    await _note(tx, row, "mirror")
    album = _album(row)
    chat = topics.queue(row["ticket"])
    if album:
        # what is not due yet was not taken by the sender: it can still grow
        for parcel in await tx.all(
            "SELECT id, payload FROM outbox WHERE chat = :chat AND state = 'pending' AND due_at > :now",
            chat=chat, now=stamp(now),
        ):  # fmt: skip
            data = json.loads(parcel["payload"])
            if data.get("album") == album:
                data["messages"].append(row["id"])
                await tx.do("UPDATE outbox SET payload = :payload WHERE id = :id",
                             payload=json.dumps(data), id=parcel["id"])  # fmt: skip
                return
    due = stamp(now + ALBUM if album else now)
    await pushing.push(tx, chat, topics.CHANNEL, "mirror",
                     {"ticket": row["ticket"], "messages": [row["id"]], "album": album}, due)  # fmt: skip


async def forgotten(tx: Tx, at: str) -> int:
    """Have the topics of merchants who were erased deleted in the group, too; returns how many."""
    rows = await tx.all(
        """SELECT t.ticket, t.thread FROM tickets k JOIN topics t ON t.ticket = k.number
           WHERE k.chat = 'forgotten' AND t.mode <> 'erased'"""
    )
    for row in rows:
        number = row["ticket"]
        posts = await tx.all("DELETE FROM topic_posts WHERE ticket = :number RETURNING posted", number=number)
        await tx.do("DELETE FROM topic_messages WHERE ticket = :number", number=number)
        await tx.do("DELETE FROM outbox WHERE chat LIKE :chat OR chat = :own",
                     chat=f"{topics.queue(number)}:%", own=topics.queue(number))  # fmt: skip
        await tx.do("UPDATE topics SET mode = 'erased', thread = NULL, card = NULL WHERE ticket = :number",
                     number=number)  # fmt: skip
        await pushing.push(tx, topics.queue(number), topics.CHANNEL, "erase",
                         {"thread": row["thread"] or 0, "posts": [one["posted"] for one in posts]}, at)  # fmt: skip
    return len(rows)


async def _note(tx: Tx, row: Row, origin: str) -> None:
    await tx.do("INSERT INTO topic_messages (message, ticket, origin) VALUES (:message, :ticket, :origin)",
                 message=row["id"], ticket=row["ticket"], origin=origin)  # fmt: skip


def _album(row: Row) -> str:
    if row["channel"] != "telegram" or not row["payload"]:
        return ""
    try:
        return str(json.loads(row["payload"])["update"]["message"].get("media_group_id") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


async def _delivered(tx: Tx, at: str, messages: Messages) -> int:
    rows = await tx.all(
        """SELECT x.message, x.ticket, o.state, o.error,
                  (SELECT MIN(posted) FROM topic_posts WHERE message = x.message) AS posted
           FROM topic_messages x LEFT JOIN outbox o ON o.message = x.message
           WHERE x.mark = 'waiting' AND (o.id IS NULL OR o.state <> 'pending') LIMIT :batch""",
        batch=BATCH,
    )
    for row in rows:
        mark = "failed" if row["state"] == "failed" else "sent"
        await tx.do("UPDATE topic_messages SET mark = :mark WHERE message = :id", mark=mark, id=row["message"])
        await react(tx, row["message"], at)
        if mark == "failed":
            lang = (await settings.policy(tx)).group.lang
            text = messages.say("staff.undelivered", lang, why=row["error"] or "?")
            await topics.hint(tx, row["ticket"], text, at, row["posted"] or 0)
    return len(rows)


async def react(tx: Tx, message: int, at: str) -> None:
    """Show on a message of staff how far it came; drawn from the state of the moment."""
    await pushing.push(tx, f"group:react:{message}", topics.CHANNEL, "react", {"message": message}, at)

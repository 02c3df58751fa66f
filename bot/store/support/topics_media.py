"""Photos and files of staff on their way from the group to the merchant."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import timedelta

from bot.store import media as media_store
from bot.store import pushing
from bot.store.base import Row, Tx
from bot.store.support import sending, topics_acts, topics_collect
from bot.store.support.acting import Act
from bot.store.support.topics_acts import Spot
from bot.store.times import stamp
from bot.support.errors import Invalid


@dataclass(frozen=True, slots=True)
class Item:
    """A photo or file of staff. ``kind`` "copy": no file to name, the message is copied as it is."""

    kind: str
    file: str = ""
    text: str = ""
    name: str = ""
    mime: str = ""
    album: str = ""


async def media(tx: Tx, act: Act, spot: Spot, item: Item) -> None:
    """Send the merchant a photo or file of the topic; the desk and the web chat get it stored."""
    row = await sending.open_to(tx, act, spot.ticket)
    if row["channel"] not in pushing.PUSHED and not item.file:
        raise Invalid("web_kind")
    kind = "document" if item.kind == "copy" else item.kind
    message = await sending.said(tx, act, row, kind, item.text, await _store(tx, act, row, item))
    joined = row["channel"] in pushing.PUSHED and await _push(tx, act, row, spot, item, message)
    await sending.recorded(tx, act, spot.ticket, message, item.text)
    await topics_acts.ours(tx, act, spot, message, marked=not joined)


async def _store(tx: Tx, act: Act, row: Row, item: Item) -> int | None:
    if not item.file:
        return None
    # never of the kind "photo": those are read and talked about with the merchant
    kept = await tx.one(
        """INSERT INTO media (chat, channel, ref, kind, name, mime, state, due_at, created_at, note)
           VALUES (:chat, 'telegram', :ref, 'document', :name, :mime, 'remote', :at, :at, :staff) RETURNING id""",
        staff=media_store.STAFF, chat=row["chat"], ref=item.file, name=item.name, mime=item.mime, at=act.at,
    )  # fmt: skip
    tx.notify("media")
    return int(kept["id"]) if kept else None


async def _push(tx: Tx, act: Act, row: Row, spot: Spot, item: Item, message: int) -> bool:
    """Queue it for the merchant; True if it joined an album that waits."""
    one = {**asdict(item), "text": item.text, "from": spot.chat, "id": spot.posted}
    if item.album:
        for parcel in await tx.all(
            """SELECT id, payload FROM outbox
               WHERE chat = :chat AND kind = 'media' AND state = 'pending' AND due_at > :at""",
            chat=row["chat"], at=act.at,
        ):  # fmt: skip
            data = json.loads(parcel["payload"])
            if data["items"][0]["album"] == item.album and len(data["items"]) < 10:
                data["items"].append(one)
                await tx.do("UPDATE outbox SET payload = :payload WHERE id = :id",
                             payload=json.dumps(data, ensure_ascii=False), id=parcel["id"])  # fmt: skip
                return True
    one["text"] = "\n".join(filter(None, (await topics_acts.lead(tx, act, row), item.text)))
    due = act.now + (topics_collect.ALBUM if item.album else timedelta(0))
    await pushing.push(tx, row["chat"], row["channel"], "media", {"items": [one]}, stamp(due), message)
    return False

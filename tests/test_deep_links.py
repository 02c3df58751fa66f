"""A deep link carries no authority: it can name a serial, as a hint, and nothing else."""

from __future__ import annotations

import pytest
from conftest import Clock
from support import open_ticket, rows
from test_presses import World

from bot.service import Service
from bot.store.base import Database

FORGED = (
    "staff-1", "staff_abc", "admin", "login-x", "t:1:claim", "1", "ticket_1", "../../etc/passwd", "sn_<b>x</b>",
    "sn_' OR 1=1", "sn_{number}", "sn_\ue000", "sn_" + "A" * 41, "sn_一二三四", "sn_A\nB", "submit", "forget:yes",
    "forget", "web:abc", "sn_", "N9101234567",
)  # fmt: skip


@pytest.fixture
def world(db: Database, service: Service, clock: Clock) -> World:
    return World(db, service, clock)


async def test_a_serial_is_only_a_hint(world: World) -> None:
    await world.say(7, "/start sn_N9101234567")
    assert "N9101234567" in await world.said(7)
    await world.say(7, "/start sn_N9101234567")
    assert await world.tickets() == 0
    assert await rows(world.db, "SELECT login FROM staff") == []


@pytest.mark.parametrize("payload", FORGED)
async def test_no_payload_opens_anything(world: World, clock: Clock, payload: str) -> None:
    number = await open_ticket(world.db, clock, chat="tg:6")
    before = await rows(world.db, "SELECT * FROM tickets")
    await world.say(7, f"/start {payload}")
    assert await rows(world.db, "SELECT * FROM tickets") == before
    assert await rows(world.db, "SELECT login FROM staff") == []
    said = await world.said(7)
    assert f"工单 {number}" not in said
    assert "序列号" not in said

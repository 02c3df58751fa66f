"""Whatever merchants, time and support do in whatever order: the dialogue's promises hold after every step."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.dialogue.engine import PER_MINUTE, Dialogue
from bot.dialogue.model import Session, dump_session, load_session
from bot.messages import Messages
from intents.understanding import Understanding
from tests.fuzz import words
from tests.fuzz.chats import edited
from tests.fuzz.merchant import STATUSES, Broken, Merchant, units

TEXTS = st.one_of(
    st.sampled_from(words.FAULTS), st.sampled_from(words.REPLIES), st.sampled_from(words.TEXTS),
    st.text(max_size=40), st.text("不还行好打印1２二？! \u200b{}", max_size=12),
)  # fmt: skip
NEWEST = st.tuples(st.just("press"), st.integers(0, 5))
ACTIONS = st.one_of(
    st.tuples(st.just("say"), TEXTS), st.tuples(st.just("say"), TEXTS), NEWEST, NEWEST,
    st.tuples(st.just("press"), st.integers(0, 199)),
    st.tuples(st.just("forge"), st.sampled_from(words.FORGED)),
    st.tuples(st.just("send"), st.sampled_from(words.MEDIA), st.one_of(st.just(""), TEXTS)),
    st.tuples(st.just("read"), TEXTS),
    st.tuples(st.just("fire"), st.sampled_from(words.TIMERS)),
    st.tuples(st.just("wait"), st.sampled_from((1, 30, 61, 3600))),
    st.tuples(st.just("support"), st.integers(0, 3), st.sampled_from(STATUSES), st.booleans()),
)  # fmt: skip
COMMON = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@pytest.fixture(scope="module")
def talks(understanding: Understanding) -> Dialogue:
    return Dialogue(understanding, Messages(), reads_photos=True)


@pytest.fixture(scope="module")
def talks_after_an_edit(understanding: Understanding) -> Dialogue:
    return Dialogue(edited(understanding), Messages())


@settings(max_examples=500, **COMMON)
@given(actions=st.lists(ACTIONS, max_size=25))
def test_every_promise_holds_after_every_step(talks: Dialogue, actions: list[tuple[Any, ...]]) -> None:
    merchant = Merchant(talks)
    for action in actions:
        merchant.do(action)


@settings(max_examples=120, **COMMON)
@given(before=st.lists(ACTIONS, max_size=12), after=st.lists(ACTIONS, min_size=1, max_size=6))
def test_an_edit_of_the_knowledge_never_strands_a_merchant(
    talks: Dialogue, talks_after_an_edit: Dialogue, before: list[tuple[Any, ...]], after: list[tuple[Any, ...]]
) -> None:
    merchant = Merchant(talks)
    for action in before:
        merchant.do(action)
    merchant.dialogue = talks_after_an_edit
    for action in after:
        merchant.do(action)


@settings(max_examples=80, **COMMON)
@given(actions=st.lists(ACTIONS, max_size=15))
def test_the_same_steps_give_the_same_turns(talks: Dialogue, actions: list[tuple[Any, ...]]) -> None:
    one, two = Merchant(talks), Merchant(talks)
    for action in actions:
        one.do(action)
        two.session = load_session(dump_session(two.session))  # as another replica takes it up
        two.do(action)
    assert one.session == two.session
    assert one.tickets == two.tickets
    assert one.shown == two.shown


@settings(max_examples=80, **COMMON)
@given(actions=st.lists(ACTIONS, max_size=15))
def test_a_draft_left_alone_becomes_exactly_one_ticket(talks: Dialogue, actions: list[tuple[Any, ...]]) -> None:
    merchant = Merchant(talks)
    for action in actions:
        merchant.do(action)
    drafting, before = merchant.session.draft is not None, merchant.opened
    first, second = merchant.fire("end"), merchant.fire("end")
    assert len(first.changes) == drafting
    assert not second.changes
    assert merchant.opened - before <= 1
    assert not merchant.session.busy


@given(data=st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("latin-1"))))
def test_a_session_that_cannot_be_read_begins_anew(data: str) -> None:
    assert isinstance(load_session(data), Session)


def test_the_edited_knowledge_really_strands_sessions(talks: Dialogue, talks_after_an_edit: Dialogue) -> None:
    merchant = Merchant(talks)
    for action in (("say", "打不出小票"), ("say", "缺纸")):
        merchant.do(action)
    place = (merchant.session.symptom, merchant.session.node)
    assert place[0]
    merchant.dialogue = talks_after_an_edit
    assert "失效" in merchant.say("听不懂").replies[0].text
    assert not merchant.session.symptom


def test_what_support_reads_back_fits_into_one_message(talks: Dialogue) -> None:
    merchant = Merchant(talks)
    merchant.say("打不出小票")
    merchant.say("转人工")
    for _ in range(12):
        turn = merchant.say("😀" * 600)
        merchant.wait(61)
        assert all(units(reply.text) <= 4096 for reply in turn.replies)
    assert len(merchant.read("字" * 5000).replies) <= 1


def test_a_flood_gets_one_kind_word_a_minute(talks: Dialogue) -> None:
    merchant = Merchant(talks)
    answered = [bool(merchant.say("你好").replies) for _ in range(3 * PER_MINUTE)]
    assert answered == [True] * (PER_MINUTE + 1) + [False] * (2 * PER_MINUTE - 1)


@pytest.mark.parametrize("broken", [
    lambda turn: turn.replies.__class__(),
    lambda turn: (type(turn.replies[0])("x" * 4097),),
    lambda turn: (type(turn.replies[0])("missing {number}, sorry"),),
    lambda turn: (type(turn.replies[0])("An English sentence for a reader of Chinese"),),
    lambda turn: (type(turn.replies[0])("编号 \ue000，请等一等，很快就好了"),),
])  # fmt: skip
def test_the_invariants_notice(talks: Dialogue, broken: Any) -> None:
    from dataclasses import replace

    class Worse(Dialogue):
        def step(self, *args: Any, **kwargs: Any) -> Any:
            turn = super().step(*args, **kwargs)
            return replace(turn, replies=broken(turn))

    worse = Worse(talks.understanding, Messages())
    with pytest.raises(Broken):
        Merchant(worse).say("打不出小票")

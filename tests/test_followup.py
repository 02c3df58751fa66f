"""Typed replies inside a flow: what they mean, in other words than the data file's."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents import source
from intents.followup import Followups
from intents.reply_clause import MEANINGS
from intents.reply_words import by_units

ROOT = Path(__file__).parent
DATA = ROOT.parent / "intents" / "data" / "followups.yaml"
LABELS = ("有灯亮", "完全没反应", "闪红灯")


def read(path: Path) -> dict[str, Any]:
    return dict(source.read(path, path.name).data)


PHRASES = read(DATA)
REPLIES = Followups(PHRASES)
CASES = [(text, means) for means, texts in read(ROOT / "utterances" / "followups.yaml").items() for text in texts]


@pytest.mark.parametrize(("text", "means"), CASES, ids=[f"{means}-{text}" for text, means in CASES])
def test_a_reply_is_understood(text: str, means: str) -> None:
    assert REPLIES.read(text) == (None if means == "nothing" else means)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("最后一个", "choose:3"),
        ("最後那個", "choose:3"),
        ("the last one", "choose:3"),
        ("中间那个", "choose:2"),
        ("the middle one", "choose:2"),
        ("3", "choose:3"),
        ("4", None),
        ("有灯亮", "choose:1"),
        ("完全沒反應。", "choose:2"),
        ("有", "yes"),
    ],
)
def test_a_choice_is_counted_in_the_list(text: str, means: str | None) -> None:
    assert REPLIES.read(text, LABELS) == means


def test_the_last_one_needs_a_list() -> None:
    assert REPLIES.read("最后一个") is None


def test_two_choices_are_none() -> None:
    assert REPLIES.read("1，3") is None


@pytest.mark.parametrize("meaning", MEANINGS)
def test_every_phrase_of_the_data_has_its_meaning(meaning: str) -> None:
    listed = [phrase for phrases in PHRASES[meaning].values() for phrase in phrases]
    wrong = [phrase for phrase in listed if REPLIES.read(phrase) != meaning]
    assert wrong == []


def test_no_phrase_has_two_meanings() -> None:
    owners: dict[tuple[str, ...], str] = {}
    for meaning in MEANINGS:
        for phrase in (phrase for phrases in PHRASES[meaning].values() for phrase in phrases):
            key = by_units(phrase)
            assert not key or owners.setdefault(key, meaning) == meaning, phrase


def test_a_long_text_is_a_new_problem() -> None:
    assert REPLIES.read("还是不行" + "，这台机器从昨天下午开始就一直断断续续的" * 3) is None


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=4096))
def test_any_text_is_read_quickly(text: str) -> None:
    started = time.perf_counter()
    REPLIES.read(text, LABELS)
    assert time.perf_counter() - started < 0.05


HOSTILE = ("不" * 4096, "没有" * 19, "not " * 40, "是" * 300, "选" * 300, "a " * 150, "二" * 290)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_is_read_quickly(text: str) -> None:
    started = time.perf_counter()
    REPLIES.read(text, LABELS)
    assert time.perf_counter() - started < 0.05

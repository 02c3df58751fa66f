"""The matcher on a small knowledge base of its own."""

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.cache import fingerprint
from intents.clauses import without_denied
from intents.evaluate import evaluate
from intents.evaluate_report import html, table
from intents.labelled import Labelled
from intents.matcher import Matcher
from intents.text import normalise

EXAMPLES = {
    "print.no_output": (
        "打印机不出纸|小票打不出来|打印不了小票|不打印|receipt does not print|no receipt comes out"
    ).split("|"),
    "print.paper": ("缺纸了怎么办|没纸了|怎么换打印纸|提示没有纸|out of paper|how do I load a paper roll").split("|"),
    "print.faded": ("打印出来是白的|字很淡看不清|打出来是空白的|小票模糊|print is faded|blank receipt").split("|"),
    "net.wifi": ("wifi连不上|无线网络连接不上|连不了无线|wifi密码错误|cannot join wifi|wifi keeps dropping").split("|"),
    "txn.refund": ("我要退款|怎么给客人退货|退钱给顾客|昨天的单要退款|refund a customer|how do I refund").split("|"),
    "print.reprint": ("补打小票|重新打印上一笔|再打一张小票|补打昨天的单|reprint a receipt|print a second copy").split(
        "|"
    ),
    "settle.not_arrived": (
        "钱没到账|昨天的款没收到|资金还没到|没有入账|payout not received|money has not arrived"
    ).split("|"),
    "chat.human": ("转人工|我要找客服|人工客服|找真人|talk to a human|real person please").split("|"),
}
OUTSIDE = (
    "今天天气怎么样|手机屏幕碎了|花呗怎么还款|淘宝退款多久|我的快递到哪了|讲个笑话|房贷利率|信用卡怎么申请|"
    "what is the weather|tell me a joke|my phone is broken|where is my parcel|bitcoin price|fix my laptop"
).split("|")
VOCABULARY = {"打印机": ("印表机", "打单机", "printer"), "小票": ("签购单", "slip", "receipt")}


@pytest.fixture(scope="module")
def matcher():
    return Matcher.train(EXAMPLES, OUTSIDE, VOCABULARY)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("打印机不出纸", "print.no_output"),
        ("印表機不出紙", "print.no_output"),
        ("dayinji bu chu zhi", "print.no_output"),
        ("打应鸡不出只", "print.no_output"),
        ("ＷＩＦＩ連不上！！", "net.wifi"),
        ("打🎉印🎉机不。出。纸", "print.no_output"),
        ("不是没纸,是打出来是白的", "print.faded"),
        ("不用补打,我要退款", "txn.refund"),
        ("not out of paper, the print is faded", "print.faded"),
        ("please refund the customer", "txn.refund"),
    ],
)
def test_what_merchants_mean_is_found(matcher, text, intent):
    assert matcher.match(text).intent == intent


def test_known_phrases_come_first(matcher):
    assert all(matcher.match(text).intent == intent for intent, many in EXAMPLES.items() for text in many)


def test_candidates_are_ordered_and_probable(matcher):
    found = matcher.match("小票没有打印").candidates
    sure = [one.confidence for one in found]
    assert sure == sorted(sure, reverse=True)
    assert all(0 <= one <= 1 for one in sure)


def test_outside_is_not_answered(matcher):
    assert all(matcher.match(text).outcome != "answer" for text in OUTSIDE)


@pytest.mark.parametrize("text", ["", "   ", "。。。", "🎉🎉", "\u200b", "\x00"])
def test_nothing_to_read_falls_back(matcher, text):
    found = matcher.match(text)
    assert (found.outcome, found.candidates) == ("fallback", ())


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=400))
def test_any_text_is_matched(matcher, text):
    assert matcher.match(text).outcome in ("answer", "clarify", "fallback")


@pytest.mark.parametrize(
    "text", ["打印机没纸了怎么办," * 1200, "a" * 10_000, "dayinji " * 1200, "x1 " * 3000, "🎉" * 9000]
)
def test_huge_text_takes_no_longer(matcher, text):
    matcher.match(text)
    start = time.perf_counter()
    matcher.match(text)
    assert time.perf_counter() - start < 0.05


def test_a_message_takes_under_three_milliseconds(matcher):
    start = time.perf_counter()
    for _ in range(200):
        matcher.match("打印机打不出小票怎么办")
    assert (time.perf_counter() - start) / 200 < 0.003


def test_training_again_gives_the_same(matcher):
    again = Matcher.train(EXAMPLES, OUTSIDE, VOCABULARY)
    assert np.array_equal(again.learned.weights, matcher.learned.weights)
    assert again.learned.thresholds == matcher.learned.thresholds


def test_a_saved_matcher_is_the_same(matcher, tmp_path):
    matcher.save(tmp_path / "m.npz")
    loaded = Matcher.load(tmp_path / "m.npz")
    for text in ("打印机不出纸", "钱还没到", "dayinji", "tell me a joke"):
        assert loaded.match(text) == matcher.match(text)
        assert loaded.explain(text) == matcher.explain(text)


def test_a_broken_file_is_no_matcher(tmp_path):
    (tmp_path / "m.npz").write_bytes(b"not a matcher")
    with pytest.raises(ValueError, match="no matcher"):
        Matcher.load(tmp_path / "m.npz")


def test_the_cache_is_used_and_survives_damage(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = Matcher.cached(EXAMPLES, OUTSIDE)
    (file,) = (tmp_path / "posbot").glob("matcher-*.npz")
    assert Matcher.cached(EXAMPLES, OUTSIDE).match("缺纸") == first.match("缺纸")
    file.write_bytes(b"damaged")
    assert Matcher.cached(EXAMPLES, OUTSIDE).match("缺纸") == first.match("缺纸")


def test_the_fingerprint_changes_with_what_goes_in():
    base = fingerprint(EXAMPLES, OUTSIDE, VOCABULARY)
    assert base == fingerprint(EXAMPLES, OUTSIDE, VOCABULARY)
    others = [
        (EXAMPLES | {"x.y": ["z"]}, OUTSIDE, VOCABULARY),
        (EXAMPLES, OUTSIDE[1:], VOCABULARY),
        (EXAMPLES, OUTSIDE, {}),
    ]
    assert len({base, *(fingerprint(*one) for one in others)}) == 4


def test_an_intent_without_phrases_is_refused():
    with pytest.raises(ValueError, match=r"x\.y"):
        Matcher.train({"x.y": []})


@pytest.mark.parametrize("outside", [(), OUTSIDE, {"far": OUTSIDE[:7], "near": OUTSIDE[7:]}])
def test_outside_may_be_missing_flat_or_by_theme(outside):
    matcher = Matcher.train(EXAMPLES, outside)
    assert matcher.match("打印机不出纸").intent == "print.no_output"
    assert not any(one.intent.startswith("~") for one in matcher.match("天气").candidates)


def test_explain_agrees_with_match(matcher):
    for text in ("打印机不出纸", "今天天气怎么样", "", "小票打不出"):
        told = matcher.explain(text)
        assert told.match == matcher.match(text)
    told = matcher.explain("打印机不出纸了")
    assert told.phrase == "打印机不出纸"
    assert told.similarity > 0.8
    assert told.evidence


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("不是没纸,是打出来是白的", "是打出来是白的"),
        ("不用补打,我要退款", "我要退款"),
        ("不是缺纸而是卡纸", "卡纸"),
        ("是不是没纸了", "是不是没纸了"),
        ("刷卡不是很灵", "刷卡不是很灵"),
        ("打印机不出纸,怎么办", "打印机不出纸,怎么办"),
        ("i dont want a reprint, i want a refund", "i want a refund"),
    ],
)
def test_what_is_denied_is_left_out(text, meant):
    assert without_denied(normalise(text)) == meant


def test_evaluation_counts_as_the_scorer_does(matcher):
    messages = [
        Labelled("打印机不出纸", ("print.no_output",), "zh", "voice"),
        Labelled("tell me a joke", ("oos",), "en", "voice", "far"),
        Labelled("wifi连不上", ("txn.refund",), "zh", "real"),
        Labelled("补打小票", ("print.reprint", "oos"), "zh", "real"),
    ]
    found = evaluate(matcher.match, messages)
    assert (found.total.inside, found.total.outside, found.total.accuracy) == (2, 1, 50.0)
    assert found.total.outside_answered == 0
    assert [(one.wanted, one.got) for one in found.confusions] == [("txn.refund", "net.wifi")]
    assert "txn.refund taken for net.wifi" in table(found)
    page = html(found)
    assert "<svg" in page
    assert "http" not in page


def test_evidence_can_be_read(matcher):
    grams = [one.gram for one in matcher.explain("打印机不出纸").evidence]
    assert "da-yin" in grams
    assert all(gram == gram.strip() and gram.isprintable() for gram in grams)


def test_the_cache_keeps_the_models_that_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = {"a": ["打印机卡纸"], "b": ["手续费"]}
    Matcher.cached(first, (), {})
    (kept,) = (tmp_path / "posbot").glob("matcher-*.npz")
    written = kept.stat().st_ino
    for number in range(8):
        Matcher.cached({**first, "c": [f"第{number}种说法"]}, (), {})
        Matcher.cached(first, (), {})
    assert kept.stat().st_ino == written, "it was forgotten and trained again"
    assert len(list((tmp_path / "posbot").glob("matcher-*.npz"))) == 5

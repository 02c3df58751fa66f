"""The comparisons run, count what they say, and learn from nothing that they are measured on."""

import json

import pytest

from intents import benchmark, benchmark_public
from intents.labelled import Labelled
from intents.training import thinned

EXAMPLES = {
    "print.paper": ["没纸了", "怎么换打印纸", "提示没有纸", "out of paper", "load a paper roll"],
    "txn.refund": ["我要退款", "怎么给客人退货", "退钱给顾客", "refund a customer", "how do I refund"],
}
MESSAGES = [
    Labelled("没有纸了", ("print.paper",)),
    Labelled("要退款", ("txn.refund",)),
    Labelled("讲个笑话", ("oos",)),
]


def test_every_system_is_measured_at_every_size():
    rows = benchmark.bench_match(EXAMPLES, MESSAGES, ["今天天气怎么样"], times=(1, 2))
    assert [(row.times, row.phrases) for row in rows[:1] + rows[-1:]] == [(1, 10), (2, 20)]
    assert len(rows) == 10
    assert {row.messages for row in rows} == {2}
    assert next(row for row in rows if row.system == "posbot").accuracy == 100
    assert "TF-IDF + linear SVM" in benchmark.speed_table(rows)


def test_a_slow_system_is_judged_by_what_it_answered_in_time(monkeypatch):
    monkeypatch.setattr(benchmark, "BUDGET", 0.0)
    (row,) = benchmark.bench_match(EXAMPLES, MESSAGES, times=(1,), systems=("rapidfuzz WRatio",))
    assert (row.messages, row.accuracy) == (1, 100)


def test_variants_are_as_many_as_asked_and_always_the_same():
    phrases = EXAMPLES["print.paper"]
    many = benchmark.multiplied(phrases, 4)
    assert many[:5] == phrases
    assert len(many) == 20
    assert many == benchmark.multiplied(phrases, 4)


@pytest.mark.parametrize("background", [False, True])
def test_the_public_protocol_reports_each_seed_and_the_mean(tmp_path, background):
    rows = [{"text": text, "label": label, "split": "train"} for label, many in EXAMPLES.items() for text in many]
    rows += [{"text": "没纸", "label": "print.paper", "split": "test"}]
    rows += [
        {"text": f"讲第{at}个笑话", "label": "oos", "split": split}
        for at in "一二三四"
        for split in ("oos_val", "oos_test")
    ]
    path = tmp_path / "few.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    found = benchmark_public.bench_public(path, (0, 1), background)
    assert [one.seed for one in found] == [0, 1]
    assert {one.accuracy for one in found} == {100}
    assert all(0 <= one.false <= 100 for one in found)
    assert benchmark_public.public_table(found).splitlines()[-1].startswith("mean")


def test_too_many_phrases_are_thinned_from_the_largest_intents():
    found = thinned({"few": ["a", "b"], "many": [str(at) for at in range(100)]}, most=12)
    assert {intent: len(many) for intent, many in found.items()} == {"few": 2, "many": 10}
    assert found["many"][:2] == ["0", "10"]
    assert thinned({"few": ["a"]}, most=12) == {"few": ["a"]}

"""Response codes: found in any writing, never in an amount, a time or a model; what each scheme says."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents import schema, source
from intents.codes import CodeTable
from intents.model import Code

ROOT = Path(__file__).parent
DATA = ROOT.parent / "intents" / "data" / "codes.yaml"
WHO = {"cardholder", "issuer", "merchant", "acquirer", "provider", "network"}
SCHEMES = {"unionpay", "international", "vendor", "prompt_zh", "prompt_en", "wechat", "alipay", "wallet"}


def read_codes() -> tuple[Code, ...]:
    return tuple(schema.Code.model_validate(entry).build() for entry in source.read(DATA, DATA.name).data)


def read_cases() -> dict[str, Any]:
    path = ROOT / "utterances" / "codes.yaml"
    return dict(source.read(path, path.name).data)


CODES = read_codes()
TABLE = CodeTable(CODES)
CASES = read_cases()


@pytest.mark.parametrize(("text", "code"), CASES["named"].items(), ids=list(CASES["named"]))
def test_a_named_code_is_found(text: str, code: str) -> None:
    assert TABLE.find(text) == code


@pytest.mark.parametrize("text", CASES["decoys"], ids=[text or "empty" for text in CASES["decoys"]])
def test_a_look_alike_is_no_code(text: str) -> None:
    assert TABLE.find(text) is None


@pytest.mark.parametrize(("text", "code"), CASES["prompts"].items(), ids=list(CASES["prompts"]))
def test_a_prompt_is_recognised(text: str, code: str) -> None:
    assert TABLE.find_prompt(text) == (None if code == "null" else code)


@pytest.mark.parametrize("code", sorted(TABLE.known))
def test_every_code_of_the_table_is_found_when_named(code: str) -> None:
    assert TABLE.find(f"代码{code}") == code
    assert TABLE.find(f"error code {code.lower()}") == code or code.isalpha()
    assert TABLE.lookup(code)


@pytest.mark.parametrize("entry", CODES, ids=["/".join(code.codes) for code in CODES])
def test_an_entry_is_complete(entry: Code) -> None:
    assert entry.scheme in SCHEMES
    assert entry.who
    assert set(entry.who) <= WHO
    assert max(len(line) for line in entry.do.zh.splitlines()) <= 40
    assert max(len(line) for line in entry.do.en.splitlines()) <= 110


def test_no_scheme_defines_a_code_twice() -> None:
    pairs = [(entry.scheme, code) for entry in CODES for code in entry.codes]
    assert len(pairs) == len(set(pairs))


def test_the_domestic_meaning_comes_first() -> None:
    assert [entry.scheme for entry in TABLE.lookup("97")] == ["unionpay", "international"]
    assert TABLE.lookup("ｚ１")[0].meaning.en.startswith("Declined offline")
    assert TABLE.lookup("nonsense") == ()


def test_differences_are_told_only_where_schemes_differ() -> None:
    assert TABLE.differences("51", "zh") == ""
    assert TABLE.differences("A0", "en") == ""
    lines = TABLE.differences("64", "zh").splitlines()
    assert lines[1].startswith("银联：")
    assert "反洗钱" in lines[2]
    assert "UnionPay: " in TABLE.differences("64", "en")


@pytest.mark.parametrize("code", ["68", "98", "Z0", "LC", "TO", "SYSTEMERROR"])
def test_an_unknown_result_is_looked_up_before_it_is_repeated(code: str) -> None:
    entry = TABLE.lookup(code)[0]
    assert "查询" in entry.do.zh.splitlines()[0]
    assert "look" in entry.do.en.splitlines()[0].lower()


def test_a_tamper_alarm_is_never_restarted() -> None:
    for name in ("TAMPER", "已被攻击"):
        entry = TABLE.lookup(name)[0]
        assert entry.leads_to == "device.tamper"
        assert entry.retry == "no"
        assert "停用" in entry.do.zh.splitlines()[0]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=4096))
def test_any_text_is_read_quickly(text: str) -> None:
    started = time.perf_counter()
    TABLE.find(text)
    TABLE.find_prompt(text)
    assert time.perf_counter() - started < 0.05


@pytest.mark.parametrize(
    "text", ["55 " * 1365, "报" * 4096, "A0" * 2048, "code " * 819, "九十一" * 1365, "1" * 4096, "is a " * 819]
)
def test_a_hostile_text_is_read_quickly(text: str) -> None:
    started = time.perf_counter()
    TABLE.find(text)
    TABLE.find_prompt(text)
    assert time.perf_counter() - started < 0.05

"""Normalisation, language and pinyin of what merchants type."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.text import HEAD, TAIL, language, normalise, sounds, spelled, units


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("ＰＯＳ機刷卡失敗！！", "pos机刷卡失败"),
        ("打🎉印\u200b機\u202e沒紙", "打印机没纸"),
        ("显示５１，怎么办？", "显示51,怎么办"),
        ("Can't  PRINT…", "cant print"),
        ("café", "cafe"),
        ("費率0.6%", "费率0 6%"),
        ("，。！", ""),
        ("", ""),
    ],
)
def test_normalise_makes_one_plain_form(text, plain):
    assert normalise(text) == plain


@given(st.text())
def test_normalise_is_stable(text):
    plain = normalise(text)
    assert normalise(plain) == plain


@given(st.text())
def test_normalise_leaves_nothing_invisible(text):
    assert not set(normalise(text)) & set("\u200b\u202e\ufeff\x00\t\n！？。")


@given(st.text(alphabet=string.ascii_lowercase + "打印机刷卡 ,", max_size=80))
def test_units_keep_every_letter_of_short_text(text):
    plain = normalise(text)
    assert "".join(units(plain)) == plain.replace(" ", "").replace(",", "")


def test_long_text_keeps_its_beginning_and_its_end():
    plain = normalise("始" + "中" * 20_000 + "末")
    assert plain.startswith("始")
    assert plain.endswith("末")
    assert len(plain) <= HEAD + TAIL + 1
    assert len(units(plain)) <= 130


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("change the machine", "en"),
        ("打印机没纸", "zh"),
        ("印表機沒紙", "zh-Hant"),
        ("the printer is out of paper", "en"),
        ("dayinji bu chu zhi", "zh"),
        ("POS機 error 91", "zh-Hant"),
        ("my card machine says 交易失败 what now please", "en"),
        ("check the balance of the machine", "en"),
        ("", "zh"),
        ("12345", "zh"),
    ],
)
def test_language_is_what_the_merchant_writes(text, lang):
    assert language(text) == lang


@pytest.mark.parametrize("latin", ["dayinji bu chu zhi", "da yin ji bu chu zhi", "dayin机bu出zhi"])
def test_pinyin_meets_the_hanzi(latin):
    assert sounds(units(normalise(latin))) == sounds(units(normalise("打印机不出纸")))


def test_homophones_sound_the_same():
    assert sounds(units("打因鸡")) == sounds(units("打印机"))


@pytest.mark.parametrize("word", ["print", "x", "qzx", "e", "a" * 60])
def test_what_cannot_be_read_is_no_pinyin(word):
    assert spelled(word) == ""


def test_english_text_has_no_sounds():
    assert sounds(units("the balance of my china account")) == ""

"""What an editor of YAML is told: file, line, key, and what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents import knowledge, source
from intents.drawing import mermaid, text

TREE = """\
id: print.no_output
title: {zh: 不打印, en: No print}
impact: P3
phrases: {zh: [不打印了], en: [no print]}
start: paper
nodes:
  paper:
    ask: {zh: 有纸吗？, en: Is there paper?}
    choices:
      - label: {zh: 有, en: "Yes"}
        means: yes
        go: support
      - label: {zh: 没有, en: "No"}
        means: no
        go: load
  load:
    fix: {zh: 装纸。, en: Load paper.}
    steps: {zh: [打开盖子], en: [Open the cover]}
    else: support
  support:
    escalate: {zh: 要报修。, en: It needs repair.}
    ask_for: [serial, phone]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One symptom and nothing else: small enough to break on purpose."""
    for name, content in {
        "faq.yaml": "[]", "codes.yaml": "[]", "brands.yaml": "[]", "vocabulary.yaml": "[]", "outside.yaml": "{}",
        "followups.yaml": "{}", "menu.yaml": "[]", "moods.yaml": "[]",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(content)
    (tmp_path / "symptoms").mkdir()
    (tmp_path / "phrases").mkdir()
    (tmp_path / "symptoms/print.no_output.yaml").write_text(TREE, encoding="utf-8")
    return tmp_path


def faults(folder: Path) -> str:
    return "\n".join(str(fault) for fault in knowledge.inspect(folder)[1])


def test_the_shipped_knowledge_has_no_fault() -> None:
    found, all_faults = knowledge.inspect()
    assert not all_faults
    assert found is not None
    assert len(found.intents) == 93
    assert len(found.outside) >= 1500


def test_every_intent_has_enough_phrases_in_both_languages() -> None:
    for intent, phrases in knowledge.load().examples.items():
        chinese = sum(any("\u3400" <= char <= "\u9fff" for char in phrase) for phrase in phrases)
        assert chinese >= 40, intent
        assert len(phrases) - chinese >= 20, intent


def test_knowledge_without_any_intent_is_a_fault(folder: Path) -> None:
    (folder / "symptoms/print.no_output.yaml").unlink()
    assert "there is no intent anywhere" in faults(folder)


def test_a_good_folder_loads(folder: Path) -> None:
    found = knowledge.load(folder)
    assert list(found.intents) == ["print.no_output"]
    assert found.examples["print.no_output"] == ("不打印了", "no print")


BROKEN = {
    "unknown key": ("start: paper", "start: paper\nsteps: 3", 6, "steps: is not a key"),
    "missing translation": ("{zh: 有纸吗？, en: Is there paper?}", "{zh: 有纸吗？}", 8, "en: is missing"),
    "steps not translated": ("en: [Open the cover]", "en: []", 18, "1 steps in zh and 0 in en"),
    "dangling choice": ("go: load", "go: lost", 15, "there is no node lost"),
    "dangling intent": ("go: load", "go: net.wifi", 15, "there is no intent net.wifi"),
    "unreachable node": ("go: load", "go: support", 16, "no path leads here"),
    "long label": ("label: {zh: 有,", "label: {zh: 这是一个长得手机上根本显示不下的按钮文字啊,", 10, "columns wide"),
    "twin buttons": ("label: {zh: 没有,", "label: {zh: 有,", 13, "read the same"),
    "two kinds of node": ("    else: support", "    else: support\n    ask: x", 16, "exactly one of"),
    "wrong priority": ("impact: P3", "impact: high", 3, "impact: input should be"),
    "duplicate key": ("impact: P3", "impact: P3\nimpact: P4", 4, "stands here twice"),
    "duplicate phrase": ("zh: [不打印了]", "zh: [不打印了, 不 打印了]", 4, "stands at"),
    "file name": ("id: print.no_output", "id: print.other", 1, "must be named print.other.yaml"),
    "alias": ("start: paper", "start: &a paper", 5, "anchors and aliases"),
    "tag": ("start: paper", "start: !!python/object:os.system paper", 5, "tags"),
    "not YAML": ("start: paper", "start: [paper", 6, "not valid YAML"),
    "long text": ("zh: 要报修。", "zh: " + "报" * 4000, 21, "UTF-16 units long"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_fault_names_file_line_and_what_to_do(folder: Path, case: str) -> None:
    old, new, line, sentence = BROKEN[case]
    path = folder / "symptoms/print.no_output.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    found = faults(folder)
    assert sentence in found
    assert f"print.no_output.yaml:{line}:" in found


def test_a_loop_without_a_way_out_is_a_fault(folder: Path) -> None:
    circle = TREE.partition("  support:")[0].replace("else: support", "else: paper").replace("go: support", "go: load")
    (folder / "symptoms/print.no_output.yaml").write_text(circle, encoding="utf-8")
    assert "every path from here runs in a circle: add a way out" in faults(folder)


def test_the_same_id_twice_is_a_fault(folder: Path) -> None:
    shutil.copy(folder / "symptoms/print.no_output.yaml", folder / "symptoms/z.yaml")
    assert "is defined in" in faults(folder)


def test_a_code_without_quotes_is_a_fault(folder: Path) -> None:
    entry = "- codes: [05]\n  scheme: unionpay\n  meaning: {zh: 拒绝, en: refused}\n  who: [issuer]\n"
    entry += "  retry: no\n  do: {zh: 换卡, en: another card}\n  sure: high\n"
    (folder / "codes.yaml").write_text(entry, encoding="utf-8")
    assert "codes.yaml:1: 0.codes.0: put the code in double quotes" in faults(folder)
    (folder / "codes.yaml").write_text(entry.replace("[05]", '["05"]'), encoding="utf-8")
    assert knowledge.load(folder).codes[0].codes == ("05",)
    assert knowledge.load(folder).codes[0].retry == "no"


def test_all_faults_are_shown_at_once(folder: Path) -> None:
    path = folder / "symptoms/print.no_output.yaml"
    broken = path.read_text(encoding="utf-8").replace("impact: P3", "impact: P9").replace("go: load", "go: lost")
    path.write_text(broken + "colour: red\n", encoding="utf-8")
    assert len(knowledge.inspect(folder)[1]) >= 2


def test_a_bomb_is_refused() -> None:
    deep = "[" * 2000 + "]" * 2000
    found = source.parse(deep, source.Source("bomb.yaml"))
    assert "nested deeper" in found.faults[0].message


@given(st.text(max_size=300))
def test_any_text_is_parsed_or_refused(content: str) -> None:
    found = source.parse(content, source.Source("any.yaml"))
    assert found.data is None or isinstance(found.data, (str, list, dict))


def test_every_tree_draws() -> None:
    shipped = knowledge.load()
    for name in shipped.intents:
        symptom = shipped.symptom(name)
        if symptom is not None:
            assert symptom.title.zh in text(symptom, "zh")
            assert mermaid(symptom, "en").startswith("flowchart TD")

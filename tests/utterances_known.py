"""Rewrite ``utterances/known-failures.yaml``: what fails now. Reasons of entries that still fail are kept.

Usage: ``.venv/bin/python tests/utterances_known.py [--report]`` from the root of the checkout. ``--report`` also prints
the share that passes by group and language, the confusions (wanted → got) of what fails, and those of what passes only
because the right intent is offered second or third; without any utterance.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import yaml

ROOT = Path(__file__).parent
HEAD = "# Utterances that fail, and why. Rewritten by tests/utterances_known.py; a reason written by hand is kept.\n"
sys.path[:0] = [str(ROOT), str(ROOT.parent)]

from test_utterances import KNOWN, Utterance, inside, known, outside  # noqa: E402

from intents.load import understand  # noqa: E402
from intents.understanding import Understanding  # noqa: E402


def main() -> None:
    understanding = understand()
    utterances = inside() + outside()
    failing = [utterance for utterance in utterances if not utterance.passes(understanding)]
    reasons = known()
    kept = {each.text: reasons.get(each.text) or _reason(each, understanding) for each in failing}
    KNOWN.write_text(HEAD + yaml.safe_dump(kept, allow_unicode=True, sort_keys=False, width=1000), encoding="utf-8")
    if "--report" in sys.argv:
        _report(utterances, failing, understanding)


def _reason(utterance: Utterance, understanding: Understanding) -> str:
    match = understanding.match(utterance.text)
    if not utterance.intents:
        return f"outside, answered as {match.intent}"
    if match.outcome == "fallback":
        return f"{utterance.heading} is not recognised (best guess {match.intent})"
    verb = "answered" if match.outcome == "answer" else "offered"
    return f"{utterance.heading} is taken for {match.intent} ({verb})"


def _report(utterances: list[Utterance], failing: list[Utterance], understanding: Understanding) -> None:
    def group(utterance: Utterance) -> tuple[str, str]:
        name = utterance.heading.split(".")[0] if utterance.intents else f"outside {utterance.heading}"
        return name, utterance.lang

    total, failed = Counter(map(group, utterances)), Counter(map(group, failing))
    for key, count in sorted(total.items()):
        _line(f"{key[0]:14} {key[1]}  {count - failed[key]:4}/{count:<4} {100 * (1 - failed[key] / count):5.1f} %")
    later = [each for each in utterances if each.intents and understanding.match(each.text).intent not in each.intents]
    for title, confused in (
        ("Failing", failing),
        ("Offered, not first", [each for each in later if each not in failing]),
    ):
        _line(f"{title}:")
        for pair, count in Counter(_confusion(each, understanding) for each in confused).most_common():
            _line(f"{count:3}  {pair}")


def _confusion(utterance: Utterance, understanding: Understanding) -> str:
    match = understanding.match(utterance.text)
    return f"{utterance.heading} → {match.intent} ({match.outcome})"


def _line(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()

"""`posbot match`, `eval` and `bench`: the understanding on its own, without dialogue or store."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import click

from bot.errors import ConfigError
from intents.knowledge import KnowledgeError
from intents.load import understand
from intents.understanding import Understanding


def one(folder: Path | None, text: str, followup: bool, explain: bool) -> None:
    """Print what one text means."""
    understanding = _understanding(folder)
    if followup:
        click.echo(json.dumps({"means": understanding.followup(text)}, ensure_ascii=False))
    elif explain:
        click.echo(understanding.explain(text))
    else:
        click.echo(json.dumps(as_json(understanding, text), ensure_ascii=False))


def lines(folder: Path | None, followup: bool, source: Iterable[str], out: IO[str]) -> None:
    """Answer each JSON line with one, in order."""
    understanding = _understanding(folder)
    for line in source:
        if not line.strip():
            continue
        text = _text(line)
        answer = {"means": understanding.followup(text)} if followup else as_json(understanding, text)
        out.write(json.dumps(answer, ensure_ascii=False) + "\n")
        out.flush()


def as_json(understanding: Understanding, text: str) -> dict[str, Any]:
    """Return a match in the form that scripts read."""
    match = understanding.match(text)
    return {
        "outcome": match.outcome,
        "intent": match.intent if match.outcome == "answer" else None,
        "candidates": [asdict(candidate) for candidate in match.candidates],
        "code": match.code,
        "lang": match.lang,
    }


def _understanding(folder: Path | None) -> Understanding:
    try:
        return understand(folder)
    except KnowledgeError as error:
        raise ConfigError(f"the knowledge has faults, see `posbot check`: {error.faults[0]}") from error


def _text(line: str) -> str:
    try:
        text = json.loads(line)["text"]
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError('each line must be a JSON object such as {"text": "打不出小票"}') from error
    return str(text)

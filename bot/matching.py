"""`posbot match`, `eval` and `bench`: the understanding on its own, without dialogue or store."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import click

from bot.errors import ConfigError
from intents import evaluate as evaluation
from intents.knowledge import KnowledgeError
from intents.load import understand
from intents.understanding import Understanding


def one(folder: Path | None, text: str, followup: bool, explain: bool) -> None:
    """Print what one text means."""
    understanding = _understanding(folder)
    if followup:
        click.echo(json.dumps({"means": understanding.followup(text)}, ensure_ascii=False))
    elif explain:
        click.echo(_explained(understanding, text))
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


def evaluate(folder: Path | None, messages: Path, html: Path | None) -> None:
    """Print how well labelled messages are understood; write the report with charts where asked."""
    understanding = _understanding(folder)
    found = evaluation.evaluate(understanding.match, _messages(messages))
    click.echo(evaluation.table(found))
    if html is not None:
        html.write_text(evaluation.html(found, messages.name), encoding="utf-8")
        click.echo(f"The report is in {html}.")


def bench(folder: Path | None, messages: Path) -> None:
    """Print the comparison with other methods."""
    from intents import benchmark

    knowledge = _understanding(folder).knowledge
    rows = benchmark.bench_match(knowledge.examples, _messages(messages), knowledge.outside, knowledge.vocabulary)
    click.echo(benchmark.speed_table(rows))


def public(file: Path) -> None:
    """Print the few-shot protocol's result on a labelled file."""
    from intents import benchmark

    try:
        rows = benchmark.bench_public(file)
    except (ValueError, KeyError) as error:
        raise ConfigError(f"{file} is no file of JSON lines with text, label and split: {error}") from error
    click.echo(benchmark.public_table(rows))


def _messages(path: Path) -> list[evaluation.Labelled]:
    try:
        return evaluation.read_messages(path)
    except ValueError as error:
        raise ConfigError(str(error)) from error


def _explained(understanding: Understanding, text: str) -> str:
    match = understanding.match(text)
    why = understanding.matcher.explain(text)
    best = "  ".join(f"{found.intent} {found.confidence:.2f}" for found in match.candidates[:3])
    evidence = "  ".join(f"{one.gram} {one.weight:+.2f}" for one in why.evidence)
    rows = {
        "outcome": match.outcome, "candidates": best, "code": match.code or "-", "brand": match.brand or "-",
        "language": match.lang, "read as": why.text, "nearest": f"{why.phrase}  ({why.similarity:.0%})",
        "evidence": evidence, "inside": f"{why.inside:.2f}", "known": f"{why.coverage:.2f}",
        "thresholds": str(why.thresholds),
    }  # fmt: skip
    return "\n".join(f"{name:11} {value}" for name, value in rows.items())


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

"""The command line. Each command translates its options, calls one thing, and prints what it gives."""

from __future__ import annotations

import json
import logging
import sys
from importlib.metadata import version
from pathlib import Path

import click

from bot import cli_backup, cli_support
from bot.cli_options import options
from bot.config import Settings
from bot.errors import ConfigError, PosbotError
from intents.model import Lang

log = logging.getLogger(__name__)


def main() -> None:
    """Run posbot. Exit status: 0 well, 1 failure, 2 wrong use or configuration."""
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except ConfigError as error:
        _end(str(error), 2)
    except PosbotError as error:
        _end(str(error), 1)
    except BrokenPipeError:
        sys.exit(1)


def _end(sentence: str, status: int) -> None:
    log.debug("ended", exc_info=True)
    click.echo(f"posbot: {sentence}", err=True)
    sys.exit(status)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("posbot"), prog_name="posbot")
def cli() -> None:
    """A support bot for merchants whose card terminal misbehaves.

    Every option is also an environment variable and may stand in a file .env.
    """


@cli.command()
@options("telegram_token", "telegram_api_url", "telegram_rate", "webhook_url", "webhook_secret", "database",
         "knowledge", "listen", "web_chat", "timezone", "staff_chat", "desk_url", "ticket_webhook",
         "ticket_webhook_secret", "log", "metrics_token", "drain_seconds")  # fmt: skip
def run(settings: Settings) -> None:
    """Run the bot: Telegram (with a token), web chat and desk."""
    import asyncio

    from bot import logs, runner

    logs.set_up(settings.log)
    asyncio.run(runner.run(settings))


@cli.command()
@options("database", "knowledge")
@click.option("--jsonl", is_flag=True, help="One JSON object a line in and out, for programs.")
@click.option("--chat", "name", default=None, help="Name of the chat; the same name goes on where it stood.")
def chat(settings: Settings, jsonl: bool, name: str | None) -> None:
    """Talk with the bot on the console, on the same engine and database."""
    import asyncio

    from bot import logs
    from bot.channels import console

    logs.set_up(level=logging.ERROR)
    asyncio.run(console.chat(settings, jsonl, name))


@cli.command()
@options("knowledge")
@click.option("--followup", is_flag=True, help="Say what each text means as a reply inside a flow.")
@click.option("--explain", is_flag=True, help="Show which phrase and which evidence won, as text.")
@click.argument("text", nargs=-1)
def match(settings: Settings, followup: bool, explain: bool, text: tuple[str, ...]) -> None:
    """Say what a text is about. Without TEXT: JSON lines on stdin ({"text": …}) and stdout."""
    from bot import matching

    if text:
        matching.one(settings.knowledge, " ".join(text), followup, explain)
    else:
        matching.lines(settings.knowledge, followup, sys.stdin, sys.stdout)


@cli.command()
@options("knowledge")
def check(settings: Settings) -> None:
    """Read all knowledge files and print every fault with file, line, key and what to do."""
    from intents.knowledge import inspect

    knowledge, faults = inspect(settings.knowledge)
    for fault in faults:
        click.echo(str(fault))
    if knowledge is None:
        raise ConfigError(f"{len(faults)} faults: correct them and check again")
    phrases = sum(map(len, knowledge.examples.values()))
    click.echo(f"{len(knowledge.intents)} intents, {phrases} phrases, {len(knowledge.codes)} codes: no fault")


@cli.command()
@options("knowledge")
@click.argument("symptom")
@click.option("--as", "form", type=click.Choice(["text", "mermaid"]), default="text", help="How to draw it.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", help="Language of the labels.")
def tree(settings: Settings, symptom: str, form: str, lang: Lang) -> None:
    """Draw the decision tree of SYMPTOM."""
    from intents import drawing
    from intents.knowledge import KnowledgeError
    from intents.knowledge import load as load_knowledge

    try:
        knowledge = load_knowledge(settings.knowledge)
    except KnowledgeError as error:
        raise ConfigError(f"the knowledge has faults, see `posbot check`: {error.faults[0]}") from error
    found = knowledge.symptom(symptom)
    if found is None:
        raise ConfigError(f"there is no symptom {symptom}")
    click.echo(drawing.mermaid(found, lang) if form == "mermaid" else drawing.text(found, lang))


for _command in (cli_support.tickets, cli_support.staff, cli_support.export, cli_backup.backup, cli_backup.restore):
    cli.add_command(_command)


@cli.command()
@options("database")
@click.argument("chat", required=False)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--again", "listed", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Erase whom this list of erased merchants names: after a restore by other means.")  # fmt: skip
def forget(settings: Settings, chat: str | None, yes: bool, listed: Path | None) -> None:
    """Erase everything about CHAT (such as tg:12345)."""
    import asyncio

    from bot import reports

    if listed is not None:
        asyncio.run(reports.forget_again(settings, listed))
        return
    if chat is None:
        raise click.UsageError("name a CHAT such as tg:12345, or say --again FILE")
    if not yes:
        click.confirm(f"Erase everything about {chat}?", abort=True)
    asyncio.run(reports.forget(settings, chat))


@cli.command()
@click.argument("source")
@click.argument("target")
def migrate(source: str, target: str) -> None:
    """Copy everything from SOURCE to TARGET, each a SQLite file or postgresql://…; no posbot may run meanwhile.

    TARGET must be empty. After an interruption the same command goes on; at the end all rows are compared.
    """
    import asyncio

    from bot import moving
    from bot.config import load

    asyncio.run(moving.move(load(database=source), load(database=target)))


@cli.command("eval")
@options("knowledge")
@click.argument("messages", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a report with charts there.")
def evaluate(settings: Settings, messages: Path, html: Path | None) -> None:
    """Measure how well labelled MESSAGES (JSON lines) are understood."""
    from bot import matching

    matching.evaluate(settings.knowledge, messages, html)


@cli.group()
def bench() -> None:
    """Measure speed and accuracy against other methods."""


@bench.command("match")
@options("knowledge")
@click.argument("messages", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def bench_match(settings: Settings, messages: Path) -> None:
    """Compare the matcher with rapidfuzz and TF-IDF on the same knowledge and MESSAGES."""
    from bot import matching

    matching.bench(settings.knowledge, messages)


@bench.command("public")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def bench_public(file: Path) -> None:
    """Run the few-shot protocol (10 phrases an intent, 3 seeds) on a labelled FILE."""
    from bot import matching

    matching.public(file)


@bench.command("capacity")
@options("database", "knowledge")
@click.option("--replicas", type=click.IntRange(1, 16), default=3, help="Up to so many, on PostgreSQL.")
@click.option("--messages", type=click.IntRange(100), default=3000, help="Messages of each measurement.")
@click.option("--seconds", type=click.FloatRange(1), default=20, help="Seconds of the steady load for the latency.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of the table.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the table with a chart there.")
def bench_capacity(
    settings: Settings, replicas: int, messages: int, seconds: float, as_json: bool, html: Path | None
) -> None:
    """Measure messages a second and what one costs: SQLite, and replicas on an empty PostgreSQL database."""
    import asyncio

    from bot import sizing

    asyncio.run(sizing.capacity(settings, replicas, messages, seconds, as_json, html))


def print_json(value: object) -> None:
    """Print one JSON object on a line."""
    click.echo(json.dumps(value, ensure_ascii=False))

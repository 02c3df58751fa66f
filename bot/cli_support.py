"""Commands of support: staff, tickets, export."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from bot.cli_options import options
from bot.config import Settings
from bot.support.authority import ROLES


class _Tickets(click.Group):
    """``posbot tickets`` lists, ``posbot tickets 12`` shows."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command in that was left out."""
        named = next((arg for arg in args if arg in self.commands or arg in ("--help", "-h")), None)
        if named is None:
            number = any(arg.isdigit() and args[place - 1 : place] != ["--database"] for place, arg in enumerate(args))
            args = ["show" if number else "list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Tickets)
def tickets() -> None:
    """List tickets, show one (posbot tickets 12), answer, resolve."""


@tickets.command("list")
@options("database")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a ticket.")
@click.option("--status", help="open, claimed, waiting, resolved, closed; several with commas.")
@click.option("--priority", help="P1 to P4; several with commas.")
@click.option("--assignee", help="Login of a member of staff.")
@click.option("--unassigned", is_flag=True, help="Nobody's only.")
@click.option("--text", help="Words to search for.")
def list_(settings: Settings, as_json: bool, **wanted: str | bool | None) -> None:
    """List tickets: unresolved first, then by priority, then the oldest first."""
    from bot import reports

    asyncio.run(reports.tickets(settings, None, as_json, {name: value for name, value in wanted.items() if value}))


@tickets.command()
@options("database")
@click.argument("number", type=int)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(settings: Settings, number: int, as_json: bool) -> None:
    """Show ticket NUMBER with its path and transcript."""
    from bot import reports

    asyncio.run(reports.tickets(settings, number, as_json))


@tickets.command()
@options("database", "timezone")
@click.argument("number", type=int)
@click.argument("text")
@click.option("--as", "login", help="Login of the member of staff who answers.")
def reply(settings: Settings, number: int, text: str, login: str | None) -> None:
    """Send TEXT to the merchant of ticket NUMBER."""
    from bot import cli_work

    asyncio.run(cli_work.reply(settings, number, text, login))


@tickets.command()
@options("database", "timezone")
@click.argument("number", type=int)
@click.option("--reason", default="fixed", show_default=True, help="Why it is done; see docs/reference/support.md.")
@click.option("--text", default="", help="A last word to the merchant.")
@click.option("--as", "login", help="Login of the member of staff who resolves it.")
def resolve(settings: Settings, number: int, reason: str, text: str, login: str | None) -> None:
    """Resolve ticket NUMBER; the merchant is told."""
    from bot import cli_work

    asyncio.run(cli_work.resolve(settings, number, reason, text, login))


@click.group()
def staff() -> None:
    """Add, list and remove members of staff."""


_PASSWORD = click.option("--password-stdin", is_flag=True, help="Read the password from stdin instead of asking.")


@staff.command()
@options("database")
@click.argument("login")
@click.option("--name", required=True, help="The name that merchants and colleagues read.")
@click.option("--role", type=click.Choice(ROLES), default="agent", show_default=True, help="What they may do.")
@click.option("--telegram-id", default="", help="Their Telegram user id, for the staff group.")
@click.option("--no-password", is_flag=True, help="No account at the desk, Telegram only.")
@_PASSWORD
def add(
    settings: Settings, login: str, name: str, role: str, telegram_id: str, no_password: bool, password_stdin: bool
) -> None:
    """Add a member of staff with LOGIN; asks for a password."""
    from bot import cli_work

    password = None if no_password else _ask(password_stdin)
    asyncio.run(cli_work.add_staff(settings, login, name, role, telegram_id, password))


@staff.command("list")
@options("database")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a person.")
def list_staff(settings: Settings, as_json: bool) -> None:
    """List the staff."""
    from bot import cli_work

    asyncio.run(cli_work.list_staff(settings, as_json))


@staff.command()
@options("database")
@click.argument("login")
def remove(settings: Settings, login: str) -> None:
    """Remove LOGIN: signed out everywhere at once, unresolved tickets go back to everybody."""
    from bot import cli_work

    asyncio.run(cli_work.remove_staff(settings, login))


@staff.command("password")
@options("database")
@click.argument("login")
@_PASSWORD
def new_password(settings: Settings, login: str, password_stdin: bool) -> None:
    """Set a new password for LOGIN; all their sessions end."""
    from bot import cli_work

    asyncio.run(cli_work.set_password(settings, login, _ask(password_stdin)))


@click.command()
@options("database", "timezone")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--knowledge", "taught", is_flag=True, help="Write what was taught at the desk into the YAML files.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day.")
def export(settings: Settings, file: Path | None, taught: bool, **days: object) -> None:
    """Write the tickets into FILE, which ends in .csv or .xlsx; serials and phones are masked.

    With --knowledge instead of FILE: write the knowledge in force into the YAML files, comments kept.
    """
    from bot import cli_work

    if taught:
        asyncio.run(cli_work.export_knowledge(settings))
        return
    if file is None:
        raise click.UsageError("name a FILE that ends in .csv or .xlsx, or say --knowledge")
    asyncio.run(cli_work.export(settings, file, days))


def _ask(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))

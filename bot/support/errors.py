"""Why an act of support was refused; each is a sentence that the desk, the staff group and the CLI show."""

from __future__ import annotations

from functools import cache

from bot.errors import PosbotError
from bot.messages import Messages
from intents.model import Lang


class SupportError(PosbotError):
    """An act that was not carried out; nothing of it is stored."""


class NotAllowed(SupportError):
    """The role of whoever asked does not include this act."""


class NoSuchTicket(SupportError):
    """There is no ticket of that number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"there is no ticket {number}")
        self.number = number


class AlreadyClaimed(SupportError):
    """Somebody else has the ticket: ``login`` and ``name`` say who."""

    def __init__(self, number: int, login: str, name: str) -> None:
        super().__init__(f"{name} has ticket {number}")
        self.number = number
        self.login = login
        self.name = name


class WrongStatus(SupportError):
    """The ticket's status does not allow the act (a stale page, say); ``status`` is what it is now."""

    def __init__(self, number: int, status: str) -> None:
        super().__init__(f"ticket {number} is {status} now")
        self.number = number
        self.status = status


class MerchantBlocked(SupportError):
    """The merchant is blocked: nothing is sent."""


class Invalid(SupportError):
    """Something given is not usable; the sentence (``invalid.KEY`` of the texts) says what is expected."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key, values)
        self.key = key
        self.values = values

    def say(self, lang: Lang) -> str:
        """Return the sentence in a language."""
        return _messages().say(f"invalid.{self.key}", lang, **self.values)

    def __str__(self) -> str:
        return self.say("en")


@cache
def _messages() -> Messages:
    return Messages()


class LoginRefused(SupportError):
    """Wrong login or password; it does not say which."""


class Throttled(SupportError):
    """Too many failed attempts; ``seconds`` until the next one counts."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many attempts: try again in {seconds} seconds")
        self.seconds = seconds

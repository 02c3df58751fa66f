"""A Telegram Bot API emulator over real HTTP: `with Emulator() as telegram: …`."""

from .client import RemoteEmulator
from .server import TOKEN, Emulator

__all__ = ["TOKEN", "Emulator", "RemoteEmulator"]

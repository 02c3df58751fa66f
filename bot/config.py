"""Configuration: the one place that reads the environment (and ``.env``)."""

from __future__ import annotations

import os
import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import ConfigError

TELEGRAM = "https://api.telegram.org"
PUSHED_TO = (None, 443, 80, 88, 8443)
"""Ports that Telegram pushes updates to."""
SECRETS = "/run/secrets"
"""Where Docker shows secrets; systemd names its folder in CREDENTIALS_DIRECTORY."""


class Settings(BaseSettings):
    """Every option; each is an environment variable ``POSBOT_NAME`` and a command-line flag ``--name``."""

    model_config = SettingsConfigDict(env_prefix="POSBOT_", env_file=".env", env_file_encoding="utf-8",
                                      extra="ignore", env_ignore_empty=True, validate_default=True)  # fmt: skip

    telegram_token: Annotated[SecretStr | None, Field(description="Bot token from @BotFather.")] = None
    telegram_api_url: Annotated[str, Field(description="Bot API server.")] = TELEGRAM
    telegram_rate: Annotated[float, Field(ge=0, description="Messages a second to Telegram, 0 = unlimited.")] = 30
    webhook_url: Annotated[str, Field(description="Public base address; Telegram then pushes updates to it.")] = ""
    webhook_secret: Annotated[SecretStr, Field(description="Proves that a push is Telegram's.")] = SecretStr("")
    database: Annotated[str, Field(repr=False, description="SQLite file, or postgresql://…")] = "data/posbot.db"
    knowledge: Annotated[Path | None, Field(description="Folder with your own knowledge files.")] = None
    listen: Annotated[str, Field(description="Address and port of the web pages.")] = "127.0.0.1:8080"
    web_chat: Annotated[Literal["local", "public", "off"], Field(description="Who may use the web chat.")] = "local"
    trusted_proxies: Annotated[str, Field(description="Reverse proxies whose X-Forwarded-For counts, by comma.")] = ""
    staff_chat: Annotated[int | None, Field(lt=0, description="Id of the Telegram staff group.")] = None
    timezone: Annotated[str, Field(description="Time zone of the shops.")] = "Asia/Shanghai"
    desk_url: Annotated[str, Field(description="Address at which staff open the desk, for links.")] = ""
    ticket_webhook: Annotated[str, Field(description="Address that is told of each new ticket.")] = ""
    ticket_webhook_secret: Annotated[SecretStr, Field(description="Signs what the webhook is told.")] = SecretStr("")
    log: Annotated[Literal["text", "json"], Field(description="Form of the log lines.")] = "text"
    metrics_token: Annotated[SecretStr, Field(description="Opens /metrics to other machines.")] = SecretStr("")
    drain_seconds: Annotated[float, Field(ge=0, le=60, description="Serve on that long after SIGTERM.")] = 0

    @field_validator("telegram_api_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an address such as https://api.telegram.org")
        return value.rstrip("/")

    @field_validator("webhook_url")
    @classmethod
    def _reachable(cls, value: str, info: ValidationInfo) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        plain = not (parts.username or parts.query or parts.fragment)
        if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
            raise ValueError("must be an address such as https://bot.example.com")
        taken = parts.scheme == "https" and parts.port in PUSHED_TO
        if info.data.get("telegram_api_url") == TELEGRAM and not taken:
            raise ValueError("must begin with https:// and name no port but 443, 80, 88 or 8443, as Telegram demands")
        return value.rstrip("/")

    @field_validator("webhook_secret")
    @classmethod
    def _secret(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        text = value.get_secret_value()
        if text and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", text, re.ASCII):
            raise ValueError("must be 1 to 256 of the characters A-Z, a-z, 0-9, _ and -")
        if not text and info.data.get("webhook_url"):
            raise ValueError("must be set along with POSBOT_WEBHOOK_URL, such as to what `openssl rand -hex 32` prints")
        return value

    @field_validator("desk_url", "ticket_webhook")
    @classmethod
    def _address_or_none(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.username):
            raise ValueError("must be an address such as https://desk.example.com/desk")
        return value.rstrip("/")

    @field_validator("telegram_token")
    @classmethod
    def _token(cls, value: SecretStr | None) -> SecretStr | None:
        number, colon, secret = value.get_secret_value().partition(":") if value else ("1", ":", "s")
        if not (number.isdecimal() and colon and secret):
            raise ValueError("must look like 123456:ABC…, as @BotFather gave it")
        return value

    @field_validator("listen")
    @classmethod
    def _address(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not host or not port.isdecimal() or int(port) > 65535:
            raise ValueError("must be ADDRESS:PORT, such as 127.0.0.1:8080")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        try:
            wide = any(network.prefixlen == 0 for network in _networks(value))
        except ValueError as error:
            raise ValueError("must be addresses or networks such as 10.0.0.5, 172.16.0.0/12") from error
        if wide:
            raise ValueError("must name your proxies: with everybody trusted, anybody could name any address as theirs")
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("must be a time zone such as Asia/Shanghai") from error
        return value

    @field_validator("knowledge")
    @classmethod
    def _folder(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_dir():
            raise ValueError(f"there is no folder {value}")
        return value

    @field_validator("database")
    @classmethod
    def _file(cls, value: str) -> str:
        if value.startswith(("postgresql://", "postgres://")):
            return value
        if "://" in value:
            raise ValueError("must be a file, or an address such as postgresql://user:password@host/database")
        if Path(value).is_dir():
            raise ValueError(f"{value} is a folder: name a file")
        return value

    @property
    def shared(self) -> bool:
        """Whether other posbots may work on the database as well."""
        return "://" in self.database

    @property
    def place(self) -> str:
        """The database as it may be shown: the file, or host and name; never the password."""
        parts = urlsplit(self.database)
        return f"{parts.path.lstrip('/')} on {parts.hostname}" if self.shared else self.database

    @property
    def host(self) -> str:
        """The address to listen on."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port to listen on."""
        return int(self.listen.rpartition(":")[2])

    @property
    def forgotten(self) -> Path:
        """The list of erased merchants: beside the database file, or with the other data."""
        return Path("data/posbot.forgotten" if "://" in self.database else f"{self.database}.forgotten")

    @property
    def desk(self) -> str:
        """The address of the desk."""
        return self.desk_url or f"http://{self.listen}/desk"

    @property
    def proxies(self) -> list[IPv4Network | IPv6Network]:
        """The reverse proxies that are trusted to say who asks."""
        return _networks(self.trusted_proxies)

    def is_near(self, host: str) -> bool:
        """Tell whether an address is this machine or a trusted proxy, behind which there are many people."""
        try:
            address = ip_address(host)
        except ValueError:
            return True  # a socket file has no address
        return address.is_loopback or any(address in network for network in self.proxies)

    @property
    def token(self) -> str | None:
        """The bot token in clear, for the Telegram client only."""
        return self.telegram_token.get_secret_value() if self.telegram_token else None


def _networks(value: str) -> list[IPv4Network | IPv6Network]:
    return [ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip()]


def load(**flags: Any) -> Settings:
    """Return the settings; flags that are not None win over the environment, that over ``.env``, that over secrets.

    Raises:
        ConfigError: a value is wrong; the sentence names it and says what is expected.

    """
    try:
        given = {name: value for name, value in flags.items() if value is not None}
        return Settings(_secrets_dir=_secret_folders(), **given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        name = f"POSBOT_{'_'.join(map(str, found['loc'])).upper()}"
        raise ConfigError(f"{name}: {found['msg'].removeprefix('Value error, ')}") from None


def _secret_folders() -> list[str]:
    """Return the folders in which a file such as ``posbot_telegram_token`` holds a value."""
    return [folder for folder in (SECRETS, os.environ.get("CREDENTIALS_DIRECTORY")) if folder and Path(folder).is_dir()]

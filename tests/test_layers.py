"""Imports point inward; only config.py reads the environment."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def under(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def test_intents_know_nothing_of_the_bot() -> None:
    for path in under("intents"):
        assert not {name for name in imports(path) if name.split(".")[0] == "bot"}, path


def test_the_dialogue_knows_no_channel_store_or_clock() -> None:
    forbidden = ("bot.channels", "bot.store", "bot.service", "bot.web", "bot.app", "asyncio", "telegram")
    for path in under("bot/dialogue"):
        assert not {name for name in imports(path) if name.startswith(forbidden)}, path
        assert "datetime.now" not in path.read_text(encoding="utf-8"), path


def test_the_store_knows_no_channel() -> None:
    for path in under("bot/store"):
        assert not {name for name in imports(path) if name.startswith(("bot.channels", "bot.web", "bot.service"))}, path


def test_only_config_reads_the_environment() -> None:
    for path in [*under("bot"), *under("intents")]:
        if path.name in ("config.py", "cache.py"):  # the cache follows XDG_CACHE_HOME
            continue
        text = path.read_text(encoding="utf-8")
        assert "os.environ" not in text, path
        assert "getenv" not in text, path

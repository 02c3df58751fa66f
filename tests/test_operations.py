"""What operators rely on: every metric, alert and log event is documented, and no record names anybody."""

from __future__ import annotations

import ast
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from prometheus_client import REGISTRY
from website import Merchant, running

from bot import logs
from bot import metrics as metrics  # registers what /metrics shows
from bot.config import Settings
from bot.dialogue.engine import Dialogue
from bot.redact import RedactingFilter
from bot.store.base import Database

ROOT = Path(__file__).parent.parent
METRICS = (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8")
LEVELS = ("debug", "info", "warning", "error", "exception", "critical")


def own_metrics() -> set[str]:
    suffix = {"counter": "_total", "info": "_info"}
    return {family.name + suffix.get(family.type, "") for family in REGISTRY.collect()
            if family.name.startswith("posbot_")}  # fmt: skip


def test_every_metric_is_documented_and_no_other() -> None:
    documented = set(re.findall(r"^\| `(posbot_\w+)", METRICS, re.M))
    assert documented == own_metrics()


def test_alerts_ask_for_metrics_that_exist_and_say_what_to_do() -> None:
    rules = yaml.safe_load((ROOT / "deploy/alerts.yaml").read_text(encoding="utf-8"))
    known = own_metrics()
    found = [rule for group in rules["groups"] for rule in group["rules"]]
    assert len(found) >= 8
    for rule in found:
        asked = {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"posbot_\w+", rule["expr"])}
        assert asked <= known, rule["alert"]
        assert asked or "up{" in rule["expr"], rule["alert"]
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        headings = re.findall(r"^### (.*)", (ROOT / page).read_text(encoding="utf-8"), re.M)
        assert anchor in [heading.lower().replace(" ", "-") for heading in headings], rule["alert"]


def test_every_option_is_documented() -> None:
    commands = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    for name in Settings.model_fields:
        assert f"| `POSBOT_{name.upper()}` |" in commands, name


def test_a_secret_that_is_committed_is_found_and_nowhere_to_look_is_a_failure(tmp_path: Path) -> None:
    """The key is put together here: the audit looks at this file, too."""

    def audit() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "tools/audit.py")]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)

    assert audit().returncode == 2
    (tmp_path / "x.py").write_text('key = "AKIA' + "QWERTYUIOPASDFGH" + '"\n')
    subprocess.run("git init -q . && git add x.py", cwd=tmp_path, shell=True, check=True)  # noqa: S602, S607 - fixed words
    found = audit()
    assert found.returncode == 1
    assert "x.py:1" in found.stderr
    assert "QWERTYUIOPASDFGH" not in found.stderr + found.stdout


def log_calls() -> Iterator[tuple[Path, ast.Call]]:
    for path in [*(ROOT / "bot").rglob("*.py"), *(ROOT / "intents").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS \
                    and isinstance(node.func.value, ast.Name) and node.func.value.id == "log":  # fmt: skip
                yield path, node


def test_every_log_event_has_a_fixed_name_and_those_to_act_on_are_documented() -> None:
    """A template that is put together at run time could carry a merchant's words into the event's name."""
    used = set()
    for path, call in log_calls():
        template = call.args[0]
        assert isinstance(template, ast.Constant), f"{path}:{call.lineno}"
        name = logs.event_name(template.value)
        assert name, f"{path}:{call.lineno} says nothing but a value"
        used.add(name)
    documented = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/reference/logs.md").read_text("utf-8"), re.M))
    assert len(documented) > 15
    assert documented <= used


def test_json_lines_have_fixed_fields_and_are_redacted(capsys: pytest.CaptureFixture[str]) -> None:
    card = "4111" + "1" * 12
    handler = logging.StreamHandler()
    handler.setFormatter(logs.JsonLines())
    for one in (logs.NamingFilter(), RedactingFilter()):
        handler.addFilter(one)
    record = logging.LogRecord(
        "bot.web.chat", logging.WARNING, "x.py", 1, "a card %s came, number: %d", (card, 5), None
    )
    handler.handle(record)
    foreign = logging.LogRecord("somewhere", logging.ERROR, "x.py", 1, f"oh {card}", (), None)
    handler.handle(foreign)
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert set(first) == {"at", "level", "event", "logger", "message"}
    assert (first["level"], first["event"], first["logger"]) == ("WARNING", "a_card_came", "bot.web.chat")
    assert second["event"] == "library"
    assert card not in str((first, second))


async def test_metrics_count_what_happens(db: Database, dialogue: Dialogue) -> None:
    async with running(db, dialogue) as site, Merchant(site) as merchant, site.client() as machine:
        before = samples(await machine.get("/metrics"))
        await merchant.say("打不出小票")
        await merchant.seen(3)
        after = samples(await machine.get("/metrics"))
        histograms = [f"posbot_{name}_seconds_count" for name in ("turn", "inbox_wait", "commit")]
        for name in (*histograms, 'posbot_turns_total{channel="web"}', 'posbot_match_outcomes_total{outcome="answer"}'):
            assert after[name] > before.get(name, 0), name
        assert after['posbot_part_alive{part="worker"}'] == 1
        assert after['posbot_tickets_unresolved{priority="P1"}'] == 0
        await site.db.write(in_the_past)
        late = samples(await machine.get("/metrics"))
        assert late["posbot_timers_overdue_seconds"] > 1e6


async def in_the_past(tx) -> None:  # type: ignore[no-untyped-def]
    await tx.run(
        "INSERT INTO timers (chat, name, due_at, serial) VALUES ('web:0', 'x', '9999-01-01T00:00:00+00:00', 'x')"
    )
    await tx.run("UPDATE timers SET due_at = '2020-01-01T00:00:00.000+00:00' WHERE chat = 'web:0'")


async def test_prometheus_elsewhere_needs_the_token(db: Database, dialogue: Dialogue) -> None:
    elsewhere = {"X-Forwarded-For": "203.0.113.9"}
    async with running(db, dialogue, metrics_token="a-token-for-prometheus") as site, site.client() as machine:
        for given, status in (("Bearer a-token-for-prometheus", 200), ("Bearer wrong", 404), ("Bearer", 404)):
            answer = await machine.get("/metrics", headers={**elsewhere, "Authorization": given})
            assert answer.status_code == status
    async with running(db, dialogue) as site, site.client() as machine:
        assert (await machine.get("/metrics", headers={**elsewhere, "Authorization": "Bearer"})).status_code == 404


async def test_readiness_asks_only_for_what_is_this_process_s_own(db: Database, dialogue: Dialogue) -> None:
    async with running(db, dialogue) as site, site.client() as machine:
        site.parts |= {"intake": False, "store": True, "serving": True}
        assert (await machine.get("/healthz")).status_code == 503
        assert (await machine.get("/readyz")).status_code == 200
        site.parts["serving"] = False
        assert (await machine.get("/readyz")).status_code == 503
        assert (await machine.get("/livez")).status_code == 200


def samples(answer: httpx.Response) -> dict[str, float]:
    answer.raise_for_status()
    lines = [line.rpartition(" ") for line in answer.text.splitlines() if line.startswith("posbot_")]
    return {name: float(value) for name, _, value in lines}

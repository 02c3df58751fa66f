"""posbot as a process: configuration, commands, signals, edits under way, and what must never be written down."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import yaml
from PIL import Image

from bot.config import load
from bot.errors import ConfigError
from tests.emulator import Emulator
from tests.soak.process import Posbot

ROOT = Path(__file__).parent.parent
COMMAND = str(Path(sys.executable).parent / "posbot")
FAQ = "account.add_terminal"
QUESTION = "我想增加一台pos"


def environment(**extra: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("POSBOT_")}
    return {**clean, **extra}


def posbot(folder: Path, *words: str, said: str = "", **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *words], cwd=folder, input=said, env=environment(**extra), capture_output=True,
                          text=True, timeout=60, check=False)  # fmt: skip


def one_sentence(ended: subprocess.CompletedProcess[str], *words: str) -> None:
    assert ended.returncode == 2, ended.stderr
    lines = ended.stderr.splitlines()
    assert len(lines) == 1, ended.stderr
    assert lines[0].startswith("posbot: ")
    for word in words:
        assert word in lines[0]


@pytest.fixture
def telegram() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def start(telegram: Emulator, tmp_path: Path) -> Iterator[Callable[..., Posbot]]:
    """Start posbot processes that are ended with the test."""
    running: list[Posbot] = []

    def begin(**extra: str) -> Posbot:
        one = Posbot(telegram, tmp_path, **extra)
        running.append(one)
        one.start()
        return one

    yield begin
    for one in running:
        one.kill()


def until(ready: Callable[[], Any], seconds: float = 20) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := ready():
            return value
        time.sleep(0.05)
    raise AssertionError(f"not so within {seconds} s")


SETTINGS = [
    ({"TELEGRAM_TOKEN": "hello"}, ("POSBOT_TELEGRAM_TOKEN", "@BotFather")),
    ({"TELEGRAM_TOKEN": "²:x"}, ("POSBOT_TELEGRAM_TOKEN", "@BotFather")),
    ({"TELEGRAM_API_URL": "api.telegram.org"}, ("POSBOT_TELEGRAM_API_URL", "https://")),
    ({"TELEGRAM_RATE": "fast"}, ("POSBOT_TELEGRAM_RATE",)),
    ({"TELEGRAM_RATE": "-1"}, ("POSBOT_TELEGRAM_RATE",)),
    ({"WEBHOOK_URL": "http://bot.example.com", "WEBHOOK_SECRET": "x"}, ("POSBOT_WEBHOOK_URL", "https://")),
    ({"WEBHOOK_URL": "https://bot.example.com:8080", "WEBHOOK_SECRET": "x"}, ("POSBOT_WEBHOOK_URL", "8443")),
    ({"WEBHOOK_URL": "bot.example.com", "WEBHOOK_SECRET": "x"}, ("POSBOT_WEBHOOK_URL", "https://")),
    ({"WEBHOOK_URL": "https://bot.example.com"}, ("POSBOT_WEBHOOK_SECRET", "POSBOT_WEBHOOK_URL")),
    ({"WEBHOOK_URL": "https://bot.example.com", "WEBHOOK_SECRET": "of course!"}, ("POSBOT_WEBHOOK_SECRET", "A-Z")),
    ({"WEBHOOK_SECRET": "x" * 257}, ("POSBOT_WEBHOOK_SECRET", "256")),
    ({"DRAIN_SECONDS": "600"}, ("POSBOT_DRAIN_SECONDS", "60")),
    ({"LISTEN": "nonsense"}, ("POSBOT_LISTEN", "ADDRESS:PORT")),
    ({"LISTEN": "127.0.0.1:99999"}, ("POSBOT_LISTEN", "ADDRESS:PORT")),
    ({"LISTEN": "127.0.0.1:²"}, ("POSBOT_LISTEN", "ADDRESS:PORT")),
    ({"TIMEZONE": "Mars/Olympus"}, ("POSBOT_TIMEZONE", "Asia/Shanghai")),
    ({"TIMEZONE": "../../etc/passwd"}, ("POSBOT_TIMEZONE", "Asia/Shanghai")),
    ({"WEB_CHAT": "perhaps"}, ("POSBOT_WEB_CHAT", "'local'")),
    ({"LOG": "xml"}, ("POSBOT_LOG", "'json'")),
    ({"KNOWLEDGE": "no/such/folder"}, ("POSBOT_KNOWLEDGE", "no/such/folder")),
    ({"DATABASE": "faulty"}, ("POSBOT_DATABASE", "folder")),
    ({"DATABASE": "mysql://x"}, ("POSBOT_DATABASE", "file")),
]
PLACES = [
    ({"LISTEN": "192.0.2.1:8080"}, ("POSBOT_LISTEN", "192.0.2.1")),
    ({"KNOWLEDGE": "faulty"}, ("faq.yaml:1", "posbot check")),
    ({"DATABASE": "text.txt/posbot.db"}, ("POSBOT_DATABASE", "text.txt")),
    ({"DATABASE": "text.txt"}, ("text.txt", "not a database")),
    ({"DATABASE": "newer.db"}, ("newer posbot",)),
]


@pytest.mark.parametrize(("extra", "words"), SETTINGS, ids=[str(extra) for extra, _ in SETTINGS])
def test_a_wrong_setting_is_named_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extra: dict[str, str], words: tuple[str, ...]
) -> None:
    (tmp_path / "faulty").mkdir()
    monkeypatch.chdir(tmp_path)
    for name, value in extra.items():
        monkeypatch.setenv(f"POSBOT_{name}", value)
    with pytest.raises(ConfigError) as error:
        load()
    assert "\n" not in str(error.value)
    for word in words:
        assert word in str(error.value)


def test_a_webhook_without_tls_is_for_a_bot_api_server_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = load(webhook_url="http://10.0.0.7:8080/bot/", webhook_secret="x", telegram_api_url="http://10.0.0.8:8081")
    assert own.webhook_url == "http://10.0.0.7:8080/bot"
    assert load(webhook_url="https://bot.example.com:8443", webhook_secret="x").webhook_url


def test_secrets_are_read_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "posbot_telegram_token").write_text("1:from-a-file\n")
    (folder / "posbot_webhook_secret").write_text("also-from-a-file\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    monkeypatch.delenv("POSBOT_TELEGRAM_TOKEN", raising=False)
    assert load().token == "1:from-a-file"
    assert load().webhook_secret.get_secret_value() == "also-from-a-file"
    monkeypatch.setenv("POSBOT_TELEGRAM_TOKEN", "1:from-the-environment")
    assert load().token == "1:from-the-environment"


@pytest.mark.parametrize(("extra", "words"), [*SETTINGS[:1], *PLACES], ids=str)
def test_wrong_configuration_ends_with_one_sentence_and_status_2(
    tmp_path: Path, extra: dict[str, str], words: tuple[str, ...]
) -> None:
    (tmp_path / "faulty").mkdir()
    (tmp_path / "faulty/faq.yaml").write_text("- id: x\n")
    (tmp_path / "text.txt").write_text("this is no database, but it is long enough to be looked at " * 20)
    with contextlib.closing(sqlite3.connect(tmp_path / "newer.db")) as db, db:
        db.execute("CREATE TABLE _sqlite_migrations (id INTEGER, migration_set TEXT, name TEXT, applied_at TEXT)")
        db.execute("INSERT INTO _sqlite_migrations VALUES (1, 'posbot', '9999_future', '2099-01-01')")
    settings = {"POSBOT_LISTEN": "127.0.0.1:0", **{f"POSBOT_{name}": value for name, value in extra.items()}}
    one_sentence(posbot(tmp_path, "run", **settings), *words)


def test_a_refused_token_ends_with_one_sentence(telegram: Emulator, tmp_path: Path) -> None:
    wrong = {"POSBOT_TELEGRAM_TOKEN": "700001:wrong", "POSBOT_TELEGRAM_API_URL": telegram.url}
    ended = posbot(tmp_path, "run", **wrong, POSBOT_LISTEN="127.0.0.1:0")
    one_sentence(ended, "POSBOT_TELEGRAM_TOKEN", "refuses")
    assert "700001:wrong" not in ended.stderr


def test_a_port_in_use_and_a_second_posbot(start: Callable[..., Posbot], tmp_path: Path) -> None:
    first = start(POSBOT_TELEGRAM_TOKEN="")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        one_sentence(
            posbot(tmp_path, "run", POSBOT_DATABASE="other.db", POSBOT_LISTEN=listen), listen, "used by another"
        )
    one_sentence(posbot(tmp_path, "run", POSBOT_DATABASE="posbot.db", POSBOT_LISTEN="127.0.0.1:0"), "another posbot")
    assert first.healthy()


def test_sigterm_ends_soon_and_well(start: Callable[..., Posbot], telegram: Emulator) -> None:
    running = start()
    for chat in range(100, 120):
        telegram.user_text(chat, "打不出小票")
    with httpx.Client(base_url=f"http://127.0.0.1:{running.port}", timeout=20, trust_env=False) as browser:
        browser.post("/chat/open").raise_for_status()
        with browser.stream("GET", "/chat/events") as stream:  # an open stream must not hold the end up
            assert stream.status_code == 200
            assert running.terminate() <= 10
    assert running._process is not None
    assert running._process.returncode == 0
    assert "Traceback" not in running.log.read_text()
    running.start()
    until(lambda: all(telegram.count(chat) == 1 for chat in range(100, 120)))


def test_edits_of_the_knowledge_go_live_or_change_nothing(
    start: Callable[..., Posbot], telegram: Emulator, tmp_path: Path
) -> None:
    shipped = (ROOT / "faq.yaml").read_text(encoding="utf-8")
    entries = yaml.load(shipped, Loader=yaml.BaseLoader)  # noqa: S506 - it makes nothing but strings

    def answering(text: str) -> str:
        changed = [{**one, "answer": {"zh": text, "en": text}} if one["id"] == FAQ else one for one in entries]
        return str(yaml.safe_dump(changed, allow_unicode=True, sort_keys=False))

    own = tmp_path / "own"
    own.mkdir()
    (own / "faq.yaml").write_text(shipped, encoding="utf-8")
    running = start(POSBOT_KNOWLEDGE=str(own))

    def edit(text: str, logged: str) -> None:
        seen = running.log.read_text().count(logged)
        (own / "faq.yaml").write_text(text, encoding="utf-8")
        until(lambda: running.log.read_text().count(logged) > seen)

    def ask() -> str:
        before = telegram.count(5)
        telegram.user_text(5, QUESTION)
        until(lambda: telegram.count(5) > before)
        return str(telegram.texts(5)[-1])

    assert "新答案" not in ask()
    edit(answering("新答案一"), "is live")
    assert "新答案一" in ask()
    for bad in ("[" * 5000, shipped + "\n- id: x"):
        edit(bad, "the old one stays")
        assert "新答案一" in ask()
    edit(answering("新答案二"), "is live")
    assert "新答案二" in ask()
    shutil.rmtree(own)
    until(lambda: "新答案" not in ask())
    assert running.healthy()


def test_check_prints_every_fault(tmp_path: Path) -> None:
    assert "no fault" in posbot(tmp_path, "check").stdout
    (tmp_path / "faq.yaml").write_text("- id: x\n- 5\n")
    ended = posbot(tmp_path, "check", "--knowledge", ".")
    one_sentence(ended, "faults")
    assert {"faq.yaml:1", "faq.yaml:2"} <= {line.split(": ")[0] for line in ended.stdout.splitlines()}


def test_tree_is_drawn(tmp_path: Path) -> None:
    assert "flowchart" in posbot(tmp_path, "tree", "print.no_output", "--as", "mermaid").stdout
    one_sentence(posbot(tmp_path, "tree", "no.such"), "no.such")


def test_match_answers_line_by_line(tmp_path: Path) -> None:
    said = '{"text": "打不出小票"}\n\n{"text": "报91"}\n'
    found = [json.loads(line) for line in posbot(tmp_path, "match", said=said).stdout.splitlines()]
    assert [line["intent"] for line in found] == ["print.no_output", "txn.code"]
    assert found[1]["code"] == "91"
    means = posbot(tmp_path, "match", "--followup", said='{"text": "还是不行"}\n{"text": "x"}').stdout.splitlines()
    assert [json.loads(line) for line in means] == [{"means": "not_solved"}, {"means": None}]
    for bad in ("打不出小票", "[]"):
        one_sentence(posbot(tmp_path, "match", said=bad), "JSON object")


def test_chat_tickets_and_forget(tmp_path: Path) -> None:
    Image.new("RGB", (60, 40)).save(tmp_path / "screen.png")
    lines = [{"text": "打不出小票"}, {"press": "缺纸或盖没合好"}, {"text": "转人工"}, {"photo": "screen.png"},
             {"press": "直接提交"}, {"text": "\ud83d"}, {"text": "一" * 12_000}]  # fmt: skip
    said = "\n".join(map(json.dumps, lines))
    ended = posbot(tmp_path, "chat", "--jsonl", "--chat", "me", said=said)
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [len(line["replies"]) > 0 for line in found] == [True] * len(lines)
    assert "屏幕" in found[0]["replies"][0]["text"]
    assert [line["ticket"] for line in found] == [None] * 4 + [1] * 3

    assert posbot(tmp_path, "tickets").stdout.startswith("#1 ")
    assert json.loads(posbot(tmp_path, "tickets", "1", "--json").stdout)["chat"] == "console:me"
    assert "< 打不出小票" in posbot(tmp_path, "tickets", "1").stdout
    one_sentence(posbot(tmp_path, "tickets", "99"), "99")

    assert posbot(tmp_path, "forget", "console:me", said="n\n").returncode != 0
    assert "erased" in posbot(tmp_path, "forget", "console:me", "--yes").stdout
    with contextlib.closing(sqlite3.connect(tmp_path / "data/posbot.db")) as db:
        assert "打不出小票" not in "\n".join(db.iterdump())


@pytest.mark.parametrize("line", ["nonsense", '{"photo": "posbot.txt"}'])
def test_a_bad_line_ends_the_chat_with_one_sentence(tmp_path: Path, line: str) -> None:
    (tmp_path / "posbot.txt").write_text("no photo")
    ended = posbot(tmp_path, "chat", "--jsonl", said=f'{{"text": "你好"}}\n{line}\n')
    one_sentence(ended)
    assert len(ended.stdout.splitlines()) == 1


CARD, SPACED, PIN, IDENTITY = "4111111111111111", "6222 0212 3456 7890 128", "739184", "11010519491231002X"
SECRET = f"卡号{CARD}，另一张{SPACED}，密码是{PIN}，身份证{IDENTITY}"
CANARIES = (CARD, "4111-1111-1111-1111", SPACED, SPACED.replace(" ", ""), PIN, IDENTITY)


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "white").save(out, "JPEG", comment=SECRET.encode())
    return out.getvalue()


def send_everywhere(telegram: Emulator) -> None:
    """Put canaries into every place of an update that a person fills."""
    message = telegram.user_text(5, "打不出小票")
    told = telegram.user_text(5, SECRET)
    telegram.user_edit(5, message["message_id"], SECRET)
    telegram.user_text(5, "x", reply_to=told["message_id"], quote={"text": SECRET, "position": 0})
    telegram.user_forwarded(5, SECRET, origin=SECRET)
    telegram.user_photo(5, jpeg(), caption=SECRET)
    telegram.user_document(5, b"%PDF", f"{SECRET}.pdf")
    telegram.user_contact(5, "13800138000", first_name=SECRET, contact={"vcard": f"BEGIN:VCARD\nNOTE:{SECRET}"})
    telegram.user_poll(5, SECRET, [SECRET, "4111-1111-1111-1111"])
    telegram.user_text(5, f"/start {CARD}")
    telegram.user_text(5, f"/{CARD} {SECRET}")
    telegram.press_data(5, SECRET)
    telegram.user_text(5, "转人工")
    for _ in range(5):
        telegram.user_text(6, SECRET)
    telegram.user_text(-100, SECRET)
    telegram.channel_post(-200, SECRET)
    telegram.raw({"message": {"text": SECRET, "date": SECRET, "chat": SECRET}})
    telegram.raw({"message": SECRET, SECRET: [SECRET]})
    telegram.raw(f'{{"update_id": %UPDATE_ID%, "message": {{"text": "{SECRET}" broken'.encode())


def talk_on_the_web(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False) as browser:
        browser.post("/chat/open").raise_for_status()
        browser.post("/chat/messages", json={"key": str(uuid4()), "text": SECRET}).raise_for_status()
        files = {"photo": (f"{SECRET}.jpg", jpeg(), "image/jpeg")}
        browser.post("/chat/photos", data={"key": str(uuid4()), "caption": SECRET}, files=files).raise_for_status()
        browser.post("/chat/messages", json={"key": SECRET, "text": SECRET})
        browser.post("/chat/presses", json={"key": str(uuid4()), "token": CARD, "index": 0})
        browser.get(f"/{CARD}", params={"q": SECRET})
        with browser.stream("GET", "/chat/events") as stream:
            seen = ""
            for line in stream.iter_lines():
                seen += line
                if "已隐藏" in seen:
                    break
        assert not [canary for canary in CANARIES if canary in seen]


def handled(database: Path) -> bool:
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        waits = db.execute("SELECT (SELECT COUNT(*) FROM inbox WHERE done_at IS NULL), "
                           "(SELECT COUNT(*) FROM outbox WHERE state = 'pending'), "
                           "(SELECT COUNT(*) FROM media WHERE state IN ('remote', 'unread'))").fetchone()  # fmt: skip
    return waits == (0, 0, 0)


@pytest.mark.timeout(240)
def test_no_canary_is_written_anywhere(start: Callable[..., Posbot], telegram: Emulator, tmp_path: Path) -> None:
    running = start(POSBOT_LOG="json")
    send_everywhere(telegram)
    talk_on_the_web(running.port)
    until(lambda: not telegram.pending() and handled(tmp_path / "posbot.db"), 40)
    lines = [{"text": SECRET}, {"press": SECRET}, {"text": "转人工"}, {"text": SECRET}]
    console = posbot(tmp_path, "chat", "--jsonl", "--database", "posbot.db", said="\n".join(map(json.dumps, lines)))
    assert len(console.stdout.splitlines()) == len(lines), console.stderr
    listed = posbot(tmp_path, "tickets", "1", "--database", "posbot.db")
    assert listed.stdout.startswith("#1")

    printed = [
        console.stdout,
        console.stderr,
        listed.stdout,
        *map(str, telegram.texts(5)),
        *map(str, telegram.texts(6)),
    ]
    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any(path.name.endswith("-wal") for path in written)
    for canary in (*CANARIES, telegram.token, telegram.token.partition(":")[2]):
        assert not [text for text in printed if canary in text], canary
        found = [path.name for path, content in written.items() if canary.encode() in content]
        assert not found, f"{canary} in {found}"
    assert any("已隐藏" in text for text in telegram.texts(5))

"""What was taught at the desk goes back into the YAML files, comments kept."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import cli_work
from bot.config import Settings
from bot.messages import Messages
from bot.store.sqlite import SqliteDatabase
from bot.store.support import learning
from bot.store.support.acting import Act
from bot.support.authority import LOCAL
from bot.support.office import ALWAYS
from bot.web.desk.learning import overlay
from intents import knowledge


async def test_taught_knowledge_is_written_into_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    shutil.copy(knowledge.SHIPPED.parent.parent / "faq.yaml", folder / "faq.yaml")
    settings = Settings(database=str(tmp_path / "posbot.db"), knowledge=folder)
    db = SqliteDatabase(tmp_path / "posbot.db")
    await db.open()
    taught = overlay.with_phrases({}, "print.jam", ["纸在机器肚子里打了结"])
    texts = {"title": {"zh": "试", "en": "Try"}, "answer": {"zh": "好", "en": "Good"}}
    entry = {"id": "care.test", "impact": "P4", "phrases": {"zh": ["试一试新问题"], "en": ["a new try"]}, **texts}
    taught = overlay.with_question(taught, entry)
    await db.write(learning.publish, Act(LOCAL, datetime.now(UTC), ALWAYS, Messages()), taught, "jam", "{}")
    await db.close()

    await cli_work.export_knowledge(settings)

    assert "Version 1 is in the files" in capsys.readouterr().out
    now = knowledge.load(folder)
    assert "纸在机器肚子里打了结" in now.examples["print.jam"]
    assert "care.test" in now.intents
    assert len(now.examples["print.jam"]) > 100, "the shipped phrases must stay"
    assert overlay.read(folder, taught)[1] == (), "what is in the files already does no harm"
    assert "care.test" in overlay.read(None, taught)[0].intents
    assert len(taught[overlay.ADDED]) < 1000, "only what is new is kept, not a copy of the file"
    assert (folder / "faq.yaml").read_text("utf-8").startswith("# Questions with one answer each")

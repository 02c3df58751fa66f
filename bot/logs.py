"""Logging: one line an event, without personal data, as text or JSON."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Literal

from bot.redact import RedactingFilter

QUIET = ("httpx", "httpcore", "uvicorn", "telegram", "RapidOCR", "asyncio")
OWN = ("bot", "intents")
_END = re.compile(r"[,:;].*", re.S)
_VALUE = re.compile(r"%[-+#0-9.]*[a-zA-Z]")
_GAP = re.compile(r"[^a-z0-9]+")


class JsonLines(logging.Formatter):
    """One JSON object a line: ``at``, ``level``, ``event``, ``logger``, ``message``, ``trace`` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        entry = {"at": at, "level": record.levelname, "event": getattr(record, "event", "library"),
                 "logger": record.name, "message": record.getMessage()}  # fmt: skip
        if record.exc_text or record.exc_info:
            # the redacting filter has put the trace, redacted, into exc_text
            entry["trace"] = record.exc_text or (self.formatException(record.exc_info) if record.exc_info else "")
        return json.dumps(entry, ensure_ascii=False)


class NamingFilter(logging.Filter):
    """Gives each record its ``event``; it drops none. It must see a record before its arguments are filled in."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Name the event in the record."""
        own = record.name.partition(".")[0] in OWN
        record.event = event_name(str(record.msg)) if own else "library"
        return True


def event_name(template: str) -> str:
    """Return the name of a log call's event: the words of its template up to the first stop, without values."""
    return _GAP.sub("_", _VALUE.sub("", _END.sub("", template)).lower()).strip("_")


def set_up(form: Literal["text", "json"] = "text", level: int = logging.INFO) -> None:
    """Send log lines to stderr, redacted; libraries that log addresses with the token in them stay quiet."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    handler.addFilter(NamingFilter())
    handler.addFilter(RedactingFilter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # a line for each malformed upload would let anybody fill the log
    logging.getLogger("python_multipart").setLevel(logging.ERROR)

"""Logging: one line an event, without personal data, as text or JSON."""

from __future__ import annotations

import json
import logging
import sys
from typing import Literal

from bot.redact import RedactingFilter

QUIET = ("httpx", "httpcore", "uvicorn.access", "telegram", "RapidOCR", "asyncio")


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        entry = {"at": self.formatTime(record), "level": record.levelname, "logger": record.name,
                 "message": record.getMessage()}  # fmt: skip
        if record.exc_text or record.exc_info:
            # the redacting filter has put the trace, redacted, into exc_text
            entry["trace"] = record.exc_text or (self.formatException(record.exc_info) if record.exc_info else "")
        return json.dumps(entry, ensure_ascii=False)


def set_up(form: Literal["text", "json"] = "text", level: int = logging.INFO) -> None:
    """Send log lines to stderr, redacted; libraries that log addresses with the token in them stay quiet."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    handler.addFilter(RedactingFilter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # a line for each malformed upload would let anybody fill the log
    logging.getLogger("python_multipart").setLevel(logging.ERROR)

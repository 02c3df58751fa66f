"""A filter that keeps tokens, card and identity numbers out of log lines."""

from __future__ import annotations

import logging

from bot.redact_core import redact_text

CHATTY = ("httpx", "httpcore", "telegram", "uvicorn.access", "uvicorn.error")
_FORMATTER = logging.Formatter()


class RedactingFilter(logging.Filter):
    """Redacts message, arguments, trace and stack of each record; it drops none.

    Put it on handlers: a filter on a logger does not see records of its children.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the record in place; the trace moves from `exc_info` to `exc_text`."""
        record.msg, record.args = redact_text(_message(record)).text, None
        if record.exc_info and record.exc_info[0] is not None and not record.exc_text:
            record.exc_text = _FORMATTER.formatException(record.exc_info)
        record.exc_info = None
        if record.exc_text:
            record.exc_text = redact_text(record.exc_text).text
        if record.stack_info:
            record.stack_info = redact_text(record.stack_info).text
        return True

    @classmethod
    def install(cls) -> RedactingFilter:
        """Put one filter on all handlers of the root logger and on libraries that log addresses."""
        one = cls()
        for handler in logging.getLogger().handlers:
            handler.addFilter(one)
        for name in CHATTY:
            logging.getLogger(name).addFilter(one)
        return one


def _message(record: logging.LogRecord) -> str:
    """Return the formatted message; wrong arguments must not lose the line."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} {record.args}"

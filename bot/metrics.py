"""What /metrics shows (Prometheus). docs/reference/metrics.md says of each what to make of it.

Counters and histograms are this process's own. Gauges of the store are the same on every replica: take their
maximum, not their sum.
"""

import platform
from importlib.metadata import version

from prometheus_client import Counter, Gauge, Histogram, Info

QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
SLOW = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
SIZES = (1, 2, 5, 10, 20, 50, 100, 200)

BUILD = Info("posbot_build", "Version of posbot and of Python")
BUILD.info({"version": version("posbot"), "python": platform.python_version()})

TURNS = Counter("posbot_turns_total", "Turns committed", ["channel"])
PARKED = Counter("posbot_parked_total", "Updates that could not be handled")
APOLOGIES = Counter("posbot_apologies_total", "Turns in which the dialogue failed and the merchant was told")
OUTCOMES = Counter("posbot_match_outcomes_total", "How messages were understood", ["outcome"])
WAITED = Histogram("posbot_inbox_wait_seconds", "From receipt to claim", buckets=SLOW)
LATENCY = Histogram("posbot_turn_seconds", "From claim to commit", buckets=QUICK)

SENDS = Counter("posbot_sends_total", "Attempts to send", ["result"])
SEND_SECONDS = Histogram("posbot_send_seconds", "One attempt to send, Telegram's answer included", buckets=SLOW)
DELIVERED = Histogram("posbot_delivery_seconds", "From the turn's commit to Telegram's receipt", buckets=SLOW)

COMMITS = Histogram("posbot_commit_seconds", "One commit of the SQLite store", buckets=QUICK)
COMMIT_SIZE = Histogram("posbot_commit_operations", "Operations that shared one commit", buckets=SIZES)
COMMITS_FAILED = Counter("posbot_commits_failed_total", "Commits that the store refused")

WEBHOOK_PUSHES = Counter("posbot_webhook_pushes_total", "Requests to Telegram's webhook", ["status"])
WEBHOOK_ERRORS = Counter("posbot_webhook_errors_total", "Times that Telegram said it could not hand over")
WEBHOOK_PENDING = Gauge("posbot_webhook_pending", "Updates that wait at Telegram, when last asked")

ALIVE = Gauge("posbot_part_alive", "1 while a part of this process is alive, as in /healthz", ["part"])
INBOX_DEPTH = Gauge("posbot_inbox_waiting", "Updates not handled yet")
INBOX_AGE = Gauge("posbot_inbox_oldest_seconds", "Age of the oldest unhandled update")
OUTBOX_DEPTH = Gauge("posbot_outbox_waiting", "Messages not sent yet")
OUTBOX_RETRIED = Gauge("posbot_outbox_retried", "Messages not sent yet that were tried before")
OUTBOX_AGE = Gauge("posbot_outbox_oldest_seconds", "Age of the oldest unsent message")
OUTBOX_FAILED = Gauge("posbot_outbox_failed", "Messages that can never be delivered")
TIMERS_AGE = Gauge("posbot_timers_overdue_seconds", "How late the oldest timer is")
FILES = Gauge("posbot_files_waiting", "Photos and files not fetched or read yet")
TICKETS = Gauge("posbot_tickets_unresolved", "Tickets not resolved yet", ["priority"])

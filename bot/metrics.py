"""What /metrics shows of this process (Prometheus)."""

from prometheus_client import Counter, Gauge, Histogram

TURNS = Counter("posbot_turns_total", "Turns committed", ["channel"])
PARKED = Counter("posbot_parked_total", "Updates that could not be handled")
OUTCOMES = Counter("posbot_match_outcomes_total", "How messages were understood", ["outcome"])
SENDS = Counter("posbot_sends_total", "Attempts to send", ["result"])
LATENCY = Histogram("posbot_turn_seconds", "From claim to commit",
                    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5))  # fmt: skip
INBOX_DEPTH = Gauge("posbot_inbox_waiting", "Updates not handled yet")
INBOX_AGE = Gauge("posbot_inbox_oldest_seconds", "Age of the oldest unhandled update")
OUTBOX_DEPTH = Gauge("posbot_outbox_waiting", "Messages not sent yet")
OUTBOX_AGE = Gauge("posbot_outbox_oldest_seconds", "Age of the oldest unsent message")
OUTBOX_FAILED = Gauge("posbot_outbox_failed", "Messages that can never be delivered")

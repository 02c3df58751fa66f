"""A knowledge folder → an ``Understanding`` ready to answer, with the trained model from the cache."""

from __future__ import annotations

from pathlib import Path

from intents.knowledge import Knowledge, load
from intents.matcher import Matcher
from intents.understanding import Understanding


def understand(folder: Path | None = None) -> Understanding:
    """Load and train (or take from the cache) what is needed to answer.

    Raises:
        KnowledgeError: the files have faults.

    """
    return build(load(folder))


def build(knowledge: Knowledge) -> Understanding:
    """Return the understanding of a knowledge that is already loaded."""
    matcher = Matcher.cached(knowledge.examples, knowledge.outside, knowledge.vocabulary)
    return Understanding(knowledge, matcher)

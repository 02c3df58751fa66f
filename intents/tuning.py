"""Training with thresholds by cross-validation: from texts that the model which reads them has not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from intents.features import Floats
from intents.learned import OUTSIDE, Learned, Thresholds
from intents.training import Corpus, classes_of, read, thinned, train

FOLDS = 3
MEASURED = 1  # folds that are held out in turn: one says enough, and each takes as long as half a training
WRONG = 0.03  # share of unseen in-scope phrases that may be answered with another intent
FALSE = 0.04  # share of unseen outside texts that may be answered
PASSED = 0.40  # share of unseen outside texts that may be answered or met with buttons

Labels = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Unseen:
    """What unseen texts scored: a row a text, a column a class; the class each should have."""

    scores: Floats
    coverage: Floats  # a row each: the known share of the text
    labels: Labels


def learn(
    examples: Mapping[str, Sequence[str]],
    outside: Sequence[str] | Mapping[str, Sequence[str]],
    vocabulary: Mapping[str, Sequence[str]],
) -> Learned:
    """Train on all phrases, with thresholds from models that each lack a part of them.

    Raises:
        ValueError: there is no intent, or an intent has no example.
    """
    corpus = read(classes_of(thinned(examples), outside), vocabulary)
    return replace(train(corpus), thresholds=tune(corpus))


def tune(corpus: Corpus) -> Thresholds:
    """Return the thresholds that keep the target rates on texts that the model has not seen."""
    fold = folds(corpus.labels, FOLDS)
    scores = np.zeros((len(corpus.labels), len(corpus.classes)), np.float32)
    coverage = np.zeros(len(corpus.labels), np.float32)
    for number in range(MEASURED):
        model = train(corpus.part(np.flatnonzero(fold != number)))
        for at in np.flatnonzero(fold == number).tolist():
            raw, coverage[at] = model.scores(corpus.grams[at])
            scores[at] = model.rescored(corpus.plain[at], corpus.heard[at], raw)
    unseen = fold < MEASURED
    return thresholds(model, Unseen(scores[unseen], coverage[unseen], corpus.labels[unseen]))


def folds(labels: Labels, count: int) -> Labels:
    """Return a fold for every example; each class is dealt out evenly.

    Whole authors cannot be held out: they share the intents among them, so the rest would lack most of one.
    """
    result = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        result[members] = np.arange(len(members)) % count
    return result


def thresholds(model: Learned, unseen: Unseen) -> Thresholds:
    """Return sharpness, calibration and limits for what unseen texts scored."""
    intents = np.asarray([not name.startswith(OUTSIDE) for name in model.intents])
    sharpness = _sharpness(unseen)
    chances = np.where(intents, _softmax(unseen.scores, sharpness), 0)
    total = chances.sum(1)
    inside = np.asarray([model.doubted(*pair) for pair in zip(total, unseen.coverage, strict=True)], np.float32)
    top = -np.sort(-chances, axis=1)[:, :2] * (inside / np.maximum(total, 1e-9))[:, None]
    right, ours = chances.argmax(1) == unseen.labels, intents[unseen.labels]
    slope, shift = _platt(top[:, 0], right)
    clarify = _clarify(inside, ours)
    answer, margin = _answer(inside, top[:, 0] / np.maximum(top.sum(1), 1e-9), right, ours)
    return Thresholds(max(answer, clarify), clarify, margin, sharpness, slope, shift)


def _softmax(scores: Floats, sharpness: float) -> Floats:
    powers = np.exp((scores - scores.max(1, keepdims=True)) * sharpness)
    return np.asarray(powers / powers.sum(1, keepdims=True), np.float32)


def _sharpness(unseen: Unseen) -> float:
    """Return the scale of the scores under which the true classes are likeliest."""
    rows = np.arange(len(unseen.labels))

    def loss(scale: float) -> float:
        chances = _softmax(unseen.scores, scale)[rows, unseen.labels]
        return float(-np.log(np.maximum(chances, 1e-9)).mean())

    return min((2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0), key=loss)


def _platt(chances: Floats, right: Bools) -> tuple[float, float]:
    """Return slope and shift of the logistic curve from softmax logit to being right (Newton's method)."""
    sure = np.clip(chances.astype(np.float64), 1e-6, 1 - 1e-6)
    columns = np.stack([np.log(sure / (1 - sure)), np.ones(len(sure))], axis=1)
    line = np.asarray([1.0, 0.0])
    for _ in range(25):
        guess = 1 / (1 + np.exp(-np.clip(columns @ line, -30, 30)))
        slope = columns.T @ (right - guess) - (line - [1, 0])
        bend = (columns * (guess * (1 - guess))[:, None]).T @ columns + np.eye(2)
        line = line + np.linalg.solve(bend, slope)
    return float(max(line[0], 0.05)), float(line[1])


def _clarify(inside: Floats, ours: Bools) -> float:
    """Return the limit that lets ``PASSED`` of the outside texts pass."""
    return float(np.quantile(inside[~ours], 1 - PASSED)) if not ours.all() else 0.0


def _answer(inside: Floats, margin: Floats, right: Bools, ours: Bools) -> tuple[float, float]:
    """Return the limits of ``inside`` and ``margin`` that answer most while both error rates are kept."""
    best = (-1.0, 0.99, 0.95)
    for answer in (0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.985, 0.99, 0.995):
        for least in np.arange(0.5, 1.0, 0.01):
            answered = (inside >= answer) & (margin >= least)
            if _share(answered & ~right, ours) <= WRONG and _share(answered, ~ours) <= FALSE:
                best = max(best, (_share(answered & right, ours), answer, float(least)))
                break
    return best[1], best[2]


def _share(what: Bools, among: Bools) -> float:
    return float(what[among].mean()) if among.any() else 0.0

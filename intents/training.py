"""Example phrases → a linear layer over n-grams.

scikit-learn is only imported here, so that a bot with a cached model starts without it.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intents.features import Concepts, Features, Floats, Grams, Vector, channels
from intents.learned import OUTSIDE, Learned, Thresholds
from intents.rescoring import Phrases
from intents.text import normalise, sounds, units

SEED = 7
PENALTY = 1.0  # liblinear's C
TOLERANCE = 0.1  # liblinear's; a stricter one takes longer and finds nothing better

LEARNED = 40_000  # example phrases that are learned from; of more, those of the largest classes are thinned out
FEW = 4000  # phrases up to which a logistic regression is affordable
LOGITS = 6.0  # brings its logits to the scale of margins
MIXED = 0.5  # weight of the margins beside the logits
SOFTER = 0.7  # with few phrases rarity counts less, for it is known less well

Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Phrases in the forms that training needs; ``labels`` ascend and number the ``classes``."""

    classes: tuple[str, ...]
    vocabulary: Mapping[str, tuple[str, ...]]
    labels: Labels
    texts: Sequence[str]
    plain: Sequence[str]
    heard: Sequence[str]
    grams: Sequence[Grams]

    def part(self, rows: NDArray[np.int64]) -> Corpus:
        """Return some of the phrases, of the same classes."""
        texts, plain, heard, grams = (
            [many[at] for at in rows] for many in (self.texts, self.plain, self.heard, self.grams)
        )
        return Corpus(self.classes, self.vocabulary, self.labels[rows], texts, plain, heard, grams)


def thinned(examples: Mapping[str, Sequence[str]], most: int = LEARNED) -> dict[str, Sequence[str]]:
    """Return at most about ``most`` phrases: every intent keeps up to the same number, evenly picked from its own.

    So training time, memory and the time of a match stay bounded however many phrases there are.
    """
    sizes = [len(many) for many in examples.values()]
    if sum(sizes) <= most:
        return dict(examples)
    share = max((size for size in range(1, max(sizes)) if sum(min(size, one) for one in sizes) <= most), default=1)
    return {intent: _evenly(many, share) for intent, many in examples.items()}


def _evenly(many: Sequence[str], count: int) -> Sequence[str]:
    return many if len(many) <= count else [many[at * len(many) // count] for at in range(count)]


def classes_of(
    examples: Mapping[str, Sequence[str]], outside: Sequence[str] | Mapping[str, Sequence[str]]
) -> dict[str, Sequence[str]]:
    """Return class → phrases; outside texts are a class, or one a theme, whose name begins with ``~``.

    Raises:
        ValueError: there is no intent, or an intent has no example.
    """
    empty = [intent for intent, many in examples.items() if not many]
    if empty or not examples:
        raise ValueError(f"no example phrases for {', '.join(empty) or 'any intent'}")
    themes = outside if isinstance(outside, Mapping) else {"": outside}
    return dict(examples) | {OUTSIDE + theme: many for theme, many in themes.items() if many}


def read(classes: Mapping[str, Sequence[str]], vocabulary: Mapping[str, Sequence[str]]) -> Corpus:
    """Return the phrases of all classes, normalised and cut into n-grams."""
    words = {word: tuple(forms) for word, forms in vocabulary.items()}
    concepts = Concepts(words)
    texts = [text for many in classes.values() for text in many]
    labels = np.repeat(np.arange(len(classes)), [len(many) for many in classes.values()])
    plain = [normalise(text) for text in texts]
    found = [units(text) for text in plain]
    grams = [channels(parts, concepts) for parts in found]
    return Corpus(tuple(classes), words, labels, texts, plain, [sounds(parts) for parts in found], grams)


def train(corpus: Corpus) -> Learned:
    """Return a model with provisional thresholds."""
    few = len(corpus.texts) < FEW
    features = Features.learn(corpus.grams, *((1, SOFTER) if few else (2, 1.0)))
    vectors = [features.vector(many) for many in corpus.grams]
    weights, bias = fit(vectors, corpus.labels, len(features), len(corpus.classes))
    phrases = Phrases(corpus.texts, corpus.plain, corpus.heard, corpus.labels.astype(np.int32))
    return Learned(corpus.classes, features, weights, bias, phrases, corpus.vocabulary, Thresholds())


def fit(vectors: Sequence[Vector], labels: Labels, width: int, classes: int) -> tuple[Floats, Floats]:
    """Return weights (features × classes) and intercepts; the same input gives the same output.

    With few phrases a logistic regression over all classes at once is better, blended with one-against-rest
    support vectors; with many these alone, which take a tenth of the time. A class without an example never wins.
    """
    from scipy.sparse import csr_matrix

    weights, bias = np.zeros((width, classes), np.float32), np.full(classes, -2, np.float32)
    present = np.unique(labels)
    if len(present) < 2:
        bias[present] = 1
        return weights, bias
    starts = np.cumsum([0] + [len(vector.ids) for vector in vectors])
    ids = np.concatenate([vector.ids for vector in vectors])
    values = np.concatenate([vector.values for vector in vectors]).astype(np.float64)
    matrix = csr_matrix((values, ids, starts), shape=(len(vectors), width))
    layer, offset = (_logistic if len(vectors) < FEW else _margins)(matrix, labels)
    if len(present) == 2:  # both solvers give two classes one hyperplane
        layer, offset = np.vstack([-layer, layer]), np.concatenate([-offset, offset])
    weights[:, present], bias[present] = layer.T, offset
    return weights, bias


def _margins(matrix: Any, labels: Labels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from sklearn.svm import LinearSVC

    model = LinearSVC(C=PENALTY, tol=TOLERANCE, random_state=SEED).fit(matrix, labels)
    return model.coef_, model.intercept_


def _logistic(matrix: Any, labels: Labels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is meant: it changes nothing
        model = LogisticRegression(C=20.0, max_iter=60, tol=1e-3).fit(matrix, labels)
    layer, offset = _margins(matrix, labels)
    return model.coef_ / LOGITS + MIXED * layer, model.intercept_ / LOGITS + MIXED * offset

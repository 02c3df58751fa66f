"""What training leaves behind: weights, phrases and thresholds; scores a text with them; a file of them."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from intents.cache import write_atomically
from intents.features import Features, Floats, Grams
from intents.rescoring import Phrases

OUTSIDE = "~"  # classes whose name begins so are none of our business
DOUBT = 3  # how much the unknown part of a text speaks against its being our business
BEST = 3  # so many classes are compared with their phrases


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Limits learned by cross-validation, all probabilities 0..1.

    ``clarify`` is the least probability of being our business at all with which buttons are offered. With at
    least ``answer`` of it, and at least ``margin`` as the best candidate's share of the two best, the best is
    answered. ``sharpness`` scales scores before the softmax; ``slope`` and ``shift`` turn the softmax's logit
    into the calibrated one.
    """

    answer: float = 0.9
    clarify: float = 0.5
    margin: float = 0.8
    sharpness: float = 6.0
    slope: float = 1.0
    shift: float = 0.0


@dataclass(frozen=True, slots=True)
class Learned:
    """A trained model; ``weights`` are features × classes, classes being ``intents``."""

    intents: tuple[str, ...]
    features: Features
    weights: Floats
    bias: Floats
    phrases: Phrases
    vocabulary: Mapping[str, tuple[str, ...]]
    thresholds: Thresholds

    def scores(self, grams: Grams) -> tuple[Floats, float]:
        """Return the score of every class for a text, and the share of the text that is known."""
        vector = self.features.vector(grams)
        return vector.values @ self.weights[vector.ids] + self.bias, vector.coverage

    def rescored(self, clean: str, heard: str, scores: Floats) -> Floats:
        """Raise the best classes by how near their nearest phrase is."""
        best = np.argpartition(-scores, BEST)[:BEST] if len(scores) > BEST else np.arange(len(scores))
        return self.phrases.raise_(clean, heard, scores, best)

    def probabilities(self, scores: Floats) -> Floats:
        """Return the softmax of scores at the learned sharpness."""
        powers = np.exp((scores - scores.max()) * self.thresholds.sharpness)
        return np.asarray(powers / powers.sum(), np.float32)

    def doubted(self, inside: float, coverage: float) -> float:
        """Return the probability of being our business once what is unknown of a text counts against it.

        Without outside examples the known share alone speaks.
        """
        weight = coverage**DOUBT
        if not any(name.startswith(OUTSIDE) for name in self.intents[-1:]):
            return weight
        kept = inside * weight
        return kept / max(kept + 1 - inside, 1e-9)

    def calibrated(self, probability: float) -> float:
        """Return how often a candidate of that softmax probability is right."""
        sure = min(max(probability, 1e-6), 1 - 1e-6)
        logit = self.thresholds.slope * math.log(sure / (1 - sure)) + self.thresholds.shift
        return 1 / (1 + math.exp(-logit))

    def nearest(self, clean: str, intent: str) -> tuple[str, float]:
        """Return an intent's nearest phrase and its similarity 0..1."""
        return self.phrases.nearest(clean, self.intents.index(intent))

    def evidence(self, grams: Grams, intent: str) -> list[tuple[str, float]]:
        """Return n-grams with what each adds to an intent's score, the strongest first."""
        vector, column = self.features.vector(grams), self.intents.index(intent)
        parts = vector.values * self.weights[vector.ids, column]
        named = [(self.features.names[at], float(part)) for at, part in zip(vector.ids, parts, strict=True)]
        return sorted(((name, part) for name, part in named if part > 0), key=lambda pair: -pair[1])

    def save(self, path: Path) -> None:
        """Write everything as one ``.npz``.

        Raises:
            OSError: the folder cannot be written.
        """
        words = {
            "intents": self.intents,
            "names": self.features.names,
            "rarest": self.features.rarest,
            "phrases": self.phrases.texts,
            "plain": self.phrases.plain,
            "heard": self.phrases.heard,
            "vocabulary": self.vocabulary,
            "thresholds": asdict(self.thresholds),
        }
        text = np.frombuffer(json.dumps(words, ensure_ascii=False).encode(), np.uint8)
        buffer = io.BytesIO()
        np.savez(
            buffer, words=text, feature_weights=self.features.weights, weights=self.weights, bias=self.bias,
            owners=self.phrases.owners,
        )  # fmt: skip
        write_atomically(path, buffer.getvalue())

    @classmethod
    def load(cls, path: Path) -> Learned:
        """Read what ``save`` wrote.

        Raises:
            OSError: the file cannot be read.
            ValueError, KeyError: it is no such file.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                parts = {name: file[name] for name in file.files}
        except (zipfile.BadZipFile, EOFError, ValueError) as error:
            raise ValueError(f"{path} is no matcher") from error
        words = json.loads(parts["words"].tobytes())
        return cls(
            tuple(words["intents"]),
            Features(words["names"], parts["feature_weights"], words["rarest"]),
            parts["weights"],
            parts["bias"],
            Phrases(words["phrases"], words["plain"], words["heard"], parts["owners"]),
            {word: tuple(forms) for word, forms in words["vocabulary"].items()},
            Thresholds(**words["thresholds"]),
        )

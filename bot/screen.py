"""The worker's side of reading a photo: find the lines of text, turn them upright, read them in reading order.

The reader finds text in any direction but reads short pieces such as "55" wrongly when they lie on their side. So
the longest lines say how the photo was held, and all pieces are cut out along that direction.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bot.photos import Reading
from bot.redact import redact_text

FIND_SIDE = 960
"""Pixels of the longer side at which text is looked for; it is cut out of the full photo."""
MAX_PIECES = 28
FEW = 3
"""Pieces of text below which the photo is tried a second time, smoothed."""
SURE, FAINT = 0.85, 0.55
"""Mean score from which the photo counts as held upright; score below which a piece is dropped."""
_BETWEEN = "  "
Pixels = NDArray[np.uint8]
Points = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    score: float
    x: float
    y: float
    height: float
    box: Points


def read(photo: bytes) -> Reading:
    """Return the lines of text on a photo, top to bottom, pieces of one line side by side; "" if there are none."""
    with Image.open(io.BytesIO(photo)) as image:
        pixels = np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])
    pieces = _pieces(_brighten(pixels))
    if sum(len(piece.text) > 1 for piece in pieces) < FEW or _mean(pieces) < 0.8:
        again = _pieces(_smooth(pixels))
        pieces = again if _worth(again) > _worth(pieces) else pieces
    rows = _rows(pieces)
    text = "\n".join(_BETWEEN.join(piece.text for piece in row) for row in rows)
    clean = redact_text(text)
    if not clean.found:
        return Reading(text)
    kinds = tuple(sorted({one.kind for one in clean.found}))
    return Reading(clean.text, kinds, _cover(pixels, _secret(rows, text, clean.text)))


def _secret(rows: list[list[_Piece]], text: str, clean: str) -> list[_Piece]:
    """Return the pieces of which something was hidden."""
    found, at = [], 0
    for piece in (piece for row in rows for piece in row):
        at = text.index(piece.text, at)
        end = at + len(piece.text)
        if len(text) != len(clean) or text[at:end] != clean[at:end]:  # characters that take two places: all go
            found.append(piece)
        at = end
    return found


def _cover(pixels: Pixels, pieces: list[_Piece]) -> bytes:
    """Return the photo with pieces painted over, a little beyond their edges."""
    covered = pixels.copy()
    for piece in pieces:
        middle = piece.box.mean(axis=0)
        cv2.fillPoly(covered, [np.asarray(middle + (piece.box - middle) * 1.15, np.int32)], (0, 0, 0))
    out = io.BytesIO()
    Image.fromarray(covered[:, :, ::-1]).save(out, "JPEG", quality=85)
    return out.getvalue()


def _pieces(pixels: Pixels) -> list[_Piece]:
    boxes = _find(pixels)
    if not len(boxes):
        return []
    angle = _direction(boxes)
    order = sorted(range(len(boxes)), key=lambda place: -_length(boxes[place]))[:MAX_PIECES]
    boxes = boxes[order]
    first = [_recognise(_cut(pixels, box, angle)) for box in boxes[:3]]
    if _sureness(first) < SURE:
        other = [_recognise(_cut(pixels, box, angle + np.pi)) for box in boxes[:3]]
        if _sureness(other) > _sureness(first):
            first, angle = other, angle + np.pi
    read = first + [_recognise(_cut(pixels, box, angle)) for box in boxes[3:]]
    found = []
    for box, (text, score) in zip(boxes, read, strict=True):
        if score >= FAINT and text.strip():
            corners = _ordered(box, angle) @ _turn(angle)
            x, y = corners.mean(axis=0)
            height = float(np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])) / 2
            found.append(_Piece(text.strip(), score, float(x), float(y), height, box))
    return found


def _find(pixels: Pixels) -> Points:
    """Return the corners of every piece of text, in pixels of the photo."""
    scale = min(1.0, FIND_SIDE / max(pixels.shape[:2]))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else pixels
    boxes = getattr(_engine()(small, use_det=True, use_cls=False, use_rec=False), "boxes", None)
    if boxes is None or not len(boxes):
        return np.empty((0, 4, 2), np.float32)
    return np.asarray(boxes, np.float32) / np.float32(scale)


def _direction(boxes: Points) -> float:
    """Return the angle of the lines, in radians within a half turn around "level"."""
    weights, angles = [], []
    for box in boxes:
        level, upright = box[1] - box[0], box[3] - box[0]
        side = level if np.linalg.norm(level) >= np.linalg.norm(upright) else upright
        sides = float(np.linalg.norm(level)), float(np.linalg.norm(upright))
        weights.append(max(sides) * max(0.0, max(sides) / max(min(sides), 1.0) - 1.5))
        angles.append(float(np.arctan2(side[1], side[0])))
    if not sum(weights):
        return 0.0
    double = np.angle(sum(weight * np.exp(2j * angle) for weight, angle in zip(weights, angles, strict=True)))
    return float(double) / 2


def _turn(angle: float) -> Points:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)


def _ordered(box: Points, angle: float) -> Points:
    """Return the corners clockwise from the top left one, as seen by someone who holds the photo upright."""
    seen = box @ _turn(angle)
    both, apart = seen.sum(axis=1), seen[:, 0] - seen[:, 1]
    return box[[int(both.argmin()), int(apart.argmax()), int(both.argmax()), int(apart.argmin())]]


def _cut(pixels: Pixels, box: Points, angle: float) -> Pixels:
    corners = _ordered(box, angle)
    width = max(8.0, *(float(np.linalg.norm(side)) for side in (corners[1] - corners[0], corners[2] - corners[3])))
    height = max(8.0, *(float(np.linalg.norm(side)) for side in (corners[3] - corners[0], corners[2] - corners[1])))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(np.ascontiguousarray(corners, np.float32), target)
    return np.asarray(cv2.warpPerspective(pixels, matrix, (int(width), int(height)), flags=cv2.INTER_CUBIC,
                                          borderMode=cv2.BORDER_REPLICATE), np.uint8)  # fmt: skip


def _recognise(piece: Pixels) -> tuple[str, float]:
    result = _engine()(piece, use_det=False, use_cls=False, use_rec=True)
    texts, scores = getattr(result, "txts", None), getattr(result, "scores", None)
    return (str(texts[0]), float(scores[0])) if texts and scores else ("", 0.0)


def _rows(pieces: list[_Piece]) -> list[list[_Piece]]:
    """Return the pieces in reading order: those whose middles are level stand on one line."""
    rows: list[list[_Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.y):
        row = rows[-1] if rows else []
        if row and abs(piece.y - row[-1].y) < 0.5 * min(piece.height, row[-1].height):
            row.append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda piece: piece.x) for row in rows]


def _brighten(pixels: Pixels) -> Pixels:
    """Return the photo with its darkest and lightest parts spread over the whole range."""
    low, high = np.percentile(pixels[::4, ::4], (1, 99))
    if low < 40 and high > 190:
        return pixels
    spread = (pixels.astype(np.float32) - low) * (255 / max(float(high - low), 16.0))
    return np.asarray(np.clip(spread, 0, 255), np.uint8)


def _smooth(pixels: Pixels) -> Pixels:
    """Return the photo for a second try: stripes and grain blurred away, contrast lifted place by place."""
    grey = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), (0, 0), 2.2)
    lifted = cv2.createCLAHE(clipLimit=3.0, tileGridSize=(6, 6)).apply(grey)
    return np.asarray(cv2.cvtColor(lifted, cv2.COLOR_GRAY2BGR), np.uint8)


def _length(box: Points) -> float:
    return float(max(np.linalg.norm(box[1] - box[0]), np.linalg.norm(box[3] - box[0])))


def _sureness(read: list[tuple[str, float]]) -> float:
    return sum(score * len(text) for text, score in read) / max(1, sum(len(text) for text, _ in read))


def _mean(pieces: list[_Piece]) -> float:
    return _sureness([(piece.text, piece.score) for piece in pieces])


def _worth(pieces: list[_Piece]) -> float:
    return sum(piece.score * len(piece.text) for piece in pieces if len(piece.text) > 1)


@cache
def _engine() -> Any:
    """Return the reader of this process; its models load once. One core: the rest of the machine is the bot's."""
    # from 1.29 on onnxruntime reports each process and model to Microsoft; native code reads this when it is loaded
    os.putenv("ORT_DISABLE_TELEMETRY", "1")
    from rapidocr import RapidOCR

    cv2.setNumThreads(1)
    settings = {"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1}  # fmt: skip
    return RapidOCR(params=settings)

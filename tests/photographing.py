"""A photo of a terminal's front, taken as people take them: askew, pale, shaken, in the dark, with a thumb on it."""

from __future__ import annotations

import io
import random
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
LIMIT = 40_000
"""Bytes of one photo: 40 of them lie in the repository."""
LONG, SHORT = 1000, 750
_DOWN, _ACROSS = np.mgrid[0:LONG, 0:SHORT].astype(np.float32)


def photograph(rng: random.Random, front: Any, effect: str) -> bytes:
    """Return the front as a JPEG, with the effects that are named in ``effect``; the same ``rng`` gives the same."""
    import cv2

    noise = np.random.default_rng(rng.randint(0, 2**32))
    image, mask = _on_a_table(rng, noise, np.asarray(front, dtype=np.uint8), effect)
    image = _light(rng, image, mask, effect)
    if "finger" in effect:
        image = _thumb(rng, image)
    if "cast" in effect:
        image *= np.array(rng.choice([(1.1, 0.9, 0.55), (0.6, 0.95, 1.15), (0.7, 1.1, 0.7)]), np.float32)
    image = _unsharp(rng, image, effect)
    if "dark" in effect:
        image *= rng.uniform(0.16, 0.28)
    strength = rng.uniform(16, 26) if "noise" in effect else 5 if "dark" in effect else rng.uniform(1, 4)
    image += cv2.GaussianBlur(noise.normal(0, strength * 1.6, image.shape), (0, 0), 0.8)
    steps = {"left": 1, "upside": 2, "right": 3}.get(effect, 0)
    return _jpeg(np.rot90(np.clip(image, 0, 255).astype(np.uint8), steps), "jpeg" in effect)


def _on_a_table(rng: random.Random, noise: np.random.Generator, picture: Any, effect: str) -> tuple[Image, Image]:
    """Return the picture lying on a table, and where it lies (1) and where not (0)."""
    import cv2

    table = np.full((LONG, SHORT, 3), [rng.randint(90, 190) for _ in range(3)], np.float32)
    grain = noise.normal(0, 14, (40, 30, 1))
    table += cv2.resize(grain, (SHORT, LONG), interpolation=cv2.INTER_CUBIC)[:, :, None]
    height, width = picture.shape[:2]
    warp = _lie(rng, noise, width, height, effect)
    shot = cv2.warpPerspective(picture, warp, (SHORT, LONG), flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.full((height, width), 255, np.uint8), warp, (SHORT, LONG))[:, :, None] / 255.0
    return table * (1 - mask) + shot.astype(np.float32) * mask, mask


def _lie(rng: random.Random, noise: np.random.Generator, width: int, height: int, effect: str) -> Any:
    """Return the perspective under which the camera sees a picture of this size."""
    import cv2

    scale = min(LONG * 0.86 / height, SHORT * 0.86 / width)
    angle = rng.uniform(-15, 15) if "tilted" in effect else rng.uniform(-4, 4)
    lean = 0.12 if "perspective" in effect else 0.02
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    turn = np.deg2rad(angle)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shift = np.array([SHORT / 2, LONG / 2])
    if "cropped" in effect:
        shift += np.array([rng.choice([-1, 1]) * 50, rng.choice([60, 180])])
    jitter = noise.uniform(-lean, lean, (4, 2)) * [width, height] * 0.6
    size = scale * (0.92 if "tilted" in effect else 1)
    target = ((corners - [width / 2, height / 2]) * size + jitter) @ matrix.T + shift
    return cv2.getPerspectiveTransform(corners, target.astype(np.float32))


def _light(rng: random.Random, image: Image, mask: Image, effect: str) -> Image:
    across, down = _ACROSS / SHORT - 0.5, _DOWN / LONG - 0.5
    image *= (1 + 0.18 * (across * rng.uniform(-1, 1) + down * rng.uniform(-1, 1)))[:, :, None]
    if "pale" in effect:
        image = 140 + (image - 140) * 0.34
    if "moire" in effect:
        for _ in range(2):
            period, direction = rng.uniform(5, 16), rng.uniform(0, np.pi)
            along = (_ACROSS * np.cos(direction) + _DOWN * np.sin(direction)) * 2 * np.pi / period
            tint = np.array([rng.uniform(10, 26) for _ in range(3)], np.float32)
            image += np.sin(along + (_DOWN / 180) ** 2)[:, :, None] * tint * mask
    if "glare" in effect:
        for _ in range(rng.randint(1, 2)):
            cx, cy = rng.uniform(0.2, 0.8) * SHORT, rng.uniform(0.15, 0.7) * LONG
            wide, high = rng.uniform(70, 150), rng.uniform(50, 120)
            spot = np.exp(-(((_ACROSS - cx) / wide) ** 2 + ((_DOWN - cy) / high) ** 2))
            image += (spot * rng.uniform(0.6, 0.85))[:, :, None] * (255 - image)
    return image


def _thumb(rng: random.Random, image: Image) -> Image:
    skin = np.array([214, 168, 140], np.float32) * rng.uniform(0.7, 1)
    cx, cy = rng.choice([30, SHORT - 30]), rng.uniform(0.5, 0.8) * LONG
    thumb = np.clip(2.2 - 2 * np.hypot((_ACROSS - cx) / 110, (_DOWN - cy) / 80), 0, 1)[:, :, None]
    return image * (1 - thumb) + skin * thumb


def _unsharp(rng: random.Random, image: Image, effect: str) -> Any:
    import cv2

    sigma = rng.uniform(1.8, 2.6) if "blur" in effect else rng.uniform(0.5, 1.0)
    image = cv2.GaussianBlur(image, (0, 0), sigma)
    if "shaken" not in effect:
        return image
    length = rng.randint(9, 13)
    kernel = np.zeros((length, length), np.float32)
    tip = (int(length * rng.random()), 0) if rng.random() < 0.5 else (0, int(length * rng.random()))
    cv2.line(kernel, tip, (length - 1 - tip[0], length - 1 - tip[1]), 1.0)
    return cv2.filter2D(image, -1, kernel / kernel.sum())


def _jpeg(image: Any, poor: bool) -> bytes:
    from PIL import Image as Pillow

    photo = Pillow.fromarray(np.ascontiguousarray(image))
    for quality in (22, 16, 12) if poor else (68, 58, 48, 40, 32, 26, 20, 14):
        out = io.BytesIO()
        photo.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= LIMIT:
            break
    return out.getvalue()

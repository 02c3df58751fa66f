"""Photos: made small and clean before they are kept; the text of a screen read from them in a worker process.

Reading needs the extra ``photos`` (rapidocr, its models are inside the wheel). Without it the bot asks for the code.
"""

from __future__ import annotations

import asyncio
import importlib.util
import io
import logging
import multiprocessing
import struct
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from bot.errors import PosbotError

MAX_BYTES = 10_000_000
MAX_PIXELS = 40_000_000
FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "AVIF", "BMP")
"""What phones send; other formats would wake decoders that nobody needs."""
SIDE = 1600
"""Pixels of a kept photo's longer side: enough to read a label."""
READ_SECONDS = 30.0
_BROKEN = (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, struct.error, LookupError, TypeError,
           OverflowError, Image.DecompressionBombError)  # fmt: skip
"""What Pillow raises on files that are no images or broken ones."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """The text on a photo without secrets, what was hidden, and then the photo with the secrets painted over."""

    text: str = ""
    found: tuple[str, ...] = ()
    covered: bytes | None = None


class BadPhoto(PosbotError):
    """A file that is no usable photo."""


def available() -> bool:
    """Tell whether photos can be read here."""
    return all(importlib.util.find_spec(name) for name in ("rapidocr", "onnxruntime"))


def clean(content: bytes) -> bytes:
    """Return the photo as a JPEG of at most 1 MB, upright, without metadata.

    Raises:
        BadPhoto: too large, or not an image.

    """
    if len(content) > MAX_BYTES:
        raise BadPhoto(f"the photo is larger than {MAX_BYTES // 1_000_000} MB")
    Image.init()  # a format that is not loaded, or not built in, is a KeyError to Image.open
    try:
        with Image.open(io.BytesIO(content), formats=[name for name in FORMATS if name in Image.OPEN]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise BadPhoto("the photo has too many pixels")
            upright = ImageOps.exif_transpose(image.convert("RGB"))
    except _BROKEN as error:
        raise BadPhoto("the file is not a photo") from error
    upright.info = {}  # a comment would be written again
    upright.thumbnail((SIDE, SIDE))
    for quality in (85, 70, 50, 30):
        out = io.BytesIO()
        upright.save(out, "JPEG", quality=quality)
        if out.tell() <= 1_000_000:
            break
    return out.getvalue()


class ScreenReader:
    """Reads the text of a photo in a process of its own, so that the event loop never waits for it."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def read(self, photo: bytes) -> Reading:
        """Return the lines of text on a photo in reading order, "" if none can be read."""
        if self._pool is None:
            context = multiprocessing.get_context("spawn")  # a fork would copy the threads' locks
            self._pool = ProcessPoolExecutor(1, mp_context=context)
        loop = asyncio.get_running_loop()
        try:
            return await asyncio.wait_for(loop.run_in_executor(self._pool, _read, photo), READ_SECONDS)
        except (TimeoutError, BrokenProcessPool) as error:
            log.warning("a photo could not be read: %s", type(error).__name__)
            self.close()
            return Reading()

    def close(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _read(photo: bytes) -> Reading:
    from bot import screen  # in the worker only: what it needs is an extra

    return screen.read(photo)

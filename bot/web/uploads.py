"""Uploaded photos: checked by their content, made small and clean beside the event loop."""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor

from PIL import Image, UnidentifiedImageError

from bot import photos

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP")
"""What a phone or a screenshot makes. Pillow knows more, some of which start other programs."""
_THREADS = ThreadPoolExecutor(2, "posbot-photos")
"""Photos decoded at the same time: each may need 160 MB for a moment."""


async def clean(content: bytes) -> bytes:
    """Return the photo as a small JPEG without metadata.

    Raises:
        photos.BadPhoto: it is none, or too large.

    """
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _clean, content)


def _clean(content: bytes) -> bytes:
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            pixels = image.width * image.height
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise photos.BadPhoto("the file is not a photo") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise photos.BadPhoto("the photo has too many pixels") from error
    if pixels > photos.MAX_PIXELS:
        raise photos.BadPhoto("the photo has too many pixels")
    return photos.clean(content)

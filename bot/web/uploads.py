"""Uploaded photos: checked by their content, made small and clean beside the event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from bot import photos

_THREADS = ThreadPoolExecutor(2, "posbot-photos")
"""Photos decoded at the same time: each may need 160 MB for a moment."""


async def clean(content: bytes) -> bytes:
    """Return the photo as a small JPEG without metadata.

    Raises:
        photos.BadPhoto: it is none, or too large.

    """
    return await asyncio.get_running_loop().run_in_executor(_THREADS, photos.clean, content)

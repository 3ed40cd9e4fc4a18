"""Pictures as people put them on boards."""

import io
from typing import Any

from PIL import Image


def picture(image_format: str = "PNG", size: tuple[int, int] = (8, 6), mode: str = "RGB", **options: Any) -> bytes:
    """Return a file with a plain picture in it."""
    out = io.BytesIO()
    Image.new(mode, size, (200, 30, 30, 128) if mode == "RGBA" else "red").save(out, image_format, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    """Return what a file shows."""
    return Image.open(io.BytesIO(data))

"""Pictures as people put them on boards."""

import io
import struct
import zlib
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


def png_of(*chunks: tuple[bytes, bytes], width: int = 8, height: int = 6) -> bytes:
    """Return a PNG file of black pixels, with chunks of any kind and content before them."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes((1 + 3 * width) * height), 9)
    whole = (b"IHDR", header), *chunks, (b"IDAT", pixels), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in whole
    )


def jpeg_of_scans(scans: int, size: tuple[int, int]) -> bytes:
    """Return a progressive JPEG whose last scan comes so many times."""
    whole = picture("JPEG", size=size, progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * scans + whole[-2:]


def animation(image_format: str, frames: int) -> bytes:
    """Return a moving picture that begins red."""
    out = io.BytesIO()
    first, *others = (Image.new("RGB", (8, 6), (255 - number % 256, 0, number // 256)) for number in range(frames))
    first.save(out, image_format, save_all=True, append_images=others, duration=10, lossless=True)
    return out.getvalue()

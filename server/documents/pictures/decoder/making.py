"""A picture is decoded and written again: what is kept of a file is what it shows, and nothing else."""

import io
from dataclasses import dataclass

# Those that are wanted; for any other the library would look at the plug-ins of all formats.
from PIL import GifImagePlugin, Image, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from server.documents.pictures.decoder.messages import Answer

_FORMATS = tuple(
    str(plugin.format)
    for plugin in (
        PngImagePlugin.PngImageFile,
        JpegImagePlugin.JpegImageFile,
        WebPImagePlugin.WebPImageFile,
        GifImagePlugin.GifImageFile,
    )
)
"""Told from the first bytes, whatever the file is called. None of them can hold a script that a browser runs."""
_MAX_PIXELS = 40_000_000
"""What a good phone takes."""
_JPEG = b"\xff\xd8"
_START_OF_SCAN = b"\xff\xda"
_MAX_SCANS = 100
"""Of a progressive JPEG; cameras and programs make some ten. Each goes over all of the picture, however short it is."""
_LONGEST_SIDE = 2_400
_QUALITY = 85


@dataclass(frozen=True, slots=True)
class Made:
    """A picture as it can be kept, or why there is none: then there are no data."""

    answer: Answer
    data: bytes = b""


def made_anew(data: bytes) -> Made:
    """Return a picture with what `data` shows and nothing else of it, or why not. Nothing is raised, whatever it is."""
    try:
        if data.startswith(_JPEG) and data.count(_START_OF_SCAN) > _MAX_SCANS:
            return Made(Answer.TOO_MUCH_WORK)
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            if opened.width * opened.height > _MAX_PIXELS:  # by its head; nothing is decoded yet
                return Made(Answer.TOO_MANY_PIXELS)
            return _written(opened)
    except MemoryError:
        return Made(Answer.TOO_MUCH_WORK)
    except Exception:  # noqa: BLE001 - whatever a decoder stumbles over, it is no picture that could be shown
        return Made(Answer.NO_PICTURE)


def _written(opened: Image.Image) -> Made:
    is_photo = opened.format not in ("PNG", "GIF")  # a photo of two pictures in one, MPO, is a JPEG, too
    opened.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))  # a JPEG can be read smaller than it is
    has_holes = opened.has_transparency_data
    mode = "RGBA" if has_holes else "RGB"
    image = opened if opened.mode == mode else opened.convert(mode)
    image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    ImageOps.exif_transpose(image, in_place=True)
    image.info.clear()  # comments and colour profiles, which would be written again
    out = io.BytesIO()
    if is_photo and not has_holes:
        image.save(out, "JPEG", quality=_QUALITY)
        return Made(Answer.JPEG, out.getvalue())
    image.save(out, "PNG", optimize=False)
    return Made(Answer.PNG, out.getvalue())

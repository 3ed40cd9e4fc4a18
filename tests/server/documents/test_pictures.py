"""Pictures that are put on boards, made anew."""

import hashlib
import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from protocol.documents import PICTURE_TYPES
from server.documents.pictures import made_anew
from server.errors import UserError
from tests.support.pictures import opened, picture


@pytest.mark.parametrize(
    ("image_format", "mode", "content_type"),
    [
        ("PNG", "RGB", "image/png"),
        ("PNG", "RGBA", "image/png"),
        ("JPEG", "RGB", "image/jpeg"),
        ("JPEG", "CMYK", "image/jpeg"),
        ("WEBP", "RGB", "image/jpeg"),
        ("WEBP", "RGBA", "image/png"),
        ("GIF", "P", "image/png"),
    ],
)
def test_every_common_picture_is_kept_as_one_that_every_browser_shows(
    image_format: str, mode: str, content_type: str
) -> None:
    kept = made_anew(picture(image_format, mode=mode))
    assert kept.content_type == content_type
    assert kept.picture_id == hashlib.sha256(kept.data).hexdigest()
    assert opened(kept.data).size == (8, 6)


@pytest.mark.parametrize("content_type", PICTURE_TYPES)
def test_whatever_pages_are_told_is_taken_is_taken(content_type: str) -> None:
    data = picture(content_type.removeprefix("image/"))
    assert Image.open(io.BytesIO(data)).get_format_mimetype() == content_type
    made_anew(data)


def test_what_was_hidden_in_the_file_is_gone() -> None:
    exif = Image.Exif()
    exif[0x010E] = "my home"  # ImageDescription
    data = picture("JPEG", exif=exif) + b"<script>alert(1)</script>"
    kept = made_anew(data)
    assert b"my home" in data
    assert b"my home" not in kept.data
    assert b"<script>" not in kept.data


def test_a_picture_taken_sideways_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: turn by 90 degrees
    assert opened(made_anew(picture("JPEG", exif=exif)).data).size == (6, 8)


@pytest.mark.parametrize("image_format", ["PNG", "JPEG"])
def test_a_large_picture_is_made_smaller(image_format: str) -> None:
    assert opened(made_anew(picture(image_format, size=(4_800, 1_200))).data).size == (2_400, 600)


def bomb() -> bytes:
    """Claim 60,000 by 60,000 pixels in some hundred bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


def test_a_picture_that_goes_over_itself_again_and_again_is_refused() -> None:
    whole = picture("JPEG", progressive=True, size=(64, 48))
    last = whole.rindex(b"\xff\xda")
    assert opened(made_anew(whole).data).size == (64, 48)
    with pytest.raises(UserError, match="slow"):
        made_anew(whole[:last] + whole[last:-2] * 200 + whole[-2:])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"%PDF-1.7",
        picture("PNG")[:40],
        picture("BMP"),
        picture("TIFF"),
        picture("AVIF"),
        bomb(),
    ],
)
def test_what_shows_nothing_that_is_wanted_here_is_refused(data: bytes) -> None:
    with pytest.raises(UserError):
        made_anew(data)


@given(st.data())
def test_a_damaged_file_is_a_picture_or_refused(data: st.DataObject) -> None:
    whole = bytearray(picture(data.draw(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"])), size=(40, 30)))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        kept = made_anew(bytes(whole))
    except UserError:
        return
    with Image.open(io.BytesIO(kept.data)) as shown:
        shown.load()

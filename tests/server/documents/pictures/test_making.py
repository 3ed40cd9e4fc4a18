"""Pictures made anew, in this process: what is kept of them, and what is refused."""

import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from protocol.documents import PICTURE_TYPES
from server.documents.pictures.decoder.making import made_anew
from server.documents.pictures.decoder.messages import MAX_ANSWER_BYTES, Answer
from tests.support.pictures import animation, jpeg_of_scans, opened, picture, png_of

KEPT = (Answer.JPEG, Answer.PNG)


@pytest.mark.parametrize(
    ("image_format", "mode", "answer"),
    [
        ("PNG", "RGB", Answer.PNG),
        ("PNG", "RGBA", Answer.PNG),
        ("PNG", "L", Answer.PNG),
        ("JPEG", "RGB", Answer.JPEG),
        ("JPEG", "CMYK", Answer.JPEG),
        ("JPEG", "L", Answer.JPEG),
        ("WEBP", "RGB", Answer.JPEG),
        ("WEBP", "RGBA", Answer.PNG),
        ("GIF", "P", Answer.PNG),
    ],
)
def test_every_common_picture_is_kept_as_one_that_every_browser_shows(
    image_format: str, mode: str, answer: Answer
) -> None:
    made = made_anew(picture(image_format, mode=mode))
    assert made.answer is answer
    assert opened(made.data).format == answer.name
    assert opened(made.data).size == (8, 6)


@pytest.mark.parametrize("content_type", PICTURE_TYPES)
def test_whatever_pages_are_told_is_taken_is_taken(content_type: str) -> None:
    data = picture(content_type.removeprefix("image/"))
    assert Image.open(io.BytesIO(data)).get_format_mimetype() == content_type
    assert made_anew(data).answer in KEPT


def test_what_was_hidden_in_the_file_is_gone() -> None:
    exif = Image.Exif()
    exif[0x010E] = "my home"  # ImageDescription
    data = picture("JPEG", exif=exif, comment=b"my street") + b"<script>alert(1)</script>"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    with_profile = picture("PNG", icc_profile=profile)
    assert "icc_profile" in opened(with_profile).info
    for made in map(made_anew, (data, with_profile, png_of((b"tEXt", b"Comment\0my home")))):
        assert made.answer in KEPT
        assert not {"comment", "Comment", "exif", "icc_profile"} & opened(made.data).info.keys()
        for hidden in (b"my home", b"my street", b"<script>"):
            assert hidden not in made.data


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(8, 6), (3_200, 2_400)])
def test_a_picture_taken_sideways_stands_upright(image_format: str, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: turn by 90 degrees
    width, height = opened(made_anew(picture(image_format, size=size, exif=exif)).data).size
    assert (width, height) == ((6, 8) if size == (8, 6) else (1_800, 2_400))


@pytest.mark.parametrize("image_format", ["PNG", "JPEG"])
def test_a_large_picture_is_made_smaller(image_format: str) -> None:
    assert opened(made_anew(picture(image_format, size=(4_800, 1_200))).data).size == (2_400, 600)


@pytest.mark.parametrize("image_format", ["GIF", "PNG"])
def test_holes_stay_holes(image_format: str) -> None:
    image = Image.new("P", (4_800, 12), 1)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.paste(0, (0, 0, 2_400, 12))
    out = io.BytesIO()
    image.save(out, image_format, transparency=0)
    shown = opened(made_anew(out.getvalue()).data)
    assert (shown.getpixel((0, 0)), shown.getpixel((2_399, 0))) == ((0, 0, 0, 0), (0, 0, 255, 255))


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG"])
def test_of_a_moving_picture_the_first_moment_is_kept(image_format: str) -> None:
    data = animation(image_format, 2_000)
    assert getattr(opened(data), "n_frames", 1) == 2_000
    made = made_anew(data)
    assert made.answer in KEPT
    shown = opened(made.data)
    assert getattr(shown, "n_frames", 1) == 1
    red, green, blue = shown.convert("RGB").getpixel((3, 3))  # type: ignore[misc]
    assert red > 245
    assert green < 10
    assert blue < 10


def test_a_picture_that_goes_over_itself_again_and_again_is_refused() -> None:
    assert made_anew(jpeg_of_scans(2, (64, 48))).answer is Answer.JPEG
    assert made_anew(jpeg_of_scans(200, (64, 48))).answer is Answer.TOO_MUCH_WORK


def double_picture() -> bytes:
    """Return a file with two pictures in it, as some phones write it."""
    data = picture("MPO", save_all=True, append_images=[Image.new("RGB", (8, 6))], progressive=True)
    assert opened(data).format == "MPO"
    return data


def test_two_pictures_in_one_file_are_no_way_around_that() -> None:
    data = double_picture()
    last = data.rindex(b"\xff\xda")
    assert made_anew(data[:last] + data[last:] * 200).answer is Answer.TOO_MUCH_WORK


def test_a_phone_s_double_picture_stays_a_photo() -> None:
    assert made_anew(double_picture()).answer is Answer.JPEG


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"", Answer.NO_PICTURE),
        (b"no picture", Answer.NO_PICTURE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", Answer.NO_PICTURE),
        (b"%PDF-1.7", Answer.NO_PICTURE),
        (picture("PNG")[:40], Answer.NO_PICTURE),
        (picture("JPEG", size=(640, 480))[:900], Answer.NO_PICTURE),
        (picture("WEBP", size=(640, 480))[:60], Answer.NO_PICTURE),
        (picture("GIF")[:20], Answer.NO_PICTURE),
        (picture("BMP"), Answer.NO_PICTURE),
        (picture("TIFF"), Answer.NO_PICTURE),
        (picture("AVIF"), Answer.NO_PICTURE),
        (png_of(width=8_000, height=5_001), Answer.TOO_MANY_PIXELS),
        (png_of((b"IHDR", bytes.fromhex("0000ea600000ea600802000000"))), Answer.NO_PICTURE),
        (png_of((b"iCCP", b"sRGB\0\0" + zlib.compress(bytes(2**26), 9))), Answer.NO_PICTURE),
        (png_of((b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2**26), 9))), Answer.NO_PICTURE),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value.name,
)
def test_what_shows_nothing_that_is_wanted_here_is_refused(data: bytes, answer: Answer) -> None:
    assert made_anew(data).answer is answer


def test_the_largest_that_can_be_kept_fits_into_an_answer() -> None:
    noise = Image.effect_noise((2_400, 2_400), 100)
    out = io.BytesIO()
    Image.merge("RGBA", [noise, noise.rotate(90), noise.rotate(180), noise.rotate(270)]).save(out, "PNG")
    assert len(out.getvalue()) < MAX_ANSWER_BYTES


@given(st.data())
def test_a_damaged_file_is_a_picture_or_refused(data: st.DataObject) -> None:
    whole = bytearray(picture(data.draw(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"])), size=(40, 30)))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    made = made_anew(bytes(whole))
    if made.answer in KEPT:
        with Image.open(io.BytesIO(made.data)) as shown:
            shown.load()
    else:
        assert made.data == b""

"""Pictures from outside: decoded under a limit, written anew, and nothing else with them."""

import resource
import struct
import zlib
from contextlib import suppress
from io import BytesIO
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from backend.core import images
from backend.core.errors import ErrorCode, Refusal
from backend.core.images import bounded_pictures, square_picture
from tests.refusals import refused

RED, BLUE = (255, 0, 0), (0, 0, 255)


def file(size: tuple[int, int] = (60, 40), kind: str = "JPEG", **options: Any) -> BytesIO:
    """A picture, its left half red and its right half blue."""
    picture = Image.new("RGB", size, BLUE)
    picture.paste(RED, (0, 0, size[0] // 2, size[1]))
    out = BytesIO()
    picture.save(out, kind, **options)
    out.seek(0)
    return out


def opened(content: bytes) -> Image.Image:
    picture = Image.open(BytesIO(content))
    assert picture.format == "WEBP"
    return picture


def is_near(picture: Image.Image, at: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    found = picture.convert("RGB").getpixel(at)
    assert isinstance(found, tuple)
    return all(abs(one - other) < 40 for one, other in zip(found, colour, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize(("size", "side"), [((60, 40), 40), ((2000, 1000), 512), ((9, 700), 9)])
def test_a_square_is_the_middle_and_never_larger_than_the_picture(kind: str, size: tuple[int, int], side: int) -> None:
    assert opened(square_picture(file(size, kind), side=512, field=("avatar",))).size == (side, side)


def test_a_bounded_picture_keeps_its_shape_in_each_size() -> None:
    whole, small = bounded_pictures(file((2000, 1000)).getvalue(), sides=(800, 80), field=("photos", 0))
    assert (opened(whole.content).size, opened(small.content).size) == ((800, 400), (80, 40))
    assert (whole.width, whole.height) == (800, 400)


@pytest.mark.parametrize("kind", ["JPEG", "HEIF"])
def test_a_picture_is_turned_as_its_exif_says_and_loses_it(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by a quarter, clockwise
    exif[0x010F] = "A telephone"
    exif.get_ifd(0x8825)[1] = "N"  # a position
    given = file((600, 400), kind, exif=exif.tobytes())
    assert b"A telephone" in given.getvalue()
    [content] = [each.content for each in bounded_pictures(given.getvalue(), sides=(800,), field=())]
    picture = opened(content)
    assert picture.size == (400, 600)
    assert is_near(picture, (200, 50), RED)
    assert is_near(picture, (200, 550), BLUE)
    assert (dict(picture.getexif()), b"A telephone" in content, b"EXIF" in content) == ({}, False, False)


def test_what_stands_behind_the_picture_or_in_its_comments_does_not_travel_along() -> None:
    given = BytesIO(file(comment=b"<script>one</script>").getvalue() + b"<script>two</script>")
    assert b"script" not in square_picture(given, side=512, field=())


def bomb(width: int, height: int) -> BytesIO:
    """A PNG of a few bytes that says that it is huge."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return BytesIO(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b""))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(8_000, 6_251), (10_000, 7_000), (60_000, 60_000)])
def test_a_bomb_is_refused_before_it_is_decoded(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(*_: Any) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decode)
    assert refused(square_picture, bomb(*size), side=512, field=("avatar",)) == [(ErrorCode.OUT_OF_RANGE, "avatar")]


def test_a_heic_of_too_many_pixels_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    given = file(kind="HEIF")
    monkeypatch.setattr(images, "MAX_PIXELS", 60 * 40 - 1)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", None)
    assert refused(square_picture, given, side=512, field=("avatar",)) == [(ErrorCode.OUT_OF_RANGE, "avatar")]


def test_a_heic_that_says_it_is_small_and_is_not_takes_no_memory() -> None:
    sound = file((6_000, 6_000), "HEIF").getvalue()
    at = sound.index(b"ispe") + 8
    assert struct.unpack(">II", sound[at : at + 8]) == (6_000, 6_000)
    content = sound[:at] + struct.pack(">II", 100, 100) + sound[at + 8 :]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert refused(bounded_pictures, content, sides=(320,), field=("photos", 0)) == [
        (ErrorCode.INVALID_INPUT, "photos.0")
    ]
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert kilobytes < 50_000


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    given = file()
    monkeypatch.setattr(images, "MAX_BYTES", len(given.getvalue()) - 1)
    assert refused(square_picture, given, side=512, field=("avatar",)) == [(ErrorCode.OUT_OF_RANGE, "avatar")]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        file().getvalue()[:300],
        file(kind="PNG").getvalue()[:60],
        file(kind="GIF").getvalue(),
        file(kind="TIFF").getvalue(),
        file(kind="BMP").getvalue(),
        file(kind="AVIF").getvalue(),
        file((300, 200), "HEIF").getvalue()[:-200],
        b"\0\0\0\x18ftypheic" + b"\0" * 100,
    ],
    ids=["nothing", "text", "svg", "half a jpeg", "half a png", "gif", "tiff", "bmp", "avif", "half a heic", "heic"],
)
def test_what_is_no_whole_picture_of_a_known_kind_is_refused(content: bytes) -> None:
    assert refused(square_picture, BytesIO(content), side=512, field=("avatar",)) == [
        (ErrorCode.INVALID_INPUT, "avatar")
    ]


def animation(kind: str) -> bytes:
    """A red frame, then a blue one."""
    out = BytesIO()
    frames = [Image.new("RGB", (40, 30), colour) for colour in (RED, BLUE)]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_stays(kind: str) -> None:
    content = animation(kind)
    assert getattr(Image.open(BytesIO(content)), "n_frames", 1) == 2
    [kept] = bounded_pictures(content, sides=(800,), field=())
    picture = opened(kept.content)
    assert (getattr(picture, "n_frames", 1), is_near(picture, (20, 15), RED)) == (1, True)


def whole_bomb(side: int) -> bytes:
    """A sound PNG of `side` × `side` black pixels, one bit each."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    packer, row = zlib.compressobj(), b"\0" * (1 + (side + 7) // 8)
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_small_file_of_900_million_pixels_takes_no_memory() -> None:
    content = whole_bomb(30_000)
    assert len(content) < 200_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert refused(bounded_pictures, content, sides=(2048, 320), field=("photos", 0)) == [
        (ErrorCode.OUT_OF_RANGE, "photos.0")
    ]
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert kilobytes < 50_000


def test_a_page_behind_a_picture_is_a_picture_and_a_picture_behind_a_page_is_none() -> None:
    page = b"<html><script>alert(1)</script></html>"
    [kept] = bounded_pictures(file().getvalue() + page, sides=(800,), field=())
    assert b"script" not in kept.content
    assert refused(bounded_pictures, page + file().getvalue(), sides=(800,), field=("photos", 0)) == [
        (ErrorCode.INVALID_INPUT, "photos.0")
    ]


@given(st.integers(0, 2**32), st.sampled_from(["JPEG", "PNG", "WEBP", "HEIF"]))
@hypothesis_settings(max_examples=60, deadline=None)
def test_a_damaged_file_is_a_picture_or_a_refusal_and_never_a_crash(seed: int, kind: str) -> None:
    chance = Random(seed)  # noqa: S311 - it chooses damage, no secret
    content = bytearray(file(kind=kind).getvalue())
    for _ in range(chance.randint(1, 12)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    with suppress(Refusal):
        bounded_pictures(bytes(content[: chance.randint(1, len(content))]), sides=(20,), field=("photos", 0))

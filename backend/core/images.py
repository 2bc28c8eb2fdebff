"""Pictures from outside: looked at before they are trusted, and written anew before they are kept.

What a client calls a picture is not believed: the content says what it is. It is decoded under a limit, turned as its
EXIF says, made smaller, and encoded again as WebP, so that nothing else travels along: no position, no script, no
second file behind the first, no further frames.
"""

import threading
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

import pillow_heif
from PIL import Image, ImageOps

from backend.core.errors import FieldPath, InvalidInput, OutOfRange

MAX_BYTES = 15 * 1024 * 1024
"""The largest file that is taken."""
MAX_PIXELS = 50_000_000
"""The largest picture that is decoded: as much as telephones take, less than a bomb needs (4 bytes each in memory)."""
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
"""What is decoded; Pillow's other decoders are never asked."""
EXTENSION = "webp"
_QUALITY = 82

# Pillow's own limit, for whatever else opens a picture in this process.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS

_DECODING = threading.BoundedSemaphore(2)
"""How many pictures a process decodes at once, so that its memory does not grow with its threads."""

# HEIC is what iPhones take. The second pictures and depth maps that travel in such a file are never decoded.
pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture as it is kept: a WebP without metadata, and its size in pixels."""

    content: bytes
    width: int
    height: int


def square_picture(given: BinaryIO, *, side: int, field: FieldPath) -> bytes:
    """The middle of a picture as a square WebP of at most `side` pixels. Raises as `read_content` and `decode`."""
    content = read_content(given, field=field)
    with _DECODING:
        picture = decode(content, field=field)
        fitted = min(side, *picture.size)
        return _encoded(ImageOps.fit(picture, (fitted, fitted), Image.Resampling.LANCZOS)).content


def bounded_pictures(content: bytes, *, sides: tuple[int, ...], field: FieldPath) -> list[Encoded]:
    """A whole picture as WebP, once for each of the `sides`: as wide and high at most, never larger than it was.

    The sides go from large to small. Raises as `decode`.
    """
    with _DECODING:
        picture = decode(content, field=field, side=sides[0])
        made = []
        for side in sides:
            picture.thumbnail((side, side), Image.Resampling.LANCZOS)
            made.append(_encoded(picture))
        return made


def read_content(given: BinaryIO, *, field: FieldPath) -> bytes:
    """The whole file, from its beginning. OutOfRange for one that is too large."""
    given.seek(0)
    content = given.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise OutOfRange(f"A picture has at most {MAX_BYTES // 1024 // 1024} MB.", field)
    return content


def decode(content: bytes, *, field: FieldPath, side: int | None = None) -> Image.Image:
    """The decoded picture, upright, the first frame of several; where only `side` is wanted, perhaps a smaller one.

    Raises OutOfRange for a picture that is too large, before it is decoded; InvalidInput for anything that is no whole
    JPEG, PNG, WebP or HEIC.
    """
    try:
        picture = Image.open(BytesIO(content), formats=FORMATS)
        if picture.width * picture.height > MAX_PIXELS:
            raise Image.DecompressionBombError
        if side is not None:
            picture.draft("RGB", (side, side))  # a JPEG is decoded at a half, a quarter or an eighth where that does
        picture.load()
        return ImageOps.exif_transpose(picture).convert("RGBA" if picture.has_transparency_data else "RGB")
    except Image.DecompressionBombError as error:
        raise OutOfRange(f"A picture has at most {MAX_PIXELS // 1_000_000} million pixels.", field) from error
    except Exception as error:
        # Not only OSError: hostile files bring Pillow's parsers to raise nearly anything, struct.error for one.
        raise InvalidInput("This is no JPEG, PNG, WebP or HEIC picture, or a broken one.", field) from error


def _encoded(picture: Image.Image) -> Encoded:
    """WebP without any metadata: what Pillow read along is left behind."""
    out = BytesIO()
    picture.info.clear()
    picture.save(out, "WEBP", quality=_QUALITY)
    return Encoded(out.getvalue(), picture.width, picture.height)

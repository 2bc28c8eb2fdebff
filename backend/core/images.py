"""Pictures from outside: looked at before they are trusted, and written anew before they are kept.

What a client calls a picture is not believed: the content says what it is. It is decoded under a limit, turned as its
EXIF says, made smaller, and encoded again as WebP, so that nothing else travels along: no position, no script, no
second file behind the first.
"""

from io import BytesIO
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

from backend.core.errors import FieldPath, InvalidInput, OutOfRange

MAX_BYTES = 10 * 1024 * 1024
"""The largest file that is taken."""
MAX_PIXELS = 40_000_000
"""The largest picture that is decoded: more than telephones take, less than a bomb needs (4 bytes each in memory)."""
FORMATS = ("JPEG", "PNG", "WEBP")
"""What is decoded; Pillow's other decoders are never asked."""
EXTENSION = "webp"
_QUALITY = 82

# Pillow's own limit, for whatever else opens a picture in this process.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


def square_picture(given: BinaryIO, *, side: int, field: FieldPath) -> bytes:
    """The middle of a picture as a square WebP of at most `side` pixels. Raises as `read_picture`."""
    picture = read_picture(given, field=field)
    fitted = min(side, *picture.size)
    return _encoded(ImageOps.fit(picture, (fitted, fitted), Image.Resampling.LANCZOS))


def bounded_picture(given: BinaryIO, *, side: int, field: FieldPath) -> bytes:
    """A whole picture as WebP, at most `side` pixels wide and high. Raises as `read_picture`."""
    picture = read_picture(given, field=field)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return _encoded(picture)


def read_picture(given: BinaryIO, *, field: FieldPath) -> Image.Image:
    """The decoded picture, upright.

    Raises OutOfRange for a file or a picture that is too large, before it is decoded; InvalidInput for anything that is
    no whole JPEG, PNG or WebP.
    """
    content = given.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise OutOfRange(f"A picture has at most {MAX_BYTES // 1024 // 1024} MB.", field)
    try:
        picture = Image.open(BytesIO(content), formats=FORMATS)
        if picture.width * picture.height > MAX_PIXELS:
            raise OutOfRange(f"A picture has at most {MAX_PIXELS // 1_000_000} million pixels.", field)
        picture.load()
        return ImageOps.exif_transpose(picture).convert("RGBA" if picture.has_transparency_data else "RGB")
    except Image.DecompressionBombError as error:
        raise OutOfRange(f"A picture has at most {MAX_PIXELS // 1_000_000} million pixels.", field) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise InvalidInput("This is no JPEG, PNG or WebP picture, or a broken one.", field) from error


def _encoded(picture: Image.Image) -> bytes:
    """WebP without any metadata: what Pillow read along is left behind."""
    out = BytesIO()
    picture.info.clear()
    picture.save(out, "WEBP", quality=_QUALITY)
    return out.getvalue()

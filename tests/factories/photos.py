"""Pictures as telephones send them, and photos of visits without any file behind them."""

from io import BytesIO
from itertools import count
from typing import Any

from PIL import Image

from backend.scheduling.models import Appointment, Photo
from tests.factories.business import NOW

_number = count(1)


def picture(colour: str = "red", size: tuple[int, int] = (900, 600), kind: str = "PNG", **options: Any) -> bytes:
    """A file of one colour."""
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **options)
    return out.getvalue()


def photo(visit: Appointment, **given: Any) -> Photo:
    """The row of a photo; its files are not there."""
    number = next(_number)
    values: dict[str, Any] = {
        "key": f"photos/2027/02/{number}.webp",
        "thumbnail_key": f"photos/2027/02/{number}-small.webp",
        "width": 900,
        "height": 600,
        "bytes": 1000,
        "sha256": f"{number:064}",
        "created_at": NOW,
    } | given
    return Photo.objects.create(appointment=visit, **values)

"""Files on a real S3 server: kept, shown by links that S3 itself checks, and removed."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest
from django.core.files.storage import default_storage
from moto.server import ThreadedMotoServer
from PIL import Image
from pytest_django.fixtures import Settings

from backend.core.files import discard, keep, keeping, link_to
from backend.core.images import EXTENSION
from backend.core.orphans import look_at_files
from backend.core.viewer import Role, Viewer
from backend.scheduling.actions import delete_photo, upload_photos
from backend.scheduling.models import Photo
from backend.settings import base
from tests import factories
from tests.factories.business import NOW
from tests.factories.photos import picture

_number = count(1)


@pytest.fixture
def bucket(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Files go to a bucket on a real S3 server on this machine, as `MEDIA_URL=s3://…` says."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "testing")
    name = f"rota-{next(_number)}"  # the server forgets nothing as long as the process lives
    url = f"s3://{name}/media?endpoint_url=http://{host}:{port}&region_name=us-east-1"
    settings.STORAGES = settings.STORAGES | {"default": base.media(url, Path("unused"))}
    storage: Any = default_storage
    storage.connection.create_bucket(Bucket=name)
    yield
    server.stop()


def fetched(url: str) -> Any:
    return urlopen(url, timeout=60)  # noqa: S310 - the server of this test


@pytest.mark.usefixtures("bucket")
class TestInS3:
    def test_a_file_is_kept_under_the_prefix_and_removed(self) -> None:
        name = keep(b"a picture", folder="avatars", extension=EXTENSION)
        storage: Any = default_storage
        assert [each.key for each in storage.bucket.objects.all()] == [f"media/{name}"]
        discard(name)
        discard(name)
        assert list(storage.bucket.objects.all()) == []

    def test_a_link_leads_to_s3_is_signed_and_runs_out(self, settings: Settings) -> None:
        settings.ROTA_FILE_LINK_SECONDS = 120
        name = keep(b"a picture", folder="avatars", extension=EXTENSION)
        url = link_to(name, now=NOW)
        asked = parse_qs(urlsplit(url).query)
        assert (asked["X-Amz-Algorithm"], asked["X-Amz-Expires"]) == (["AWS4-HMAC-SHA256"], ["120"])
        answer = fetched(url)
        assert (answer.read(), answer.headers["Content-Type"]) == (b"a picture", "image/webp")
        assert answer.headers["Content-Disposition"] == "inline"

    def test_a_storage_that_is_away_holds_up_nobody_who_removes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        name = keep(b"a picture", folder="avatars", extension=EXTENSION)
        monkeypatch.setattr("storages.backends.s3.S3Storage.delete", _fail)
        discard(name)
        assert default_storage.exists(name)

    @pytest.mark.django_db(transaction=True)
    def test_photos_live_there_from_their_upload_to_their_end(self) -> None:
        visit = factories.direct_booking(factories.service(), staff=factories.staff_member(), status="COMPLETED")
        office = Viewer(user_id=factories.user(Role.ADMIN).pk, role=Role.ADMIN)
        upload_photos(viewer=office, appointment_id=visit.pk, photos=[BytesIO(picture())], now=NOW)
        photo = Photo.objects.get()
        small = Image.open(BytesIO(fetched(link_to(photo.thumbnail_key, now=NOW)).read()))
        assert (small.size, look_at_files(now=NOW + timedelta(days=9)).missing) == ((320, 213), [])
        delete_photo(viewer=office, photo_id=photo.pk, now=NOW)
        assert (default_storage.exists(photo.key), default_storage.exists(photo.thumbnail_key)) == (False, False)


def _fail(*_: Any) -> None:
    raise ConnectionError("the storage is away")


def test_what_was_stored_goes_again_where_the_block_fails(media: Any) -> None:
    def fail() -> None:
        with keeping("avatars", extension=EXTENSION) as kept:
            kept.add(b"one")
            kept.add(b"two")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_what_turns_out_not_to_be_needed_goes_when_the_block_ends(media: Any) -> None:
    with keeping("avatars", extension=EXTENSION) as kept:
        one, two = kept.add(b"one"), kept.add(b"two")
        kept.unused.add(one)
    assert (default_storage.exists(one), default_storage.exists(two)) == (False, True)


@pytest.mark.parametrize(
    ("url", "location"), [("", "/home/media"), ("/srv/media", "/srv/media"), ("file:///srv/a%20b", "/srv/a b")]
)
def test_a_folder_is_a_folder(url: str, location: str) -> None:
    assert str(base.media(url, Path("/home/media"))["OPTIONS"]["location"]) == location

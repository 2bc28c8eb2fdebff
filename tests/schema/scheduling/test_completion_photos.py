"""uploadCompletionPhotos, by the multipart spec, deleteCompletionPhoto, and who is shown what."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from backend.audit.models import Change
from backend.events.models import Event
from backend.scheduling.models import Appointment, Claim, Photo
from tests import factories
from tests.client import gid
from tests.factories.business import NOW
from tests.factories.photos import picture
from tests.personas import NAMES, Personas
from tests.rows import snapshot
from tests.statements import assert_same_statements

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now", "media")]

SHOWN = "completionPhotos { id url thumbnailUrl width height createdAt }"
UPLOAD = f"""mutation($input: UploadCompletionPhotosInput!) {{ uploadCompletionPhotos(input: $input) {{
  appointment {{ id version {SHOWN} }} userErrors {{ code field message }} }} }}"""
NODE = f"query($id: ID!) {{ node(id: $id) {{ ... on Appointment {{ {SHOWN} }} }} }}"
DELETE = """mutation($input: DeleteCompletionPhotoInput!) { deleteCompletionPhoto(input: $input) {
  appointment { completionPhotos { id } } userErrors { code field } } }"""


def visit(personas: Personas, status: str = "IN_PROGRESS", **given: Any) -> Appointment:
    """A visit of `staff` at `customer` that has begun."""
    values = {"staff": personas.staff, "customer": personas.customer} | given
    return factories.direct_booking(factories.service(), status=status, **values)


def sent(content: bytes, name: str = "photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "image/jpeg")


def upload(personas: Personas, row: Appointment, *contents: bytes, persona: str = "staff") -> dict[str, Any]:
    given = {"appointmentId": gid(row), "photos": [sent(content) for content in contents]}
    answer: dict[str, Any] = personas[persona](UPLOAD, input=given).data["uploadCompletionPhotos"]
    return answer


def refusals(answer: dict[str, Any]) -> list[tuple[str, list[str]]]:
    assert answer["appointment"] is None
    return [(error["code"], error["field"]) for error in answer["userErrors"]]


def files(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def shown(url: str) -> Image.Image:
    return Image.open(BytesIO(Client().get(url).getvalue()))


# --- Uploading --------------------------------------------------------------------------------------------------------


def test_the_member_of_staff_shows_its_work_in_two_sizes(personas: Personas, media: Path) -> None:
    row = visit(personas)
    answer = upload(personas, row, picture(size=(3000, 1500)), picture("blue", kind="JPEG"))
    assert answer["userErrors"] == []
    first, second = answer["appointment"]["completionPhotos"]
    assert (first["width"], first["height"]) == (2048, 1024)
    assert shown(first["url"]).size == (2048, 1024)
    assert shown(first["thumbnailUrl"]).size == (320, 160)
    assert (second["width"], second["height"], second["createdAt"]) == (900, 600, "2027-02-01T08:00:00+00:00")
    assert len(files(media)) == 4
    assert answer["appointment"]["version"] == row.version
    assert set(Photo.objects.values_list("taken_by__staff", flat=True)) == {personas.staff.pk}


def test_nothing_of_where_and_with_what_it_was_taken_is_kept(personas: Personas, media: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "A telephone"
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 11.5)})
    exif[0x0112] = 6  # to be shown turned by a quarter
    content = picture(kind="JPEG", exif=exif, comment=b"at home")
    assert Image.open(BytesIO(content)).getexif().get_ifd(0x8825)[1] == "N"
    [photo] = upload(personas, visit(personas), content)["appointment"]["completionPhotos"]
    assert (photo["width"], photo["height"]) == (600, 900)
    for file in files(media):
        kept = Image.open(file)
        assert (dict(kept.getexif()), kept.info.get("exif"), kept.info.get("xmp")) == ({}, None, None)
        assert b"telephone" not in file.read_bytes()
        assert b"at home" not in file.read_bytes()


def test_every_bad_file_is_named_and_none_is_kept(personas: Personas, media: Path) -> None:
    row = visit(personas)
    before = snapshot()
    truncated = picture(kind="JPEG", size=(200, 200))[:600]
    answer = upload(personas, row, picture(), truncated, picture("blue"), picture(kind="GIF"), b"<html></html>")
    bad = [("INVALID_INPUT", ["photos", place]) for place in ("1", "3", "4")]
    assert (refusals(answer), files(media), snapshot()) == (bad, [], before)


def test_a_picture_as_iphones_take_it_is_kept_as_webp(personas: Personas, media: Path) -> None:
    answer = upload(personas, visit(personas), picture(kind="HEIF", size=(400, 300)))
    assert (answer["userErrors"], len(answer["appointment"]["completionPhotos"])) == ([], 1)
    assert {Image.open(path).format for path in files(media)} == {"WEBP"}


def test_the_same_file_is_kept_once_however_often_it_comes(personas: Personas, media: Path) -> None:
    row = visit(personas)
    upload(personas, row, picture(), picture())
    [first] = Photo.objects.all()
    answer = upload(personas, row, picture(), picture("blue"))
    ids = [photo["id"] for photo in answer["appointment"]["completionPhotos"]]
    assert (ids[0], len(ids), len(files(media))) == (gid(first, "CompletionPhoto"), 2, 4)
    upload(personas, visit(personas, start=NOW + timedelta(days=3)), picture())
    assert Photo.objects.count() == 3
    assert Event.objects.filter(kind="photo.uploaded").count() == 3


@pytest.mark.parametrize(
    ("now", "taken"),
    [
        (datetime(2027, 5, 31, 22, 59, tzinfo=UTC), False),
        (datetime(2027, 5, 31, 23, 0, tzinfo=UTC), True),
        (datetime(2027, 6, 1, 22, 59, tzinfo=UTC), True),
        (datetime(2027, 6, 2, 9, 0, tzinfo=UTC), True),
    ],
    ids=["the evening before", "the first minute", "the last minute", "a day late"],
)
def test_photos_of_before_the_work_are_taken_from_the_day_of_the_visit_on(
    personas: Personas, now: datetime, taken: bool
) -> None:
    """The day is the business's, whatever the hour."""
    row = visit(personas, "CONFIRMED", start=datetime(2027, 6, 1, 9, tzinfo=UTC))
    with time_machine.travel(now, tick=False):
        answer = upload(personas, row, picture())
        if taken:
            assert answer["userErrors"] == []
            assert len(answer["appointment"]["completionPhotos"]) == 1
        else:
            assert refusals(answer) == [("INVALID_TRANSITION", ["appointmentId"])]
            assert "from the day of the visit on" in answer["userErrors"][0]["message"]


@pytest.mark.parametrize("status", ["PENDING", "CANCELLED"])
def test_a_visit_that_is_not_to_take_place_shows_nothing(personas: Personas, media: Path, status: str) -> None:
    answer = upload(personas, visit(personas, status, start=NOW + timedelta(hours=1)), picture())
    assert (refusals(answer), files(media)) == ([("INVALID_TRANSITION", ["appointmentId"])], [])


@pytest.mark.parametrize("status", ["IN_PROGRESS", "COMPLETED", "NO_SHOW"])
def test_a_visit_that_somebody_went_to_takes_photos(personas: Personas, status: str) -> None:
    assert upload(personas, visit(personas, status), picture(), persona="manager")["userErrors"] == []


def test_an_upload_and_a_visit_take_so_many(personas: Personas, media: Path) -> None:
    row = visit(personas)
    assert refusals(upload(personas, row)) == [("REQUIRED", ["photos"])]
    eleven = [picture(size=(8, 8 + number)) for number in range(11)]
    assert refusals(upload(personas, row, *eleven)) == [("OUT_OF_RANGE", ["photos"])]
    for _ in range(28):
        factories.photo(row)
    factories.photo(row, deleted_at=NOW)
    assert refusals(upload(personas, row, *eleven[:3])) == [("OUT_OF_RANGE", ["photos"])]
    assert files(media) == []
    assert len(upload(personas, row, *eleven[:2])["appointment"]["completionPhotos"]) == 30


def test_a_text_in_the_place_of_a_file_is_named(personas: Personas) -> None:
    given: dict[str, Any] = {"appointmentId": gid(visit(personas)), "photos": ["a text", 7]}
    answer = personas["staff"](UPLOAD, input=given).data["uploadCompletionPhotos"]
    assert refusals(answer) == [("INVALID_INPUT", ["photos", "0"]), ("INVALID_INPUT", ["photos", "1"])]


def test_whoever_may_not_is_told_before_a_file_is_looked_at(personas: Personas, media: Path) -> None:
    given = {"appointmentId": gid(visit(personas)), "photos": [sent(b"nonsense")]}
    assert personas["customer"](UPLOAD, input=given).codes == ["FORBIDDEN"]
    assert personas["anonymous"](UPLOAD, input=given).codes == ["UNAUTHENTICATED"]
    stranger = personas["other_staff"](UPLOAD, input=given).data["uploadCompletionPhotos"]
    assert refusals(stranger) == [("NOT_FOUND", ["appointmentId"])]
    assert files(media) == []


def test_files_go_again_where_their_rows_can_not_be_written(
    personas: Personas, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        assert len(files(media)) == 2
        raise RuntimeError("the database is away")

    monkeypatch.setattr("backend.scheduling.actions.photos.emit", fail)
    given = {"appointmentId": gid(visit(personas)), "photos": [sent(picture())]}
    assert personas["staff"](UPLOAD, input=given).codes == ["INTERNAL"]
    assert (files(media), Photo.objects.count()) == ([], 0)


# --- Seeing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("persona", NAMES)
def test_photos_are_there_for_the_people_of_the_visit_and_for_nobody_else(personas: Personas, persona: str) -> None:
    row = visit(personas)
    photo = factories.photo(row)
    factories.photo(row, deleted_at=NOW)
    node = personas[persona](NODE, id=gid(row)).data["node"]
    sees = persona in {"customer", "staff", "manager", "admin"}
    assert (node and [each["id"] for each in node["completionPhotos"]]) == (
        [gid(photo, "CompletionPhoto")] if sees else None
    )


def test_a_guest_sees_them_by_the_token_of_the_booking(personas: Personas) -> None:
    row = visit(personas, customer=None)
    factories.photo(row)
    query = "query($token: String!) { trackAppointment(trackingToken: $token) { completionPhotos { url } } }"
    for persona in ("anonymous", "other_customer"):
        answer = personas[persona](query, token=row.booking.tracking_token).data["trackAppointment"]
        assert len(answer["completionPhotos"]) == 1


def test_a_guest_sees_them_by_the_token_of_the_order_and_a_colleague_there_does_not(personas: Personas) -> None:
    service = factories.service()
    for person in (personas.staff, personas.other_staff):
        factories.offers(person, service)
    order = factories.confirmed_order(service, service, staff=personas.staff)
    first, second = Appointment.objects.filter(order_item__order=order).order_by("pk")
    photo = factories.photo(first)
    Claim.objects.all().delete()
    Appointment.objects.filter(pk=second.pk).update(staff=personas.other_staff)
    shown = f"items {{ appointment {{ id {SHOWN} }} }}"
    query = f"query($token: String!) {{ trackOrder(trackingToken: $token) {{ {shown} }} }}"

    def found(order: dict[str, Any]) -> list[list[str]]:
        visits = sorted((item["appointment"] for item in order["items"]), key=lambda visit: visit["id"] != gid(first))
        return [[each["id"] for each in visit["completionPhotos"]] for visit in visits]

    tracked = personas["anonymous"](query, token=order.tracking_token).data["trackOrder"]
    assert found(tracked) == [[gid(photo, "CompletionPhoto")], []]
    seen = f"query($id: ID!) {{ node(id: $id) {{ ... on Order {{ {shown} }} }} }}"
    assert found(personas["admin"](seen, id=gid(order)).data["node"]) == [[gid(photo, "CompletionPhoto")], []]
    colleague = personas["other_staff"](seen, id=gid(order)).data["node"]
    assert colleague is None or found(colleague) == [[], []]


def test_a_link_is_private_short_lived_and_shown_as_nothing_but_a_picture(personas: Personas, media: Path) -> None:
    [photo] = upload(personas, visit(personas), picture())["appointment"]["completionPhotos"]
    answer = Client().get(photo["url"])
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/webp", "nosniff")
    assert answer["Content-Disposition"].startswith("inline; filename=")
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cache-Control"] == "private, max-age=900"
    assert Client().post(photo["url"]).status_code == 405
    with time_machine.travel(NOW + timedelta(minutes=15), tick=False):
        assert Client().get(photo["url"]).status_code == 404


def test_a_list_of_visits_costs_the_same_with_many_photos(personas: Personas) -> None:
    query = f"{{ appointments {{ edges {{ node {{ {SHOWN} }} }} }} }}"
    days = count()

    def add() -> None:
        row = visit(personas, start=NOW + timedelta(days=next(days)))
        for _ in range(3):
            factories.photo(row)

    assert_same_statements(personas["staff"], query, add=add, many=5)


# --- Deleting ---------------------------------------------------------------------------------------------------------


def test_the_office_deletes_a_photo_its_files_and_leaves_a_trail(personas: Personas, media: Path) -> None:
    row = visit(personas)
    first, second = upload(personas, row, picture(), picture("blue"))["appointment"]["completionPhotos"]
    answer = personas["manager"](DELETE, input={"photoId": first["id"]}).data["deleteCompletionPhoto"]
    assert answer == {"appointment": {"completionPhotos": [{"id": second["id"]}]}, "userErrors": []}
    assert Client().get(first["url"]).status_code == 404
    assert Client().get(second["url"]).status_code == 200
    assert len(files(media)) == 2
    change = Change.objects.filter(model="scheduling.Photo")[0]
    assert (change.operation, change.actor_id) == ("delete_photo", personas.manager.user_id)
    assert (change.after or {})["deleted_at"].startswith("2027-02-01T08:00:00")
    again = personas["manager"](DELETE, input={"photoId": first["id"]}).data["deleteCompletionPhoto"]
    assert refusals(again) == [("NOT_FOUND", ["photoId"])]
    assert personas["staff"](DELETE, input={"photoId": second["id"]}).codes == ["FORBIDDEN"]


def test_a_deleted_photo_can_be_shown_again(personas: Personas, media: Path) -> None:
    row = visit(personas)
    [photo] = upload(personas, row, picture())["appointment"]["completionPhotos"]
    personas["admin"](DELETE, input={"photoId": photo["id"]})
    [again] = upload(personas, row, picture())["appointment"]["completionPhotos"]
    assert (again["id"] != photo["id"], len(files(media))) == (True, 2)

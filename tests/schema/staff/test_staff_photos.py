"""uploadStaffPhoto and removeStaffPhoto: the picture by which customers know who comes."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from backend.audit.models import Change
from backend.events.models import Event
from backend.staff.models import Staff
from tests.client import gid
from tests.factories.photos import picture
from tests.personas import Personas

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now", "media")]

UPLOAD = """mutation($input: UploadStaffPhotoInput!) { uploadStaffPhoto(input: $input) {
  staff { photoUrl } userErrors { code field } } }"""
REMOVE = """mutation($input: RemoveStaffPhotoInput!) { removeStaffPhoto(input: $input) {
  staff { photoUrl } userErrors { code field } } }"""
NODE = "query($id: ID!) { node(id: $id) { ... on Staff { photoUrl } } }"


def upload(personas: Personas, content: bytes, persona: str = "manager") -> dict[str, Any]:
    given = {"staffId": gid(personas.staff), "photo": SimpleUploadedFile("me.png", content)}
    answer: dict[str, Any] = personas[persona](UPLOAD, input=given).data["uploadStaffPhoto"]
    return answer


def files(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


@pytest.mark.parametrize("persona", ["anonymous", "other_customer", "other_staff"])
def test_everyone_sees_who_comes_as_a_square(personas: Personas, persona: str) -> None:
    upload(personas, picture(size=(900, 600)))
    url = personas[persona](NODE, id=gid(personas.staff)).data["node"]["photoUrl"]
    assert Image.open(BytesIO(Client().get(url).getvalue())).size == (512, 512)


def test_a_new_picture_takes_the_place_of_the_one_before_and_both_leave_a_trail(
    personas: Personas, media: Path
) -> None:
    first = upload(personas, picture())["staff"]["photoUrl"]
    second = upload(personas, picture("blue"), "admin")["staff"]["photoUrl"]
    assert (Client().get(first).status_code, Client().get(second).status_code) == (404, 200)
    assert len(files(media)) == 1
    changes = Change.objects.filter(model="staff.Staff", operation="set_staff_photo").order_by("pk")
    assert [list(each.after or {}) for each in changes] == [["photo"], ["photo"]]
    assert Event.objects.filter(kind="staff.changed", staff_id=personas.staff.pk).count() == 2


def test_a_picture_is_taken_away_and_twice_is_no_error(personas: Personas, media: Path) -> None:
    upload(personas, picture())
    for _ in range(2):
        answer = personas["manager"](REMOVE, input={"staffId": gid(personas.staff)}).data["removeStaffPhoto"]
        assert answer == {"staff": {"photoUrl": None}, "userErrors": []}
    assert (files(media), Staff.objects.get(pk=personas.staff.pk).photo) == ([], "")
    assert Event.objects.filter(kind="staff.changed").count() == 2


def test_what_is_no_picture_leaves_the_one_before(personas: Personas, media: Path) -> None:
    upload(personas, picture())
    [before] = files(media)
    answer = upload(personas, b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert answer == {"staff": None, "userErrors": [{"code": "INVALID_INPUT", "field": ["photo"]}]}
    assert files(media) == [before]
    text = personas["manager"](UPLOAD, input={"staffId": gid(personas.staff), "photo": "a text"})
    assert text.data["uploadStaffPhoto"]["userErrors"] == [{"code": "INVALID_INPUT", "field": ["photo"]}]


def test_staff_do_not_change_their_own(personas: Personas, media: Path) -> None:
    given = {"staffId": gid(personas.staff), "photo": SimpleUploadedFile("me.png", picture())}
    assert personas["staff"](UPLOAD, input=given).codes == ["FORBIDDEN"]
    assert files(media) == []

"""updateProfile with a picture, by the multipart spec, and the links that show it."""

import json
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from backend.accounts.models import Profile
from backend.core.files import link_to
from tests.factories.business import NOW
from tests.personas import Personas

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now")]

UPDATE = """mutation($input: UpdateProfileInput!) { updateProfile(input: $input) {
  user { name profile { avatarUrl preferences } } userErrors { code field } } }"""


def picture(colour: str = "red") -> bytes:
    out = BytesIO()
    Image.new("RGB", (900, 600), colour).save(out, "PNG")
    return out.getvalue()


def upload(personas: Personas, content: bytes, **given: Any) -> dict[str, Any]:
    """What the customer's own update with a file is answered with."""
    response = Client().post(
        "/graphql/",
        {
            "operations": json.dumps({"query": UPDATE, "variables": {"input": given | {"avatar": None}}}),
            "map": json.dumps({"0": ["variables.input.avatar"]}),
            "0": SimpleUploadedFile("me.exe", content, "application/x-msdownload"),
        },
        headers={"Authorization": f"Bearer {personas['customer'].token}"},
    )
    answer: dict[str, Any] = response.json()["data"]["updateProfile"]
    return answer


def files(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def test_a_picture_is_kept_as_a_square_and_shown_to_whoever_has_the_link(personas: Personas, media: Path) -> None:
    url = upload(personas, picture())["user"]["profile"]["avatarUrl"]
    shown = Client().get(url)
    assert (shown.status_code, shown["Content-Type"], shown["X-Content-Type-Options"]) == (200, "image/webp", "nosniff")
    assert Image.open(BytesIO(shown.getvalue())).size == (512, 512)
    [kept] = files(media)
    assert kept.parent == media / "avatars"


def test_a_link_runs_out_and_can_not_be_made_up(personas: Personas, media: Path) -> None:
    url = upload(personas, picture())["user"]["profile"]["avatarUrl"]
    name = Profile.objects.exclude(avatar="").get().avatar
    assert Client().get(url[:-1] + ("A" if url[-1] != "A" else "B")).status_code == 404
    foreign = signing.Signer(salt="another").sign_object({"name": name, "until": 2**40})
    assert Client().get(f"/files/{foreign}").status_code == 404
    assert Client().get(f"/files/{name}").status_code == 404
    for later, status in ((timedelta(minutes=14, seconds=59), 200), (timedelta(minutes=15), 404)):
        with time_machine.travel(NOW + later, tick=False):
            assert Client().get(url).status_code == status
    assert Client().get(link_to("avatars/nothing.webp", now=NOW)).status_code == 404


def test_a_new_picture_takes_the_place_of_the_old_one_which_goes(personas: Personas, media: Path) -> None:
    first = upload(personas, picture())["user"]["profile"]["avatarUrl"]
    [old] = files(media)
    upload(personas, picture("blue"))
    [new] = files(media)
    assert new != old
    assert Client().get(first).status_code == 404
    removed = personas["customer"](UPDATE, input={"removeAvatar": True}).data["updateProfile"]
    assert (removed["user"]["profile"]["avatarUrl"], files(media)) == (None, [])


def test_a_refused_change_keeps_the_old_picture_and_no_new_file(personas: Personas, media: Path) -> None:
    upload(personas, picture())
    before = files(media)
    answer = upload(personas, picture("blue"), name=" ", preferences={"theme": "pink"})
    assert answer["userErrors"] == [
        {"code": "REQUIRED", "field": ["name"]},
        {"code": "INVALID_INPUT", "field": ["preferences", "theme"]},
    ]
    answer = upload(personas, b"nonsense", name=" ")
    assert [error["field"] for error in answer["userErrors"]] == [["avatar"], ["name"]]
    assert files(media) == before


def test_preferences_are_kept_as_a_whole(personas: Personas) -> None:
    for wanted in ({"theme": "dark", "timeFormat": "24h"}, {"theme": "light"}):
        answer = personas["customer"](UPDATE, input={"preferences": wanted}).data["updateProfile"]
        assert answer["user"]["profile"]["preferences"] == wanted


def test_a_text_in_the_place_of_a_picture_is_refused(personas: Personas) -> None:
    answer = personas["customer"](UPDATE, input={"avatar": "a text"}).data["updateProfile"]
    assert answer == {"user": None, "userErrors": [{"code": "INVALID_INPUT", "field": ["avatar"]}]}

"""`manage.py import_postcodes`, with a file of each layout."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from backend.geography import actions
from backend.geography.actions import import_postcodes, load_london
from backend.geography.errors import UnknownLayout
from backend.geography.models import Postcode

pytestmark = pytest.mark.django_db(transaction=True)

GEONAMES = (
    "GB\tSW1A\tWestminster\tEngland\tENG\tGreater London\t11609024\t\t\t51.50\t-0.14\t4\n"
    "GB\tSW1A\tWhitehall\tEngland\tENG\tGreater London\t11609024\t\t\t51.52\t-0.12\t4\n"
    "GB\tN1 9GU\tKing's \"X\tEngland\tENG\tGreater London\t11609024\t\t\t51.53\t-0.12\t6\n"
)
ONS = (
    "\ufeffpcd,pcd2,pcds,dointr,doterm,oscty,lat,long\n"
    '"SW1A2AA","SW1A 2AA","SW1A 2AA","198001","","E99",51.5036,-0.1276\n'
    '"SW1A1AA","SW1A 1AA","SW1A 1AA","198001","","E99",51.5010,-0.1416\n'
    '"GX111AA","GX11 1AA","GX11 1AA","201901","","E99",99.999999,0.000000\n'
)
CODE_POINT = '"NR305TG",10,651409,313177,"E92000001","","","","",""\n"ZE2 9XL",90,0,0,"S92000003","","","","",""\n'
PLAIN = "outcode,latitude,longitude\nSW1A,51.5030,-0.1320\nE2,51.5293,-0.0607\n"


def run(tmp_path: Path, text: str | bytes) -> tuple[str, str]:
    """Output and error output of the command on a file of this text."""
    file = tmp_path / "postcodes.txt"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    out, err = StringIO(), StringIO()
    call_command("import_postcodes", str(file), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def table() -> dict[str, tuple[bool, float, float]]:
    return {
        row.code: (row.is_outcode, round(row.latitude, 5), round(row.longitude, 5)) for row in Postcode.objects.all()
    }


def test_geonames_gives_outward_codes_the_mean_of_their_places_and_derives_the_rest(tmp_path: Path) -> None:
    out, err = run(tmp_path, GEONAMES)
    assert table() == {
        "SW1A": (True, 51.51, -0.13),
        "N19GU": (False, 51.53, -0.12),
        "N1": (True, 51.53, -0.12),
    }
    assert "(GeoNames): 3 lines gave 1 postcodes and 1 outward codes; 1 more outward codes were derived" in out
    assert err == ""


def test_the_ons_directory_gives_postcodes_and_derives_outward_codes(tmp_path: Path) -> None:
    out, err = run(tmp_path, ONS)
    assert table() == {
        "SW1A2AA": (False, 51.5036, -0.1276),
        "SW1A1AA": (False, 51.501, -0.1416),
        "SW1A": (True, 51.5023, -0.1346),
    }
    assert "ONS Postcode Directory" in out
    assert err.startswith("line 4: no position: outside the British Isles: ")


@pytest.mark.parametrize("header", ["", "Postcode,Positional_quality_indicator,Eastings,Northings,a,b,c,d,e,f\n"])
def test_code_point_open_is_turned_from_grid_to_degrees(tmp_path: Path, header: str) -> None:
    out, err = run(tmp_path, header + CODE_POINT)
    assert table() == {"NR305TG": (False, 52.65798, 1.71604), "NR30": (True, 52.65798, 1.71604)}
    assert "1 lines were left out\n  1 × no position: both coordinates are 0" in out
    assert "no position: both coordinates are 0: " in err


def test_a_plain_list_of_outward_codes_is_taken_as_it_is(tmp_path: Path) -> None:
    run(tmp_path, PLAIN)
    assert table() == {"SW1A": (True, 51.503, -0.132), "E2": (True, 51.5293, -0.0607)}


def test_the_same_file_again_changes_nothing_and_a_newer_one_moves(tmp_path: Path) -> None:
    run(tmp_path, ONS)
    before = set(Postcode.objects.values_list("id", "code", "latitude", "longitude"))
    run(tmp_path, ONS)
    assert set(Postcode.objects.values_list("id", "code", "latitude", "longitude")) == before
    run(tmp_path, ONS.replace("51.5036", "51.5100"))
    assert table()["SW1A2AA"] == (False, 51.51, -0.1276)
    assert table()["SW1A"] == (True, 51.5055, -0.1346)


def test_each_bad_line_is_told_by_number_and_reason_and_the_others_are_stored(tmp_path: Path) -> None:
    lines = [
        b"outcode,latitude,longitude",
        b"SW1A,51.5030,-0.1320",
        b"QQ1,51.5,-0.1",
        b"",
        b"E2,north,-0.06",
        b"E2",
        b'"E3,51.5,-0.1',
        b"E4,nan,-0.1",
        b"E5,51.5,-100",
        b"\xff\xfe,51.5,-0.1",
        b"E6,51.5,-0.1,more",
    ]
    out, err = run(tmp_path, b"\r\n".join(lines))
    assert table() == {"SW1A": (True, 51.503, -0.132), "E6": (True, 51.5, -0.1)}
    assert [line.rsplit(": ", 1)[0] for line in err.splitlines()] == [
        "line 3: not a British postcode",
        "line 5: no position: not a number",
        "line 6: too few columns",
        "line 7: not readable: unexpected end of data",
        "line 8: no position: outside the British Isles",
        "line 9: no position: outside the British Isles",
        "line 10: not a British postcode",
    ]
    assert "2 lines gave 0 postcodes and 2 outward codes" in out
    assert "7 lines were left out" in out


def test_grid_references_off_the_grid_are_bad_lines() -> None:
    bad: list[tuple[int, str, str]] = []
    lines = ["postcode,eastings,northings", "N1 9GU,1e300,5", "N1 9GU,5,inf", "N1 9GU,530000,183000"]
    import_postcodes(lines, on_bad_row=lambda *row: bad.append(row))
    assert [(number, reason) for number, reason, _ in bad] == [
        (2, "no position: outside the National Grid"),
        (3, "no position: outside the National Grid"),
    ]


@pytest.mark.parametrize(
    "text", ["", "\n\n", "a,b,c\n1,2,3\n", "US\t1\t2\n", '"open\n', "%PDF-1.7\n", "postcode,lat\n"]
)
def test_an_unknown_layout_is_a_clear_error_and_writes_nothing(tmp_path: Path, text: str) -> None:
    with pytest.raises(CommandError, match="none of the known layouts"):
        run(tmp_path, text)
    assert not Postcode.objects.exists()


def test_a_file_without_one_usable_line_and_a_missing_file_are_errors(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no usable line"):
        run(tmp_path, "outcode,latitude,longitude\nQQ1,51.5,-0.1\n")
    with pytest.raises(CommandError, match="can't be read: No such file"):
        call_command("import_postcodes", str(tmp_path / "missing.csv"))


def test_batches_are_committed_as_they_fill_and_hold_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    """A repeat within a batch would break the upsert; one across batches moves the row."""
    monkeypatch.setattr(actions, "BATCH", 2)
    seen: list[tuple[int, int]] = []
    lines = ["postcode,latitude,longitude"] + [
        f"N1 {code},51.5{digit},-0.1" for code, digit in [("1AA", 1), ("1AA", 2), ("1AB", 3), ("1AB", 4), ("1AD", 5)]
    ]
    report = import_postcodes(lines, on_progress=lambda number: seen.append((number, Postcode.objects.count())))
    assert seen == [(4, 2), (6, 3)]
    assert table() == {
        "N11AA": (False, 51.52, -0.1),
        "N11AB": (False, 51.54, -0.1),
        "N11AD": (False, 51.55, -0.1),
        "N1": (True, 51.53667, -0.1),
    }
    assert (report.stored_lines, report.derived_outward_codes) == (5, 1)


def test_an_unknown_first_line_is_named() -> None:
    with pytest.raises(UnknownLayout, match="It begins: 'nonsense'"):
        import_postcodes(["nonsense"])


def test_london_has_all_its_postcode_areas() -> None:
    assert load_london() == 192
    areas = {code.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ").rstrip("0123456789") for code in table()}
    assert areas == {"E", "EC", "N", "NW", "SE", "SW", "W", "WC"}
    assert table()["SW1A"] == (True, 51.503, -0.132)
    assert load_london() == Postcode.objects.count() == 192

"""A backup is worth what its restore is worth: everything comes back, and whatever is wrong with it is found."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from moto.server import ThreadedMotoServer
from pytest_django.fixtures import Settings

from backend.core.backups import (
    BackupError,
    Keep,
    find_backup,
    forget_backups,
    list_backups,
    restore_backup,
    restoring,
    store_at,
    take_backup,
)
from backend.core.backups import verify_backup as verify
from backend.core.backups.manifest import DUMP, MANIFEST
from backend.core.backups.programs import database_url
from backend.events.models import Event
from backend.events.queries import Cursor, log_end, settled_after
from backend.orders.models import Order
from backend.scheduling.models import Claim
from tests import factories
from tests.factories.business import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def files(settings: Settings, tmp_path: Path) -> None:
    """Stored files of this test's own."""
    location = {"location": str(tmp_path / "media")}
    default = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": location}
    settings.STORAGES = {**settings.STORAGES, "default": default}


@pytest.fixture
def order() -> Order:
    """A business with one confirmed order, and one stored file."""
    factories.add_postcodes()
    default_storage.save("photos/door.jpg", ContentFile(b"a door" * 1000))
    return factories.confirmed_order(factories.service(), staff=factories.staff_member())


@pytest.fixture
def store(tmp_path: Path) -> Storage:
    return store_at(str(tmp_path / "backups"))


@pytest.fixture
def bucket() -> Iterator[Storage]:
    """A bucket on a real S3 server on this machine."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    keys = "access_key=testing&secret_key=testing&region_name=us-east-1"
    store: Any = store_at(f"s3://rota/backups?endpoint_url=http://{host}:{port}&{keys}")
    store.connection.create_bucket(Bucket="rota")
    yield store
    server.stop()


def path_of(store: Storage, name: str) -> Path:
    return Path(store.path(name))


class TestRestore:
    @pytest.mark.parametrize("kind", ["store", "bucket"])
    def test_everything_that_was_lost_comes_back(self, order: Order, kind: str, request: pytest.FixtureRequest) -> None:
        store = request.getfixturevalue(kind)
        take_backup(store, now=NOW)
        Claim.objects.all().delete()
        Order.objects.update(notes="overwritten")
        default_storage.delete("photos/door.jpg")
        restore_backup(store, find_backup(store, "latest"), replace=True)
        assert Order.objects.get(pk=order.pk).notes == order.notes
        assert Claim.objects.get().appointment_id == order.items.get().appointment_id
        with default_storage.open("photos/door.jpg") as file:
            assert file.read() == b"a door" * 1000

    def test_the_constraints_come_back_with_the_rows(self, order: Order, store: Storage) -> None:
        take_backup(store, now=NOW)
        restore_backup(store, find_backup(store, "latest"), replace=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_constraint WHERE conname = 'claim_no_overlap'")
            assert cursor.fetchone() == (1,)
        assert factories.pending_order(factories.service()).pk > order.pk  # and the sequences go on

    def test_a_database_that_holds_something_is_not_overwritten_by_accident(self, order: Order, store: Storage) -> None:
        take_backup(store, now=NOW)
        Order.objects.update(notes="precious")
        with pytest.raises(BackupError, match="not empty"):
            restore_backup(store, find_backup(store, "latest"))
        assert Order.objects.get().notes == "precious"

    def test_a_restore_that_fails_leaves_what_was_there(self, order: Order, store: Storage) -> None:
        manifest = take_backup(store, now=NOW)
        Order.objects.update(notes="precious")
        with path_of(store, f"{manifest.name}/{DUMP}").open("r+b") as file:
            file.truncate(manifest.dump.size // 2)
        with pytest.raises(BackupError, match=r"Missing or damaged in rota-.*: database\.dump"):
            restore_backup(store, manifest, replace=True)
        assert Order.objects.get().notes == "precious"

    def test_a_log_from_another_server_is_read_at_once(self, order: Order, store: Storage) -> None:
        Event.objects.create(kind="old", occurred_at=NOW, transaction=2**40)
        Event.objects.create(kind="older", occurred_at=NOW, transaction=2**40 - 7)
        take_backup(store, now=NOW)
        restore_backup(store, find_backup(store, "latest"), replace=True)
        told = settled_after(Cursor(0, 0)).filter(kind__in=["old", "older"])
        assert list(told.values_list("kind", flat=True)) == ["old", "older"]
        assert log_end().epoch.startswith("1-")

    def test_while_others_are_connected_nothing_is_touched(
        self, order: Order, store: Storage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A running Rota would find another database under its feet."""
        monkeypatch.setattr(restoring, "_LEAVING", 0.3)
        manifest = take_backup(store, now=NOW)
        Order.objects.update(notes="precious")
        with psycopg.connect(database_url()):
            with pytest.raises(BackupError, match=r"Others are connected to the database \(1\)"):
                restore_backup(store, manifest, replace=True)
            assert Order.objects.get().notes == "precious"
            connections.close_all()
            restore_backup(store, manifest, replace=True, despite_others=True)
        assert Order.objects.get().notes == order.notes

    def test_a_backup_of_a_newer_rota_is_refused(self, order: Order, store: Storage) -> None:
        manifest = take_backup(store, now=NOW)
        newer = replace(manifest, migrations={**manifest.migrations, "orders": "9999_later"})
        for refused in (lambda: restore_backup(store, newer, replace=True), lambda: verify(store, newer)):
            with pytest.raises(BackupError, match=r"newer Rota.*orders 9999_later"):
                refused()
        assert Order.objects.get().pk == order.pk

    def test_where_files_can_not_be_restored_the_rows_stay(
        self, order: Order, store: Storage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A row whose file is not there does harm; a file that no row names does not."""
        manifest = take_backup(store, now=NOW)
        Order.objects.update(notes="precious")
        default_storage.delete("photos/door.jpg")

        def full(*_: Any) -> None:
            raise OSError("No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(restoring, "_restore_file", full)
            with pytest.raises(OSError, match="No space left"):
                restore_backup(store, manifest, replace=True)
        assert Order.objects.get().notes == "precious"

    def test_nobody_else_on_the_machine_reads_it(self, order: Order, store: Storage) -> None:
        root = path_of(store, take_backup(store, now=NOW).name)
        found = [root.parent, root, *root.rglob("*")]
        assert {path.stat().st_mode & 0o777 for path in found if path.is_dir()} == {0o700}
        assert {path.stat().st_mode & 0o777 for path in found if path.is_file()} == {0o600}


class TestConsistency:
    def test_what_is_written_meanwhile_is_wholly_in_or_wholly_out(self, order: Order, store: Storage) -> None:
        """Pairs of rows are written in one transaction each while the dump runs: it never holds half a pair."""
        stopping, begun = threading.Event(), threading.Event()

        def write() -> None:
            try:
                while not stopping.is_set():
                    with transaction.atomic():
                        Event.objects.create(kind="left", occurred_at=NOW)
                        Event.objects.create(kind="right", occurred_at=NOW)
                    begun.set()
            finally:
                connections.close_all()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            assert begun.wait(60)
            manifest = take_backup(store, now=NOW)
        finally:
            stopping.set()
            writer.join()
        restore_backup(store, manifest, replace=True)
        pairs = [Event.objects.filter(kind=kind).count() for kind in ("left", "right")]
        assert pairs[0] == pairs[1] > 0
        assert Event.objects.count() == manifest.rows["events_event"]


class TestVerify:
    def test_a_sound_backup_is_said_to_be(self, order: Order, store: Storage) -> None:
        report = verify(store, take_backup(store, now=NOW))
        assert report.faults == ()
        assert len(report.checks) >= 3
        assert report.rows > 10

    def test_one_from_before_the_last_migrations_goes_through_them_first(self, order: Order, store: Storage) -> None:
        call_command("migrate", "partners", "0001", verbosity=0)
        try:
            manifest = take_backup(store, now=NOW)
        finally:
            call_command("migrate", "partners", verbosity=0)
        told: list[str] = []
        assert manifest.migrations["partners"].startswith("0001")
        assert verify(store, manifest, tell=told.append).is_sound
        assert "Bringing it to the migrations of today …" in told

    def test_one_flipped_byte_is_found(self, order: Order, store: Storage) -> None:
        manifest = take_backup(store, now=NOW)
        with path_of(store, f"{manifest.name}/files/photos/door.jpg").open("r+b") as file:
            file.seek(77)
            file.write(b"\x00")
        assert verify(store, manifest).faults == (f"Missing or damaged in {manifest.name}: photos/door.jpg",)

    def test_a_manifest_that_was_edited_is_found(self, order: Order, store: Storage) -> None:
        manifest = take_backup(store, now=NOW)
        path = path_of(store, f"{manifest.name}/{MANIFEST}")
        path.write_text(path.read_text().replace('"orders_order": 1', '"orders_order": 2'))
        with pytest.raises(BackupError, match="does not fit its checksum"):
            find_backup(store, manifest.name)

    def test_rows_that_the_manifest_does_not_know_are_found(self, order: Order, store: Storage) -> None:
        manifest = take_backup(store, now=NOW)
        stated = replace(manifest, rows={**manifest.rows, "orders_order": 5})
        assert verify(store, stated).faults == ("The table orders_order has 1, the manifest says 5.",)

    @pytest.mark.parametrize(
        ("damage", "fault"),
        [
            ("DELETE FROM scheduling_claim", "is CONFIRMED and claims no time."),
            ("UPDATE orders_order SET subtotal = subtotal + 1, total = total + 1", "its lines come to"),
            ("UPDATE orders_orderitem SET appointment_id = NULL", "has no visit."),
        ],
    )
    def test_what_must_never_be_is_found(self, order: Order, store: Storage, damage: str, fault: str) -> None:
        with connection.cursor() as cursor:  # as a disk that fails or a hand at the database would: past all triggers
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(damage)
            cursor.execute("SET session_replication_role = DEFAULT")
        report = verify(store, take_backup(store, now=NOW))
        assert any(fault in each for each in report.faults), report.faults

    def test_no_scratch_database_is_left(self, order: Order, store: Storage) -> None:
        verify(store, take_backup(store, now=NOW))
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'rota_verify_%'")
            assert cursor.fetchone() == (0,)


class TestCommands:
    def run(self, *arguments: Any) -> str:
        output = StringIO()
        call_command(*arguments, stdout=output)
        return output.getvalue()

    def test_backup_verify_and_restore_by_hand(self, order: Order, tmp_path: Path, settings: Settings) -> None:
        settings.ROTA_BACKUP_URL = str(tmp_path / "there")
        assert "1 files." in self.run("backup")
        assert "rows" in self.run("backup", "--list")
        assert "is sound" in self.run("verify_backup")
        Order.objects.update(notes="wrong")
        assert "Restored rota-" in self.run("restore", "latest", "--replace")
        assert Order.objects.get().notes == order.notes

    def test_a_place_must_be_named(self) -> None:
        with pytest.raises(CommandError, match="BACKUP_URL"):
            self.run("backup")

    def test_a_backup_that_is_not_there_is_said_so(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="There is no whole backup here"):
            self.run("verify_backup", "--from", str(tmp_path / "nowhere"))

    def test_invariants_are_checked_by_hand(self, order: Order) -> None:
        assert "holds: Orders add up" in self.run("check_invariants")
        Claim.objects.all().delete()
        with pytest.raises(CommandError, match="claims no time"):
            self.run("check_invariants")


def test_what_was_never_finished_counts_for_nothing_and_goes_after_a_day(order: Order, store: Storage) -> None:
    whole = take_backup(store, now=NOW)
    broken = take_backup(store, now=NOW + timedelta(hours=1))
    path_of(store, f"{broken.name}/{MANIFEST}").unlink()
    assert [each.name for each in list_backups(store)] == [whole.name]
    assert forget_backups(store, keep=Keep(), now=NOW + timedelta(hours=2)) == []
    assert forget_backups(store, keep=Keep(), now=NOW + timedelta(hours=26)) == [broken.name]
    assert not path_of(store, broken.name).exists()

"""Where backups are kept: a folder or a bucket, both as a Django storage."""

from typing import BinaryIO, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage

from backend.core.backups.manifest import MANIFEST, BackupError, Manifest, Measured, StoredFile


def store_at(url: str) -> Storage:
    """The storage that BACKUP_URL names: a folder, or `s3://bucket/prefix?endpoint_url=…&region_name=…`.

    Keys of S3 come from where the AWS SDKs look for them: AWS_ACCESS_KEY_ID and its like, or the machine's role.
    """
    parts = urlsplit(url)
    if parts.scheme == "s3":
        from storages.backends.s3 import S3Storage

        options = dict(parse_qsl(parts.query))
        return cast(
            Storage,
            S3Storage(bucket_name=parts.netloc, location=parts.path.strip("/"), file_overwrite=True, **options),
        )
    if parts.scheme in ("", "file"):
        folder = unquote(parts.path)
        if not folder:
            raise BackupError("Say where backups are kept: a folder, or s3://bucket/prefix.")
        # Everything about everybody is in it: nobody else on this machine has business there.
        return FileSystemStorage(location=folder, file_permissions_mode=0o600, directory_permissions_mode=0o700)
    raise BackupError(f"Backups can't be kept at a {parts.scheme}:// address; say a folder or s3://bucket/prefix.")


def list_backups(store: Storage) -> list[Manifest]:
    """The whole backups of a store, the oldest first. What has no sound manifest is none."""
    found = []
    for name in folders_in(store):
        try:
            found.append(find_backup(store, name))
        except BackupError:
            continue
    return sorted(found, key=lambda manifest: manifest.taken_at)


def find_backup(store: Storage, name: str) -> Manifest:
    """The manifest of a backup, `latest` for the newest. BackupError where there is none, or it is not sound."""
    if name == "latest":
        backups = list_backups(store)
        if not backups:
            raise BackupError("There is no whole backup here.")
        return backups[-1]
    path = f"{name}/{MANIFEST}"
    if "/" in name or not store.exists(path):
        raise BackupError(f"There is no backup {name!r} here, or it was never finished.")
    with store.open(path) as file:
        text = file.read()
    try:
        manifest = Manifest.from_json(text.decode() if isinstance(text, bytes) else text)
    except UnicodeDecodeError as error:
        raise BackupError("The manifest can't be read: the backup is not whole.") from error
    if manifest.name != name:
        raise BackupError(f"The manifest in {name!r} is that of {manifest.name!r}.")
    return manifest


def folders_in(store: Storage) -> list[str]:
    """The names of all backups, finished or not."""
    try:
        folders, _ = store.listdir("")
    except FileNotFoundError:
        return []
    return sorted(folder for folder in folders if folder.startswith("rota-"))


def all_files(store: Storage, folder: str = "") -> list[str]:
    """Every file of a storage under `folder`, by name."""
    try:
        folders, files = store.listdir(folder)
    except FileNotFoundError:
        return []
    prefix = f"{folder}/" if folder else ""
    found = [f"{prefix}{name}" for name in files if name]
    for each in folders:
        if each:
            found += all_files(store, f"{prefix}{each}")
    return sorted(found)


def put(store: Storage, path: str, file: BinaryIO, *, name: str) -> StoredFile:
    """Keep a file at `path`, streaming; its measures under the name that the manifest gives it."""
    store.save(path, File(file))
    with store.open(path) as kept:
        # Read back: what counts is what the store has, not what we sent.
        measured = Measured(cast(BinaryIO, kept))
        measured.drain()
    return StoredFile(name, measured.size, measured.sha256)


def put_text(store: Storage, path: str, text: str) -> None:
    """Keep a text at `path`."""
    store.save(path, ContentFile(text.encode()))


def remove_folder(store: Storage, folder: str) -> None:
    """Remove a backup: its manifest first, so that what is half removed counts for nothing."""
    if store.exists(f"{folder}/{MANIFEST}"):
        store.delete(f"{folder}/{MANIFEST}")
    for path in all_files(store, folder):
        store.delete(path)
    if isinstance(store, FileSystemStorage):
        _remove_empty(store, folder)


def _remove_empty(store: FileSystemStorage, folder: str) -> None:
    """Folders exist on disk only, and only there have to be removed."""
    try:
        folders, _ = store.listdir(folder)
    except FileNotFoundError:
        return
    for each in folders:
        _remove_empty(store, f"{folder}/{each}")
    store.delete(folder)

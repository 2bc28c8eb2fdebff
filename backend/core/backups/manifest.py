"""The paper that comes with a backup: what is in it, and the checksums that prove it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, BinaryIO

FORMAT = 1
DUMP = "database.dump"
FILES = "files"
MANIFEST = "manifest.json"
_CHUNK = 1 << 20


class BackupError(Exception):
    """A backup can't be taken, read or restored; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of a backup: its name in it, its size in bytes, and its SHA-256 in hexadecimal."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds, as of one instant: its dump, its files, the rows of each table, the migrations applied."""

    name: str
    taken_at: datetime
    server_version: str
    dump: StoredFile
    files: tuple[StoredFile, ...]
    rows: Mapping[str, int]
    migrations: Mapping[str, str]
    """The last migration of each app."""

    def to_json(self) -> str:
        """The manifest with a checksum of its own."""
        content = self._content()
        return json.dumps({**content, "sha256": _digest(content)}, indent=1)

    def _content(self) -> dict[str, Any]:
        return {"format": FORMAT, **asdict(self), "taken_at": self.taken_at.isoformat()}

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """BackupError for anything that `to_json` did not write, byte for byte in its values."""
        try:
            content = json.loads(text)
            stated = content.pop("sha256")
            if content.pop("format") != FORMAT:
                raise BackupError("The manifest is of a format that this Rota does not know.")
            manifest = cls(
                name=content["name"],
                taken_at=datetime.fromisoformat(content["taken_at"]),
                server_version=content["server_version"],
                dump=StoredFile(**content["dump"]),
                files=tuple(StoredFile(**each) for each in content["files"]),
                rows=content["rows"],
                migrations=content["migrations"],
            )
            actual = _digest(manifest._content())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BackupError("The manifest can't be read: the backup is not whole.") from error
        if actual != stated:
            raise BackupError("The manifest does not fit its checksum: it was changed after it was written.")
        return manifest


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=list).encode()).hexdigest()


class Measured:
    """A file that is read once from front to back, with the size and checksum of what went through."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._hash, self.size = file, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        """The next `size` bytes, or all that is left."""
        part = self._file.read(size)
        self._hash.update(part)
        self.size += len(part)
        return part

    def drain(self) -> None:
        """Read to the end."""
        while self.read(_CHUNK):
            pass

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

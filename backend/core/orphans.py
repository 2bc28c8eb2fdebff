"""Files that no row names, and rows whose file is gone: each domain says which files it names.

A file is stored before its row is written and removed after it, so a process that dies in between leaves a file that
nobody names. It is removed a day later; nothing that a transaction is still about to name is that old.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

import structlog
from django.core.files.storage import default_storage

from backend.core.backups.stores import all_files
from backend.core.files import discard

KEEP_ORPHANS = timedelta(days=1)
_AT_ONCE = 500
_TOLD = 20
_log = structlog.get_logger(__name__)


class NamesFiles(Protocol):
    """Which files of its folder a domain's rows name: all, or those among `names`."""

    def __call__(self, names: Collection[str] | None = None) -> set[str]: ...


_OWNERS: dict[str, NamesFiles] = {}


def keeps_files(folder: str, names: NamesFiles) -> None:
    """Say which files under `folder` are named: the domain that stores them there, at program start.

    What lies in a folder that nobody has spoken for is left alone.
    """
    _OWNERS[folder] = names


@dataclass(frozen=True, slots=True)
class FilesFound:
    """What a look at the storage found, by name."""

    orphans: list[str]
    """Files that no row names, older than KEEP_ORPHANS."""
    missing: list[str]
    """Files that rows name and that are not there."""


def look_at_files(*, now: datetime) -> FilesFound:
    """Compare the storage with the rows. Reads both whole; outside of any transaction."""
    orphans: list[str] = []
    missing: list[str] = []
    for folder, names in _OWNERS.items():
        named = names()
        stored = set(all_files(default_storage, folder))
        # What seems to be missing may have been deleted since it was read, and what nobody named may be named by now.
        for some in _batches(sorted(named - stored)):
            missing += sorted(name for name in names(some) if not default_storage.exists(name))
        for some in _batches(sorted(stored - named)):
            still = names(some)
            orphans += [name for name in some if name not in still and _is_old(name, now)]
    return FilesFound(orphans, missing)


def remove_orphans(*, limit: int, now: datetime) -> int:
    """Remove up to `limit` files that no row names; how many. Files that rows name and that are gone are logged."""
    found = look_at_files(now=now)
    if found.missing:
        _log.error("files.missing", number=len(found.missing), files=found.missing[:_TOLD])
    for name in found.orphans[:limit]:
        discard(name)
    return len(found.orphans[:limit])


def _is_old(name: str, now: datetime) -> bool:
    try:
        return default_storage.get_modified_time(name) < now - KEEP_ORPHANS
    except OSError:
        return False  # somebody removed it meanwhile


def _batches(names: list[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while some := list(islice(rest, _AT_ONCE)):
        yield some

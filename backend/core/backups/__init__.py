"""Backups: a consistent dump of the database, the stored files, and a manifest that vouches for both (ADR 0021).

A backup is a folder in a Django storage: `database.dump`, `files/…`, and, written last, `manifest.json`. Without a
manifest that fits its own checksum there is no backup, so one that was cut short counts for nothing.
"""

from backend.core.backups.manifest import BackupError, Manifest
from backend.core.backups.restoring import after_restore, restore_backup
from backend.core.backups.retention import configured_keep, forget_backups
from backend.core.backups.rules import Keep
from backend.core.backups.stores import find_backup, list_backups, store_at
from backend.core.backups.taking import back_up, take_backup
from backend.core.backups.verifying import Report, verify_backup

__all__ = [
    "BackupError",
    "Keep",
    "Manifest",
    "Report",
    "after_restore",
    "back_up",
    "configured_keep",
    "find_backup",
    "forget_backups",
    "list_backups",
    "restore_backup",
    "store_at",
    "take_backup",
    "verify_backup",
]

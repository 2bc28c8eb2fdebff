"""Removing the backups that need not be kept."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.storage import Storage

from backend.core.backups.rules import Keep, chosen_to_keep
from backend.core.backups.stores import folders_in, list_backups, remove_folder

_UNFINISHED_AFTER = timedelta(days=1)


def configured_keep() -> Keep:
    """How many backups are kept, as BACKUP_KEEP says."""
    return Keep(*settings.ROTA_BACKUP_KEEP)


def forget_backups(store: Storage, *, keep: Keep, now: datetime) -> list[str]:
    """Remove what need not be kept, and what was begun more than a day ago and never finished; their names."""
    whole = {manifest.name: manifest.taken_at for manifest in list_backups(store)}
    kept = chosen_to_keep(whole.values(), keep)
    removed = [name for name, at in whole.items() if at not in kept]
    newest_unfinished = f"rota-{now - _UNFINISHED_AFTER:%Y%m%dT%H%M%SZ}"
    removed += [name for name in folders_in(store) if name not in whole and name < newest_unfinished]
    for name in removed:
        remove_folder(store, name)
    return removed

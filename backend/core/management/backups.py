"""What the commands about backups share: where they are kept."""

from django.conf import settings
from django.core.management.base import CommandError


def url_from(option: str) -> str:
    """The place that the command line names, or BACKUP_URL. CommandError where neither does."""
    url = option or settings.ROTA_BACKUP_URL
    if not url:
        raise CommandError("Say where backups are kept: an argument, or BACKUP_URL.")
    return str(url)

"""Development and demo: embedded servers, readable logs, mails into a folder."""

from backend.settings.base import *  # noqa: F403

ALLOWED_HOSTS = ["*"]
ROTA_ON_ONE_MACHINE = True

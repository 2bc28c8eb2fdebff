"""Development and demo: embedded servers, readable logs, mails into a folder."""

from backend.settings.base import *  # noqa: F403
from backend.settings.base import INSTALLED_APPS, ROTA_ENVIRONMENT

ROTA_ENVIRONMENT = ROTA_ENVIRONMENT or "Development"
ALLOWED_HOSTS = ["*"]
ROTA_ON_ONE_MACHINE = True
INSTALLED_APPS = [*INSTALLED_APPS, "backend.demo"]

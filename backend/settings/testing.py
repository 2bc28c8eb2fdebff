"""Tests: real PostgreSQL and Redis, fast hashing, mails kept in memory unless a test asks otherwise."""

from backend.settings.base import *  # noqa: F403
from backend.settings.base import INSTALLED_APPS

ALLOWED_HOSTS = ["*"]
ROTA_ON_ONE_MACHINE = True
INSTALLED_APPS = [*INSTALLED_APPS, "backend.demo"]
# Argon2 stays the algorithm; only its cost is turned down, so that signing in a persona takes no second.
PASSWORD_HASHERS = ["tests.hashing.CheapArgon2"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

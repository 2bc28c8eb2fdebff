"""Production: refuses to start on anything that is fine on a laptop only."""

import os

from django.core.exceptions import ImproperlyConfigured

from backend.core.logs import logging_settings
from backend.settings.base import *  # noqa: F403
from backend.settings.base import BASE_DIR, ENV, ROTA_ENVIRONMENT

_faults = [
    f"{name}: {why}"
    for name, why, wrong in (
        ("SECRET_KEY", "set a random one of at least 50 characters", len(ENV["SECRET_KEY"]) < 50),
        ("DATABASE_URL", "name a PostgreSQL server; the embedded one is for development", not ENV["DATABASE_URL"]),
        ("REDIS_URL", "name a Redis server; the embedded one is for development", not ENV["REDIS_URL"]),
        ("ROTA_EMBEDDED", "production does not run on embedded servers", bool(os.environ.get("ROTA_EMBEDDED"))),
        ("DEBUG", "production does not run with it", os.environ.get("DEBUG", "").lower() in ("1", "true", "yes", "on")),
        ("EMAIL_URL", "name an SMTP server; the outbox folder is for development", not ENV["EMAIL_URL"]),
        ("WEBHOOKS_ANYWHERE", "webhooks would reach into your own network", ENV["WEBHOOKS_ANYWHERE"]),
        ("MEDIA_URL", "name a folder that all processes share, or a bucket", not ENV["MEDIA_URL"]),
        ("ALLOWED_HOSTS", "name the hosts; `*` lets any through", "*" in ENV["ALLOWED_HOSTS"]),
    )
    if wrong
]
if _faults:
    raise ImproperlyConfigured("Production refuses to start:\n  " + "\n  ".join(_faults))

ROTA_ENVIRONMENT = ROTA_ENVIRONMENT or "Production"
LOGGING = logging_settings(level=ENV["LOG_LEVEL"], style=ENV["LOG_FORMAT"] or "json")
# Filled by `manage.py collectstatic` when the image is built; elsewhere whitenoise finds the files by itself.
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = False
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000

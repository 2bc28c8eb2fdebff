"""Settings shared by every way of running. Values that differ between installations come from the environment."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import django_stubs_ext
from corsheaders.defaults import default_headers

from backend.core.business import Business
from backend.core.logs import logging_settings
from backend.settings.calendars import calendar_apps
from backend.settings.environment import read_environment

# Lets Django's classes be subscripted at runtime: `ModelAdmin[Order]`.
django_stubs_ext.monkeypatch()

ENV = read_environment()
BASE_DIR = Path(__file__).resolve().parent.parent.parent
ROTA_HOME = Path(ENV["ROTA_HOME"]).resolve()
ROTA_PORT: int = ENV["PORT"]
ROTA_BIND: str = ENV["BIND"]
ROTA_ON_ONE_MACHINE = False
"""Whether `manage.py up` and the demo business may be used: in development and tests only."""
ROTA_DEMO: bool = ENV["ROTA_DEMO"]

SECRET_KEY = ENV["SECRET_KEY"] or "development-only-key-that-production-refuses-to-start-with"
DEBUG = False
ALLOWED_HOSTS = ENV["ALLOWED_HOSTS"]
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English"), ("en", "English"), ("de", "Deutsch")]
USE_I18N = True
FORMAT_MODULE_PATH = "backend.core.formats"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "backend.urls"
WSGI_APPLICATION = "backend.wsgi.application"
ASGI_APPLICATION = "backend.asgi.application"
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "/admin/login/"
# The e-mail is unique by an index on lower(email), which is stronger than the plain `unique` that the check looks for.
SILENCED_SYSTEM_CHECKS = ["auth.E003"]

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "backend.core.apps.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "channels",
    "corsheaders",
    "strawberry_django",
    "pgtrigger",
    "pghistory",
    "backend.core",
    "backend.audit",
    "backend.events",
    "backend.accounts",
    "backend.geography",
    "backend.customers",
    "backend.staff",
    "backend.catalogue",
    "backend.scheduling",
    "backend.coupons",
    "backend.orders",
    "backend.subscriptions",
    "backend.notifications",
    "backend.partners",
    "backend.calendars",
    "schema",
    "workers",
]

MIDDLEWARE = [
    "backend.core.requests.RequestIdMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "backend.core.provenance.ProvenanceMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


def database(url: str) -> dict[str, Any]:
    """Django's settings for a PostgreSQL URL: host, port and socket folder, options as in libpq."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    host = query.pop("host", None) or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        # Statements that a connection runs again and again are prepared: a list of visits is planned longer than run.
        "OPTIONS": {"connect_timeout": 5, "server_side_binding": True, "prepare_threshold": 3, **query},
        "ATOMIC_REQUESTS": False,
    }


DATABASES = {"default": database(ENV["DATABASE_URL"])}

REDIS_URL: str = ENV["REDIS_URL"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        # redis-py 8 gives sockets a five-second read timeout, which kills idle listeners.
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}], "prefix": "rota"},
    }
}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

# Accounts stand above the foundation that the back office is made of: named by string.
ROTA_VIEWER_FOR_USER = "backend.accounts.queries.viewer_for_user"
ROTA_BACK_OFFICE_SIGN_IN_FORM = "backend.accounts.admin.SignInForm"
ROTA_BACK_OFFICE_PASSWORD_FORM = "backend.accounts.admin.PasswordForm"  # noqa: S105
ROTA_ENVIRONMENT: str = ENV["ROTA_ENVIRONMENT"]
ROTA_BACK_OFFICE_ORDER = [
    "orders",
    "scheduling",
    "subscriptions",
    "customers",
    "staff",
    "catalogue",
    "coupons",
    "notifications",
    "calendars",
    "accounts",
    "geography",
    "events",
    "audit",
]
UNFOLD = {
    "SITE_TITLE": "backend.core.admin.site.business_name",
    "SITE_HEADER": "backend.core.admin.site.business_name",
    "SITE_SUBHEADER": "Back office",
    "SITE_URL": None,
    "SITE_SYMBOL": "event_available",
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "ENVIRONMENT": "backend.core.admin.site.environment_badge",
    "DASHBOARD_CALLBACK": "backend.core.admin.dashboard.dashboard",
    "SIDEBAR": {"show_search": False, "navigation": "backend.core.admin.site.navigation"},
    "COLORS": {
        "primary": {
            "50": "oklch(98.4% .014 180.72)",
            "100": "oklch(95.3% .051 180.801)",
            "200": "oklch(91% .096 180.426)",
            "300": "oklch(85.5% .138 181.071)",
            "400": "oklch(77.7% .152 181.912)",
            "500": "oklch(60% .118 184.704)",
            "600": "oklch(51.1% .096 186.391)",
            "700": "oklch(43.7% .078 188.216)",
            "800": "oklch(38.6% .063 188.416)",
            "900": "oklch(33% .054 188.5)",
            "950": "oklch(27.7% .046 192.524)",
        }
    },
}

# Links that prove an e-mail, too, for Django has one setting for its token generators. A link works once anyway.
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60


def media(url: str, folder: Path) -> dict[str, Any]:
    """Django's setting for where uploaded files are: `s3://bucket/prefix?endpoint_url=…`, a folder, or `folder`.

    Keys of S3 come from where the AWS SDKs look for them: AWS_ACCESS_KEY_ID and its like, or the machine's role.
    """
    parts = urlsplit(url)
    if parts.scheme != "s3":
        options: dict[str, Any] = {"location": Path(unquote(parts.path)) if url else folder, "base_url": None}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    options = {
        "bucket_name": parts.netloc,
        "location": parts.path.strip("/"),
        "file_overwrite": False,
        "default_acl": None,
        "querystring_auth": True,
        "signature_version": "s3v4",
        "object_parameters": {"CacheControl": "private"},
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options | dict(parse_qsl(parts.query))}


# Uploaded files. They are shown by signed links alone (backend/core/files.py), hence no address of their own.
STORAGES = {
    "default": media(ENV["MEDIA_URL"], ROTA_HOME / "media"),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MANIFEST_STRICT = False

# A page of these origins may call the API from a browser. No cookie is ever sent along: tokens travel in a header.
CORS_ALLOWED_ORIGINS: list[str] = ENV["CORS_ORIGINS"]
CORS_URLS_REGEX = r"^/graphql/?$"
CORS_ALLOW_HEADERS = [*default_headers, "apollo-require-preflight", "graphql-require-preflight", "x-request-id"]
CORS_EXPOSE_HEADERS = ["x-request-id", "retry-after"]
CORS_PREFLIGHT_MAX_AGE = 3600

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# What is larger waits on disk, so that memory does not grow with uploads.
FILE_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 20
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True


def email(url: str) -> dict[str, Any]:
    """Django's mail settings for `smtp://user:password@host:port?tls=true|ssl=true`."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or 25,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": query.get("tls") == "true",
        "EMAIL_USE_SSL": query.get("ssl") == "true",
        "EMAIL_TIMEOUT": 20,
    }


if ENV["EMAIL_URL"]:
    globals().update(email(ENV["EMAIL_URL"]))
else:
    EMAIL_BACKEND = "backend.notifications.gateway.OutboxFolder"
EMAIL_FILE_PATH = ROTA_HOME / "outbox"
DEFAULT_FROM_EMAIL = ENV["ROTA_BUSINESS_EMAIL"]

ROTA_BUSINESS = Business(
    name=ENV["ROTA_BUSINESS_NAME"],
    zone=ENV["ROTA_TIME_ZONE"],
    currency=ENV["ROTA_CURRENCY"],
    language=ENV["ROTA_LANGUAGE"],
    cancellation_notice_hours=ENV["ROTA_CANCELLATION_NOTICE_HOURS"],
    reschedule_notice_hours=ENV["ROTA_RESCHEDULE_NOTICE_HOURS"],
    max_reschedules=ENV["ROTA_MAX_RESCHEDULES"],
    bookings_need_confirmation=ENV["ROTA_BOOKINGS_NEED_CONFIRMATION"],
    slot_grid_minutes=ENV["ROTA_SLOT_GRID_MINUTES"],
    booking_notice=timedelta(hours=ENV["ROTA_BOOKING_NOTICE_HOURS"]),
    booking_horizon=timedelta(days=ENV["ROTA_BOOKING_HORIZON_DAYS"]),
    assignment=ENV["ROTA_ASSIGNMENT"],
    staff_changes_need_approval=ENV["ROTA_STAFF_CHANGES_NEED_APPROVAL"],
    travel_minutes_per_mile=ENV["ROTA_TRAVEL_MINUTES_PER_MILE"],
    hold_lifetime=timedelta(minutes=ENV["ROTA_HOLD_MINUTES"]),
    order_hold=timedelta(hours=ENV["ROTA_ORDER_HOLD_HOURS"]),
    tracking_link_lifetime=timedelta(days=ENV["ROTA_TRACKING_LINK_DAYS"]),
    plan_search_days=ENV["ROTA_PLAN_SEARCH_DAYS"],
    external_busy_blocks=ENV["ROTA_EXTERNAL_BUSY_BLOCKS"],
    plans_need_confirmation=ENV["ROTA_PLANS_NEED_CONFIRMATION"],
    email=ENV["ROTA_BUSINESS_EMAIL"],
    public_url=ENV["PUBLIC_URL"].rstrip("/"),
)
ROTA_SEALING_KEYS: list[str] = [*ENV["SEALING_KEYS"], *ENV["CALENDAR_KEYS"]]
ROTA_CALDAV_PRIVATE: bool = ENV["CALDAV_PRIVATE"]
ROTA_CALENDAR_APPS = calendar_apps(ENV)
ROTA_MESSAGES_LIFETIME = timedelta(days=ENV["MESSAGES_KEEP_DAYS"])
ROTA_DIGEST: bool = ENV["ROTA_DIGEST"]
ROTA_SMS_URL: str = ENV["SMS_URL"]
ROTA_WEBHOOKS_ANYWHERE: bool = ENV["WEBHOOKS_ANYWHERE"]
ROTA_BACKUP_URL: str = ENV["BACKUP_URL"]
ROTA_BACKUP_KEEP: tuple[int, int, int] = ENV["BACKUP_KEEP"]
ROTA_FILE_LINK_SECONDS: int = ENV["FILE_LINK_MINUTES"] * 60
ROTA_EVENTS_LIFETIME = timedelta(days=ENV["EVENTS_KEEP_DAYS"])
ROTA_ACCESS_TOKEN_LIFETIME = timedelta(days=ENV["ACCESS_TOKEN_DAYS"])
ROTA_AUDIT_KEEP = timedelta(days=ENV["AUDIT_KEEP_DAYS"])
WORKER_THREADS: int = ENV["WORKER_THREADS"]
ROTA_TRUSTED_PROXIES: int = ENV["TRUSTED_PROXIES"]
ROTA_CORS_ORIGINS: list[str] = ENV["CORS_ORIGINS"]
ROTA_WEB_THREADS: int = ENV["WEB_THREADS"]
ROTA_SOCKET = "schema.sockets.GraphQLSocket"
"""The consumer that answers websockets: named by string, for the project does not import its face."""
ROTA_SOCKET_THREADS: int = ENV["DATABASE_POOL_SIZE"]
ROTA_COST_BUDGET: int = ENV["COST_BUDGET"]
ROTA_COST_RESTORE_PER_SECOND: int = ENV["COST_RESTORE_PER_SECOND"]
ROTA_LIMITS = {
    # A long text in the variables is for the domain to refuse, with its field; a long document is nobody's need.
    "max_body_bytes": 1_500_000,
    "max_query_bytes": 100_000,
    "max_message_bytes": 100_000,
    "max_upload_bytes": 60_000_000,
    "max_tokens": 2_000,
    "max_depth": 12,
    "max_aliases": 30,
    "max_fragments": 100,
    "max_cost": 10_000,
}

LOGGING_CONFIG = None
LOGGING = logging_settings(level=ENV["LOG_LEVEL"], style=ENV["LOG_FORMAT"] or "console")

STRAWBERRY_DJANGO = {
    "FIELD_DESCRIPTION_FROM_HELP_TEXT": True,
    "TYPE_DESCRIPTION_FROM_MODEL_DOCSTRING": True,
    "MAP_AUTO_ID_AS_GLOBAL_ID": True,
    "USE_DEPRECATED_FILTERS": False,
}

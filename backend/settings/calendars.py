"""The apps that are registered with providers of calendars, and where these answer."""

from collections.abc import Mapping
from typing import Any


def calendar_apps(environment: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """By provider. GOOGLE_URL and MICROSOFT_URL put a stand-in in the place of all hosts of the one or the other."""
    google, microsoft = environment["GOOGLE_URL"].rstrip("/"), environment["MICROSOFT_URL"].rstrip("/")
    login = f"{microsoft or 'https://login.microsoftonline.com'}/common/oauth2/v2.0"
    return {
        "GOOGLE": {
            "client_id": environment["GOOGLE_CLIENT_ID"],
            "client_secret": environment["GOOGLE_CLIENT_SECRET"],
            "authorize_url": f"{google or 'https://accounts.google.com'}/o/oauth2/v2/auth",
            "token_url": f"{google or 'https://oauth2.googleapis.com'}/token",
            "revoke_url": f"{google or 'https://oauth2.googleapis.com'}/revoke",
            "api_url": f"{google or 'https://www.googleapis.com'}/calendar/v3",
            "scope": "https://www.googleapis.com/auth/calendar.events"
            " https://www.googleapis.com/auth/calendar.calendars.readonly",
            # A refresh token comes with these two only.
            "extra": {"access_type": "offline", "prompt": "consent"},
        },
        "OUTLOOK": {
            "client_id": environment["MICROSOFT_CLIENT_ID"],
            "client_secret": environment["MICROSOFT_CLIENT_SECRET"],
            "authorize_url": f"{login}/authorize",
            "token_url": f"{login}/token",
            "revoke_url": "",
            "api_url": f"{microsoft or 'https://graph.microsoft.com'}/v1.0",
            "scope": "offline_access User.Read Calendars.ReadWrite",
            "extra": {"prompt": "select_account"},
        },
    }

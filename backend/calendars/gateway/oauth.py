"""OAuth 2.0 as Google and Microsoft speak it: authorization code with PKCE (RFC 7636), refresh with rotation."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.deprecate import AuthlibDeprecationWarning
from django.conf import settings

from backend.calendars.errors import AccessLost, EventRefused, GatewayError, TooFast
from backend.calendars.gateway.base import KeepSecrets, Secrets

with warnings.catch_warnings():  # Authlib would rather have a successor of httpx that nobody ships yet
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import OAuth2Client

TIMEOUT = httpx.Timeout(10.0)
_EARLY = timedelta(minutes=1)
"""A token is renewed so long before its end."""

_LOST = frozenset(
    {"invalid_grant", "invalid_client", "unauthorized_client", "consent_required", "interaction_required"}
)
"""Answers of a token endpoint that no second try makes better."""


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """An app as it is registered with a provider."""

    client_id: str
    client_secret: str
    authorize_url: str
    token_url: str
    revoke_url: str
    api_url: str
    scope: str
    extra: Mapping[str, str]
    """What this provider wants to be asked besides."""


def is_offered(provider: str) -> bool:
    """Whether an app is registered with this provider."""
    return bool(app_of(provider).client_id)


def app_of(provider: str) -> OAuthApp:
    """As configured."""
    return OAuthApp(**settings.ROTA_CALENDAR_APPS[provider])


def new_verifier() -> str:
    """A PKCE code verifier: 64 random characters."""
    return str(generate_token(64))


def authorization_url(provider: str, *, state: str, verifier: str, redirect_uri: str) -> str:
    """Where its owner agrees. Asks nobody."""
    app = app_of(provider)
    with _client(app, redirect_uri) as client:
        url, _ = client.create_authorization_url(app.authorize_url, state=state, code_verifier=verifier, **app.extra)
    return str(url)


def _client(app: OAuthApp, redirect_uri: str | None = None) -> Any:
    """Any: Authlib has no types."""
    return OAuth2Client(
        client_id=app.client_id,
        client_secret=app.client_secret,
        scope=app.scope,
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_post",  # noqa: S106 - the name of a method
        timeout=TIMEOUT,
    )


class OAuthCalendar:
    """What the adapters of Google and Microsoft share: tokens, and requests that carry one.

    One worker at a time has a connection (its lease), so a refresh token is never used by two at once.
    """

    provider: ClassVar[str]

    def __init__(
        self, *, secrets: Secrets, calendar_id: str, server_url: str = "", keep: KeepSecrets, now: datetime
    ) -> None:
        self.app = app_of(self.provider)
        self.secrets = secrets
        self.calendar_id = calendar_id
        self._keep = keep
        self._now = now
        self._http = httpx.Client(timeout=TIMEOUT, follow_redirects=False)

    # --- Tokens

    def exchange_code(self) -> None:
        """The code that came back from the provider for tokens, once."""
        given = self.secrets
        token = self._ask_tokens(
            lambda client: client.fetch_token(
                self.app.token_url,
                grant_type="authorization_code",
                code=given["code"],
                code_verifier=given["verifier"],
                redirect_uri=given["redirect_uri"],
            )
        )
        if not token.get("refresh_token"):
            raise AccessLost("The provider gave no lasting access: connect anew and agree to it.")
        self._take(token)

    def refresh(self) -> None:
        """A new access token; a provider that rotates refresh tokens gives a new one of these as well."""
        old = self.secrets["refresh_token"]
        token = self._ask_tokens(lambda client: client.refresh_token(self.app.token_url, refresh_token=old))
        self._take({"refresh_token": old} | {name: value for name, value in token.items() if value})

    def _ask_tokens(self, ask: Any) -> dict[str, Any]:
        try:
            with _client(self.app) as client:
                client.token = {"refresh_token": self.secrets.get("refresh_token", "")}
                return dict(ask(client))
        except AuthlibBaseError as error:
            if error.error in _LOST:
                raise AccessLost(f"The provider lets us in no more ({error.error}).") from None
            raise GatewayError(f"No token was given ({error.error}).") from None
        except (httpx.HTTPError, ValueError, KeyError) as error:
            # Not its text, nor the chain: both may hold what was sent.
            raise GatewayError(f"The provider's sign-in is out of reach ({type(error).__name__}).") from None

    def _take(self, token: Mapping[str, Any]) -> None:
        ends = self._now + timedelta(seconds=int(token.get("expires_in") or 3600))
        self.secrets = {
            "access_token": token["access_token"],
            "refresh_token": token["refresh_token"],
            "expires_at": int(ends.timestamp()),
        }
        self._keep(self.secrets)

    # --- Requests

    def request(self, method: str, path: str, **given: Any) -> httpx.Response:
        """An answer below 400, or one that `refused` of the adapter did not turn into an error."""
        if datetime.fromtimestamp(self.secrets.get("expires_at", 0), UTC) - _EARLY <= self._now:
            self.refresh()
        answer = self._send(method, path, **given)
        if answer.status_code == 401:
            self.refresh()
            answer = self._send(method, path, **given)
            if answer.status_code == 401:
                raise AccessLost("The provider does not know our token.")
        if answer.status_code >= 400:
            self.refused(answer)
        return answer

    def _send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **given: Any
    ) -> httpx.Response:
        url = path if path.startswith(self.app.api_url) else f"{self.app.api_url}{path}"
        sent = {"Authorization": f"Bearer {self.secrets['access_token']}", **(headers or {})}
        try:
            return self._http.request(method, url, headers=sent, **given)
        except httpx.HTTPError as error:
            raise GatewayError(f"The provider is out of reach ({type(error).__name__}).") from None

    def refused(self, answer: httpx.Response) -> None:
        """Raise what an answer of 400 and above means."""
        status, reason = answer.status_code, self.reason_of(answer)
        if status == 429 or (status in (403, 503) and "Retry-After" in answer.headers):
            raise TooFast(f"The provider wants a pause ({status}).", retry_after(answer, self._now))
        if status >= 500 or status == 408:
            raise GatewayError(f"The provider is not well ({status}).")
        if status == 403:
            raise AccessLost(f"The provider does not let us do this ({reason}).")
        raise EventRefused(f"The provider takes no such entry ({status} {reason}).")

    def reason_of(self, answer: httpx.Response) -> str:
        """The provider's own word for what is wrong: never more than a word of its answer."""
        try:
            error = answer.json()["error"]
            errors = error.get("errors") or [{}]
            return str(errors[0].get("reason") or error.get("code") or "")[:60]
        except (ValueError, LookupError, AttributeError, TypeError):
            return ""


def retry_after(answer: httpx.Response, now: datetime) -> timedelta | None:
    """How long the provider wants to be left alone, as it says in seconds or as a date (RFC 9110 10.2.3)."""
    given = answer.headers.get("Retry-After", "")
    if given.isdecimal():
        return timedelta(seconds=min(int(given), 86_400))
    try:
        until = datetime.strptime(given, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    except ValueError:
        return None
    return max(timedelta(0), min(until - now, timedelta(days=1)))

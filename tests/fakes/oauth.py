"""The sign-in of a provider: RFC 6749 and RFC 7636 to the letter, refresh tokens that rotate or stay."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from tests.fakes.server import Asked, Fake, Reply

CLIENT_ID, CLIENT_SECRET = "rota-client", "rota-client-secret"


@dataclass
class Grant:
    """What somebody agreed to."""

    challenge: str
    redirect_uri: str
    code: str = ""
    refresh_token: str = ""
    is_revoked: bool = False


class OAuthFake(Fake):
    """Gives codes, tokens and new tokens for what it was told, and for nothing else."""

    rotates = False
    token_path = "/token"
    required_query: dict[str, str] = {}

    def __init__(self) -> None:
        super().__init__()
        self.grants: list[Grant] = []
        self.access_tokens: dict[str, Grant] = {}
        self.tokens_given: list[str] = []

    def agree(self, authorization_url: str) -> dict[str, str]:
        """What a person does in the browser: looks at the page, agrees, and is sent back with these."""
        parts = urlsplit(authorization_url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert query.pop("client_id") == CLIENT_ID
        assert query.pop("response_type") == "code"
        assert query.pop("code_challenge_method") == "S256"
        assert query.pop("scope")
        for name, value in self.required_query.items():
            assert query.pop(name) == value, name
        grant = Grant(query.pop("code_challenge"), query.pop("redirect_uri"), code=self._new("code"))
        state = query.pop("state")
        assert query == {}, "more than the provider knows"
        self.grants.append(grant)
        return {"state": state, "code": grant.code}

    def revoke_all(self) -> None:
        """Its owner takes the app's access away."""
        for grant in self.grants:
            grant.is_revoked = True
        self.access_tokens.clear()

    def expire_access_tokens(self) -> None:
        self.access_tokens.clear()

    def _new(self, what: str) -> str:
        token = f"{what}-{secrets.token_urlsafe(18)}"
        self.tokens_given.append(token)
        return token

    def give_token(self, asked: Asked) -> Reply:
        if asked.headers.get_content_type() != "application/x-www-form-urlencoded":
            raise Reply(400, {"error": "invalid_request"})
        form = asked.form()
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            raise Reply(401, {"error": "invalid_client"})
        if form.get("grant_type") == "authorization_code":
            grant = self._by_code(form)
        elif form.get("grant_type") == "refresh_token":
            grant = self._by_refresh_token(form)
        else:
            raise Reply(400, {"error": "unsupported_grant_type"})
        access = self._new("access")
        self.access_tokens[access] = grant
        body = {"access_token": access, "expires_in": 3599, "token_type": "Bearer", "scope": form.get("scope", "")}
        if not grant.refresh_token or self.rotates:
            grant.refresh_token = self._new("refresh")
            body["refresh_token"] = grant.refresh_token
        return Reply(200, body)

    def _by_code(self, form: dict[str, str]) -> Grant:
        verifier = form.get("code_verifier", "")
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        for grant in self.grants:
            if grant.code and grant.code == form.get("code") and not grant.is_revoked:
                grant.code = ""  # one try, right or wrong
                if grant.challenge == challenge and grant.redirect_uri == form.get("redirect_uri"):
                    return grant
        raise Reply(400, {"error": "invalid_grant"})

    def _by_refresh_token(self, form: dict[str, str]) -> Grant:
        for grant in self.grants:
            if grant.refresh_token and grant.refresh_token == form.get("refresh_token") and not grant.is_revoked:
                return grant
        raise Reply(400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."})

    def grant_of(self, asked: Asked) -> Grant | None:
        """Who asks, by the token in the header."""
        scheme, _, token = (asked.headers.get("Authorization") or "").partition(" ")
        return self.access_tokens.get(token) if scheme == "Bearer" else None

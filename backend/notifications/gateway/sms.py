"""Short messages, through a provider that speaks as Twilio does.

https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource and its list of errors.
"""

from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qs, quote, unquote, urlsplit

import httpx
from django.conf import settings

from backend.notifications.errors import TransportError

_TIMEOUT = 15.0
_OURS_TO_MEND = frozenset({401, 403, 404})
"""Our account, not this message: worth another try, once somebody has put it right."""


@dataclass(frozen=True, slots=True)
class Sms:
    """One short message to one phone, a number in E.164."""

    recipient: str
    text: str


class SmsGateway(Protocol):
    """Hands short messages over. Raises TransportError where it could not."""

    def send(self, sms: Sms) -> str:
        """What the provider calls the message."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioGateway:
    """An account at Twilio, or at somebody who answers alike. `sender` is a number, a name, or a service (`MG…`)."""

    base_url: str
    account: str
    token: str
    sender: str

    @classmethod
    def of(cls, url: str) -> "TwilioGateway":
        """From `https://SID:TOKEN@api.twilio.com/2010-04-01?from=+442079460958`. ValueError for what is none."""
        parts = urlsplit(url)
        sender = parse_qs(parts.query.replace("+", "%2B")).get("from", [""])[0]
        named = parts.hostname and parts.username and parts.password and sender
        if parts.scheme not in ("http", "https") or not named:
            raise ValueError("say https://ACCOUNT:TOKEN@host/path?from=SENDER")
        port = f":{parts.port}" if parts.port else ""
        return cls(
            base_url=f"{parts.scheme}://{parts.hostname}{port}{parts.path.rstrip('/')}",
            account=unquote(parts.username or ""),
            token=unquote(parts.password or ""),
            sender=sender,
        )

    def send(self, sms: Sms) -> str:
        """A refusal of this message (HTTP 400) is permanent; all else, an account out of order too, is not."""
        key = "MessagingServiceSid" if self.sender.startswith("MG") else "From"
        try:
            answer = httpx.post(
                f"{self.base_url}/Accounts/{quote(self.account, safe='')}/Messages.json",
                data={"To": sms.recipient, key: self.sender, "Body": sms.text},
                auth=(self.account, self.token),
                timeout=_TIMEOUT,
            )
        except httpx.HTTPError as error:
            raise TransportError(f"The provider is out of reach: {error!r}") from error
        if answer.status_code == 201:
            return str(_json(answer).get("sid", ""))
        permanent = 400 <= answer.status_code < 500 and answer.status_code not in {*_OURS_TO_MEND, 408, 425, 429}
        raise TransportError(f"The provider answered {answer.status_code}: {_reason(answer)}", permanent=permanent)


class ConfiguredGateway:
    """The account that SMS_URL names, looked up with each message: without one, messages wait."""

    def send(self, sms: Sms) -> str:
        """As TwilioGateway. Raises ValueError where there is no account."""
        return TwilioGateway.of(settings.ROTA_SMS_URL).send(sms)


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _reason(answer: httpx.Response) -> str:
    """The provider's own code, such as 21211 for a number that is none; never what it repeats of the message."""
    code = _json(answer).get("code")
    return f"error {code}" if code else answer.reason_phrase

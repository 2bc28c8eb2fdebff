"""Which servers may be asked for a calendar."""

from urllib.parse import urlsplit

from backend.core.errors import FieldPath, InvalidInput
from backend.core.networks import is_public

_INSIDE = (".local", ".internal", ".localhost", ".lan", ".home.arpa")


def require_server_url(text: str, *, field: FieldPath, private_allowed: bool) -> str:
    """The address of a CalDAV server as it may be kept: https, no password in it, and no host that is inside.

    Where its name leads is judged whenever it is connected to; this tells at once what can't be right.
    """
    try:
        parts = urlsplit(text.strip())
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise InvalidInput("This is no address of a server.", field) from None
    if not host or parts.scheme not in ("https", "http") or parts.query or parts.fragment:
        raise InvalidInput("This is no address of a server.", field)
    if parts.username or parts.password:
        raise InvalidInput("Give name and password by themselves.", field)
    if private_allowed:
        return parts.geturl()
    if parts.scheme != "https":
        raise InvalidInput("The address has to begin with https.", field)
    if _is_inside(host):
        raise InvalidInput("This is no server on the internet.", field)
    return parts.geturl()


def _is_inside(host: str) -> bool:
    try:
        return not is_public(host)
    except ValueError:
        # Names without a dot, and numbers in other clothes (0x7f.1, 2130706433), are nobody's server.
        return "." not in host or host.endswith(_INSIDE) or not any(char.isalpha() for char in host.rpartition(".")[2])

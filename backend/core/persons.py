"""Who is one person, as far as an e-mail tells. Pure."""

import re

_DOTS_DO_NOT_COUNT = frozenset({"gmail.com", "googlemail.com"})
_PLUS_TAGS = _DOTS_DO_NOT_COUNT | {
    "outlook.com",
    "hotmail.com",
    "live.com",
    "icloud.com",
    "me.com",
    "fastmail.com",
    "proton.me",
    "protonmail.com",
}


def person_key(email: str) -> str:
    """One key for one person: `Ada.King+shop@googlemail.com` is `adaking@gmail.com`.

    Lower case everywhere; tags after a plus are dropped where the host is known to ignore them, dots where it does.
    """
    local, _, host = email.strip().lower().rpartition("@")
    if host in _PLUS_TAGS:
        local = local.partition("+")[0]
    if host in _DOTS_DO_NOT_COUNT:
        local, host = local.replace(".", ""), "gmail.com"
    return f"{local}@{host}"


def person_pattern(email: str) -> str:
    """A regular expression, for Python and PostgreSQL alike, of the lower-case e-mails with the key of this one."""
    local, _, host = person_key(email).rpartition("@")
    if host in _DOTS_DO_NOT_COUNT:
        dotted = "".join(re.escape(char) + r"\.*" for char in local)
        return rf"^\.*{dotted}(\+.*)?@(gmail|googlemail)\.com$"
    tag = r"(\+.*)?" if host in _PLUS_TAGS else ""
    return f"^{re.escape(local)}{tag}@{re.escape(host)}$"

"""Files that people upload: kept in Django's storage under names that nobody guesses, shown by links that run out.

Writing and removing files is no part of a transaction: keep first, then write the row, and `discard` what no row
names, the new file when the row could not be written, the old one after the commit.
"""

import logging
import mimetypes
from datetime import datetime, timedelta

from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from backend.core import clock
from backend.core.references import secret_token

LINK_PERIOD = timedelta(hours=1)
"""A link is good for one to two of these: it stays the same within one, so that browsers keep what it shows."""

_SIGNER = signing.Signer(salt="rota.files")
_log = logging.getLogger(__name__)


def keep(content: bytes, *, folder: str, extension: str) -> str:
    """Store a file; its name. 43 characters of it are random."""
    return str(default_storage.save(f"{folder}/{secret_token()}.{extension}", ContentFile(content)))


def discard(name: str) -> None:
    """Remove a file, if it is there. A storage that is away leaves the file behind, and the log says so."""
    try:
        default_storage.delete(name)
    except OSError:
        _log.exception("a file that nobody names any more stays", extra={"file": name})


def signed_path(name: str, *, now: datetime) -> str:
    """The path on this server at which a file is shown to whoever has the link, until it runs out."""
    period = LINK_PERIOD.total_seconds()
    until = int((now.timestamp() // period + 2) * period)
    return f"/files/{_SIGNER.sign_object({'name': name, 'until': until})}"


@require_safe
def show_file(request: HttpRequest, link: str) -> HttpResponseBase:
    """The file of a link: not found where the link is wrong or has run out, or the file is gone."""
    try:
        named = _SIGNER.unsign_object(link)
    except (signing.BadSignature, ValueError) as error:
        raise Http404 from error
    seconds_left = named["until"] - clock.now().timestamp()
    if seconds_left <= 0 or not default_storage.exists(named["name"]):
        raise Http404
    kind = mimetypes.guess_type(named["name"])[0] or "application/octet-stream"
    response = FileResponse(default_storage.open(named["name"]), content_type=kind)
    response["Cache-Control"] = f"private, max-age={int(seconds_left)}"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response

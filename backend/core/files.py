"""Files that people upload: kept in Django's storage under names that nobody guesses, shown by links that run out.

Writing and removing files is no part of a transaction: keep first, then write the row, and `discard` what no row
names, the new file when the row could not be written, the old one after the commit. A process that dies in between
leaves a file that no row names; `remove_orphans` (backend/core/orphans.py) finds it.
"""

import mimetypes
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Protocol, cast

import structlog
from django.conf import settings
from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from backend.core import clock
from backend.core.references import secret_token

_SIGNER = signing.Signer(salt="rota.files")
_SHOWN = frozenset({"image/webp"})
"""What a browser may show; anything else it saves."""
_log = structlog.get_logger(__name__)


class LinksByItself(Protocol):
    """A storage that signs links to itself, as django-storages' S3 does (`querystring_auth`)."""

    def url(self, name: str, *, parameters: dict[str, str], expire: int) -> str: ...


def keep(content: bytes, *, folder: str, extension: str) -> str:
    """Store a file; its name. 43 characters of it are random."""
    return str(default_storage.save(f"{folder}/{secret_token()}.{extension}", ContentFile(content)))


def discard(name: str) -> None:
    """Remove a file, if it is there. A storage that is away leaves the file behind, and the log says so."""
    try:
        default_storage.delete(name)
    except Exception:  # each storage has exceptions of its own
        _log.exception("file.not_removed", file=name)


def discard_after_commit(names: Iterable[str]) -> None:
    """Remove files whose rows are being let go, once that is certain."""
    for name in names:
        transaction.on_commit(partial(discard, name), robust=True)


class Kept:
    """Files that were stored for rows that are yet to be written: see `keeping`."""

    def __init__(self, folder: str, extension: str) -> None:
        self._folder, self._extension = folder, extension
        self.names: list[str] = []
        self.unused: set[str] = set()

    def add(self, content: bytes) -> str:
        """Store one more; its name."""
        name = keep(content, folder=self._folder, extension=self._extension)
        self.names.append(name)
        return name


@contextmanager
def keeping(folder: str, *, extension: str) -> Iterator[Kept]:
    """For a block that stores files and then writes their rows: where it fails, the files go again.

    Those that the rows turn out not to need are put into `unused`, and go when the block has ended.
    """
    kept = Kept(folder, extension)
    try:
        yield kept
    except BaseException:
        for name in kept.names:
            discard(name)
        raise
    for name in kept.unused:
        discard(name)


def link_to(name: str, *, now: datetime) -> str:
    """Where a file is shown to whoever has the link, until it runs out: within FILE_LINK_MINUTES, after half of them.

    A path on this server, which stays the same for half of that time, so that browsers keep what it shows; where files
    are in S3, an address there.
    """
    lifetime: int = settings.ROTA_FILE_LINK_SECONDS
    if getattr(default_storage, "querystring_auth", False):
        shown = {"ResponseContentDisposition": "inline", "ResponseCacheControl": f"private, max-age={lifetime}"}
        return cast(LinksByItself, default_storage).url(name, parameters=shown, expire=lifetime)
    half = lifetime / 2
    until = int((now.timestamp() // half + 2) * half)
    return f"/files/{_SIGNER.sign_object({'name': name, 'until': until})}"


@require_safe
def show_file(request: HttpRequest, link: str) -> HttpResponseBase:
    """The file of a link: not found where the link is wrong or has run out, or the file is gone."""
    try:
        named = _SIGNER.unsign_object(link)
    except (signing.BadSignature, ValueError) as error:
        raise Http404 from error
    name = named["name"]
    seconds_left = named["until"] - clock.now().timestamp()
    if seconds_left <= 0:
        raise Http404
    try:
        file = default_storage.open(name)
    except FileNotFoundError as error:
        raise Http404 from error
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    short = name.rsplit("/", 1)[-1]
    response = FileResponse(file, content_type=kind, as_attachment=kind not in _SHOWN, filename=short)
    response["Cache-Control"] = f"private, max-age={int(seconds_left)}"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response

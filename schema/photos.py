"""Pictures of the work, as they are seen with their visit."""

from typing import Any

import strawberry
import strawberry_django
from django.db.models import QuerySet

from backend.core.files import link_to
from backend.core.viewer import Viewer
from backend.scheduling.models import Photo
from backend.scheduling.queries.photos import kept_photos, photos_visible_to
from schema.context import Info
from schema.nested import Nested
from schema.nodes import VisibleNode
from schema.uploads import LINK

PHOTOS = Nested("photos", lambda info: kept_photos())
"""Below a visit; the field that shows them decides who sees them."""


@strawberry_django.type(Photo, description="A picture of the work, upright, a WebP without metadata.")
class CompletionPhoto(VisibleNode):
    width: strawberry.auto
    height: strawberry.auto
    created_at: strawberry.auto

    @strawberry_django.field(only=["key"], description=f"The picture: {LINK}")
    def url(self, info: Info) -> str:
        return link_to(self.key, now=info.context.now)  # type: ignore[attr-defined]

    @strawberry_django.field(
        only=["thumbnail_key"], description=f"The picture with 320 pixels on its longer side: {LINK}"
    )
    def thumbnail_url(self, info: Info) -> str:
        return link_to(self.thumbnail_key, now=info.context.now)  # type: ignore[attr-defined]

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return photos_visible_to(viewer)

"""Names in web addresses."""

from django.db.models import Model
from django.utils.text import slugify


def free_slug(model: type[Model], name: str) -> str:
    """A slug from the name; a number is added where it is taken. The unique index has the last word."""
    base = slugify(name)[:120] or "item"
    taken = set(model._default_manager.filter(slug__startswith=base).values_list("slug", flat=True))
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug

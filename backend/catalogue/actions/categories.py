"""The tree of categories. Whoever changes it locks all its rows first, so that two changes never make a circle."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from backend.catalogue.actions.slugs import free_slug
from backend.catalogue.errors import CategoryInUse
from backend.catalogue.models import Category, Service
from backend.catalogue.permissions import require_edit_catalogue
from backend.catalogue.queries import category_for
from backend.catalogue.rules import TreeNode, order_refusals, reordered, require_tree
from backend.core.errors import FieldPath, NotFound, Problems, raise_all
from backend.core.idempotency import claim_key, settle_key
from backend.core.text import clean_text
from backend.core.transactions import use_case
from backend.core.viewer import Viewer

Tree = dict[int, Category]


@use_case
def create_category(
    *,
    viewer: Viewer,
    name: str,
    description: str = "",
    parent_id: int | None = None,
    idempotency_key: str | None = None,
    now: datetime,
) -> Category:
    """A new category, the last of its siblings; its slug is made from its name.

    Raises NotFound for a parent that is not there, OutOfRange for a tree that gets too deep.
    """
    require_edit_catalogue(viewer)
    given = {"name": name, "description": description, "parent_id": parent_id}
    claimed = claim_key(viewer=viewer, operation="createCategory", key=idempotency_key, given=given, now=now)
    if claimed.result_id is not None:
        return category_for(viewer, claimed.result_id)
    tree = _lock_tree()
    category = Category(created_at=now)
    problems = Problems()
    with problems:
        category.name = clean_text(name, field=("name",), max_length=120)
    with problems:
        category.description = _description(description)
    with problems:
        category.parent = _in_tree(tree, parent_id, ("parent_id",))
    problems.raise_all()
    category.slug = free_slug(Category, category.name)
    category.position = _last(tree, parent_id)
    category.save()
    _settle(tree | {category.pk: category}, ("parent_id",))
    settle_key(claimed, category)
    return category


@use_case
def update_category(
    *,
    viewer: Viewer,
    category_id: int,
    name: str | None = None,
    description: str | None = None,
    is_active: bool | None = None,
) -> Category:
    """Rename, describe, hide or show a category; what is hidden hides all below it. The slug stays: links work on."""
    require_edit_catalogue(viewer)
    tree = _lock_tree()
    category = _named(tree, category_id, ("category_id",))
    problems = Problems()
    with problems:
        if name is not None:
            category.name = clean_text(name, field=("name",), max_length=120)
    with problems:
        if description is not None:
            category.description = _description(description)
    problems.raise_all()
    if is_active is not None:
        category.is_active = is_active
        category.is_shown = category.is_shown and is_active
    category.save()
    _settle(tree, ("category_id",))
    return category


@use_case
def move_category(*, viewer: Viewer, category_id: int, parent_id: int | None) -> Category:
    """Put a category, with all below it, last below another, or last at the top.

    Raises InvalidInput where it would stand below itself, OutOfRange for a tree that gets too deep.
    """
    require_edit_catalogue(viewer)
    tree = _lock_tree()
    category = _named(tree, category_id, ("category_id",))
    parent = _in_tree(tree, parent_id, ("parent_id",))
    if category.parent_id != parent_id:
        moved = replace(_node(category), parent_id=parent_id)
        require_tree([moved if each.pk == category.pk else _node(each) for each in tree.values()], ("parent_id",))
        category.position, category.parent = _last(tree, parent_id), parent
        category.save(update_fields=["parent", "position"])
        _settle(tree, ("parent_id",))
    return category


@use_case
def reorder_categories(*, viewer: Viewer, parent_id: int | None, category_ids: Sequence[int]) -> list[Category]:
    """Put the categories below a parent, or at the top, in this order; those left out follow as they stood.

    Returns all of them in their order. Raises NotFound or InvalidInput for each that stands elsewhere or comes twice.
    """
    require_edit_catalogue(viewer)
    tree = _lock_tree()
    _in_tree(tree, parent_id, ("parent_id",))
    siblings = sorted(
        (each for each in tree.values() if each.parent_id == parent_id), key=lambda each: (each.position, each.pk)
    )
    current = [each.pk for each in siblings]
    raise_all(order_refusals(current, category_ids, "category_ids"))
    ordered = [tree[each] for each in reordered(current, category_ids)]
    for position, category in enumerate(ordered):
        category.position = position
    Category.objects.bulk_update(ordered, ["position"])
    _settle(tree, ("category_ids",))
    return ordered


@use_case
def delete_category(*, viewer: Viewer, category_id: int) -> None:
    """Remove an empty category. Raises CategoryInUse while services or categories stand in it, active or not."""
    require_edit_catalogue(viewer)
    # Not NO KEY: a service that is being put in here waits, and then finds the category gone.
    category = Category.objects.select_for_update().filter(pk=category_id).first()
    if category is None:
        raise NotFound("There is no such category.", ("category_id",))
    if Category.objects.filter(parent=category).exists():
        raise CategoryInUse("Other categories stand below it: move them first, or hide it.", ("category_id",))
    if Service.objects.filter(category=category).exists():
        raise CategoryInUse("Services stand in it: move them first, or hide it.", ("category_id",))
    category.delete()


def _lock_tree() -> Tree:
    return {row.pk: row for row in Category.objects.select_for_update(no_key=True).order_by("pk")}


def _named(tree: Tree, category_id: int, field: FieldPath) -> Category:
    if category_id not in tree:
        raise NotFound("There is no such category.", field)
    return tree[category_id]


def _in_tree(tree: Tree, parent_id: int | None, field: FieldPath) -> Category | None:
    return None if parent_id is None else _named(tree, parent_id, field)


def _last(tree: Tree, parent_id: int | None) -> int:
    return 1 + max((each.position for each in tree.values() if each.parent_id == parent_id), default=-1)


def _node(row: Category) -> TreeNode:
    return TreeNode(id=row.pk, parent_id=row.parent_id, position=row.position, is_active=row.is_active)


def _settle(tree: Tree, field: FieldPath) -> None:
    """Write down for every category what follows from the tree, where that is another than before."""
    places = require_tree([_node(each) for each in tree.values()], field)
    changed = []
    for key, row in tree.items():
        if (row.tree_order, row.is_shown) != (places[key].order, places[key].is_shown):
            row.tree_order, row.is_shown = places[key].order, places[key].is_shown
            changed.append(row)
    Category.objects.bulk_update(changed, ["tree_order", "is_shown"])


def _description(text: str) -> str:
    return clean_text(text, field=("description",), max_length=5000, required=False, multiline=True)

"""The tree of categories and the order of lists, against slower and plainer ways to say the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalogue.rules import TreeNode, order_refusals, reordered, require_tree, tree_places
from backend.core.errors import InvalidInput


def walk(nodes: list[TreeNode], parent: int | None = None) -> list[int]:
    """The tree depth first, by plain recursion."""
    found: list[int] = []
    for node in sorted((node for node in nodes if node.parent_id == parent), key=lambda node: node.position):
        found += [node.id, *walk(nodes, node.id)]
    return found


@st.composite
def trees(draw: st.DrawFn) -> list[TreeNode]:
    """Categories whose parents have smaller ids; siblings stand at different places."""
    nodes: list[TreeNode] = []
    for key in range(1, draw(st.integers(1, 12)) + 1):
        parent = draw(st.sampled_from([None, *range(1, key)]))
        free = sorted(set(range(40)) - {node.position for node in nodes if node.parent_id == parent})
        position = draw(st.sampled_from(free))
        nodes.append(TreeNode(id=key, parent_id=parent, position=position, is_active=draw(st.booleans())))
    return nodes


@given(trees())
def test_the_text_of_places_sorts_depth_first(nodes: list[TreeNode]) -> None:
    places = tree_places(nodes)
    assert sorted(places, key=lambda key: places[key].order) == walk(nodes)


@given(trees())
def test_shown_is_what_has_nothing_inactive_from_itself_to_the_top(nodes: list[TreeNode]) -> None:
    by_id = {node.id: node for node in nodes}
    for key, place in tree_places(nodes).items():
        line, above = [by_id[key]], by_id[key].parent_id
        while above is not None:
            line.append(by_id[above])
            above = by_id[above].parent_id
        assert place.is_shown == all(node.is_active for node in line)
        assert place.depth == len(line)


def test_a_circle_is_refused() -> None:
    circle = [TreeNode(id=key, parent_id=3 - key, position=0, is_active=True) for key in (1, 2)]
    with pytest.raises(InvalidInput):
        require_tree(circle, ("parent_id",))


@given(st.lists(st.integers(), unique=True), st.data())
def test_a_new_order_loses_nobody_and_puts_the_named_first(current: list[int], data: st.DataObject) -> None:
    wanted = data.draw(st.lists(st.sampled_from(current), unique=True)) if current else []
    assert order_refusals(current, wanted, "ids") == []
    result = reordered(current, wanted)
    assert result[: len(wanted)] == wanted
    assert result[len(wanted) :] == [each for each in current if each not in wanted]

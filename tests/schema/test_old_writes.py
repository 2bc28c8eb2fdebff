"""Whoever moves over from the old system finds every write of it."""

import re
from pathlib import Path

from graphql import GraphQLInputObjectType, build_schema

ROOT = Path(__file__).resolve().parents[2]


def test_every_write_of_the_old_system_has_its_mutation() -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text())
    assert schema.mutation_type is not None
    inputs = [each for each in schema.type_map.values() if isinstance(each, GraphQLInputObjectType)]
    known = set(schema.mutation_type.fields).union(*(each.fields for each in inputs))
    page = (ROOT / "docs/adr/0027-every-write-of-the-old-system.md").read_text()
    table = [line for line in page.splitlines() if line.startswith("| ")][1:]
    named = set(re.findall(r"`(\w+)`", "\n".join(line.split("|")[2] for line in table)))
    assert len(named) > 70
    assert named - known == set()

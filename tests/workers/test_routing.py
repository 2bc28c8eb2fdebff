"""The routing table, the actors and the facts name each other rightly."""

from collections.abc import Iterator
from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path

import backend
from backend.core.facts import Fact
from workers.actors import broker
from workers.routing import ROUTES

NOT_HANDLERS = {"calendars.sync", "notifications.send_email", "notifications.send_sms", "partners.send_waiting"}
"""Actors that the relay calls by itself."""


def facts(kind: type[Fact] = Fact) -> Iterator[type[Fact]]:
    for each in kind.__subclasses__():
        yield each
        yield from facts(each)


def test_every_handler_in_the_table_is_an_actor() -> None:
    assert {handler for handlers in ROUTES.values() for handler in handlers} <= set(broker.actors)


def test_every_handler_is_in_the_table() -> None:
    assert set(broker.actors) - NOT_HANDLERS <= {handler for handlers in ROUTES.values() for handler in handlers}


def test_every_kind_in_the_table_is_a_fact_that_some_domain_tells() -> None:
    for module in Path(*backend.__path__).glob("*/events.py"):
        import_module(f"backend.{module.parent.name}.events")
    assert set(ROUTES) <= {getattr(fact, "kind", None) for fact in facts()}


def test_every_actor_tolerates_arguments_of_a_later_version() -> None:
    for actor in broker.actors.values():
        parameters = signature(actor.fn).parameters.values()
        assert [each.kind for each in parameters][-1] is Parameter.VAR_KEYWORD, actor.actor_name

"""The two kinds of writing function, and the wall between them.

* `@use_case` is a door: what the schema, a worker or the back office may call. It opens one durable transaction, so it
  can never be nested by accident, and what it emits is committed with what it writes, or not at all. The first
  statement of the transaction tells the database who does this (backend/core/provenance.py). Where another transaction
  overtook it between its look and its locks (`Overtaken`), it begins anew.
* `@step` is a part of another domain's use case: it insists on being inside one, so that nobody writes half a fact.
"""

from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import transaction

from backend.core.errors import Overtaken
from backend.core.provenance import tell_database

P = ParamSpec("P")
R = TypeVar("R")

LOOKS = 5
"""How often a use case looks before it gives up to those who overtake it."""

_inside: ContextVar[str | None] = ContextVar("rota_use_case", default=None)


class OutsideUseCase(RuntimeError):
    """A step was called on its own."""


def use_case(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` in one durable transaction of its own, and in another one if it was overtaken."""

    def once(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic(durable=True):
            token = _inside.set(function.__qualname__)
            try:
                tell_database(function.__name__, kwargs)
                return function(*args, **kwargs)
            finally:
                _inside.reset(token)

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(LOOKS - 1):
            with suppress(Overtaken):
                return once(*args, **kwargs)
        return once(*args, **kwargs)

    return run


def step(function: Callable[P, R]) -> Callable[P, R]:
    """Let `function` run only inside a use case."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _inside.get() is None:
            raise OutsideUseCase(f"{function.__module__}.{function.__qualname__} is a step: call it from a use case")
        return function(*args, **kwargs)

    return run


def as_step(case: Callable[P, R]) -> Callable[P, R]:
    """A use case as a part of another: what it would do through its own door, in the transaction of the caller.

    For use cases that carry out what was asked for earlier: what the person may and what fits is decided once more.
    """
    inner: Callable[P, R] | None = getattr(case, "__wrapped__", None)
    if inner is None:
        raise TypeError(f"{case.__qualname__} is no use case")
    return step(inner)

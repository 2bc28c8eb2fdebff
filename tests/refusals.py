"""What the domain refused, in a form that a test can compare."""

from collections.abc import Callable
from typing import Any

import pytest

from backend.core.errors import ErrorCode, Refusal, Refusals


def refused(call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> list[tuple[ErrorCode, str]]:
    """Code and field path of each refusal that `call` raises; it must raise one."""
    with pytest.raises((Refusal, Refusals)) as caught:
        call(*args, **kwargs)
    error = caught.value
    refusals = list(error.refusals) if isinstance(error, Refusals) else [error]
    return [(each.code, ".".join(map(str, each.field))) for each in refusals if isinstance(each, Refusal)]

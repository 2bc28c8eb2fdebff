"""Time in which somebody is busy with something that is none of the business's."""

from collections.abc import Sequence

from backend.scheduling.rules.workloads import Busy, Span


def with_external(claims: Sequence[Busy], elsewhere: Sequence[Span]) -> list[Busy]:
    """The claims, and between them what of `elsewhere` they leave, as absences; ascending, without overlaps.

    `claims` ascend and do not overlap; `elsewhere` may do as it likes, for other people's calendars do. Where a claim
    and another business meet, the claim stays what it is: what was promised is promised.
    """
    found = list(claims)
    for low, high in _merged(elsewhere):
        for claim in claims:
            if low < claim.start and claim.end > low and claim.start < high:
                found.append(Busy(low, claim.start, is_time_off=True))
            if claim.start < high and claim.end > low:
                low = max(low, claim.end)
        if low < high:
            found.append(Busy(low, high, is_time_off=True))
    return sorted(found, key=lambda busy: busy.start)


def _merged(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for low, high in sorted(spans):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        elif low < high:
            merged.append((low, high))
    return merged

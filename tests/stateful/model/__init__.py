"""The rules of the office once more: in memory, one after the other, as plainly as they can be said.

Written from DESIGN.md and the decisions in docs/adr, and importing nothing of what they are held against. Each method
is something that somebody does. It gives the codes of the refusals that must come of it and changes nothing then; or it
gives none, and the model is what the database must hold from now on. All times are UTC, which is what London's clocks
show in the weeks that this plays in.
"""

from tests.stateful.model.plans import Plans
from tests.stateful.model.things import (
    OK,
    Absence,
    Codes,
    Coupon,
    Customer,
    Due,
    Hold,
    Line,
    Order,
    Person,
    Series,
    Service,
    Visit,
    Wanted,
)

__all__ = [
    "OK",
    "Absence",
    "Codes",
    "Coupon",
    "Customer",
    "Due",
    "Hold",
    "Line",
    "Model",
    "Order",
    "Person",
    "Series",
    "Service",
    "Visit",
    "Wanted",
]


class Model(Plans):
    """All there is, customers and all."""

    def merge(self, into: Customer, merged: Customer) -> Codes:
        if into is merged:
            return ["INVALID_INPUT"]
        if into.is_merged or merged.is_merged:
            return ["INVALID_TRANSITION"]
        if into.account and merged.account:
            return ["INVALID_INPUT"]
        for order in self.orders.values():
            order.customer = into if order.customer is merged else order.customer
        for series in self.plans.values():
            series.customer = into if series.customer is merged else series.customer
        for visit in self.visits.values():
            visit.customer = into if visit.customer is merged else visit.customer
        into.account, merged.account, merged.is_merged = into.account or merged.account, None, True
        return OK

    def link(self, order: Order, customer: Customer) -> Codes:
        if order.customer is not None:
            return ["INVALID_TRANSITION"]
        if customer.account != order.email:
            return ["EMAIL_MISMATCH"]
        order.customer = customer
        for visit in order.visits:
            visit.customer = customer
        return OK

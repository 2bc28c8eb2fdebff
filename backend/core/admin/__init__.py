"""What the back offices of the domains are made of. They show what their viewer may see, and write by calling actions.

A domain's `admin.py` registers a class for each table (`ReadOnlyAdmin`, or `ActionAdmin` where there is a form), names
what can be done to a row (`RowAction`), and puts panels on the dashboard (`panel`).
"""

from backend.core.admin.base import ActionAdmin, BackOffice, ReadOnlyAdmin, ReadOnlyStacked, ReadOnlyTable
from backend.core.admin.dashboard import SHOWN, Figure, Line, Panel, button, inbox, page_of, panel
from backend.core.admin.doing import Approve, Cancel, Complete, Confirm, Reject, RowAction, offer_also
from backend.core.admin.filters import DatesFilter, OfOfficeFilter
from backend.core.admin.history import Step, tell_history
from backend.core.admin.viewing import viewer_of

__all__ = [
    "SHOWN",
    "ActionAdmin",
    "Approve",
    "BackOffice",
    "Cancel",
    "Complete",
    "Confirm",
    "DatesFilter",
    "Figure",
    "Line",
    "OfOfficeFilter",
    "Panel",
    "ReadOnlyAdmin",
    "ReadOnlyStacked",
    "ReadOnlyTable",
    "Reject",
    "RowAction",
    "Step",
    "button",
    "inbox",
    "offer_also",
    "page_of",
    "panel",
    "tell_history",
    "viewer_of",
]

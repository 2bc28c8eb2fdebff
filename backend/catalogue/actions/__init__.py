"""Changing what is offered. Price and duration changes never touch what was booked: bookings keep their own copies."""

from backend.catalogue.actions.categories import (
    create_category,
    delete_category,
    move_category,
    reorder_categories,
    update_category,
)
from backend.catalogue.actions.extras import (
    ExtraChanges,
    ExtraInput,
    add_extra,
    deactivate_extra,
    reorder_extras,
    update_extra,
)
from backend.catalogue.actions.proposals import approve_service, propose_service_again, reject_service, withdraw_service
from backend.catalogue.actions.services import (
    ServiceChanges,
    create_service,
    deactivate_service,
    reorder_services,
    update_service,
)

__all__ = [
    "ExtraChanges",
    "ExtraInput",
    "ServiceChanges",
    "add_extra",
    "approve_service",
    "create_category",
    "create_service",
    "deactivate_extra",
    "deactivate_service",
    "delete_category",
    "move_category",
    "propose_service_again",
    "reject_service",
    "reorder_categories",
    "reorder_extras",
    "reorder_services",
    "update_category",
    "update_extra",
    "update_service",
    "withdraw_service",
]

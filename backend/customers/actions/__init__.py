"""Every write of customers: who they are, where they live, merging two into one, and letting their data go."""

from backend.customers.actions.addresses import add_address, delete_address, set_default_address, update_address
from backend.customers.actions.customers import (
    CustomerChanges,
    archive_customer,
    create_customer,
    restore_customer,
    row_of_user,
    update_customer,
)
from backend.customers.actions.merging import follows_merge, merge_customers
from backend.customers.actions.personal_data import (
    PersonalData,
    erase_customer,
    erase_guest,
    export_customer,
    export_guest,
    holds_personal_data,
)

__all__ = [
    "CustomerChanges",
    "PersonalData",
    "add_address",
    "archive_customer",
    "create_customer",
    "delete_address",
    "erase_customer",
    "erase_guest",
    "export_customer",
    "export_guest",
    "follows_merge",
    "holds_personal_data",
    "merge_customers",
    "restore_customer",
    "row_of_user",
    "set_default_address",
    "update_address",
    "update_customer",
]

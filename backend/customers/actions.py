"""Customers and their addresses, as the office enters them."""

from datetime import datetime

from backend.core.errors import Problems
from backend.core.transactions import use_case
from backend.core.viewer import Viewer, require_admin
from backend.customers.models import Address, Customer
from backend.customers.rules import AddressKind, Contact, PostalAddress, clean_address, clean_contact


@use_case
def create_customer(
    *,
    viewer: Viewer,
    contact: Contact,
    address: PostalAddress | None = None,
    user_id: int | None = None,
    now: datetime,
) -> Customer:
    """A customer with a first address, which becomes the default one for services. Admins only.

    `user_id` is an account of role CUSTOMER that has no customer yet.
    """
    require_admin(viewer)
    problems = Problems()
    with problems:
        contact = clean_contact(contact, field=("contact",))
    with problems:
        address = clean_address(address, field=("address",)) if address else None
    problems.raise_all()
    customer = Customer.objects.create(
        user_id=user_id, name=contact.name, email=contact.email, phone=contact.phone, created_at=now
    )
    if address is not None:
        Address.objects.create(
            customer=customer,
            kind=AddressKind.SERVICE,
            is_default=True,
            line1=address.line1,
            line2=address.line2,
            city=address.city,
            postcode=address.postcode,
            country=address.country,
            created_at=now,
        )
    return customer

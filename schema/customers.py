"""Customers, their addresses, and the contact and address that guests give."""

from typing import Annotated, Any

import strawberry
import strawberry_django
from django.db.models import Q, QuerySet

from backend.core.text import search_text
from backend.core.viewer import Viewer
from backend.customers import queries
from backend.customers.models import Address as AddressModel
from backend.customers.models import Customer as CustomerModel
from backend.customers.rules import COUNTRY, AddressKind, Contact
from backend.customers.rules import PostalAddress as PostalAddressValue
from schema.connections import Connection
from schema.context import Info
from schema.nested import Nested
from schema.nodes import VisibleNode

strawberry.enum(AddressKind, name="AddressKind", description="What an address is for.")


@strawberry.type(description="Where the work is, as it was written down when it was ordered.")
class PostalAddress:
    line1: str = strawberry.field(description="First line: house and street.")
    line2: str = strawberry.field(description="Second line; may be empty.")
    city: str = strawberry.field(description="Post town.")
    postcode: str = strawberry.field(description="Postcode, with its space.")
    country: str = strawberry.field(description="ISO 3166-1 alpha-2.")


@strawberry_django.type(AddressModel, description="A postal address of a customer.")
class Address(VisibleNode):
    is_default: strawberry.auto
    line1: strawberry.auto
    line2: strawberry.auto
    city: strawberry.auto
    postcode: strawberry.auto
    country: strawberry.auto

    @strawberry_django.field(only=["kind"], description="What it is for.")
    def kind(self) -> AddressKind:
        return AddressKind(self.kind)

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.addresses_visible_to(viewer)


_ADDRESSES = Nested("addresses", lambda info: queries.addresses_visible_to(info.context.viewer))


@strawberry_django.filter_type(CustomerModel, description="Which customers.")
class CustomerFilter:
    @strawberry_django.filter_field(description="Only those whose name, e-mail or phone contains this, in any case.")
    def search(self, value: str, prefix: str) -> Q:
        text = search_text(value)
        return (
            Q(**{f"{prefix}name__icontains": text})
            | Q(**{f"{prefix}email__icontains": text})
            | Q(**{f"{prefix}phone__icontains": text})
        )

    @strawberry_django.filter_field(description="Only customers with this tag.")
    def tag(self, value: str, prefix: str) -> Q:
        return Q(**{f"{prefix}tags__contains": [value[:40]]})


@strawberry_django.order_type(CustomerModel, description="The order of customers.")
class CustomerOrder:
    name: strawberry.auto
    created_at: strawberry.auto


@strawberry_django.type(
    CustomerModel,
    filters=CustomerFilter,
    ordering=CustomerOrder,
    description="A customer, with or without an account.",
)
class Customer(VisibleNode):
    name: strawberry.auto
    email: strawberry.auto
    phone: strawberry.auto
    created_at: strawberry.auto

    @strawberry_django.field(
        prefetch_related=[_ADDRESSES], description="Its addresses, for itself and whoever manages it."
    )
    def addresses(self, info: Info) -> list[Address]:
        return _ADDRESSES.of(self, info)

    @strawberry_django.field(only=["tags"], description="Labels of the office. Null for everyone else.")
    def tags(self, info: Info) -> list[str] | None:
        return self.tags if info.context.viewer.manages_customer(self.pk) else None  # type: ignore[attr-defined]

    @strawberry_django.field(only=["notes"], description="Notes of the office. Null for everyone else.")
    def notes(self, info: Info) -> str | None:
        return self.notes if info.context.viewer.manages_customer(self.pk) else None  # type: ignore[attr-defined]

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.customers_visible_to(viewer)


@strawberry.type
class CustomersQuery:
    @strawberry_django.connection(
        Connection[Customer], description="Customers that the viewer manages. Admins and managers."
    )
    def customers(
        self,
        info: Info,
        *,
        archived: Annotated[bool, strawberry.argument(description="The archived ones instead of the others.")] = False,
    ) -> QuerySet[CustomerModel]:
        return queries.customers_of_office(info.context.viewer, archived=archived)


@strawberry.input(description="Who is to be reached, where nobody is signed in.")
class GuestInput:
    name: str = strawberry.field(description="Full name, at most 200 characters.")
    email: str = strawberry.field(description="Where confirmation and tracking link go.")
    phone: str = strawberry.field(default="", description="Phone number, best with its country code.")

    def decoded(self) -> Contact:
        """As the domain takes it."""
        return Contact(name=self.name, email=self.email, phone=self.phone)


@strawberry.input(description="Where the work is.")
class AddressInput:
    line1: str = strawberry.field(description="First line: house and street.")
    line2: str = strawberry.field(default="", description="Second line.")
    city: str = strawberry.field(description="Post town.")
    postcode: str = strawberry.field(description="A whole postcode, with or without its space.")
    country: str = strawberry.field(default=COUNTRY, description="ISO 3166-1 alpha-2; only GB.")

    def decoded(self) -> PostalAddressValue:
        """As the domain takes it."""
        return PostalAddressValue(
            line1=self.line1, line2=self.line2, city=self.city, postcode=self.postcode, country=self.country
        )

"""Customers, their addresses, and the contact and address that guests give."""

from typing import Annotated, Any

import strawberry
import strawberry_django
from django.db.models import Q, QuerySet
from strawberry.scalars import JSON

from backend.core.viewer import Viewer
from backend.customers import actions, queries
from backend.customers.models import Address as AddressModel
from backend.customers.models import Customer as CustomerModel
from backend.customers.rules import COUNTRY, AddressKind, Contact
from backend.customers.rules import PostalAddress as PostalAddressValue
from schema.connections import Connection
from schema.context import Info
from schema.enums import declare
from schema.ids import decode_id, decode_optional_id
from schema.nested import Nested
from schema.nodes import VisibleNode
from schema.payloads import Payload, mutation, reread

declare(
    AddressKind,
    name="AddressKind",
    description="What an address is for.",
    values={
        AddressKind.SERVICE: "Where the work is.",
        AddressKind.BILLING: "Where invoices go.",
        AddressKind.OTHER: "Anything else.",
    },
)


@strawberry.type(description="Where the work is, as it was written down when it was ordered.")
class PostalAddress:
    line1: str = strawberry.field(description="First line: house and street.")
    line2: str = strawberry.field(description="Second line; may be empty.")
    city: str = strawberry.field(description="Post town.")
    postcode: str = strawberry.field(description="Postcode, with its space.")
    country: str = strawberry.field(description="ISO 3166-1 alpha-2.")

    @classmethod
    def of(cls, row: Any) -> "PostalAddress":
        """The address that an order, a plan or a booking has written down."""
        return cls(line1=row.line1, line2=row.line2, city=row.city, postcode=row.postcode, country=row.country)


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
    @strawberry_django.filter_field(
        description="Only those found by this: words that the name's begin with, the start of the e-mail, digits that "
        "the phone begins or ends with, a postcode or outward code of an address."
    )
    def search(self, value: str, prefix: str) -> Q:
        return Q(**{f"{prefix}pk__in": queries.customers_matching(value).values("pk")})

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

    @strawberry_django.field(
        description="All that is kept of a customer, by domain. The customer itself, or the office that manages it."
    )
    def customer_data(
        self,
        info: Info,
        customer_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="The customer; the viewer's own if left out.")
        ] = None,
    ) -> JSON:
        return actions.export_customer(  # type: ignore[return-value]
            viewer=info.context.viewer, customer_id=decode_optional_id(customer_id, "Customer", ("customer_id",))
        )

    @strawberry_django.field(
        description="All that is kept of whoever ordered with this e-mail and is no customer, by domain. Admins."
    )
    def guest_data(
        self,
        info: Info,
        email: Annotated[str, strawberry.argument(description="The guest's e-mail, however it was written.")],
    ) -> JSON:
        return actions.export_guest(viewer=info.context.viewer, email=email)  # type: ignore[return-value]


@strawberry.input(description="Who is to be reached, where nobody is signed in.")
class GuestInput:
    name: str = strawberry.field(description="Full name, at most 200 characters.")
    email: str = strawberry.field(description="Where confirmation and tracking link go.")
    phone: str = strawberry.field(default="", description="Phone number, best with its country code.")
    language: str | None = strawberry.field(
        default=None,
        description="In which language messages come, such as `de` or `de-AT`. If left out, the one that the browser "
        "asks for (`Accept-Language`); for a language that is not spoken here, the business's.",
    )

    def decoded(self, *, browser: str = "") -> Contact:
        """As the domain takes it. `browser` is the language that counts where none is given."""
        language = browser if self.language is None else self.language
        return Contact(name=self.name, email=self.email, phone=self.phone, language=language)


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


@strawberry.input(description="A new customer.")
class CreateCustomerInput:
    name: str = strawberry.field(description="Full name, at most 200 characters.")
    email: str = strawberry.field(description="Where its mail goes.")
    phone: str = strawberry.field(default="", description="Phone number, best with its country code.")
    address: AddressInput | None = strawberry.field(default=None, description="First address, for services.")
    notes: str = strawberry.field(default="", description="Notes of the office.")
    tags: list[str] = strawberry.field(default_factory=list, description="Labels of the office.")
    user_id: strawberry.ID | None = strawberry.field(
        default=None, description="A CUSTOMER's account without a customer; only admins see such."
    )
    idempotency_key: str | None = strawberry.field(default=None, description="Makes a repeated request safe.")


@strawberry.input(description="Changes to a customer. What is left out stays; bookings keep their own contact.")
class UpdateCustomerInput:
    customer_id: strawberry.ID = strawberry.field(description="The customer.")
    name: str | None = strawberry.field(default=None, description="Full name.")
    email: str | None = strawberry.field(default=None, description="Where its mail goes.")
    phone: str | None = strawberry.field(default=None, description="Phone number.")
    notes: str | None = strawberry.field(default=None, description="Notes of the office.")
    tags: list[str] | None = strawberry.field(default=None, description="All labels of the office.")


@strawberry.input(description="A customer.")
class CustomerInput:
    customer_id: strawberry.ID = strawberry.field(description="The customer.")


@strawberry.input(description="Somebody who was a guest and never became a customer.")
class EraseGuestInput:
    email: str = strawberry.field(description="The guest's e-mail, however it was written.")


@strawberry.input(description="Two customers who are one person.")
class MergeCustomersInput:
    customer_id: strawberry.ID = strawberry.field(description="The one that stays.")
    merged_customer_id: strawberry.ID = strawberry.field(description="The one that becomes part of it.")


@strawberry.input(description="A new address.")
class AddAddressInput:
    customer_id: strawberry.ID | None = strawberry.field(
        default=None, description="The customer; the viewer's own if left out."
    )
    kind: AddressKind = strawberry.field(default=AddressKind.SERVICE, description="What it is for.")
    address: AddressInput = strawberry.field(description="The address.")
    is_default: bool = strawberry.field(
        default=False, description="Whether it takes the default's place. The first of its kind is the default anyway."
    )
    idempotency_key: str | None = strawberry.field(default=None, description="Makes a repeated request safe.")


@strawberry.input(description="A corrected address.")
class UpdateAddressInput:
    address_id: strawberry.ID = strawberry.field(description="The address.")
    address: AddressInput = strawberry.field(description="As it should be.")


@strawberry.input(description="An address.")
class AddressIdInput:
    address_id: strawberry.ID = strawberry.field(description="The address.")


@strawberry.type(description="Answer with a customer.")
class CustomerPayload(Payload):
    @strawberry_django.field(description="The customer as it is now.")
    def customer(self) -> Customer | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer with an address.")
class AddressPayload(Payload):
    @strawberry_django.field(description="The address as it is now.")
    def address(self) -> Address | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer to deleting an address.")
class DeleteAddressPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(default=None, description="The id that was deleted.")


@strawberry.type(description="Answer to forgetting a guest.")
class EraseGuestPayload(Payload):
    rows: int | None = strawberry.field(
        default=None, description="Of how many orders, visits, plans, messages and other rows the person was taken out."
    )


@strawberry.type
class CustomersMutation:
    @mutation(description="Take a customer on. Admins, and managers with MANAGE_CUSTOMERS.")
    def create_customer(self, info: Info, input: CreateCustomerInput) -> CustomerPayload:
        customer = actions.create_customer(
            viewer=info.context.viewer,
            contact=Contact(name=input.name, email=input.email, phone=input.phone),
            address=input.address.decoded() if input.address else None,
            notes=input.notes,
            tags=input.tags,
            user_id=decode_optional_id(input.user_id, "User", ("user_id",)),
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return CustomerPayload(row=customer)

    @mutation(description="Change a customer. Admins, and managers with MANAGE_CUSTOMERS for those they manage.")
    def update_customer(self, info: Info, input: UpdateCustomerInput) -> CustomerPayload:
        customer = actions.update_customer(
            viewer=info.context.viewer,
            customer_id=decode_id(input.customer_id, "Customer", ("customer_id",)),
            changes=actions.CustomerChanges(
                name=input.name, email=input.email, phone=input.phone, notes=input.notes, tags=input.tags
            ),
            now=info.context.now,
        )
        return CustomerPayload(row=customer)

    @mutation(description="Hide a customer from the lists; nothing is deleted. As `updateCustomer`.")
    def archive_customer(self, info: Info, input: CustomerInput) -> CustomerPayload:
        customer = actions.archive_customer(
            viewer=info.context.viewer,
            customer_id=decode_id(input.customer_id, "Customer", ("customer_id",)),
            now=info.context.now,
        )
        return CustomerPayload(row=customer)

    @mutation(description="Bring an archived customer back. As `updateCustomer`.")
    def restore_customer(self, info: Info, input: CustomerInput) -> CustomerPayload:
        customer = actions.restore_customer(
            viewer=info.context.viewer,
            customer_id=decode_id(input.customer_id, "Customer", ("customer_id",)),
            now=info.context.now,
        )
        return CustomerPayload(row=customer)

    @mutation(description="Make two customers one: orders, bookings and addresses follow. Can't be undone. Admins.")
    def merge_customers(self, info: Info, input: MergeCustomersInput) -> CustomerPayload:
        customer = actions.merge_customers(
            viewer=info.context.viewer,
            customer_id=decode_id(input.customer_id, "Customer", ("customer_id",)),
            merged_id=decode_id(input.merged_customer_id, "Customer", ("merged_customer_id",)),
            now=info.context.now,
        )
        return CustomerPayload(row=customer)

    @mutation(
        description="Take a person's data out for good, that of rows merged into it and of its guest orders included; "
        "totals and dates stay. Admins."
    )
    def erase_customer(self, info: Info, input: CustomerInput) -> CustomerPayload:
        customer = actions.erase_customer(
            viewer=info.context.viewer,
            customer_id=decode_id(input.customer_id, "Customer", ("customer_id",)),
            now=info.context.now,
        )
        return CustomerPayload(row=customer)

    @mutation(
        description="Take out for good who ordered with this e-mail and is no customer; totals and dates stay. Admins."
    )
    def erase_guest(self, info: Info, input: EraseGuestInput) -> EraseGuestPayload:
        rows = actions.erase_guest(viewer=info.context.viewer, email=input.email, now=info.context.now)
        return EraseGuestPayload(rows=rows)

    @mutation(description="Enter an address. The customer itself, or the office that manages it.")
    def add_address(self, info: Info, input: AddAddressInput) -> AddressPayload:
        address = actions.add_address(
            viewer=info.context.viewer,
            customer_id=decode_optional_id(input.customer_id, "Customer", ("customer_id",)),
            kind=input.kind,
            address=input.address.decoded(),
            is_default=input.is_default,
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return AddressPayload(row=address)

    @mutation(description="Correct an address; what is booked keeps its own. As `addAddress`.")
    def update_address(self, info: Info, input: UpdateAddressInput) -> AddressPayload:
        address = actions.update_address(
            viewer=info.context.viewer,
            address_id=decode_id(input.address_id, "Address", ("address_id",)),
            address=input.address.decoded(),
            now=info.context.now,
        )
        return AddressPayload(row=address)

    @mutation(description="Make an address the default of its kind. As `addAddress`.")
    def set_default_address(self, info: Info, input: AddressIdInput) -> AddressPayload:
        address = actions.set_default_address(
            viewer=info.context.viewer,
            address_id=decode_id(input.address_id, "Address", ("address_id",)),
            now=info.context.now,
        )
        return AddressPayload(row=address)

    @mutation(description="Delete an address; not the default while others of its kind stand. As `addAddress`.")
    def delete_address(self, info: Info, input: AddressIdInput) -> DeleteAddressPayload:
        actions.delete_address(
            viewer=info.context.viewer,
            address_id=decode_id(input.address_id, "Address", ("address_id",)),
            now=info.context.now,
        )
        return DeleteAddressPayload(deleted_id=input.address_id)

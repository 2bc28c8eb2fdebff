"""Who is looking."""

import strawberry
import strawberry_django

from schema.accounts import User
from schema.context import Info
from schema.customers import Customer
from schema.staff import Staff


@strawberry.type(description="The signed-in user, and the person that it is in the business.")
class Viewer:
    @strawberry_django.field(description="The account.")
    def user(self, info: Info) -> User | None:
        viewer = info.context.viewer
        return User.visible(viewer).filter(pk=viewer.user_id)  # type: ignore[return-value]

    @strawberry_django.field(description="The customer; null for everyone who is none.")
    def customer(self, info: Info) -> Customer | None:
        viewer = info.context.viewer
        return Customer.visible(viewer).filter(pk=viewer.customer_id)  # type: ignore[return-value]

    @strawberry_django.field(description="The member of staff; null for everyone who is none.")
    def staff(self, info: Info) -> Staff | None:
        viewer = info.context.viewer
        return Staff.visible(viewer).filter(pk=viewer.staff_id)  # type: ignore[return-value]


@strawberry.type
class ViewerQuery:
    @strawberry.field(description="Who is signed in; null for nobody.")
    def viewer(self, info: Info) -> Viewer | None:
        return Viewer() if info.context.viewer.is_signed_in else None

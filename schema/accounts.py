"""Signing in, and who is looking."""

from datetime import datetime
from typing import Any

import strawberry
import strawberry_django
from django.db.models import QuerySet
from strawberry.scalars import JSON

from backend.accounts import actions, queries
from backend.accounts.models import Profile as ProfileModel
from backend.accounts.models import User as UserModel
from backend.core.files import link_to
from backend.core.viewer import Role, Viewer
from schema.context import Info
from schema.enums import declare
from schema.nodes import VisibleNode
from schema.payloads import Payload, mutation, reread
from schema.uploads import LINK

declare(
    Role,
    name="Role",
    description="What a user may do.",
    values={
        Role.ADMIN: "Sees and does everything.",
        Role.MANAGER: "Works in the office: for the staff and customers it manages, by its permissions.",
        Role.STAFF: "Goes to customers: its own schedule, and the visits on it.",
        Role.CUSTOMER: "Orders for itself, and sees what is its own.",
    },
)


@strawberry_django.type(ProfileModel, description="What a user tells about itself.")
class Profile:
    phone: strawberry.auto
    time_zone: strawberry.auto

    @strawberry_django.field(only=["preferences"], description="What clients keep about the person's taste.")
    def preferences(self) -> JSON:
        return self.preferences  # type: ignore[no-any-return]

    @strawberry_django.field(
        only=["avatar"],
        description=f"Its picture, a square WebP: {LINK} Null without one.",
    )
    def avatar_url(self, info: Info) -> str | None:
        return link_to(self.avatar, now=info.context.now) if self.avatar else None  # type: ignore[attr-defined]


@strawberry_django.type(UserModel, description="Someone who can sign in.")
class User(VisibleNode):
    email: strawberry.auto
    name: strawberry.auto
    created_at: strawberry.auto
    profile: Profile | None

    @strawberry_django.field(only=["role"], description="What the user may do.")
    def role(self) -> Role:
        return Role(self.role)

    @strawberry_django.field(only=["email_verified_at"], description="Whether the e-mail was proven.")
    def email_verified(self) -> bool:
        return self.email_verified_at is not None  # type: ignore[attr-defined]

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.users_visible_to(viewer)


@strawberry.input(description="E-mail and password.")
class SignInInput:
    email: str = strawberry.field(description="E-mail, in any case.")
    password: str = strawberry.field(description="Password.")


@strawberry.type(description="Answer to signing in.")
class SignInPayload(Payload):
    token: str | None = strawberry.field(
        default=None, description="Goes into `Authorization: Bearer …`. Shown only here."
    )
    expires_at: datetime | None = strawberry.field(default=None, description="When the token ends, in UTC.")

    @strawberry_django.field(description="Who signed in.")
    def user(self) -> User | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer to signing out.")
class SignOutPayload(Payload):
    pass


@strawberry.type
class AccountsMutation:
    @mutation(description="Exchange e-mail and password for a token. Limited by account and network address. Public.")
    def sign_in(self, info: Info, input: SignInInput) -> SignInPayload:
        signed_in = actions.sign_in(
            email=input.email,
            password=input.password,
            address=info.context.address,
            user_agent=info.context.user_agent,
            now=info.context.now,
        )
        return SignInPayload(token=signed_in.token, expires_at=signed_in.expires_at, row=signed_in.user)

    @mutation(description="Revoke the token that this request came with. Signed-in users.")
    def sign_out(self, info: Info) -> SignOutPayload:
        actions.sign_out(viewer=info.context.viewer, now=info.context.now)
        return SignOutPayload()

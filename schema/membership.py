"""Registering, links from mails, invitations, sessions, roles and managers: the rest of accounts."""

from typing import Any

import strawberry
import strawberry_django
from django.db.models import QuerySet
from strawberry.file_uploads import Upload
from strawberry.scalars import JSON

from backend.accounts import actions, queries
from backend.accounts.actions import ProfileChanges
from backend.accounts.models import AccessToken as AccessTokenModel
from backend.accounts.models import Invitation as InvitationModel
from backend.accounts.models import Manager as ManagerModel
from backend.accounts.rules import PREFERENCES
from backend.core.viewer import Permission, Role, Viewer, require_admin, require_signed_in
from schema.accounts import User
from schema.connections import Connection
from schema.context import Info
from schema.customers import Customer
from schema.enums import declare
from schema.ids import decode_id
from schema.nodes import VisibleNode
from schema.payloads import Payload, mutation, reread
from schema.staff import Staff
from schema.uploads import uploaded
from schema.visits_in_the_way import GIVE_AWAY, VisitsInTheWay

declare(
    Permission,
    name="ManagerPermission",
    description="What a manager may be allowed to do.",
    values={
        Permission.MANAGE_STAFF: "Staff: their data, hours, services, areas and absences.",
        Permission.MANAGE_CUSTOMERS: "Customers and their addresses.",
        Permission.MANAGE_ORDERS: "Orders, visits and plans.",
        Permission.APPROVE_SERVICES: "Approve and reject services that staff propose.",
        Permission.VIEW_REPORTS: "Figures of the business.",
    },
)


@strawberry_django.order_type(AccessTokenModel, description="The order of sessions.")
class SessionOrder:
    created_at: strawberry.auto
    last_used_at: strawberry.auto


@strawberry_django.type(
    AccessTokenModel, name="Session", ordering=SessionOrder, description="A sign-in. Its token is never shown again."
)
class Session(VisibleNode):
    user_agent: strawberry.auto
    created_at: strawberry.auto
    last_used_at: strawberry.auto
    expires_at: strawberry.auto
    revoked_at: strawberry.auto

    @strawberry_django.field(only=["id"], description="Whether this request came with it.")
    def is_current(self, info: Info) -> bool:
        return self.pk == info.context.viewer.token_id  # type: ignore[attr-defined, no-any-return]

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.sessions_visible_to(viewer)


@strawberry_django.order_type(InvitationModel, description="The order of invitations.")
class InvitationOrder:
    created_at: strawberry.auto
    expires_at: strawberry.auto


@strawberry_django.type(
    InvitationModel, ordering=InvitationOrder, description="The right to register once, in a role. Its link is mailed."
)
class Invitation(VisibleNode):
    email: strawberry.auto
    created_at: strawberry.auto
    expires_at: strawberry.auto
    used_at: strawberry.auto
    invited_by: User | None

    @strawberry_django.field(only=["role"], description="What the invited person will be.")
    def role(self) -> Role:
        return Role(self.role)

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.invitations_visible_to(viewer)


@strawberry_django.type(ManagerModel, description="What a manager may do, and to whom.")
class Manager(VisibleNode):
    user: User
    can_manage_all: strawberry.auto
    managed_staff: list[Staff]
    managed_customers: list[Customer]

    @strawberry_django.field(
        only=[
            "can_manage_staff",
            "can_manage_customers",
            "can_manage_orders",
            "can_approve_services",
            "can_view_reports",
        ],
        description="The flags that are set.",
    )
    def permissions(self) -> list[Permission]:
        return sorted(self.permissions)

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.managers_visible_to(viewer)


@strawberry.type
class MembershipQuery:
    @strawberry_django.connection(
        Connection[Session], description="The viewer's own sign-ins, the newest first. Signed-in users."
    )
    def sessions(self, info: Info) -> QuerySet[AccessTokenModel]:
        return queries.own_sessions(require_signed_in(info.context.viewer))

    @strawberry_django.connection(Connection[Invitation], description="All invitations, the newest first. Admins.")
    def invitations(self, info: Info) -> QuerySet[InvitationModel]:
        require_admin(info.context.viewer)
        return queries.invitations_visible_to(info.context.viewer)

    @strawberry_django.connection(Connection[User], description="All users. Admins.")
    def users(self, info: Info) -> QuerySet[Any]:
        require_admin(info.context.viewer)
        return queries.users_visible_to(info.context.viewer)

    @strawberry_django.connection(Connection[Manager], description="All managers. Admins.")
    def managers(self, info: Info) -> QuerySet[ManagerModel]:
        require_admin(info.context.viewer)
        return queries.managers_visible_to(info.context.viewer)


@strawberry.input(description="A new account.")
class RegisterInput:
    email: str = strawberry.field(description="E-mail to sign in with.")
    password: str = strawberry.field(description="At least ten characters, not a common one.")
    name: str = strawberry.field(description="Full name.")
    phone: str | None = strawberry.field(default=None, description="Phone, international or British.")
    invitation_token: str | None = strawberry.field(
        default=None, description="From an invitation's link: for staff, managers and admins."
    )


@strawberry.input(description="A link from a mail.")
class VerifyEmailInput:
    token: str = strawberry.field(description="The link's token.")


@strawberry.input(description="Whose link to send again.")
class ResendVerificationInput:
    email: str | None = strawberry.field(default=None, description="The e-mail; the viewer's own if left out.")


@strawberry.input(description="Whose password was forgotten.")
class RequestPasswordResetInput:
    email: str = strawberry.field(description="The e-mail.")


@strawberry.input(description="A new password by a link from a mail.")
class ResetPasswordInput:
    token: str = strawberry.field(description="The link's token.")
    password: str = strawberry.field(description="At least ten characters, not a common one.")


@strawberry.input(description="A new password by the current one.")
class ChangePasswordInput:
    current_password: str = strawberry.field(description="The password as it is.")
    new_password: str = strawberry.field(description="At least ten characters, not a common one.")


@strawberry.input(description="Whom to invite.")
class SendInvitationInput:
    email: str = strawberry.field(description="Whose registration it allows.")
    role: Role = strawberry.field(description="STAFF, MANAGER or ADMIN.")
    idempotency_key: str | None = strawberry.field(default=None, description="Makes a repeated request safe.")


@strawberry.input(description="An invitation.")
class InvitationInput:
    invitation_id: strawberry.ID = strawberry.field(description="The invitation.")


_PREFERENCES = "All preferences, replacing those before. " + "; ".join(
    f"`{key}`: {', '.join(values)}" for key, values in PREFERENCES.items()
)


@strawberry.input(description="Changes to one's own profile. What is left out stays.")
class UpdateProfileInput:
    name: str | None = strawberry.field(default=None, description="Full name.")
    phone: str | None = strawberry.field(default=None, description="Phone; kept in international form.")
    time_zone: str | None = strawberry.field(default=None, description="IANA name, such as `Europe/London`.")
    preferences: JSON | None = strawberry.field(default=None, description=_PREFERENCES)
    avatar: Upload | None = strawberry.field(
        default=None, description="A JPEG, PNG or WebP picture, at most 15 MB; its middle is kept as a square."
    )
    remove_avatar: bool = strawberry.field(default=False, description="Whether the picture goes without a new one.")


@strawberry.input(description="A user's new role.")
class UpdateUserRoleInput:
    user_id: strawberry.ID = strawberry.field(description="The user.")
    role: Role = strawberry.field(description="What it may do from now on.")
    reassign: bool = strawberry.field(
        default=False,
        description=f"Of a member of staff: {GIVE_AWAY}",
    )


@strawberry.input(description="The user who is to be let in again.")
class ReactivateUserInput:
    user_id: strawberry.ID = strawberry.field(description="The user.")


@strawberry.input(description="The user to lock out.")
class DeactivateUserInput:
    user_id: strawberry.ID = strawberry.field(description="The user.")
    reassign: bool = strawberry.field(
        default=False,
        description=f"Of a member of staff: {GIVE_AWAY}",
    )


@strawberry.input(description="The sign-in to end.")
class RevokeSessionInput:
    session_id: strawberry.ID = strawberry.field(description="The session.")


@strawberry.input(description="Which sign-ins to end.")
class RevokeAllSessionsInput:
    keep_this: bool = strawberry.field(default=True, description="Whether the one of this request stays.")


@strawberry.input(description="What a manager may do, and to whom. What is left out stays; a list replaces the whole.")
class UpdateManagerInput:
    manager_id: strawberry.ID = strawberry.field(description="The manager.")
    can_manage_all: bool | None = strawberry.field(default=None, description="Whether it manages everybody.")
    permissions: list[Permission] | None = strawberry.field(default=None, description="The flags that are set.")
    managed_staff_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Its staff.")
    managed_customer_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Its customers.")


@strawberry.type(description="Answer with a user.")
class UserPayload(Payload):
    @strawberry_django.field(description="The user as it is now.")
    def user(self) -> User | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer with a user who may leave the staff, and what keeps it.")
class UserLeavesPayload(UserPayload, VisitsInTheWay):
    pass


@strawberry.type(description="Answer to registering. The same whether or not the e-mail had an account before.")
class RegisterPayload(Payload):
    user: User | None = strawberry.field(default=None, description="The account, its e-mail still to be proven.")


@strawberry.type(description="Answer that does not tell whether there was anything to do.")
class AcceptedPayload(Payload):
    accepted: bool = strawberry.field(default=False, description="Whether the request was taken.")


@strawberry.type(description="Answer with an invitation.")
class InvitationPayload(Payload):
    @strawberry_django.field(description="The invitation as it is now.")
    def invitation(self) -> Invitation | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer to deleting an invitation.")
class DeleteInvitationPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(default=None, description="The id that was deleted.")


@strawberry.type(description="Answer with a session.")
class SessionPayload(Payload):
    @strawberry_django.field(description="The session as it is now.")
    def session(self) -> Session | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer to ending several sign-ins.")
class RevokeAllSessionsPayload(Payload):
    revoked: int = strawberry.field(default=0, description="How many ended.")


@strawberry.type(description="Answer with a manager.")
class ManagerPayload(Payload):
    @strawberry_django.field(description="The manager as it is now.")
    def manager(self) -> Manager | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type
class RegistrationMutation:
    @mutation(
        description="Make an account: a customer's, or in the role of an invitation. It is written to in the language "
        "that the browser asks for (`Accept-Language`) until its preferences say otherwise. Limited. Public."
    )
    def register(self, info: Info, input: RegisterInput) -> RegisterPayload:
        user = actions.register(
            email=input.email,
            password=input.password,
            name=input.name,
            phone=input.phone or "",
            invitation_token=input.invitation_token,
            language=info.context.language,
            address=info.context.address,
            now=info.context.now,
        )
        return RegisterPayload(user=user)  # type: ignore[arg-type]

    @mutation(description="Prove an e-mail by the link that was sent to it. Public.")
    def verify_email(self, info: Info, input: VerifyEmailInput) -> UserPayload:
        return UserPayload(row=actions.verify_email(token=input.token, now=info.context.now))

    @mutation(description="Mail the link again. The same answer whether or not it exists. Public.")
    def resend_verification(self, info: Info, input: ResendVerificationInput) -> AcceptedPayload:
        actions.resend_verification(
            viewer=info.context.viewer, email=input.email, address=info.context.address, now=info.context.now
        )
        return AcceptedPayload(accepted=True)

    @mutation(description="Mail a link to set a new password. The same answer whether or not it exists. Public.")
    def request_password_reset(self, info: Info, input: RequestPasswordResetInput) -> AcceptedPayload:
        actions.request_password_reset(email=input.email, address=info.context.address, now=info.context.now)
        return AcceptedPayload(accepted=True)

    @mutation(description="Set a new password by a link; every sign-in of the account ends. Public.")
    def reset_password(self, info: Info, input: ResetPasswordInput) -> UserPayload:
        user = actions.reset_password(token=input.token, password=input.password, now=info.context.now)
        return UserPayload(row=user)

    @mutation(description="Change one's own password; every other sign-in ends. Signed-in users.")
    def change_password(self, info: Info, input: ChangePasswordInput) -> UserPayload:
        user = actions.change_password(
            viewer=info.context.viewer,
            current=input.current_password,
            new=input.new_password,
            now=info.context.now,
        )
        return UserPayload(row=user)


@strawberry.type
class MembershipMutation:
    @mutation(description="Invite somebody to be staff, manager or admin. Admins.")
    def send_invitation(self, info: Info, input: SendInvitationInput) -> InvitationPayload:
        invitation = actions.send_invitation(
            viewer=info.context.viewer,
            email=input.email,
            role=input.role,
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return InvitationPayload(row=invitation)

    @mutation(description="Mail an unused invitation again, with a new link and seven new days. Admins.")
    def resend_invitation(self, info: Info, input: InvitationInput) -> InvitationPayload:
        invitation = actions.resend_invitation(
            viewer=info.context.viewer,
            invitation_id=decode_id(input.invitation_id, "Invitation", ("invitation_id",)),
            now=info.context.now,
        )
        return InvitationPayload(row=invitation)

    @mutation(description="Delete an invitation that nobody used. Admins.")
    def delete_invitation(self, info: Info, input: InvitationInput) -> DeleteInvitationPayload:
        actions.delete_invitation(
            viewer=info.context.viewer,
            invitation_id=decode_id(input.invitation_id, "Invitation", ("invitation_id",)),
        )
        return DeleteInvitationPayload(deleted_id=input.invitation_id)

    @mutation(description="Change one's own profile. Signed-in users.")
    def update_profile(self, info: Info, input: UpdateProfileInput) -> UserPayload:
        user = actions.update_profile(
            viewer=info.context.viewer,
            changes=ProfileChanges(
                name=input.name,
                phone=input.phone,
                time_zone=input.time_zone,
                preferences=input.preferences,
                avatar=None if input.avatar is None else uploaded(input.avatar, ("avatar",)),
                removes_avatar=input.remove_avatar,
            ),
        )
        return UserPayload(row=user)

    @mutation(description="Give a user another role: makes the row it needs and signs the user out. Admins.")
    def update_user_role(self, info: Info, input: UpdateUserRoleInput) -> UserLeavesPayload:
        user = actions.update_user_role(
            viewer=info.context.viewer,
            user_id=decode_id(input.user_id, "User", ("user_id",)),
            role=input.role,
            reassign=input.reassign,
            now=info.context.now,
        )
        return UserLeavesPayload(row=user)

    @mutation(description="Lock a user out, at once and everywhere. Admins.")
    def deactivate_user(self, info: Info, input: DeactivateUserInput) -> UserLeavesPayload:
        user = actions.deactivate_user(
            viewer=info.context.viewer,
            user_id=decode_id(input.user_id, "User", ("user_id",)),
            reassign=input.reassign,
            now=info.context.now,
        )
        return UserLeavesPayload(row=user)

    @mutation(description="Let a user in again, in the role that it had. Admins.")
    def reactivate_user(self, info: Info, input: ReactivateUserInput) -> UserPayload:
        user = actions.reactivate_user(
            viewer=info.context.viewer,
            user_id=decode_id(input.user_id, "User", ("user_id",)),
            now=info.context.now,
        )
        return UserPayload(row=user)

    @mutation(description="End one of one's own sign-ins; admins, anybody's. Signed-in users.")
    def revoke_session(self, info: Info, input: RevokeSessionInput) -> SessionPayload:
        session = actions.revoke_session(
            viewer=info.context.viewer,
            token_id=decode_id(input.session_id, "Session", ("session_id",)),
            now=info.context.now,
        )
        return SessionPayload(row=session)

    @mutation(description="End all of one's own sign-ins, or all but this one. Signed-in users.")
    def revoke_all_sessions(self, info: Info, input: RevokeAllSessionsInput) -> RevokeAllSessionsPayload:
        revoked = actions.sign_out_everywhere(
            viewer=info.context.viewer, keep_this=input.keep_this, now=info.context.now
        )
        return RevokeAllSessionsPayload(revoked=revoked)

    @mutation(description="Say what a manager may do, and to whom. Admins.")
    def update_manager(self, info: Info, input: UpdateManagerInput) -> ManagerPayload:
        manager = actions.update_manager(
            viewer=info.context.viewer,
            manager_id=decode_id(input.manager_id, "Manager", ("manager_id",)),
            can_manage_all=input.can_manage_all,
            permissions=input.permissions,
            managed_staff_ids=_decoded(input.managed_staff_ids, "Staff", "managed_staff_ids"),
            managed_customer_ids=_decoded(input.managed_customer_ids, "Customer", "managed_customer_ids"),
            now=info.context.now,
        )
        return ManagerPayload(row=manager)


def _decoded(ids: list[strawberry.ID] | None, kind: str, field: str) -> list[int] | None:
    return None if ids is None else [decode_id(each, kind, (field, position)) for position, each in enumerate(ids)]

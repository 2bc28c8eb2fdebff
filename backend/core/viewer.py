"""Who is asking. Built once per request by the face, passed to every action and query, never looked up again."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backend.core.errors import NotAllowed, NotSignedIn


class Role(StrEnum):
    """The one role of a user."""

    ADMIN = "ADMIN"
    MANAGER = "MANAGER"
    STAFF = "STAFF"
    CUSTOMER = "CUSTOMER"


class Permission(StrEnum):
    """What a manager may be allowed to do, each by a flag."""

    MANAGE_STAFF = "MANAGE_STAFF"
    MANAGE_CUSTOMERS = "MANAGE_CUSTOMERS"
    MANAGE_ORDERS = "MANAGE_ORDERS"
    APPROVE_SERVICES = "APPROVE_SERVICES"
    VIEW_REPORTS = "VIEW_REPORTS"


class Scope(StrEnum):
    """What a partner's API key may be good for."""

    CATALOGUE_READ = "catalogue:read"
    AVAILABILITY_READ = "availability:read"
    ORDERS_READ = "orders:read"
    CONTACTS_READ = "contacts:read"
    PHOTOS_READ = "photos:read"
    ORDERS_WRITE = "orders:write"
    WEBHOOKS_MANAGE = "webhooks:manage"


@dataclass(frozen=True, slots=True)
class PartnerAccess:
    """Whose API key it is, and what it is good for."""

    partner_id: int
    key_id: int
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class ManagerScope:
    """What a manager manages: everything, or the named staff and customers."""

    manages_all: bool
    permissions: frozenset[Permission]
    staff_ids: frozenset[int]
    customer_ids: frozenset[int]


MANAGES_NOTHING = ManagerScope(
    manages_all=False, permissions=frozenset(), staff_ids=frozenset(), customer_ids=frozenset()
)


@dataclass(frozen=True, slots=True)
class Viewer:
    """The signed-in user, a partner's API key, or nobody.

    A guest is nobody as well: a tracking token opens one order through the operation that carries it and grants
    nothing beyond that. A partner is no user: it may what is public, and what its scopes add to that.
    """

    user_id: int | None = None
    role: Role | None = None
    staff_id: int | None = None
    customer_id: int | None = None
    manager: ManagerScope | None = None
    token_id: int | None = None
    token_used_at: datetime | None = None
    """When the token's last use was noted, which is done every few minutes only."""
    partner: PartnerAccess | None = None

    @property
    def is_signed_in(self) -> bool:
        return self.user_id is not None

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN

    @property
    def is_office(self) -> bool:
        """Admins and managers."""
        return self.role in (Role.ADMIN, Role.MANAGER)

    @property
    def manages_all(self) -> bool:
        return self.is_admin or (self.manager is not None and self.manager.manages_all)

    def may(self, permission: Permission) -> bool:
        """Whether the viewer holds an office permission; admins hold all."""
        return self.is_admin or (self.manager is not None and permission in self.manager.permissions)

    def has_scope(self, scope: Scope) -> bool:
        """Whether this is a partner's key that is good for `scope`."""
        return self.partner is not None and scope in self.partner.scopes

    def manages_staff(self, staff_id: int) -> bool:
        return self.manages_all or (self.manager is not None and staff_id in self.manager.staff_ids)

    def manages_customer(self, customer_id: int) -> bool:
        return self.manages_all or (self.manager is not None and customer_id in self.manager.customer_ids)


NOBODY = Viewer()


def require_signed_in(viewer: Viewer) -> int:
    """The viewer's user id, or NotSignedIn."""
    if viewer.user_id is None:
        raise NotSignedIn
    return viewer.user_id


def require_admin(viewer: Viewer) -> None:
    """NotSignedIn for nobody, NotAllowed for everyone but an admin."""
    require_signed_in(viewer)
    if not viewer.is_admin:
        raise NotAllowed


def require_permission(viewer: Viewer, permission: Permission) -> None:
    """NotSignedIn for nobody, NotAllowed for everyone without that office permission."""
    require_signed_in(viewer)
    if not viewer.may(permission):
        raise NotAllowed

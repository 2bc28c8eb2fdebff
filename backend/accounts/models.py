"""Users, their roles, and the tokens they sign in with."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from backend.core.audit import audited, audited_links
from backend.core.choices import choices_of, one_of
from backend.core.viewer import Permission, Role


class UserManager(BaseUserManager["User"]):
    """Finds users by e-mail, whatever its case."""

    def with_email(self, email: str) -> "models.QuerySet[User]":
        """The user with this e-mail, in any case; by the unique index, so that it takes as long whether there is one.

        `email=` finds no index, and with `first()` reads users by id until it meets the one: who asks hears by the time
        that there is an account, and how old it is.
        """
        return self.alias(lower_email=Lower("email")).filter(lower_email=email.strip().lower())

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.with_email(username or "").get()


@audited(secret=["password"], personal=["email", "name"], ignored=["last_login"])
class User(AbstractBaseUser):
    """Someone who can sign in, by e-mail. The e-mail is kept in lower case; exactly one role."""

    email = models.EmailField(help_text="Signs in with it; lower case, unique whatever the case.")
    name = models.CharField(max_length=200, help_text="As the person wants to be called.")
    role = models.CharField(max_length=16, choices=choices_of(Role), default=Role.CUSTOMER, help_text="What it may do.")
    is_active = models.BooleanField(default=True, help_text="Inactive users can't sign in.")
    email_verified_at = models.DateTimeField(null=True, blank=True, help_text="When the e-mail was proven, in UTC.")
    created_at = models.DateTimeField(help_text="When the account was made, in UTC.")

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            one_of("role", Role, "user_role_known"),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_staff(self) -> bool:
        """Django's name for "may enter the back office": admins and managers. Nothing to do with the STAFF role."""
        return self.is_active and self.role in (Role.ADMIN, Role.MANAGER)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """What Django asks where nobody else decides: admins may everything. Our back office asks the viewer."""
        return self.is_active and self.role == Role.ADMIN

    def has_perms(self, perm_list: Any, obj: Any = None) -> bool:
        return self.has_perm("")

    def has_module_perms(self, app_label: str) -> bool:
        return self.has_perm("")


@audited(personal=["phone", "time_zone", "preferences"])
class Profile(models.Model):
    """What a user tells about itself."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="profile", help_text="Whose profile.")
    phone = models.CharField(max_length=32, blank=True, help_text="Phone number.")
    time_zone = models.CharField(max_length=64, default="Europe/London", help_text="IANA time zone for display.")
    avatar = models.CharField(max_length=200, blank=True, help_text="Name of its picture in the storage, or nothing.")
    preferences = models.JSONField(default=dict, blank=True, help_text="Client-side preferences.")

    def __str__(self) -> str:
        return f"Profile of {self.user_id}"


@audited()
class Manager(models.Model):
    """What a user with the MANAGER role manages, and may do there."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="manager", help_text="The manager.")
    can_manage_all = models.BooleanField(default=False, help_text="Manages all staff and customers.")
    can_manage_staff = models.BooleanField(default=False, help_text="May change managed staff and their hours.")
    can_manage_customers = models.BooleanField(default=False, help_text="May change managed customers.")
    can_manage_orders = models.BooleanField(default=False, help_text="May confirm, assign and cancel orders.")
    can_approve_services = models.BooleanField(default=False, help_text="May approve services that staff propose.")
    can_view_reports = models.BooleanField(default=False, help_text="May see reports.")
    managed_staff = models.ManyToManyField(
        "staff.Staff", blank=True, related_name="managers", help_text="Staff that this manager manages."
    )
    managed_customers = models.ManyToManyField(
        "customers.Customer", blank=True, related_name="managers", help_text="Customers that this manager manages."
    )

    def __str__(self) -> str:
        return f"Manager {self.user_id}"

    @property
    def permissions(self) -> frozenset[Permission]:
        """The flags that are set."""
        return frozenset(
            permission for permission in Permission if getattr(self, f"can_{permission.value.lower()}", False)
        )


@audited(secret=["token_hash"], personal=["user_agent"], ignored=["last_used_at"])
class AccessToken(models.Model):
    """A sign-in. The token itself is shown once and never stored: only its SHA-256 is."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="access_tokens", help_text="Who signed in.")
    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token, hexadecimal.")
    user_agent = models.CharField(max_length=300, blank=True, help_text="The client, as it named itself.")
    created_at = models.DateTimeField(help_text="When it was issued, in UTC.")
    expires_at = models.DateTimeField(help_text="When it ends, in UTC.")
    last_used_at = models.DateTimeField(help_text="Last use, in UTC, to a few minutes.")
    revoked_at = models.DateTimeField(null=True, blank=True, help_text="When it was signed out, in UTC.")

    class Meta:
        indexes = [models.Index(fields=["user", "-created_at"], name="access_token_of_user")]

    def __str__(self) -> str:
        return f"Token {self.pk} of user {self.user_id}"


@audited(secret=["token"], personal=["email"])
class Invitation(models.Model):
    """The right to register once, with this e-mail, in this role."""

    email = models.EmailField(help_text="Who is invited; lower case.")
    role = models.CharField(max_length=16, choices=choices_of(Role), help_text="What it will be.")
    token = models.CharField(max_length=64, unique=True, help_text="In the link of the mail.")
    invited_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="invitations_sent", help_text="The admin."
    )
    created_at = models.DateTimeField(help_text="When it was first sent, in UTC.")
    expires_at = models.DateTimeField(help_text="Until when it can be used, in UTC.")
    used_at = models.DateTimeField(null=True, blank=True, help_text="When it was used, in UTC.")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            one_of("role", [Role.ADMIN, Role.MANAGER, Role.STAFF], "invitation_role_known"),
            models.UniqueConstraint(
                Lower("email"), condition=models.Q(used_at=None), name="invitation_one_open_per_email"
            ),
        ]

    def __str__(self) -> str:
        return f"Invitation of {self.email}"


ManagedStaff = audited_links(Manager.managed_staff, "ManagedStaff")
ManagedCustomers = audited_links(Manager.managed_customers, "ManagedCustomers")

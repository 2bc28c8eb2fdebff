"""Taking a person out of its account."""

from datetime import datetime

from django.contrib.auth.hashers import make_password

from backend.accounts.actions.sessions import revoke_tokens
from backend.accounts.errors import NotACustomer
from backend.accounts.models import AccessToken, Invitation, Profile, User
from backend.accounts.queries import user_by_id
from backend.audit.actions import forget_parts, forget_values
from backend.core.errors import FieldPath
from backend.core.files import discard_after_commit
from backend.core.transactions import step
from backend.core.viewer import Role


@step
def erase_account(*, user_id: int, field: FieldPath, actor_id: int | None, now: datetime) -> None:
    """Nobody signs in with it again, and nothing of it says whose it was: the trail included. The row stays.

    NotACustomer for whoever works here, whose account is part of what was done. Twice is no error.
    """
    user = user_by_id(user_id, lock=True)
    if user.role != Role.CUSTOMER:
        raise NotACustomer(field=field)
    _erase_invitations(user.email)
    _erase_profile(user)
    revoke_tokens(user_id=user.pk, actor_id=actor_id, now=now)
    AccessToken.objects.filter(user=user).update(user_agent="")
    user.name, user.email = "Erased", f"erased-user-{user.pk}@invalid"
    user.password = make_password(None)  # also ends its sessions in the back office, which are signed with it
    user.is_active, user.email_verified_at, user.last_login = False, None, None
    user.save()
    forget_values(model="accounts.User", object_ids=[user.pk])
    for part in ("accounts.Profile", "accounts.AccessToken"):
        forget_parts(model=part, column="user_id", owner=user.pk)


def _erase_profile(user: User) -> None:
    profile = Profile.objects.filter(user=user).first()
    if profile is None:
        return
    if profile.avatar:
        discard_after_commit([profile.avatar])
    profile.phone, profile.avatar, profile.preferences = "", "", {}
    profile.time_zone = Profile._meta.get_field("time_zone").get_default()
    profile.save()


@step
def erase_invitations(*, email: str) -> int:
    """Take an e-mail that has no account out of the invitations that were sent to it; how many. 0 where it has one."""
    return 0 if User.objects.with_email(email).exists() else _erase_invitations(email)


def _erase_invitations(email: str) -> int:
    """Those that were sent to it; of those that are gone the trail still knows the e-mail."""
    invitations = list(Invitation.objects.filter(email=email))
    for invitation in invitations:
        invitation.email = f"erased-invitation-{invitation.pk}@invalid"
        invitation.save(update_fields=["email"])
    forget_parts(model="accounts.Invitation", column="email", owner=email)
    return len(invitations)

"""What happens to accounts. Facts carry ids, never a token or a password: who writes the mail makes the link then."""

from dataclasses import dataclass
from typing import ClassVar

from backend.core.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRegistered(Fact):
    """Somebody made an account; its e-mail is not proven yet unless an invitation proved it."""

    kind: ClassVar[str] = "user.registered"

    user_id: int
    verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredAgain(Fact):
    """Somebody tried to register with the e-mail of an account that is there: its owner is told, nobody else."""

    kind: ClassVar[str] = "user.registered_again"

    user_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationRequested(Fact):
    """An unproven e-mail wants its link again; of nobody where there is none, so that asking takes as long."""

    kind: ClassVar[str] = "user.verification_requested"

    user_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailVerified(Fact):
    """An e-mail was proven."""

    kind: ClassVar[str] = "user.email_verified"

    user_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordResetRequested(Fact):
    """Somebody forgot the password of this account; of nobody where there is none, so that asking takes as long."""

    kind: ClassVar[str] = "user.password_reset_requested"

    user_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(Fact):
    """A password was changed or reset; its owner is told, in case it was somebody else."""

    kind: ClassVar[str] = "user.password_changed"

    user_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationSent(Fact):
    """An admin invited somebody, or sent an invitation again."""

    kind: ClassVar[str] = "invitation.sent"

    invitation_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessChanged(Fact):
    """What a user may do changed: its role, its being active, or what it manages. Open sockets are checked again."""

    kind: ClassVar[str] = "user.access_changed"

    user_id: int

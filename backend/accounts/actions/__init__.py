"""Every write of accounts: signing in, registering, passwords, invitations, and what users may do."""

from backend.accounts.actions.invitations import delete_invitation, resend_invitation, send_invitation
from backend.accounts.actions.passwords import change_password, request_password_reset, reset_password
from backend.accounts.actions.people import deactivate_user, update_manager, update_profile, update_user_role
from backend.accounts.actions.registration import (
    create_account,
    create_admin,
    makes_row,
    register,
    resend_verification,
    verify_email,
)
from backend.accounts.actions.sessions import (
    KEEP_ENDED_TOKENS,
    SIGN_IN_BY_ACCOUNT,
    SIGN_IN_BY_ADDRESS,
    SignedIn,
    forget_ended_sessions,
    forget_ended_tokens,
    let_manage_customer,
    let_manage_staff,
    limit_sign_in,
    note_use,
    revoke_session,
    revoke_tokens,
    sign_in,
    sign_out,
    sign_out_everywhere,
)

__all__ = [
    "KEEP_ENDED_TOKENS",
    "SIGN_IN_BY_ACCOUNT",
    "SIGN_IN_BY_ADDRESS",
    "SignedIn",
    "change_password",
    "create_account",
    "create_admin",
    "deactivate_user",
    "delete_invitation",
    "forget_ended_sessions",
    "forget_ended_tokens",
    "let_manage_customer",
    "let_manage_staff",
    "limit_sign_in",
    "makes_row",
    "note_use",
    "register",
    "request_password_reset",
    "resend_invitation",
    "resend_verification",
    "reset_password",
    "revoke_session",
    "revoke_tokens",
    "send_invitation",
    "sign_in",
    "sign_out",
    "sign_out_everywhere",
    "update_manager",
    "update_profile",
    "update_user_role",
    "verify_email",
]

"""The ways out, each behind a Protocol."""

from backend.notifications.gateway.mail import DjangoMailer, Mail, Mailer, OutboxFolder, as_message

__all__ = ["DjangoMailer", "Mail", "Mailer", "OutboxFolder", "as_message"]

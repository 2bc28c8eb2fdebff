"""The ways out, each behind a Protocol."""

from backend.notifications.gateway.mail import Attachment, DjangoMailer, Mail, Mailer, OutboxFolder, as_message
from backend.notifications.gateway.sms import ConfiguredGateway, Sms, SmsGateway, TwilioGateway

__all__ = [
    "Attachment",
    "ConfiguredGateway",
    "DjangoMailer",
    "Mail",
    "Mailer",
    "OutboxFolder",
    "Sms",
    "SmsGateway",
    "TwilioGateway",
    "as_message",
]

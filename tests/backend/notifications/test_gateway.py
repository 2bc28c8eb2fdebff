"""What leaves the house, as a mail program would read it."""

import email
import email.policy
import smtplib
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.headerregistry import AddressHeader
from pathlib import Path
from typing import Any

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMessage

from backend.notifications.errors import TransportError
from backend.notifications.gateway import DjangoMailer, Mail, OutboxFolder, as_message
from backend.notifications.rules import header_text
from tests.factories.business import NOW

MAIL = Mail(
    message_id="<abc123@rota.test>",
    sender_name="Müller & Söhne",
    sender="office@rota.test",
    recipient_name="Zoë “Zed” Ångström, Jr.",
    recipient="zoe@example.com",
    subject="Déjà vu: ½ price",
    text="Grüße\n",
    html="<p>Grüße</p>",
    written_at=NOW,
)


def parsed(message: EmailMessage) -> Any:
    return email.message_from_bytes(message.message().as_bytes(), policy=email.policy.default)


def addresses(header: AddressHeader) -> list[tuple[str, str]]:
    return [(each.display_name, each.addr_spec) for each in header.addresses]


def test_a_mail_reads_as_it_was_meant_in_any_script() -> None:
    message = parsed(as_message(MAIL))
    assert addresses(message["From"]) == [("Müller & Söhne", "office@rota.test")]
    assert addresses(message["To"]) == [("Zoë “Zed” Ångström, Jr.", "zoe@example.com")]
    assert message["Subject"] == "Déjà vu: ½ price"
    assert message["Message-ID"] == "<abc123@rota.test>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Mon, 01 Feb 2027 08:00:00 +0000"
    assert message.get_content_type() == "multipart/alternative"
    assert message.get_body(("plain",)).get_content() == "Grüße\n"
    assert message.get_body(("html",)).get_content().strip() == "<p>Grüße</p>"


@pytest.mark.parametrize("where", ["subject", "recipient_name", "recipient"])
def test_a_header_can_not_be_smuggled_in(where: str, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    changes: dict[str, Any] = {where: "x@example.com\r\nBcc: all@example.com"}
    django_mail.outbox = []
    with pytest.raises(TransportError) as caught:
        DjangoMailer().send(replace(MAIL, **changes))
    assert caught.value.permanent
    assert django_mail.outbox == []


def test_header_text_is_one_line_without_control_characters() -> None:
    assert header_text("  Eve\r\nBcc: a@b.c\u2028\x00 now ", max_length=50) == "Eve Bcc: a@b.c now"
    assert header_text("x" * 300, max_length=200) == "x" * 200


def test_the_outbox_holds_one_whole_file_per_message_id(tmp_path: Path, settings: Any) -> None:
    settings.EMAIL_BACKEND = "backend.notifications.gateway.OutboxFolder"
    settings.EMAIL_FILE_PATH = tmp_path / "outbox"
    DjangoMailer().send(MAIL)
    DjangoMailer().send(MAIL)
    DjangoMailer().send(replace(MAIL, message_id="<other@rota.test>"))
    assert sorted(file.name for file in (tmp_path / "outbox").iterdir()) == [
        "abc123@rota.test.eml",
        "other@rota.test.eml",
    ]
    message = email.message_from_bytes((tmp_path / "outbox" / "abc123@rota.test.eml").read_bytes())
    assert message["To"].endswith("<zoe@example.com>")


def test_a_message_id_can_not_leave_the_outbox(tmp_path: Path, settings: Any) -> None:
    settings.EMAIL_FILE_PATH = tmp_path / "outbox"
    OutboxFolder().send_messages([as_message(replace(MAIL, message_id="<../../../etc/x@rota.test>"))])
    assert [file.name for file in (tmp_path / "outbox").iterdir()] == ["etcx@rota.test.eml"]


@contextmanager
def smtp_server(answers: dict[str, str]) -> Iterator[tuple[int, list[str]]]:
    """A mail server on a port of its own that says 250, or what `answers` has for a command; and what it received."""
    received: list[str] = []

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 test\r\n")
            while line := self.rfile.readline().decode():
                command = line.split(":")[0].split()[0].upper()
                answer = answers.get(command, "354 go on" if command == "DATA" else "250 fine")
                self.wfile.write(f"{answer}\r\n".encode())
                if answer.startswith("354"):
                    body = b""
                    while (part := self.rfile.readline()) != b".\r\n":
                        body += part
                    received.append(body.decode())
                    self.wfile.write(f"{answers.get('BODY', '250 queued')}\r\n".encode())
                if command == "QUIT":
                    return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1], received
        server.shutdown()


@pytest.fixture
def smtp(settings: Any) -> Any:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_HOST_USER = "127.0.0.1", ""
    return settings


def test_smtp_carries_the_mail(smtp: Any) -> None:
    with smtp_server({}) as (smtp.EMAIL_PORT, received):
        DjangoMailer().send(MAIL)
    assert len(received) == 1
    assert "Message-ID: <abc123@rota.test>" in received[0]


@pytest.mark.parametrize(
    ("answers", "permanent"),
    [
        ({"RCPT": "550 no such user"}, True),
        ({"RCPT": "450 mailbox busy"}, False),
        ({"BODY": "554 looks like spam"}, True),
        ({"BODY": "451 try later"}, False),
        ({"MAIL": "421 shutting down"}, False),
    ],
)
def test_what_the_server_refuses_is_permanent_or_not(smtp: Any, answers: dict[str, str], permanent: bool) -> None:
    with smtp_server(answers) as (smtp.EMAIL_PORT, _), pytest.raises(TransportError) as caught:
        DjangoMailer().send(MAIL)
    assert caught.value.permanent is permanent


def test_a_server_that_is_not_there_is_worth_another_try(smtp: Any) -> None:
    with smtp_server({}) as (smtp.EMAIL_PORT, _):
        pass
    with pytest.raises(TransportError) as caught:
        DjangoMailer().send(MAIL)
    assert not caught.value.permanent


def test_a_wrong_password_of_ours_loses_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise smtplib.SMTPAuthenticationError(535, b"who are you")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    with pytest.raises(TransportError) as caught:
        DjangoMailer().send(MAIL)
    assert not caught.value.permanent

"""A real SMTP server that does as it is told."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.ports import free_port


class Mailbox:
    """What the server does with each recipient and each letter, in turn; then it takes everything."""

    def __init__(self) -> None:
        self.to_recipient: list[str] = []
        self.to_letter: list[str] = []
        self.letters: list[bytes] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.to_recipient.pop(0) if self.to_recipient else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.to_letter.pop(0) if self.to_letter else "250 OK"
        if answer == "hang up":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "421 gone"
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.letters.append(envelope.content)
        return answer


@contextmanager
def receiving_mails() -> Iterator[tuple[Mailbox, int]]:
    """A mail server on this machine, and its port."""
    found = Mailbox()
    port = free_port()
    controller = Controller(found, hostname="127.0.0.1", port=port, ready_timeout=60)
    controller.start()
    yield found, port
    controller.stop()

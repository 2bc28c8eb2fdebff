"""The receiver that docs/webhooks.md gives to partners, run as it stands there."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from backend.core import clock
from backend.partners.gateway import HttpSender
from backend.partners.rules import headers_of
from tests.factories.partners import SECRET
from tests.ports import free_port, wait_for

PAGE = Path(__file__).parents[3] / "docs/webhooks.md"
BODY = '{"id":"msg_1","type":"order.placed","data":{"orderId":"T3JkZXI6MQ=="}}'


@dataclass
class Running:
    port: int
    log: Path

    def post(self, *, at: datetime, body: str = BODY, signed: str = BODY, secret: str = SECRET) -> int:
        headers = headers_of([secret], message_id="msg_1", now=at, body=signed)
        sender = HttpSender(lambda address: True)
        return sender.post(f"http://127.0.0.1:{self.port}/", headers=headers, body=body).status

    @property
    def treated(self) -> list[str]:
        return self.log.read_text().splitlines()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Running]:
    (code,) = re.findall(r"<!-- receiver -->\n```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    script, log = tmp_path / "receiver.py", tmp_path / "log"
    script.write_text(code)
    port = free_port()
    other = "whsec_" + "A" * 44
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, str(script), str(port)],
            env=os.environ | {"WEBHOOK_SECRETS": f"{other} {SECRET}", "SEEN": str(tmp_path / "seen.db")},
            stdout=out,
            stderr=subprocess.DEVNULL,
        )
    try:
        wait_for(port)
        yield Running(port, log)
    finally:
        process.kill()
        process.wait(10)


def test_it_takes_what_is_genuine_and_treats_it_once(receiver: Running) -> None:
    now = clock.now()
    assert [receiver.post(at=now + timedelta(seconds=n)) for n in range(3)] == [204, 204, 204]
    assert receiver.treated == ["order.placed {'orderId': 'T3JkZXI6MQ=='}"]


def test_it_refuses_what_is_forged_changed_or_old(receiver: Running) -> None:
    now = clock.now()
    assert receiver.post(at=now, secret="whsec_" + "B" * 44) == 401
    assert receiver.post(at=now, body=BODY.replace("placed", "cancelled")) == 401
    assert receiver.post(at=now - timedelta(minutes=6)) == 401
    assert receiver.treated == []

"""The way out: to public addresses alone, to the one that was judged, under its name, and not for ever."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backend.core.networks import is_public
from backend.partners import gateway
from backend.partners.errors import ForbiddenAddress, Unreached
from backend.partners.gateway import HttpSender
from tests.receiver import dripping, receiving

NAME = "hooks.example.com"
Resolves = Callable[..., None]


@pytest.fixture
def resolves(monkeypatch: pytest.MonkeyPatch) -> tuple[Resolves, list[str]]:
    """Let a name lead to one set of addresses after the other; and the list of names that were looked up."""
    asked: list[str] = []
    answers: list[list[str]] = []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        if host[0].isdigit():  # connecting to an address
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        asked.append(host)
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return (lambda *sets: answers.extend(sets)), asked


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """To which addresses a connection was tried; none is made."""
    tried: list[str] = []

    def create_connection(address: tuple[str, int], *_: Any, **__: Any) -> Any:
        tried.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", create_connection)
    return tried


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.0.0.7"], ["169.254.169.254"], ["::1"], ["::ffff:127.0.0.1"], ["fe80::1%eth0"]],
    ids=lambda addresses: addresses[0],
)
def test_a_name_that_leads_inside_is_refused_and_nobody_is_asked(
    resolves: tuple[Resolves, list[str]], connected: list[str], addresses: list[str]
) -> None:
    resolves[0](addresses)
    with pytest.raises(ForbiddenAddress, match="not public"):
        HttpSender(is_public).post(f"https://{NAME}/", headers={}, body="{}")
    assert connected == []


def test_one_bad_address_among_good_ones_is_enough(resolves: tuple[Resolves, list[str]], connected: list[str]) -> None:
    resolves[0](["93.184.216.34", "10.0.0.7"])
    with pytest.raises(ForbiddenAddress):
        HttpSender(is_public).post(f"https://{NAME}/", headers={}, body="{}")
    assert connected == []


def test_a_name_that_answers_otherwise_a_moment_later_gains_nothing(
    resolves: tuple[Resolves, list[str]], connected: list[str]
) -> None:
    """DNS rebinding: it is looked up once, and the connection goes to what was judged."""
    resolves[0](["93.184.216.34"], ["127.0.0.1"])
    with pytest.raises(Unreached, match="ConnectError"):
        HttpSender(is_public).post(f"https://{NAME}/", headers={}, body="{}")
    assert (connected, resolves[1]) == (["93.184.216.34"], [NAME])


def test_the_control_without_a_judge_the_inner_network_is_reached() -> None:
    with receiving() as receiver:
        assert HttpSender(lambda address: True).post(receiver.url, headers={}, body="{}").status == 204
        with pytest.raises(ForbiddenAddress):
            HttpSender(is_public).post(receiver.url, headers={}, body="{}")
    assert len(receiver.got) == 1


def test_a_receiver_that_drips_is_left_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "ALL_SECONDS", 0.6)
    began = time.monotonic()
    with dripping() as port, pytest.raises(Unreached, match=r"No whole answer|timed out"):
        HttpSender(lambda address: True).post(f"http://127.0.0.1:{port}/", headers={}, body="{}")
    assert 0.5 < time.monotonic() - began < 60


def test_of_an_endless_answer_only_the_beginning_is_read() -> None:
    with receiving(lambda got: (200, {}, b"x" * 5_000_000)) as receiver:
        answer = HttpSender(lambda address: True).post(receiver.url, headers={}, body="{}")
    assert (answer.status, answer.body) == (200, "x" * 2000)


class TestTls:
    """A server with a certificate for NAME, to which NAME leads."""

    @pytest.fixture
    def secured(
        self, tmp_path: Path, resolves: tuple[Resolves, list[str]]
    ) -> Iterator[tuple[int, ssl.SSLContext, list[str]]]:
        resolves[0](["127.0.0.1"])
        certificate = make_certificate(tmp_path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        names: list[str] = []
        context.sni_callback = lambda _, name, __: names.append(name or "")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=serve_once, args=[listener, context, names], daemon=True)
            thread.start()
            yield listener.getsockname()[1], ssl.create_default_context(cafile=str(certificate)), names
            listener.close()
            thread.join(5)

    def test_the_name_stays_in_sni_in_the_host_header_and_in_the_certificate(
        self, secured: tuple[int, ssl.SSLContext, list[str]]
    ) -> None:
        port, trusted, names = secured
        url = f"https://{NAME}:{port}/"
        assert HttpSender(lambda address: True, trusted).post(url, headers={}, body="{}").status == 204
        assert names == [NAME, f"host: {NAME}:{port}"]

    def test_a_certificate_of_another_name_is_no_receiver(self, secured: tuple[int, ssl.SSLContext, list[str]]) -> None:
        port, trusted, names = secured
        with pytest.raises(Unreached, match="certificate"):
            HttpSender(lambda address: True, trusted).post(f"https://other.example.com:{port}/", headers={}, body="{}")
        assert names == ["other.example.com"]


def serve_once(listener: socket.socket, context: ssl.SSLContext, names: list[str]) -> None:
    """Answer one request, and remember its Host header."""
    try:
        connection, _ = listener.accept()
        with context.wrap_socket(connection, server_side=True) as secured:
            request = b""
            while not request.endswith(b"{}"):
                request += secured.recv(65536)
            head = request.decode().lower()
            names.extend(line for line in head.split("\r\n") if line.startswith("host:"))
            secured.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
    except OSError:
        pass  # the client did not trust us


def make_certificate(folder: Path) -> Path:
    """A key and a certificate for NAME that signs itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)  # noqa: TID251 - TLS asks the machine's clock
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file

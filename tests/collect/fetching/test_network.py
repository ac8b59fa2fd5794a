import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import httpcore
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from newsletter.collect.fetching.network import GuardedTransport, RefusedAddressError, resolve
from tests.fakes.web_server import serving, whole

ANSWER = whole(b"sana")
NAME = "uutiset.example"


def always(*addresses: str) -> Callable[[str, int], Sequence[str]]:
    """Give a name service that knows one answer."""
    return lambda _host, _port: addresses


def get(transport: GuardedTransport, url: str) -> bytes:
    """Ask once and read the whole answer."""
    with httpx.Client(transport=transport, trust_env=False, timeout=5) as client:
        return client.get(url).content


def test_name_that_leads_to_this_machine_is_refused_before_any_byte_is_sent() -> None:
    """What counts is the address that would be connected to, not the name."""
    with serving(ANSWER) as server:
        transport = GuardedTransport(resolve=always("127.0.0.1", "::1", "::ffff:10.0.0.1"))
        with pytest.raises(RefusedAddressError):
            get(transport, f"http://{NAME}:{server.port}/")
    assert server.heard == []


def test_answer_that_changes_after_the_check_changes_nothing() -> None:
    """The name is asked once, and the connection goes to the address that was checked."""
    asked = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append((host, port))
        return ["203.0.113.1", "127.0.0.1"] if len(asked) > 1 else ["127.0.0.1"]

    with serving(ANSWER) as server, pytest.raises(RefusedAddressError):
        get(GuardedTransport(resolve=rebinding), f"http://{NAME}:{server.port}/")
    assert asked == [(NAME, server.port)]


def test_allowed_address_is_asked_under_its_name() -> None:
    """The server hears the name it is known by, and each request has a connection of its own."""
    with serving(ANSWER) as server:
        transport = GuardedTransport(resolve=always("127.0.0.1"), is_allowed=lambda _: True)
        assert [get(transport, f"http://{NAME}:{server.port}/a?b=c") for _ in range(2)] == [b"sana", b"sana"]
    assert len(server.heard) == 2
    assert server.heard[0].startswith(b"GET /a?b=c HTTP/1.1\r\n")
    assert f"Host: {NAME}:{server.port}".encode() in server.heard[0]


def test_only_allowed_addresses_of_a_name_are_tried_in_order() -> None:
    """One that does not answer costs the next one's turn; one that is not allowed is not tried."""
    with serving(ANSWER) as server:
        transport = GuardedTransport(
            resolve=always("192.168.0.1", "::1", "127.0.0.1"), is_allowed=lambda address: address != "192.168.0.1"
        )
        assert get(transport, f"http://{NAME}:{server.port}/") == b"sana"


def test_host_that_nobody_knows_or_where_nobody_answers_is_a_fault_of_transport() -> None:
    """Httpx's own errors come out, whatever is inside."""

    def unknown(_host: str, _port: int) -> Sequence[str]:
        raise httpcore.ConnectError("its name is not known")

    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for transport in (
        GuardedTransport(resolve=unknown),
        GuardedTransport(resolve=always("127.0.0.1"), is_allowed=lambda _: True),
    ):
        with pytest.raises(httpx.TransportError):
            get(transport, f"http://{NAME}:{port}/")


def test_connection_that_breaks_off_is_a_fault_of_transport() -> None:
    """Half an answer is not taken for an answer."""
    with serving(ANSWER[:-2]) as server, pytest.raises(httpx.TransportError):
        get(GuardedTransport(resolve=always("127.0.0.1"), is_allowed=lambda _: True), f"http://{NAME}:{server.port}/")


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_connection_has_a_last_moment(steps: int) -> None:
    """However the time is spent, writing or reading, a connection ends when it is over."""
    moments = count(0, 20 // steps)
    with serving(ANSWER) as server, pytest.raises(httpx.TimeoutException):
        get(
            GuardedTransport(
                resolve=always("127.0.0.1"),
                is_allowed=lambda _: True,
                connection_seconds=19,
                monotonic=lambda: next(moments),
            ),
            f"http://{NAME}:{server.port}/",
        )


def contexts(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Give what a server with a certificate for a name needs, and what a client needs that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(tz=UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(tz=UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "palvelin.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=str(path))


def test_encrypted_connection_is_checked_against_the_name_and_not_the_address(tmp_path: Path) -> None:
    """Connecting to a checked address takes nothing away from the certificate's check."""
    server_context, client_context = contexts(tmp_path, NAME)
    with serving(ANSWER, server_context) as server:
        transport = GuardedTransport(resolve=always("127.0.0.1"), is_allowed=lambda _: True, ssl_context=client_context)
        assert get(transport, f"https://{NAME}:{server.port}/") == b"sana"
        with pytest.raises(httpx.TransportError, match="CERTIFICATE_VERIFY_FAILED"):
            get(transport, f"https://muu.example:{server.port}/")


def test_system_is_asked_for_addresses() -> None:
    """Each address comes once; a name that cannot be one is not known."""
    assert resolve("127.0.0.1", 80) == ["127.0.0.1"]
    with pytest.raises(httpcore.ConnectError, match="its name is not known"):
        resolve("a" * 64 + ".example", 80)

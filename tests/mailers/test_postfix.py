"""The SMTP mailer against a whole Postfix on this machine: a thousand mails, compared byte by byte in its Maildir."""

import email
import email.policy
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from newsletter.domain.mailing import Recipient, Verdict
from newsletter.mailers.batch_outcome import prepare_batch
from newsletter.mailers.smtp import SmtpTable
from newsletter.mailers.smtp.connection import Access
from newsletter.mailers.smtp.mailer import Smtp
from tests.mailers.samples import MESSAGE, a_batch, a_recipient

POSTFIX = shutil.which("postfix") or "/usr/sbin/postfix"
pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not os.access(POSTFIX, os.X_OK), reason="Postfix (package postfix) is not installed"),
    pytest.mark.skipif(os.geteuid() != 0, reason="Postfix starts as root only"),
]

MAILS = 1_000
CONNECTIONS = 4
WAIT_SECONDS_MAX = 60
LINE_BYTES_MAX = 998
"""RFC 5322 section 2.1.1, without the line end."""

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mail.seutu.example
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
virtual_mailbox_domains = yritys.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
default_transport = error:no mail leaves this machine
relay_transport = error:no mail leaves this machine
smtpd_relay_restrictions = reject_unauth_destination
smtpd_forbid_bare_newline = reject
smtpd_forbid_bare_newline_exclusions =
smtpd_tls_security_level = none
"""
"""Everything for its own domain goes into one Maildir, everything else is refused, and so is a bare LF on the wire."""

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
anvil unix - - n - 1 anvil
bounce unix - - n - 0 bounce
cleanup unix n - n - 0 cleanup
defer unix - - n - 0 bounce
error unix - - n - - error
flush unix n - n 1000? 0 flush
postlog unix-dgram n - n - 1 postlogd
proxymap unix - - n - - proxymap
qmgr unix n - n 300 1 qmgr
retry unix - - n - - error
rewrite unix - - n - - trivial-rewrite
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
virtual unix - n n - - virtual
"""

ADDED_BY_POSTFIX = (b"Return-Path:", b"X-Original-To:", b"Delivered-To:", b"Received:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Postfix:
    """A running Postfix."""

    port: int
    inbox: Path
    log: Path

    def mails(self, count: int) -> list[bytes]:
        """Wait for so many mails in the Maildir, and give them without the lines that Postfix puts on top."""
        end = time.monotonic() + WAIT_SECONDS_MAX
        files: list[Path] = []
        while len(files) < count and time.monotonic() < end:
            time.sleep(0.05)
            files = list((self.inbox / "new").glob("*"))
        assert len(files) == count, self.log.read_text()[-2000:]
        return [_as_handed_over(file.read_bytes()) for file in files]


def _as_handed_over(stored: bytes) -> bytes:
    """Take away the header lines that Postfix put on top, with their continuations."""
    lines = stored.splitlines(keepends=True)
    place = 0
    while lines[place].startswith((*ADDED_BY_POSTFIX, b"\t", b" ")):
        place += 1
    return b"".join(lines[place:])


@pytest.fixture
def postfix() -> Iterator[Postfix]:
    """Start a Postfix of our own, apart from one that the machine may have."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part in ("queue", "data", "mail"):
            (folder / part).mkdir()
        shutil.chown(folder / "data", "postfix")
        shutil.chown(folder / "mail", 65534, 65534)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        (folder / "main.cf").write_text(MAIN.format(folder=folder))
        (folder / "master.cf").write_text(MASTER.format(port=port))
        subprocess.run([POSTFIX, "-c", folder, "start"], check=True, capture_output=True)
        try:
            yield Postfix(port=port, inbox=folder / "mail" / "inbox", log=folder / "log")
        finally:
            subprocess.run([POSTFIX, "-c", folder, "stop"], check=True, capture_output=True)


def a_mailer(postfix: Postfix) -> Smtp:
    """Give our mailer for this Postfix."""
    return Smtp(Access(server=SmtpTable(host="127.0.0.1", port=postfix.port, security="none", connections=CONNECTIONS)))


def test_a_thousand_mails_arrive_byte_by_byte(postfix: Postfix) -> None:
    """Each of 1,000 readers has one mail, the very bytes built: one To, List-Unsubscribe whole, lines in bounds."""
    message = replace(MESSAGE, text=f"{MESSAGE.text}\n.rivi alkaa pisteellä\n.\nja jatkuu.\n")
    mailer = a_mailer(postfix)
    size = mailer.capabilities.batch_size_max
    readers = [a_recipient(number, name=f"Lukija Äimälä {number}") for number in range(1, MAILS + 1)]
    batches = [a_batch(*readers[at : at + size], message=message) for at in range(0, MAILS, size)]
    answers = [mailer.submit(batch) for batch in batches]
    built = {reader.address: prepare_batch(batch).fill(reader) for batch in batches for reader in batch.recipients}

    assert {outcome.verdict for answer in answers for outcome in answer.outcomes} == {Verdict.ACCEPTED}
    assert all(b"\n" not in mail.replace(b"\r\n", b"") for mail in built.values())
    stored = postfix.mails(MAILS)
    assert sorted(stored) == sorted(mail.replace(b"\r\n", b"\n") for mail in built.values())
    assert max(len(line) for mail in stored for line in mail.splitlines()) <= LINE_BYTES_MAX
    assert sorted(map(_reader_of, stored)) == sorted(map(_expected, readers))


def _reader_of(stored: bytes) -> tuple[str, str]:
    """Read, as a mail program would, to whom a mail is and how its reader can leave."""
    mail = email.message_from_bytes(stored, policy=email.policy.default)
    (to,) = mail.get_all("To", [])
    (leave,) = mail.get_all("List-Unsubscribe", [])
    (person,) = to.addresses
    return person.addr_spec, str(leave)


def _expected(reader: Recipient) -> tuple[str, str]:
    """Give the same of a reader as we know it."""
    return reader.address, ", ".join(f"<{way}>" for way in reader.unsubscribe)


def test_a_reader_whom_postfix_refuses_is_rejected_alone(postfix: Postfix) -> None:
    """A refused address is rejected with Postfix's own reason, without the address; the others are taken."""
    outside = a_recipient(2, address="reader@muualla.example")
    answer = a_mailer(postfix).submit(a_batch(a_recipient(MAILS + 1), outside, a_recipient(MAILS + 2)))

    assert [outcome.verdict for outcome in answer.outcomes] == [Verdict.ACCEPTED, Verdict.REJECTED, Verdict.ACCEPTED]
    assert "Relay access denied" in answer.outcomes[1].reason
    assert "muualla" not in answer.outcomes[1].reason

"""What the configuration says of an account at SendGrid."""

import base64
from pathlib import Path

import pytest

from newsletter.config import read_settings
from newsletter.domain.mailing import Capabilities
from newsletter.errors import ConfigurationError
from newsletter.mailers import MAILERS
from newsletter.mailers.sendgrid import SendGridTable
from newsletter.wiring import open_newsletter
from tests.fakes.provider import SigningProvider, a_body

KEY = SigningProvider().public_key


def _configure(folder: Path, kind: str, webhook_key: str | None) -> Path:
    path = folder / "newsletter.toml"
    text = path.read_text(encoding="utf-8").replace('kind = "outbox"', f'kind = "{kind}"', 1)
    if webhook_key is not None:
        written = webhook_key if webhook_key.startswith("[") else f'"{webhook_key}"'
        text = text.replace("[mailer]\n", f"[mailer]\nsendgrid = {{ webhook_key = {written} }}\n", 1)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_key_opens_the_webhook_of_the_configured_provider(publication: Path) -> None:
    """The door takes what is signed with that key and nothing else."""
    provider = SigningProvider()
    path, body = _configure(publication, "sendgrid", provider.public_key), a_body([])

    with open_newsletter(path) as newsletter:
        door = newsletter.notifications.door

    assert door is not None
    assert (door.name, door.is_signed(body, provider.headers(body)), door.is_signed(body, {})) == (
        "sendgrid",
        True,
        False,
    )


def test_two_keys_hold_while_one_is_changed(publication: Path) -> None:
    """What either of the two signed is taken; of a third nothing is."""
    providers, body = [SigningProvider() for _ in range(3)], a_body([])
    keys = ", ".join(f'"{one.public_key}"' for one in providers[:2])

    with open_newsletter(_configure(publication, "sendgrid", f"[{keys}]")) as newsletter:
        door = newsletter.notifications.door

    assert door is not None
    assert [door.is_signed(body, one.headers(body)) for one in providers] == [True, True, False]


def test_three_keys_are_a_mistake(publication: Path) -> None:
    """The old one and the new one are two; more would be forgotten there."""
    with pytest.raises(ConfigurationError) as caught:
        read_settings(_configure(publication, "sendgrid", f'["{KEY}", "{KEY}", "{KEY}"]'), MAILERS, environment={})

    assert [fault.message for fault in caught.value.faults] == [
        "Write one key, or the new and the old one while you change it."
    ]


@pytest.mark.parametrize(("kind", "key"), [("sendgrid", None), ("outbox", KEY), ("sendgrid", "[]")])
def test_no_door_is_open_without_key_or_provider(publication: Path, kind: str, key: str | None) -> None:
    """Without a key nothing can be checked; another mailer has no notifications of SendGrid's."""
    with open_newsletter(_configure(publication, kind, key)) as newsletter:
        assert newsletter.notifications.door is None


@pytest.mark.parametrize(
    "key", ["MFkwEw...", KEY[:-8], KEY[4:], base64.b64encode(b"x" * 91).decode(), f"{KEY}AAAA", "näppäin"]
)
def test_a_key_that_is_none_is_a_mistake_of_the_file(publication: Path, key: str) -> None:
    """A key copied in part would refuse everything SendGrid tells; the file says so at once."""
    with pytest.raises(ConfigurationError) as caught:
        read_settings(_configure(publication, "sendgrid", key), MAILERS, environment={})

    assert [fault.message for fault in caught.value.faults] == [
        "Copy the whole Verification Key from SendGrid's page; it begins with MFkwEw."
    ]


def _capabilities(folder: Path, url: str | None) -> Capabilities:
    variables = {"NEWSLETTER_SENDGRID_API_KEY": "SG.k"} | ({} if url is None else {"NEWSLETTER_SENDGRID_URL": url})
    return SendGridTable().open(folder, variables).capabilities


@pytest.mark.parametrize(("url", "is_rehearsal"), [("http://127.0.0.1:8031", True), (None, False)])
def test_a_stand_in_may_be_on_this_machine(tmp_path: Path, *, url: str | None, is_rehearsal: bool) -> None:
    """The address that `newsletter serve --fake-sendgrid` prints is taken, and makes a rehearsal."""
    assert _capabilities(tmp_path, url).is_rehearsal is is_rehearsal


@pytest.mark.parametrize(
    "url",
    [
        "https://api.sendgrid.example",
        "http://127.0.0.1",
        "http://127.0.0.1:0",
        "http://127.0.0.1:65536",
        "http://127.0.0.1:80@evil.example",
        "http://127.0.0.1:8031/x",
        "",
    ],
)
def test_no_variable_leads_the_key_away(tmp_path: Path, url: str) -> None:
    """An address elsewhere would receive the key and every reader's address."""
    with pytest.raises(ConfigurationError, match="leads away from this machine"):
        _capabilities(tmp_path, url)

from importlib.metadata import version
from pathlib import Path

import pytest

from newsletter import open_newsletter
from newsletter.config import read_settings
from newsletter.errors import ConfigurationError
from newsletter.mailers import MAILERS
from newsletter.mailers.outbox import Outbox
from newsletter.mailers.sendgrid.mailer import SendGrid
from newsletter.mailers.smtp.mailer import Smtp
from newsletter.wiring import _mailer
from tests.fakes.web_server import serving, whole


def _configure(folder: Path, table: str) -> Path:
    path = folder / "newsletter.toml"
    text = path.read_text(encoding="utf-8").replace('kind = "outbox"', table, 1)
    path.write_text(text, encoding="utf-8")
    return path


SMTP = 'kind = "smtp"\nsmtp = { host = "smtp.example.org", user_name = "x" }'


def test_each_kind_builds_its_mailer(laid_out: Path, publication: Path) -> None:
    """The configured kind is what mails are handed to, with its secret from the environment."""
    secrets = {"NEWSLETTER_SMTP_PASSWORD": "p", "NEWSLETTER_SENDGRID_API_KEY": "SG.k"}
    outbox = _mailer(read_settings(laid_out / "newsletter.toml", MAILERS, environment={}))
    smtp = _mailer(read_settings(_configure(publication, SMTP), MAILERS, environment=secrets))
    (publication / "newsletter.toml").write_bytes((laid_out / "newsletter.toml").read_bytes())
    path = _configure(publication, 'kind = "sendgrid"\nsendgrid = { region = "eu", sandbox = true }')
    sendgrid = _mailer(read_settings(path, MAILERS, environment=secrets))

    assert isinstance(outbox, Outbox)
    assert isinstance(smtp, Smtp)
    assert isinstance(sendgrid, SendGrid)
    assert sendgrid.capabilities.is_rehearsal


def test_a_missing_password_stops_only_what_needs_it(publication: Path) -> None:
    """Rendering and checking need no password; sending says which variable to set."""
    path = _configure(publication, SMTP)

    with open_newsletter(path) as newsletter:
        newsletter.items.collect()
    with pytest.raises(ConfigurationError, match="NEWSLETTER_SMTP_PASSWORD is not set"):
        _mailer(read_settings(path, MAILERS, environment={}))


def test_smtp_without_a_server_is_a_mistake_of_the_file(publication: Path) -> None:
    """A mailer of kind smtp asks for its table, with the line."""
    with pytest.raises(ConfigurationError) as caught:
        read_settings(_configure(publication, 'kind = "smtp"'), MAILERS, environment={})

    assert [fault.message for fault in caught.value.faults] == [
        "A mailer of kind smtp needs a table [mailer.smtp] with its host."
    ]


def test_a_source_in_the_own_network_is_asked_under_the_publications_name(publication: Path) -> None:
    """Its keeper can see who asks and whom to write to; the same address without the setting is refused."""
    path = publication / "newsletter.toml"
    text = path.read_text(encoding="utf-8")
    feed = whole(b"<rss><channel><item><title>A</title><guid>1</guid></item></channel></rss>")
    with serving(feed) as server:
        table = (
            f'[[source]]\nid = "{{}}"\nkind = "feed"\naddress = "http://127.0.0.1:{server.port}/"\nlanguage = "fi"\n'
        )
        own = table.format("oma") + "allow_private_hosts = true\n\n"
        path.write_text(text.replace("[[topic]]", f"{own}{table.format('muu')}\n[[topic]]", 1), encoding="utf-8")
        with open_newsletter(path) as newsletter:
            report = newsletter.items.collect()
    assert [one.source_id for one in report.failed] == ["muu"]
    (asked,) = server.heard
    assert (
        f"\r\nUser-Agent: newsletter/{version('uutiskirje')} (seutu; +https://www.seutuohjelma.fi; " in asked.decode()
    )
    assert "toimitus@seutu.example)\r\n" in asked.decode()

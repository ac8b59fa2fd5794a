import getpass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from email_validator import validate_email
from hypothesis import given
from hypothesis import strategies as st

from newsletter.config import find_configuration, read_settings
from newsletter.domain.content import Language, SectionId, SegmentId, Source, SourceId, SourceKind, Topic, TopicId
from newsletter.domain.publication import Links, Publication, Section, SectionKind, Sender
from newsletter.errors import ConfigurationError
from newsletter.mailers import MAILERS
from newsletter.table import _PLAIN_MAILBOX
from tests.conftest import REPOSITORY

SMALL = """\
[publication]
id = "kyla"
zone = "Europe/Helsinki"
languages = ["fi", "sv"]
name.fi = "Kylän uutiset"
name.sv = "Byanytt"
[sender]
name = "Kylä"
address = "uutiset@kyla.example"
organisation = "Kylä ry"
postal_address = "Kylätie 1, 00100 Kylä"
[links]
site = "https://kyla.example"
own_hosts = ["kyla.example"]
unsubscribe_address = "pois@kyla.example"
[[source]]
id = "sivu"
kind = "text"
path = "content/sivu.txt"
language = "fi"
topics = ["vesi"]
[[source]]
id = "syote"
kind = "feed"
address = "https://kyla.example/feed"
language = "sv"
segments = ["kaikki"]
enabled = false
[[topic]]
id = "vesi"
name.fi = "Vesi"
keywords.fi = ["vesi", "vede"]
blocked.fi = ["jätevesi"]
[[section]]
id = "uutiset"
kind = "articles"
topics = ["vesi"]
title = { fi = "Uutiset", sv = "Nyheter" }
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "newsletter.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_file_becomes_the_values_of_the_house(tmp_path: Path) -> None:
    """Every table is read, relative paths count from the file, and what is left out has its default."""
    settings = read_settings(_write(tmp_path, SMALL), MAILERS, environment={})

    zone = ZoneInfo("Europe/Helsinki")
    fi, sv = Language("fi"), Language("sv")
    assert settings.publication == Publication(
        id="kyla",
        names={fi: "Kylän uutiset", sv: "Byanytt"},
        languages=(fi, sv),
        zone=zone,
        sender=Sender(
            name="Kylä",
            address="uutiset@kyla.example",
            organisation="Kylä ry",
            postal_address="Kylätie 1, 00100 Kylä",
        ),
        links=Links(site="https://kyla.example", own_hosts=("kyla.example",), unsubscribe_address="pois@kyla.example"),
        sections=(
            Section(
                id=SectionId("uutiset"),
                kind=SectionKind.ARTICLES,
                titles={fi: "Uutiset", sv: "Nyheter"},
                topics=(TopicId("vesi"),),
            ),
        ),
    )
    assert settings.sources == (
        Source(
            id=SourceId("sivu"),
            kind=SourceKind.TEXT,
            location=str(tmp_path / "content/sivu.txt"),
            language=fi,
            zone=zone,
            topics=(TopicId("vesi"),),
        ),
        Source(
            id=SourceId("syote"),
            kind=SourceKind.FEED,
            location="https://kyla.example/feed",
            language=sv,
            zone=zone,
            segments=(SegmentId("kaikki"),),
            is_enabled=False,
        ),
    )
    assert settings.topics == (
        Topic(id=TopicId("vesi"), names={fi: "Vesi"}, keywords={fi: ("vesi", "vede")}, blocked={fi: ("jätevesi",)}),
    )
    assert (settings.database_url, settings.key_path, settings.outbox_path) == (
        f"sqlite:///{tmp_path / 'newsletter.db'}",
        tmp_path / "newsletter.key",
        tmp_path / "outbox",
    )
    assert (settings.mailer.kind, settings.mailer.batch_size, settings.mailer.own) == ("outbox", 100, None)


def test_the_environment_beats_the_file(tmp_path: Path) -> None:
    """NEWSLETTER_DATABASE_URL and NEWSLETTER_KEY_FILE override what the file says."""
    environment = {"NEWSLETTER_DATABASE_URL": "sqlite:////elsewhere/x.db", "NEWSLETTER_KEY_FILE": "/secret/key"}

    settings = read_settings(_write(tmp_path, SMALL), MAILERS, environment=environment)

    assert (settings.database_url, settings.key_path) == ("sqlite:////elsewhere/x.db", Path("/secret/key"))


def test_a_secret_is_not_shown(tmp_path: Path) -> None:
    """Printing the settings does not print the environment."""
    settings = read_settings(_write(tmp_path, SMALL), MAILERS, environment={"NEWSLETTER_SMTP_PASSWORD": "hush"})

    assert (settings.environment, "hush" in repr(settings)) == ({"NEWSLETTER_SMTP_PASSWORD": "hush"}, False)


def test_the_environment_names_axe(tmp_path: Path) -> None:
    """NEWSLETTER_AXE counts from the publication's folder; without it nothing is named."""
    path = _write(tmp_path, SMALL)

    named = [read_settings(path, MAILERS, environment=one).axe for one in ({}, {"NEWSLETTER_AXE": "tools/axe.min.js"})]

    assert named == [None, tmp_path / "tools" / "axe.min.js"]


def test_who_works_with_the_publication_can_be_said(tmp_path: Path) -> None:
    """NEWSLETTER_BY names them; without it, or where it is empty, it is the name the machine knows."""
    path = _write(tmp_path, SMALL)
    named = [read_settings(path, MAILERS, environment={"NEWSLETTER_BY": one}).by for one in ("Aino Mäkelä", "")]
    assert named == ["Aino Mäkelä", getpass.getuser()]


def test_the_repositorys_own_file_is_right() -> None:
    """The sample publication's configuration is read without a fault."""
    settings = read_settings(REPOSITORY / "newsletter.toml", MAILERS, environment={})

    assert [source.kind for source in settings.sources] == ["text", "feed", "calendar", "folder"]


def test_every_mistake_is_told_at_once_with_line_and_key(tmp_path: Path) -> None:
    """Mistakes of shape and of meaning stand in one list, in the order of the file."""
    text = (
        SMALL.replace('zone = "Europe/Helsinki"', 'zone = "Europe/Helsingfors"')
        .replace('name.sv = "Byanytt"\n', "")
        .replace('"pois@kyla.example"', '"pois"')
        .replace('path = "content/sivu.txt"', 'path = "../sivu.txt"')
        .replace('topics = ["vesi"]\n[[source]]', 'topics = ["vest"]\n[[source]]')
        .replace('id = "syote"', 'id = "sivu"')
        .replace("enabled = false", "enabeld = false")
        .replace(', sv = "Nyheter"', "")
    )

    with pytest.raises(ConfigurationError) as caught:
        read_settings(_write(tmp_path, text), MAILERS, environment={})

    assert [str(fault) for fault in caught.value.faults] == [
        "newsletter.toml:3: publication.zone: Write a time zone such as Europe/Helsinki.",
        "newsletter.toml:5: publication.name: The text in 'sv' is missing.",
        "newsletter.toml:14: links.unsubscribe_address: Write one mail address, such as uutiskirje@example.org.",
        "newsletter.toml:18: source[0].path: Write a path below the folder of newsletter.toml, without '..'.",
        "newsletter.toml:20: source[0].topics[0]: There is no topic 'vest'. (Did you mean 'vesi'?)",
        "newsletter.toml:22: source[1].id: Another source has the id 'sivu' already.",
        "newsletter.toml:27: source[1].enabeld: Unknown key. (Did you mean 'enabled'?)",
        "newsletter.toml:37: section[0].title: The text in 'sv' is missing.",
    ]
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "kyla"', 'id = "Kylä uutiset"', "Use lower-case letters a-z, digits and single hyphens."),
        ('name = "Kylä"', 'name = "Kylä\\nBcc: x"', "Write one line of text."),
        (
            'site = "https://kyla.example"',
            'site = "http://kyla.example"',
            "Write a whole address that begins with https://.",
        ),
        (
            'site = "https://kyla.example"',
            'site = "https://a@kyla.example"',
            "Write a whole address that begins with https://.",
        ),
        ('["fi", "sv"]', '["fi", "fi"]', "A language stands here twice."),
        (
            '"https://kyla.example/feed"',
            '"file:///etc/passwd"',
            "Write a whole address that begins with https:// or http://.",
        ),
        ('path = "content/sivu.txt"\n', "", "Give the source either a path or an address."),
        ('kind = "feed"', 'kind = "folder"', "A folder source needs a path."),
        ('[[source]]\nid = "syote"', '[source.x]\nid = "syote"', "Unknown key."),
        ("[links]", "[links]\nfeedback = 'mailto:x'", "Write one mail address, such as uutiskirje@example.org."),
    ],
)
def test_values_that_could_do_harm_are_refused_in_words(tmp_path: Path, old: str, new: str, message: str) -> None:
    """Names that break headers, plain http, files as addresses and the like are refused with what to write."""
    assert old in SMALL
    with pytest.raises(ConfigurationError) as caught:
        read_settings(_write(tmp_path, SMALL.replace(old, new)), MAILERS, environment={})

    assert message in [fault.message for fault in caught.value.faults]


@pytest.mark.parametrize("host", ["a..b", "smtp.example.org ", "two words", "https://smtp.example.org", "ä" * 70, ""])
def test_a_server_is_named_by_its_name_alone(tmp_path: Path, host: str) -> None:
    """What cannot be looked up is told before anything is sent."""
    text = f'{SMALL}\n[mailer]\nkind = "smtp"\n[mailer.smtp]\nhost = "{host}"\n'
    with pytest.raises(ConfigurationError) as caught:
        read_settings(_write(tmp_path, text), MAILERS, environment={})

    assert [fault.message for fault in caught.value.faults] == [
        "Write the server's name alone, such as smtp.example.org."
    ]


def test_an_international_domain_is_written_as_mail_servers_want_it(tmp_path: Path) -> None:
    """The sender's domain stands in headers and SMTP commands, which take its ASCII form only."""
    text = SMALL.replace('"uutiset@kyla.example"', '"uutiset@kylä.example"')

    settings = read_settings(_write(tmp_path, text), MAILERS, environment={})

    assert settings.publication.sender.address == "uutiset@xn--kyl-sla.example"


def test_the_file_is_found_from_a_folder_below(tmp_path: Path) -> None:
    """Commands work from anywhere inside the publication, and say what to do outside of one."""
    path = _write(tmp_path, SMALL)
    (tmp_path / "issues" / "2017-11").mkdir(parents=True)

    assert find_configuration(tmp_path / "issues" / "2017-11") == path

    path.unlink()
    with pytest.raises(ConfigurationError, match=r"There is no newsletter\.toml here"):
        find_configuration(tmp_path / "issues")


@given(st.from_regex(_PLAIN_MAILBOX, fullmatch=True))
def test_an_address_that_needs_no_judge_would_be_taken_as_it_is(address: str) -> None:
    """What is accepted by its form alone is what the package for addresses accepts, and it would change nothing."""
    valid = validate_email(address, check_deliverability=False, test_environment=True, allow_smtputf8=False)

    assert f"{valid.local_part}@{valid.ascii_domain}" == address


def test_a_section_may_take_what_is_about_no_topic(tmp_path: Path) -> None:
    """Alone "any" is everything, among topics it is what is about none; so no topic can be called so."""
    section = 'kind = "articles"\ntopics = ["vesi"]'
    every = _write(tmp_path, SMALL.replace(section, 'kind = "articles"\ntopics = "any"'))
    assert read_settings(every, MAILERS, environment={}).publication.sections[0].topics == ()
    some = _write(tmp_path, SMALL.replace(section, 'kind = "articles"\ntopics = ["vesi", "any"]'))
    assert read_settings(some, MAILERS, environment={}).publication.sections[0].topics == ("vesi", "any")
    called = _write(tmp_path, SMALL.replace("[[section]]", '[[topic]]\nid = "any"\nkeywords.fi = ["x"]\n[[section]]'))
    with pytest.raises(ConfigurationError) as caught:
        read_settings(called, MAILERS, environment={})
    assert "No topic can be called 'any'." in str(caught.value.faults[0])

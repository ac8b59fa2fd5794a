import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.collect.identity import (
    canonical_url,
    is_own_or_public_address,
    is_public_address,
    is_public_host,
    key_for,
    slug,
)
from newsletter.domain.content import ItemKey, SourceId

SOURCE = SourceId("seutu")


def test_key_is_words_of_the_title_and_a_hash_of_source_and_identity() -> None:
    """A key can be read, and is the same on every machine."""
    assert key_for(SOURCE, "2017-11-17 Kylä", "Kylä kasvaa!") == ItemKey("kyla-kasvaa-def9949d")


def test_same_title_gives_two_keys_for_two_identities() -> None:
    """Two items with one title stay two."""
    titles = {key_for(SOURCE, identity, "Sama otsikko") for identity in ("a", "b")} | {
        key_for(SourceId("muu"), "a", "Sama otsikko")
    }
    assert len(titles) == 3


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Yritysneuvojien päivät: näin meni", "yritysneuvojien-paivat-nain-meni"),
        ("Ørestad, æble & Łódź", "orestad-aeble-lodz"),
        ("  -- ", ""),
        ("Привет", ""),
        (
            "Seutukaupungit mukana kiertotalouden uudessa kokeilussa ensi keväänä",
            "seutukaupungit-mukana-kiertotalouden-uudessa",
        ),
        ("x" * 60, "x" * 48),
    ],
)
def test_slug_keeps_whole_words_of_ascii(title: str, words: str) -> None:
    """A slug is lower-case ASCII, cut after a whole word."""
    assert slug(title) == words


@given(st.text(), st.text())
def test_key_is_always_a_bare_toml_key(identity: str, title: str) -> None:
    """Whatever a source writes, its key needs no quotes in issue.toml."""
    key = key_for(SOURCE, identity.encode(errors="ignore").decode(), title)
    assert key.strip("abcdefghijklmnopqrstuvwxyz0123456789-") == ""


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://Kunta.FI:443/uutiset", "https://kunta.fi/uutiset"),
        ("https://kunta.fi", "https://kunta.fi/"),
        ("https://kunta.fi/?utm_source=x&p=12&fbclid=abc&sivu=2", "https://kunta.fi/?p=12&sivu=2"),
        ("https://kunta.fi/?UTM_medium=x", "https://kunta.fi/"),
        ("https://kunta.fi/a?utmost=1#kohta", "https://kunta.fi/a?utmost=1#kohta"),
        ("https://kunta.fi/ä b", "https://kunta.fi/%C3%A4%20b"),
        ("https://kylä.fi/", "https://xn--kyl-sla.fi/"),
        ('https://kunta.fi/"onclick="x', "https://kunta.fi/%22onclick=%22x"),
        ("  https://kunta.fi/a  ", "https://kunta.fi/a"),
    ],
)
def test_address_loses_trackers_and_keeps_what_chooses_the_page(written: str, kept: str) -> None:
    """An address has one form, without what follows its reader."""
    assert canonical_url(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        "täällä",
        "www.kunta.fi",
        "/uutiset",
        "//kunta.fi/uutiset",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://kunta.fi/",
        "https:///ilman-palvelinta",
        "https://tunnus:salasana@kunta.fi/",
        "https://kunta.fi/\r\nSet-Cookie: x",
        "https://kunta.fi:portti/",
        "https://[::1",
        "http://localhost/",
        "http://palvelin/",
        "http://tulostin.local/",
        "http://192.168.1.1/",
        "http://[::ffff:10.0.0.1]/",
    ],
)
def test_address_that_no_reader_should_open_is_none(written: str) -> None:
    """Only absolute http(s) addresses of public hosts without a user name are kept."""
    assert canonical_url(written) is None


def test_relative_address_is_resolved_where_a_base_is_given() -> None:
    """A page's own links become absolute."""
    assert canonical_url("../a?gclid=1", base="https://kunta.fi/x/y/") == "https://kunta.fi/x/a"


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("64:ff9b::5db8:d822", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to refuse
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::a00:1", False),
    ],
)
def test_only_addresses_of_the_public_internet_are_public(address: str, is_public: bool) -> None:  # noqa: FBT001 - a table
    """Private, local and disguised private addresses are told apart from public ones."""
    assert is_public_address(address) == is_public


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("10.0.0.1", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("fd00::1", True),
        ("8.8.8.8", True),
        ("169.254.169.254", False),
        ("::ffff:169.254.169.254", False),
        ("fe80::1", False),
        ("0.0.0.0", False),  # noqa: S104 - refused
        ("224.0.0.1", False),
    ],
)
def test_own_network_has_no_addresses_of_a_link(address: str, is_allowed: bool) -> None:  # noqa: FBT001 - a table
    """Where a cloud tells a machine its secrets no source stands, whatever is allowed."""
    assert is_own_or_public_address(address) == is_allowed


@pytest.mark.parametrize(
    ("host", "is_public"),
    [("kunta.fi", True), ("kunta.fi.", True), ("[::1]", False), ("intra", False), ("nas.lan", False)],
)
def test_host_without_a_public_name_is_not_public(host: str, is_public: bool) -> None:  # noqa: FBT001 - a table
    """A name without a dot, or with an office's ending, is somebody's own."""
    assert is_public_host(host) == is_public

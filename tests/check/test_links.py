from dataclasses import replace

import pytest

from newsletter.check.links import CHECKS
from newsletter.check.page.reading import CheckInput
from newsletter.check.page.rules import Hit
from newsletter.errors import Place
from tests.check.samples import (
    ARTICLE_PLACE,
    GOOD,
    PUBLICATION,
    WORDS,
    WORDS_PLACE,
    replaced_link,
    with_body,
    with_link,
    with_words,
)
from tests.check.table import Case, hits, untested


def one(address: str) -> tuple[Hit, ...]:
    """Give the hit on a link that nobody can be blamed for."""
    return (Hit(facts={"address": address}),)


CASES: list[Case] = [
    ("link-not-absolute", GOOD, ()),
    *(("link-not-absolute", with_link(address), one(address)) for address in ("uutinen", "//seutu.fi", "#alku", "")),
    ("link-not-absolute", with_body('<p id="alku"><a href="#alku">Alkuun</a></p>'), ()),
    (
        "link-not-absolute",
        replaced_link("www.seutu.fi/rahoitus"),
        (Hit(facts={"address": "www.seutu.fi/rahoitus"}, place=ARTICLE_PLACE),),
    ),
    ("link-scheme", with_link("mailto:toimitus@seutu.fi"), ()),
    ("link-scheme", with_link("tel:+358401234567"), ()),
    ("link-scheme", with_link("javascript:alert(1)"), one("javascript:alert(1)")),
    ("link-scheme", with_link("ftp://seutu.fi/a"), one("ftp://seutu.fi/a")),
    ("link-malformed", GOOD, ()),
    ("link-malformed", with_link("https://äänekoski.fi:8443/a?b=c#d"), ()),
    ("link-malformed", with_link("https://[2001:db8::1]/"), ()),
    ("link-malformed", with_link("mailto:?to=a@b.fi"), ()),
    ("link-malformed", with_link("mailto:a@b.fi?subject=Hei"), ()),
    ("link-malformed", with_link("javascript:alert(1) x"), ()),
    *(
        ("link-malformed", with_link(address), one(address))
        for address in (
            *("https:///a", "https://[1/", "https://seutu.fi:porti/", "https://seutu..fi", "https://seutu .fi/a"),
            *("https://tunnus:salasana@seutu.fi/", "https://-seutu.fi", "tel:vaihde"),
        )
    ),
    *(
        ("link-to-no-mailbox", with_link(f"mailto:{mailbox}"), ())
        for mailbox in (
            *("a@b.fi", "a.b+c@ely-keskus.fi?subject=Hei%20%40", "a@b.fi,c@d.fi", "?to=a@b.fi", "A%2Db@äänekoski.fi"),
            "a@b.fi?cc=c@d.fi",
        )
    ),
    *(
        ("link-to-no-mailbox", with_link(f"mailto:{mailbox}"), one(f"mailto:{mailbox}"))
        for mailbox in (
            *("", "toimitus", "toimitus@", "@seutu.fi", "toimitus@seutu", "https://seutu.fi", "a(at)seutu.fi"),
            *("a@b.fi;c@d.fi", "a@b..fi", "a@b.fi?cc=c", "?subject=a@b.fi"),
        )
    ),
    *(
        ("link-tracks", with_link(address), ())
        for address in ("https://seutu.fi/?id=5&sivu=2#utm_source=a", "https://seutu.fi/utm_source", "mailto:a@b.fi")
    ),
    (
        "link-tracks",
        replaced_link("https://seutu.fi/?utm_source=x&id=5&UTM_Medium=&fbclid=abc"),
        (
            Hit(
                facts={
                    "address": "https://seutu.fi/?utm_source=x&id=5&UTM_Medium=&fbclid=abc",
                    "found": "utm_source, UTM_Medium, fbclid",
                },
                place=ARTICLE_PLACE,
            ),
        ),
    ),
    ("link-to-test-host", with_link(f"https://localhost/{'a' * 62}"), one(f"https://localhost/{'a' * 62}")),
    ("link-to-test-host", with_link(f"https://localhost/{'a' * 63}"), one(f"https://localhost/{'a' * 61}…")),
    ("own-link-not-https", with_link("http://muu.fi/"), ()),
    ("own-link-not-https", with_link("http://eiseutu.fi/"), ()),
    ("own-link-not-https", with_link("https://seutu.fi/"), ()),
    ("foreign-link-not-https", with_link("http:///a"), ()),
    *(
        ("own-link-not-https", with_link(address), one(address))
        for address in ("http://seutu.fi", "HTTP://WWW.SEUTU.FI/a", "http://kuvat.seutu.fi./")
    ),
    (
        "own-link-not-https",
        replaced_link("http://www.seutu.fi/rahoitus"),
        (Hit(facts={"address": "http://www.seutu.fi/rahoitus"}, place=ARTICLE_PLACE),),
    ),
    ("foreign-link-not-https", with_link("http://seutu.fi/"), ()),
    ("foreign-link-not-https", with_link("https://muu.fi/"), ()),
    ("foreign-link-not-https", with_link("http://muu.fi/a"), one("http://muu.fi/a")),
    ("link-to-test-host", with_link("https://contest.fi/test"), ()),
    ("link-to-test-host", with_link("https://invalid.fi/"), ()),
    *(
        ("link-to-test-host", with_link(address), one(address))
        for address in (
            *("http://localhost:8000/a", "https://seutu.local/", "https://a.test", "https://staging.seutu.fi/"),
            *("https://www-staging.seutu.fi", "https://x.invalid/"),
        )
    ),
    ("link-to-example-host", with_link("https://example.fi/"), ()),
    ("link-to-example-host", with_link("mailto:a@example.com"), ()),
    ("link-to-example-host", with_link("ftp://example.com/a"), ()),
    *(
        ("link-to-example-host", with_link(address), one(address))
        for address in ("https://www.example.com/a", "https://example.org", "https://seutu.example/")
    ),
    ("link-to-ip-address", with_link("https://1.2.3.fi/"), ()),
    ("link-to-ip-address", with_link("http://192.0.2.1/a"), one("http://192.0.2.1/a")),
    ("link-to-ip-address", with_link("https://[2001:db8::1]/"), one("https://[2001:db8::1]/")),
    ("link-shortened", with_link("https://urly.fi.seutu.fi/x"), ()),
    ("link-shortened", with_link("https://urly.fi/3xY"), one("https://urly.fi/3xY")),
    ("link-shortened", with_link("https://www.bit.ly/3xY"), one("https://www.bit.ly/3xY")),
    ("link-text-names-other-host", with_link("https://www.seutu.fi/a", "https://seutu.fi"), ()),
    ("link-text-names-other-host", with_link("https://muu.fi", "Katso www.seutu.fi"), ()),
    ("link-text-names-other-host", with_link("mailto:a@muu.fi", "www.seutu.fi"), ()),
    (
        "link-text-names-other-host",
        with_link("https://muu.fi/a", "www.seutu.fi/a"),
        (Hit(facts={"shown": "www.seutu.fi", "host": "muu.fi"}),),
    ),
    (
        "link-text-names-other-host",
        with_link("https://huijari.fi/", "HTTPS://Seutu.fi"),
        (Hit(facts={"shown": "Seutu.fi", "host": "huijari.fi"}),),
    ),
]


def test_own_hosts_are_those_of_the_site_too() -> None:
    """A publication that names no hosts still owns the one of its site."""
    publication = replace(PUBLICATION, links=replace(PUBLICATION.links, own_hosts=()))
    given = replace(with_link("http://www.seutu.fi/a"), publication=publication)

    assert hits(CHECKS, "own-link-not-https", given) == one("http://www.seutu.fi/a")


def test_an_address_that_stands_twice_is_found_once() -> None:
    """One wrong address is one finding, however often it is linked."""
    twice = with_link("uutinen", 'x</a><a href="uutinen">y')

    assert hits(CHECKS, "link-not-absolute", twice) == one("uutinen")


@pytest.mark.parametrize(
    ("greeting", "place"),
    [
        ("Katso [sivumme](http://muu.fi/a).", WORDS_PLACE),
        ("Katso http://muu.fi/a.", WORDS_PLACE),
        ("Katso http://muu.fi/a/b.", None),
    ],
)
def test_a_link_in_the_greeting_is_traced_to_the_words(greeting: str, place: Place | None) -> None:
    """An address the editor wrote into the greeting is found at its line; one that only begins like it is not."""
    words = with_words(replace(WORDS, greeting=greeting))
    given = replace(with_link("http://muu.fi/a"), edition=words.edition)

    found = hits(CHECKS, "foreign-link-not-https", given)

    assert found == (Hit(facts={"address": "http://muu.fi/a"}, place=place),)


@pytest.mark.parametrize(("code", "given", "expected"), CASES)
def test_a_check_finds_what_it_is_for(code: str, given: CheckInput, expected: tuple[Hit, ...]) -> None:
    """Each check finds its culprits with facts and place, and nothing in an edition that has none."""
    assert hits(CHECKS, code, given) == expected


def test_every_check_has_a_case_of_both_kinds() -> None:
    """No check is without an edition that it finds fault with and one that it does not."""
    assert untested(CHECKS, CASES) == set()

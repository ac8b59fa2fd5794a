import re
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import html as lxml_html

from newsletter.domain.content import Language
from newsletter.domain.issue import Edition, EditionKey, EditionWords, ItemForm, ItemKind, ItemVariant, Message, Slot
from newsletter.domain.publication import Publication
from newsletter.errors import Place, TemplateError
from newsletter.language.catalogue import translate
from newsletter.language.formats import when
from newsletter.message.slots import fill_text
from newsletter.render.brand import Brand
from newsletter.render.make_message import make_message, refuse_tokens, slot_tokens
from newsletter.render.placed_picture import PlacedPicture
from tests.render.samples import (
    ADVISERS,
    BRAND,
    EN,
    EVENTS,
    FI,
    HELSINKI,
    ISSUE,
    ITEMS,
    MANAGERS,
    PUBLICATION,
    SV,
    TEMPLATES,
    sample_edition,
    with_item,
)


@pytest.fixture(scope="module")
def message() -> Message:
    """Render the sample edition."""
    return render(sample_edition())


def render_edition(edition: Edition, *, publication: Publication, brand: Brand, templates: Path) -> Message:
    """Make the letter in this process."""
    return make_message(
        edition,
        publication=publication,
        brand=brand.model_dump(),
        folder=templates,
        shown_as=templates,
    )


def render(edition: Edition, *, brand: Brand = BRAND) -> Message:
    """Render with the repository's own templates."""
    return render_edition(edition, publication=PUBLICATION, brand=brand, templates=TEMPLATES)


def seen(message: Message) -> str:
    """Give what a reader sees of the HTML, with single spaces."""
    body = lxml_html.document_fromstring(message.html).find("body")
    assert body is not None
    return " ".join(body.text_content().split())


def test_message_carries_the_words_of_its_edition(message: Message) -> None:
    """Subject, preheader, key, items and the headers that are everybody's stand in the message."""
    assert (message.edition, message.subject, message.preheader, message.headers, message.items) == (
        EditionKey(segments=(ADVISERS,), language=FI),
        ISSUE.words[FI].subject,
        ISSUE.words[FI].preheader,
        (("X-Auto-Response-Suppress", "OOF, AutoReply"),),
        tuple(item.key for item in ITEMS),
    )


def test_every_item_stands_in_html_and_text(message: Message) -> None:
    """The text says what the HTML says: every title, lead, place and address."""
    html, text = seen(message), " ".join(message.text.split())
    addresses = {element.get("href") for element in lxml_html.document_fromstring(message.html).iter("a")}

    for item in ITEMS:
        for words in filter(None, (item.title, item.lead, item.place)):
            assert words in html
            assert words in text
        if item.link:
            assert item.link in addresses
            assert f"\n{item.link}\n" in message.text


def words_of(text: str) -> set[str]:
    """Give the different words of a text, in small letters."""
    return set(re.findall(r"\w[\w’'-]*", text.replace("\u00ad", "").casefold()))


@pytest.mark.parametrize("language", [FI, SV, EN])
def test_the_text_says_what_the_html_says(language: Language) -> None:
    """In every language each word of one is in the other, but for date blocks, hosts, "Read more"."""
    pictured = replace(
        ITEMS[1], image="a.png", image_alt="Halli kuvattuna", link=None, body="*Koko* teksti.\n\n- lista"
    )
    items = [
        replace(
            item,
            variants={
                SV: ItemVariant(title=f"Titel {number}", lead="Ingress på svenska."),
                EN: ItemVariant(title=f"Title {number}", lead="Lead in English.", place="Online"),
            }
            if number % 2
            else {},
        )
        for number, item in enumerate((ITEMS[0], pictured, *ITEMS[2:]))
    ]
    issue = replace(
        ISSUE,
        items={item.key: item for item in items},
        words={language: EditionWords(subject="Otsikko", preheader="Esirivi", greeting="Tervehdys *kaikille*.")},
    )
    message = make_message(
        sample_edition(issue, EditionKey(segments=(ADVISERS, MANAGERS), language=language)),
        publication=PUBLICATION,
        brand=BRAND.model_dump(),
        folder=TEMPLATES,
        shown_as=TEMPLATES,
        pictures={"a.png": PlacedPicture(source="cid:a", width_pixels=10, height_pixels=10)},
    )

    document = lxml_html.document_fromstring(message.html)
    repeated = document.xpath('//*[@class="date" or contains(@class, "preheader")]')
    for element in repeated:
        element.clear()
    alts = " ".join(image.get("alt", "") for image in document.iter("img"))
    spoken = " ".join(document.xpath("//body//text()[not(parent::style)]"))
    text = "\n".join(line for line in message.text.split("\n") if not re.match(r"https?:|\S+@", line))
    dates = words_of(" ".join(when(item.start, item.end, language, HELSINKI) for item in ITEMS if item.start))
    hosts = {"malli", "example", *words_of(translate(language, "Read more: {title}", title=""))}
    told = {FI: "kuva", SV: "bild", EN: "picture"}[language]

    assert words_of(spoken + " " + alts) - words_of(text) <= hosts
    assert words_of(text) - words_of(spoken + " " + alts) <= {told} | dates


def test_document_is_one_that_everybody_can_read(message: Message) -> None:
    """It has a language, a title, one h1 with no level skipped below it, alt texts, and tables that are layout only."""
    document = lxml_html.document_fromstring(message.html)
    levels = [int(str(element.tag)[1]) for element in document.iter("h1", "h2", "h3", "h4")]

    assert document.get("lang") == "fi"
    assert document.findtext("head/title") == ISSUE.words[FI].subject
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert {table.get("role") for table in document.iter("table")} == {"presentation"}
    assert all(image.get("alt") is not None for image in document.iter("img"))


def test_nothing_comes_from_elsewhere(message: Message) -> None:
    """The letter fetches no font, picture, style sheet or script."""
    assert re.findall(r"<(?:img|link|script|iframe)|@import|url\(", message.html) == []


def test_links_say_where_they_lead(message: Message) -> None:
    """No two links to different places share their words, and none is empty."""
    links = [
        (" ".join(element.text_content().split()), element.get("href"))
        for element in lxml_html.document_fromstring(message.html).iter("a")
        if not element.get("href", "").startswith("#")
    ]

    assert all(words for words, _ in links)
    assert len({words for words, _ in links}) == len({address for _, address in links}) == len(links)


def test_dark_scheme_is_offered(message: Message) -> None:
    """Mail programs are told that the letter has a dark scheme, and it has one."""
    assert '<meta name="color-scheme" content="light dark"' in message.html
    assert "prefers-color-scheme: dark" in message.html


def test_preheader_is_hidden_without_white_text(message: Message) -> None:
    """The line after the subject comes first in the body, not shown, in the colour of all text."""
    document = lxml_html.document_fromstring(message.html)
    [preheader] = document.xpath("//div[@class='preheader']")

    assert str(preheader.text).startswith(ISSUE.words[FI].preheader)
    assert "display: none" in preheader.get("style")
    assert f"color: {BRAND.light.ink}" in preheader.get("style")


def test_lines_of_the_text_are_short(message: Message) -> None:
    """Lines of the text part have 72 characters at most, but for addresses, which stand alone."""
    long_lines = [line for line in message.text.split("\n") if len(line) > 72]

    assert all(line.startswith("https://") and " " not in line for line in long_lines)
    assert "\n\n\n\n" not in message.text


def test_slots_are_filled_in_html_and_text(message: Message) -> None:
    """Name, way out and preferences are slots in both parts, and nothing of a token is left."""
    values = {
        Slot.NAME: " Aino <Äiti>",
        Slot.UNSUBSCRIBE: "https://kirje.malli.example/peru?t=a&n=1",
        Slot.PREFERENCES: "https://kirje.malli.example/asetukset?t=a",
    }

    html = fill_text(message.html, message.slots, values, is_html=True)
    text = fill_text(message.text, message.slots, values, is_html=False)

    assert "Hei Aino &lt;Äiti&gt;," in html
    assert 'href="https://kirje.malli.example/peru?t=a&amp;n=1"' in html
    assert "Hei Aino <Äiti>," in text
    assert "\nhttps://kirje.malli.example/peru?t=a&n=1\n" in text
    assert all("slot" not in part for part in (html, text))


def test_preferences_are_offered_only_where_there_are_public_pages() -> None:
    """Without public pages there is a way out and no page to change anything on."""
    links = replace(PUBLICATION.links, public_url=None, privacy=None, feedback=None)
    rendered = render_edition(
        sample_edition(),
        publication=replace(PUBLICATION, links=links),
        brand=BRAND,
        templates=TEMPLATES,
    )

    assert set(rendered.slots) == {Slot.NAME, Slot.UNSUBSCRIBE}
    assert "Muuta tilaustasi" not in rendered.html + rendered.text


def test_sender_stands_in_the_footer(message: Message) -> None:
    """Who sends, from which address, and for whom is said in both parts."""
    for part in (seen(message), message.text):
        assert "Mallikaupunkien verkosto" in part
        assert "Torikatu 1, 12340 Mallila" in part
        assert "Tämän kirjeen saavat: Yritysneuvojat." in part


def test_same_content_gives_the_same_bytes(message: Message) -> None:
    """Rendering is repeatable, wherever the file lies and whichever line the item stands on."""
    moved = replace(
        ISSUE, path=Path("/elsewhere/issue.toml"), items={k: replace(i, line=1) for k, i in ISSUE.items.items()}
    )

    assert render(sample_edition(moved)).sha256 == message.sha256


def test_other_content_has_other_tokens(message: Message) -> None:
    """A token cannot be guessed from an earlier edition."""
    other = render(with_item(title="Muu"))

    assert not set(other.slots.values()) & set(message.slots.values())


def test_content_with_a_token_is_refused() -> None:
    """Content that holds a token would be filled with a reader's value."""
    tokens = slot_tokens("sisältö", has_preferences=True)

    with pytest.raises(TemplateError, match="holds a slot token") as caught:
        refuse_tokens(f"x {tokens[Slot.PREFERENCES]} y", tokens, sample_edition())
    assert caught.value.place == Place(path=ISSUE.path)


def test_article_without_a_link_shows_its_full_text() -> None:
    """Where there is nowhere to read on, the whole text stands in the letter, in both parts, under its lead."""
    body = "Ensimmäinen *kappale*.\n\n- kohta\n\n[Ohje](https://example.org/o)"
    rendered = render(with_item(link=None, lead="Lyhyesti.", body=body))

    assert "Ensimmäinen <em>kappale</em>." in rendered.html
    assert rendered.html.count("Lyhyesti.") == 1
    assert "\nLyhyesti.\n\nEnsimmäinen kappale.\n\n- kohta\n\nOhje\nhttps://example.org/o\n" in rendered.text


def test_lead_that_the_text_repeats_is_not_told_twice() -> None:
    """A lead that was cut from the text below it stands in the text alone."""
    rendered = render(with_item(link=None, lead="Ensimmäinen kappale …", body="Ensimmäinen *kappale* jatkuu."))

    assert rendered.text.count("Ensimmäinen kappale") == rendered.html.count("Ensimmäinen") == 1


def test_only_the_first_article_is_shown_whole_where_links_lead_on() -> None:
    """The others are their lead and a link that names them; what an editor says of an item counts more."""
    texts = {"artikkeli-1": "Yksi.", "artikkeli-2": "Kaksi.", "artikkeli-3": "Kolme.", "artikkeli-4": "Neljä."}
    items = {key: replace(item, body=texts[key]) if key in texts else item for key, item in ISSUE.items.items()}
    items[ITEMS[2].key] = replace(items[ITEMS[2].key], form=ItemForm.WHOLE)
    items[ITEMS[3].key] = replace(items[ITEMS[3].key], form=ItemForm.TITLE)

    message = render(sample_edition(replace(ISSUE, items=items)))

    for part in (message.html, message.text.replace("\n", " ")):
        assert [words in part for words in texts.values()] == [True, False, True, False]
        assert [item.lead in part for item in ITEMS[:4]] == [True, True, True, False]
    links = lxml_html.fromstring(message.html).xpath("//p[@class='more']/a")
    assert [link.text_content() for link in links[:4]] == [
        f"Lue lisää: {item.title}" for item in (*ITEMS[:3], ITEMS[4])
    ]
    assert lxml_html.fromstring(message.html).xpath("string(//h3/a)") == ITEMS[3].title


def test_item_in_another_language_says_so() -> None:
    """An item that has no words in the edition's language is marked for eyes and for screen readers."""
    issue = replace(
        ISSUE,
        items={
            key: replace(item, variants={SV: ItemVariant(title="Titel")}) for key, item in list(ISSUE.items.items())[:2]
        }
        | dict(list(ISSUE.items.items())[2:]),
        words={SV: EditionWords(subject="Ämne", preheader="Rad", greeting="Hej.")},
    )
    rendered = render(sample_edition(issue, EditionKey(segments=(ADVISERS,), language=SV)))

    assert len(re.findall(r'<h3[^>]* lang="fi"', rendered.html)) == len(ITEMS) - 2
    assert rendered.html.count('<p lang="fi"') == len([item for item in ITEMS[2:] if item.lead])
    notes = re.findall(r' <span class="told" lang="sv"[^>]*>\(([^)]*)\)</span></h3>', rendered.html)
    assert notes == ["på&nbsp;finska"] * (len(ITEMS) - 2)
    # Outlook on Windows does not know the style that would keep the note on one line.
    assert "white-space" not in rendered.html
    assert rendered.text.count(" (på finska)\n") + rendered.text.count("\n(på finska)\n") == len(ITEMS) - 2
    assert "kl.\u00a09–15" in rendered.text


def test_words_of_the_letter_stay_in_its_language_beside_a_foreign_item() -> None:
    """Only what is in the other language is marked as such: a date would be read out wrongly."""
    foreign = with_item(language=SV, title="Titel", lead="Ingress", author=None, published=date(2017, 11, 2))
    rendered = render(foreign)
    body = render(with_item(language=SV, title="Titel", body="Text.", link=None))

    marked = lxml_html.fromstring(rendered.html).xpath('//body//*[@lang="sv"]')
    assert [element.text_content().strip() for element in marked] == ["Titel (ruotsiksi)", "Ingress", "Titel"]
    assert lxml_html.fromstring(body.html).xpath('string(//div[@lang="sv"])').split() == ["Text."]


def test_language_without_a_catalogue_is_named_by_its_code() -> None:
    """An item in a language we have no word for is marked by the language's code."""
    rendered = render(with_item(language=Language("et")))

    assert '<h3 lang="et"' in rendered.html
    assert f"{ITEMS[0].title} (et)" in rendered.text.replace("\n", " ")


HOSTILE = [
    "{{ 7 * 7 }}",
    "</mj-text><mj-raw><script>alert(1)</script></mj-raw>",
    '"><img src=x onerror=alert(1)>',
    "klo\u00a018 \u00ad 👩\u200d💻 ä > b \\u{a0} “Q” > x",
    "<!-- --> ]]> &amp; &nbsp;",
    "a\u2028b\u202ec",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_content_stays_content(value: str) -> None:
    """Whatever a title, lead, name or place holds is shown as it was written, and adds no tag."""
    rendered = render(with_item(title=value, lead=value, author=value))
    document = lxml_html.document_fromstring(rendered.html)

    [title] = document.iter("h3")
    assert title.text_content() == value
    assert not list(document.iter("script", "img"))
    assert value in rendered.text.replace("\u00ad", "") or "\u00ad" in value


def test_address_of_a_script_is_refused() -> None:
    """A link that would run a script never reaches a reader."""
    with pytest.raises(TemplateError, match="an address that no mail may have"):
        render(with_item(link="java\tscript:alert(1)"))


def test_brand_reaches_the_letter() -> None:
    """Another brand file changes colours and adds the logo, with its alt text."""
    brand = Brand.model_validate(
        {
            "light": {"accent": "#8a1c4a"},
            "logo": {"address": "https://www.example.org/logo.png", "width_pixels": 120, "alt": "Logo"},
        }
    )

    rendered = render(sample_edition(), brand=brand)

    assert rendered.html.count("#8a1c4a") > 10
    logo = lxml_html.fromstring(rendered.html).find(".//img")
    assert logo is not None
    assert (logo.get("src"), logo.get("width"), logo.get("alt")) == ("https://www.example.org/logo.png", "120", "Logo")


def test_template_with_an_undefined_name_names_its_line(tmp_path: Path) -> None:
    """A template that asks for what is not there is told with file and line."""
    for path in TEMPLATES.glob("*.j2"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    source = (tmp_path / "edition.mjml.j2").read_text("utf-8").replace("{{ edition.words.preheader }}", "{{ mnth }}")
    (tmp_path / "edition.mjml.j2").write_text(source, encoding="utf-8")
    line = source.split("\n").index(next(line for line in source.split("\n") if "mnth" in line)) + 1

    with pytest.raises(TemplateError, match="'mnth' is undefined") as caught:
        render_edition(sample_edition(), publication=PUBLICATION, brand=BRAND, templates=tmp_path)
    assert caught.value.place == Place(path=tmp_path / "edition.mjml.j2", line=line, column=25)


def test_event_without_a_day_has_no_date_block() -> None:
    """An event whose day is not known yet is shown with its place, and no date is made up for it."""
    rendered = render(with_item(kind=ItemKind.EVENT, section=EVENTS, published=None, place="Paikka"))

    assert 'class="date"' not in rendered.html
    assert f"{ITEMS[0].title}\nPaikka\n" in rendered.text

import re
import time
from datetime import UTC, date, datetime
from html import escape

import pytest

from newsletter.collect.identity import key_for
from newsletter.collect.kinds.feed import _tamed, parse
from newsletter.collect.problems import ProblemLog
from newsletter.domain.content import Article, Harvest, Language, Problem, ProblemGrade, SourceId, SourceKind
from newsletter.errors import SourceError
from tests.collect.samples import HELSINKI, a_snapshot, a_source

ID = SourceId("esimerkki")
SOURCE = a_source(SourceKind.FEED)
NAMES = (
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)


def rss(*items: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> str:
    """Give an RSS feed of items."""
    inside = "".join(f"<item>{item}</item>" for item in items)
    channel = f"<channel><title>Uutisia</title><language>en-US</language>{inside}</channel>"
    return f'{head}<rss version="2.0"{NAMES}>{channel}</rss>'


def atom(*entries: str, language: str = "fi") -> str:
    """Give an Atom feed of entries."""
    return (
        f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}"><title>Uutisia</title>'
        f"{''.join(entries)}</feed>"
    )


def one_item(*, title: str, text: str, day: date) -> str:
    """Give a feed of one entry."""
    return rss(f"<title>{escape(title)}</title><description>{escape(text)}</description><pubDate>{day}</pubDate>")


def read(feed: str | bytes) -> Harvest:
    """Parse a feed of the sample source."""
    return parse(a_snapshot(feed), SOURCE)


def only(feed: str | bytes) -> Article:
    """Parse a feed of one entry."""
    (article,) = read(feed).articles
    return article


def messages(harvest: Harvest) -> list[str]:
    """Give what the problems say."""
    return [problem.message for problem in harvest.problems]


def test_rss_item_becomes_an_article() -> None:
    """Everything an RSS item says is kept, in our own words and forms."""
    item = (
        "<title>Hankinnat auki kaikille</title><link>/2017/hankinnat?utm_source=syote</link>"
        '<guid isPermaLink="false">uutinen-7</guid><pubDate>Fri, 17 Nov 2017 10:00:00 +0200</pubDate>'
        "<description>Lyhyesti &lt;b&gt;näin&lt;/b&gt;.</description><dc:creator>Aino Kallio</dc:creator>"
        "<category>hankinnat</category><category>#hankinnat</category><category>yritykset</category>"
        '<content:encoded><![CDATA[<p style="color:red">Koko juttu <a href="liite">täällä</a>.</p>]]></content:encoded>'
    )
    published = datetime(2017, 11, 17, 10, 0, tzinfo=HELSINKI)
    assert read(rss(item)) == Harvest(
        source_id=ID,
        articles=(
            Article(
                key=key_for(ID, "uutinen-7", "Hankinnat auki kaikille"),
                source_id=ID,
                identity="uutinen-7",
                title="Hankinnat auki kaikille",
                url="https://uutiset.example/2017/hankinnat",
                published=published,
                author="Aino Kallio",
                language=Language("fi"),
                summary="Lyhyesti näin.",
                body_html='<p>Koko juttu <a href="https://uutiset.example/syote/liite">täällä</a>.</p>',
                links=("https://uutiset.example/syote/liite",),
                tags=("hankinnat", "yritykset"),
            ),
        ),
    )


def test_atom_entry_becomes_an_article() -> None:
    """Atom's content, summary and both dates are kept; its copied summary is none."""
    entry = (
        "<entry><id>tag:a.example,2017:1</id><title>Uusi opas</title>"
        '<link href="https://a.example/1"/><published>2017-11-02T08:00:00Z</published>'
        "<updated>2017-11-05T08:00:00Z</updated><author><name>Aino Kallio</name></author>"
        "<author><name>Eero Salo</name></author><author><name>posti@a.example</name></author>"
        '<content type="xhtml" xml:base="https://a.example/d/"><div xmlns="http://www.w3.org/1999/xhtml">'
        '<p>Opas on <a href="2">valmis</a>.</p></div></content></entry>'
    )
    article = only(atom(entry))
    assert article == Article(
        key=key_for(ID, "tag:a.example,2017:1", "Uusi opas"),
        source_id=ID,
        identity="tag:a.example,2017:1",
        title="Uusi opas",
        url="https://a.example/1",
        published=datetime(2017, 11, 2, 8, 0, tzinfo=UTC),
        updated=datetime(2017, 11, 5, 8, 0, tzinfo=UTC),
        author="Aino Kallio, Eero Salo",
        language=Language("fi"),
        body_html='<p>Opas on <a href="https://a.example/d/2">valmis</a>.</p>',
        links=("https://a.example/d/2",),
    )


def test_atom_entry_with_only_an_updated_date_was_published_then() -> None:
    """Atom requires `updated` only; it is then the one date there is."""
    article = only(atom("<entry><id>1</id><title>A</title><updated>2017-11-05</updated></entry>"))
    assert (article.published, article.updated) == (date(2017, 11, 5), None)


def test_description_alone_is_text_and_summary() -> None:
    """A feed without content still has something to show."""
    article = only(rss("<title>A</title><description>Kappale yksi.&lt;p&gt;Kappale kaksi.</description>"))
    assert (article.summary, article.body_html) == (
        "Kappale yksi. Kappale kaksi.",
        "<p>Kappale yksi.</p><p>Kappale kaksi.</p>",
    )


def test_plain_text_content_is_not_taken_for_html() -> None:
    """What a feed calls text is text, in its paragraphs."""
    entry = '<entry><id>1</id><title>A</title><content type="text">a &lt;b&gt; c\n\ntoinen</content></entry>'
    assert only(atom(entry)).body_html == "<p>a &lt;b&gt; c</p><p>toinen</p>"


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Neuvojat &amp;amp; kaupungit", "Neuvojat & kaupungit"),
        ("Nyt &amp;#8211; ja &amp;quot;heti&amp;quot;", 'Nyt – ja "heti"'),
        ("Nyt &amp;amp;#8211; heti", "Nyt – heti"),
        ("<![CDATA[<b>Lihava</b> otsikko]]>", "Lihava otsikko"),
        ("Kun a &lt; b", "Kun a < b"),
        ("Rivin\n\n  vaihto", "Rivin vaihto"),
        ("{{ subject }}", "{{ subject }}"),
    ],
)
def test_title_is_plain_text_however_often_it_was_escaped(written: str, title: str) -> None:
    """WordPress escapes titles twice; nobody should read `&#8211;`."""
    assert only(rss(f"<title>{written}</title>")).title == title


def test_entry_without_a_title_gets_its_first_words() -> None:
    """An entry with only text can still be chosen, and the manager is told."""
    harvest = read(rss("<description>Tämä uutinen tuli ilman otsikkoa.</description><link>https://a.example/1</link>"))
    assert harvest.articles[0].title == "Tämä uutinen tuli ilman otsikkoa."
    assert "An entry has no title; its first words stand in." in messages(harvest)


def test_entry_without_title_and_text_is_left_out() -> None:
    """There is nothing to show, so it is reported by what names it."""
    harvest = read(rss("<guid>x-1</guid>", "<title>A</title>"))
    assert [article.title for article in harvest.articles] == ["A"]
    assert harvest.problems[0] == Problem(
        source_id=ID, grade=ProblemGrade.FAILED, message="An entry has neither a title nor text.", item="x-1"
    )


@pytest.mark.parametrize(
    "written", ["Aino Kallio", "Aino Kallio (aino@kunta.online)", "a@b.fi (Aino Kallio)", "Aino Kallio &lt;a@b.fi&gt;"]
)
def test_author_is_a_name_without_its_address(written: str) -> None:
    """Nobody reads half a mail address as somebody's name."""
    assert only(rss(f"<title>A</title><author>{written}</author>")).author == "Aino Kallio"


def test_several_authors_are_names_without_their_addresses() -> None:
    """Each of several is read as a single one is, and stands once, however long the end of an address is."""
    authors = "Aino Kallio (aino@kunta.online)", "e@b.international (Eero Salo)", "Aino Kallio"
    item = "<title>A</title>" + "".join(f"<author>{author}</author>" for author in authors)
    assert only(rss(item)).author == "Aino Kallio, Eero Salo"


def test_address_for_a_name_is_told_once() -> None:
    """No mail address gets into an item by way of a name, and forty of them give one note."""
    item = "<title>{}</title><pubDate>1.2.2017</pubDate><dc:creator>a@b.example</dc:creator>"
    harvest = read(rss(item.format("A"), item.format("B")))
    assert [article.author for article in harvest.articles] == [None, None]
    assert messages(harvest) == ["A mail address stands for a name; such names were left out."]


def test_time_without_a_zone_is_told_once_for_all_entries() -> None:
    """Forty such entries give one warning."""
    harvest = read(rss(*(f"<title>{name}</title><dc:date>2017-11-17T10:00:00</dc:date>" for name in "AB")))
    assert messages(harvest) == [
        "2 entries have times without a known zone; they were read as times of Europe/Helsinki."
    ]


@pytest.mark.parametrize(("content", "told"), [("", []), ("<content:encoded>Teksti</content:encoded>", [5000])])
def test_endless_summary_is_cut_and_told_unless_the_text_has_it_all(content: str, told: list[int]) -> None:
    """What only the summary said is missed; what the text says too is not."""
    item = f"<title>A</title><pubDate>1.2.2017</pubDate><description>{'sana ' * 2000}</description>{content}"
    harvest = read(rss(item))
    assert len(harvest.articles[0].summary) <= 5_000
    assert messages(harvest) == [f"The summary is longer than {limit} characters and was cut." for limit in told]


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("<pubDate>27.06.2017</pubDate>", date(2017, 6, 27)),
        ("<pubDate>pe, 13 loka 2017</pubDate>", date(2017, 10, 13)),
        ("<pubDate>Tue, 31 Oct 2017 22:30:00 GMT</pubDate>", datetime(2017, 11, 1, 0, 30, tzinfo=HELSINKI)),
        ("<pubDate>Thu, 17 Aug 2017 10:00:00 EEST</pubDate>", datetime(2017, 8, 17, 10, 0, tzinfo=HELSINKI)),
        ("<dc:date>2017-11-17T10:00:00+02:00</dc:date>", datetime(2017, 11, 17, 10, 0, tzinfo=HELSINKI)),
    ],
)
def test_date_of_an_item_is_read_as_feeds_write_it(written: str, published: date | datetime) -> None:
    """Finnish dates and Finnish zones are dates too."""
    assert only(rss(f"<title>A</title>{written}")).published == published


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "The entry has no date."),
        ("<pubDate>eilen illalla</pubDate>", "The date 'eilen illalla' cannot be read."),
        (
            "<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>",
            "The date 'Thu, 01 Jan 1970 00:00:00 GMT' cannot be read.",
        ),
    ],
)
def test_entry_without_a_usable_date_is_undated(written: str, message: str) -> None:
    """Nobody fills in today, and nobody prints 1970."""
    harvest = read(rss(f"<title>A</title>{written}"))
    assert (harvest.articles[0].published, messages(harvest)) == (None, [message])


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("2017-11-17T10:00:00", "A time without a zone was read as one of Europe/Helsinki."),
        ("2018-11-17T10:00:00Z", "The entry is dated in the future: 2018-11-17T10:00:00Z."),
    ],
)
def test_doubtful_date_is_kept_with_a_warning(written: str, message: str) -> None:
    """A time that may be wrong is shown to a person."""
    harvest = read(rss(f"<title>A</title><dc:date>{written}</dc:date>"))
    assert harvest.articles[0].published is not None
    assert messages(harvest) == [message]


def test_entry_of_this_evening_is_not_of_the_future() -> None:
    """Clocks differ by zones and minutes; a day ahead is no error."""
    assert messages(read(rss("<title>A</title><pubDate>Tue, 21 Nov 2017 08:00:00 GMT</pubDate>"))) == []


@pytest.mark.parametrize(
    ("links", "url"),
    [
        ('<link href="/fi"/><link rel="alternate" hreflang="sv" href="/sv"/>', "https://uutiset.example/fi"),
        ('<link hreflang="sv-FI" href="/sv"/><link hreflang="fi-FI" href="/fi"/>', "https://uutiset.example/fi"),
        ('<link hreflang="sv" href="/sv"/>', "https://uutiset.example/sv"),
        ('<link rel="enclosure" href="/a.mp3"/><link href="/fi"/>', "https://uutiset.example/fi"),
        ('<link href="http://localhost/x"/>', None),
        ("", None),
    ],
)
def test_link_is_the_one_in_the_language_of_the_entry(links: str, url: str | None) -> None:
    """Of several pages of one entry the Finnish one is for Finnish readers."""
    assert only(atom(f"<entry><id>tag:1</id><title>A</title>{links}</entry>")).url == url


def test_pages_in_other_languages_are_its_alternates() -> None:
    """What hreflang names is kept, without the page itself, languages not ours and addresses nobody may open."""
    links = (
        '<link href="/fi"/><link hreflang="fi" href="/fi"/><link hreflang="sv-FI" href="/sv?utm_source=x"/>'
        '<link hreflang="sv" href="/sv"/><link hreflang="en" href="http://localhost/"/><link hreflang="de" href="/de"/>'
        '<link hreflang="x-default" href="/"/><link rel="related" hreflang="en" href="/en"/>'
    )
    assert only(atom(f"<entry><id>tag:1</id><title>A</title>{links}</entry>")).alternates == (
        "https://uutiset.example/sv",
    )


def test_link_nobody_should_open_is_reported() -> None:
    """An entry does not lose its link without a word."""
    harvest = read(rss("<title>A</title><pubDate>1.2.2017</pubDate><link>https://a:b@a.example/</link>"))
    assert (harvest.articles[0].url, messages(harvest)) == (
        None,
        ["The entry's link is no public web address and was left out."],
    )


@pytest.mark.parametrize(
    ("feed_language", "entry_language", "language"),
    [("fi", "sv", "sv"), ("en", "en", "fi"), ("fi", "de", "fi"), ("en-US", "sv-FI", "sv")],
)
def test_language_is_the_entrys_own_or_the_sources(feed_language: str, entry_language: str, language: str) -> None:
    """A language named for the whole feed is often only a program's default."""
    entry = f'<entry xml:lang="{entry_language}"><id>1</id><title>A</title></entry>'
    assert only(atom(entry, language=feed_language)).language == language


def test_identity_is_the_id_or_the_link_or_date_and_title() -> None:
    """What tells an entry from the others is always the same thing."""
    harvest = read(
        rss(
            "<title>A</title><guid>g</guid><link>https://a.example/a</link>",
            "<title>B</title><link>https://a.example/b?utm_source=x</link>",
            "<title>C</title><pubDate>1.2.2017</pubDate>",
            "<title>D</title>",
        )
    )
    identities = ["g", "https://a.example/b", "2017-02-01 C", "undated D"]
    assert [article.identity for article in harvest.articles] == identities


def test_repeated_id_is_not_believed() -> None:
    """A program that gives every entry one id loses none of them here."""
    harvest = read(
        rss(*(f"<title>{name}</title><guid>sama</guid><link>https://a.example/{name}</link>" for name in ("a", "b")))
    )
    assert [article.identity for article in harvest.articles] == ["https://a.example/a", "https://a.example/b"]
    assert messages(harvest).count("Several entries share one id; the link and the title tell them apart.") == 2


def test_entries_that_share_a_link_but_no_title_are_several() -> None:
    """A feed whose entries all lead to one page loses none, and each keeps its name when others come and go."""
    entries = [f"<title>{name}</title><link>https://a.example/uutiset?utm_source=x</link>" for name in ("a", "b", "c")]
    names = [f"https://a.example/uutiset {name}" for name in ("a", "b", "c")]
    assert [article.identity for article in read(rss(*entries)).articles] == names
    harvest = read(rss(*entries[1:], entries[2]))
    assert [article.identity for article in harvest.articles] == names[1:]
    assert "The source has this item twice; the first one was taken." in messages(harvest)


@pytest.mark.parametrize(
    ("feed", "line"),
    [
        (rss("<title>Kylä</title><description>x \x0c y</description>"), 1),
        (rss("<title>Kylä</title><description>a&nbsp;b \x0c</description>"), 1),
        (rss("<title>Kylä</title>", "<title>Toinen")[: -len("</item></channel></rss>")], 1),
        (rss("<title>Kylä</title><description>x \x0c y</description>", head="\n"), 1),
        (rss("<title>Kylä</title><description>\nx \x0c y</description>", head="<!DOCTYPE rss [\n\n]>"), 4),
    ],
)
def test_broken_feed_gives_what_can_be_read_and_a_warning(feed: str, line: int) -> None:
    """One wrong sign does not cost the feed, and the keeper can be told where it is."""
    harvest = read(feed)
    assert harvest.articles[0].title == "Kylä"
    problem = harvest.problems[0]
    assert (problem.message, problem.line) == ("The feed is broken here; what could be read was taken.", line)


@pytest.mark.parametrize(
    "feed",
    [
        rss("<title>Äänekoski – ”näin”</title>", head='<?xml version="1.0" encoding="iso-8859-1"?>').encode(),
        rss("<title>Äänekoski – ”näin”</title>").encode("cp1252"),
        rss("<title>Äänekoski – ”näin”</title>", head='<?xml version="1.0" encoding="utf-16"?>').encode("utf-16"),
        b"\xef\xbb\xbf" + rss("<title>Äänekoski – ”näin”</title>").encode(),
        b"\n  " + rss("<title>Äänekoski – ”näin”</title>").encode(),
        rss("<title>Äänekoski – ”näin”</title>").encode().replace(b"n\xc3", b"n\x81\xc3"),
    ],
)
def test_wrongly_declared_encoding_gives_the_right_letters(feed: bytes) -> None:
    """What a feed declares and what it is written in are two things."""
    harvest = read(feed)
    assert harvest.articles[0].title == "Äänekoski – ”näin”"
    assert "broken" not in " ".join(messages(harvest))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<!DOCTYPE html><html><body>Kirjaudu sisään</body></html>", "gave a web page (HTML) instead of a feed."),
        ("\ufeff\n<html lang=fi>", "gave a web page (HTML) instead of a feed."),
        ('{"items": []}', "gave JSON; only RSS and Atom are read."),
        (rss(), "holds no entry that can be read as RSS or Atom."),
        ("Palvelin on huollossa", "holds no entry that can be read as RSS or Atom."),
        (b"\x00\x00\x00<\x00\x00\x00r", "is no text in an encoding we read."),
    ],
)
def test_what_is_no_feed_is_refused_with_its_name(body: str | bytes, message: str) -> None:
    """A login page, an error or nothing is a fault of the source, never an empty month."""
    with pytest.raises(SourceError, match=re.escape(message)) as caught:
        read(body)
    assert caught.value.hint


def test_entities_and_document_types_reach_no_file_and_do_not_grow() -> None:
    """Neither /etc/passwd nor a billion laughs comes in with a feed; a harmless DOCTYPE does no harm."""
    outside = '<!DOCTYPE rss [<!ENTITY tiedosto SYSTEM "file:///etc/passwd"><!ENTITY % p SYSTEM "http://127.0.0.1/x">]>'
    entities = "".join(f'<!ENTITY {new} "{f"&{old};" * 30}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True))
    bomb = f'<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaaaaaaaaaaaa">{entities}]>'
    old = '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/rss-0.91.dtd">'
    begun = time.process_time()
    titles = [
        only(rss(f"<title>Ennen &{name}; jälkeen</title>", head=head)).title
        for head, name in ((outside, "tiedosto"), (bomb, "i"), (old, "amp"))
    ]
    assert titles == ["Ennen &tiedosto; jälkeen", "Ennen &i; jälkeen", "Ennen & jälkeen"]
    assert time.process_time() - begun < 3


@pytest.mark.parametrize(
    "wrap", ["{}", "<![CDATA[{}]]>", "<![CDATA[x]{}]]>", "x<b/>{}", "x<!-- -- y -->{}", "x&amp;]{}"]
)
def test_endless_name_of_an_author_costs_no_time(wrap: str) -> None:
    """100 kB as an author's name would hold the reader up for more than a minute."""
    begun = time.process_time()
    article = only(rss(f"<title>A</title><author>{wrap.format('a' * 100_000)}</author>"))
    assert article.author is not None
    assert len(article.author) <= 100
    assert time.process_time() - begun < 2


def test_only_the_first_entries_of_too_many_are_read() -> None:
    """A feed of its whole history gives its newest entries, and says so."""
    body, problems = rss(*(f"<title>{number}</title>" for number in range(5))).encode(), ProblemLog(SOURCE.id)
    cut = _tamed(body, SOURCE, problems, most=2)
    assert [article.title for article in read(cut).articles] == ["0", "1"]
    assert [problem.message for problem in problems.found] == ["Only the first 2 of 5 entries were read."]
    assert problems.is_cut


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x" * 1_000_001, "The entry is longer than 1000000 characters."),
        ("x" * 200_001, "The entry's text is longer than 200000 characters."),
    ],
)
def test_endless_entry_is_left_out(text: str, message: str) -> None:
    """One enormous entry is named, and the others stay."""
    harvest = read(rss(f"<title>Loputon</title><description>{text}</description>", "<title>B</title>"))
    assert [article.title for article in harvest.articles] == ["B"]
    assert (harvest.problems[0].message, harvest.problems[0].item) == (message, "Loputon")


def test_unclosed_tags_of_one_entry_stay_in_it() -> None:
    """Nothing an entry leaves open reaches the next one."""
    harvest = read(rss("<title>A</title><description>&lt;b&gt;auki &lt;div&gt;</description>", "<title>B</title>"))
    assert [article.body_html for article in harvest.articles] == ["<p><b>auki </b></p>", ""]


def test_address_of_the_snapshot_is_the_base_of_links() -> None:
    """After a redirect, links are relative to where the feed really is."""
    snapshot = a_snapshot(rss("<title>A</title><link>/a</link>"), location="https://uusi.example/rss")
    (article,) = parse(snapshot, SOURCE).articles
    assert article.url == "https://uusi.example/a"


def test_author_that_does_not_end_is_told_with_its_line() -> None:
    """What is cut because a name has no end is no silent loss."""
    item = f"<title>A</title>\n<author>Aino<guid>{'a' * 300}</guid>"
    assert "An author's element does not end; what follows it was cut." in messages(read(rss(item)))


def test_long_tag_is_told_when_it_is_cut() -> None:
    """A tag of more than 60 characters is shortened with a word to its keeper."""
    harvest = read(rss(f"<title>A</title><pubDate>1.2.2017</pubDate><category>{'hankinta ' * 8}</category>"))
    assert harvest.articles[0].tags == ("hankinta hankinta hankinta hankinta hankinta hankinta…",)
    assert [(problem.item, problem.message) for problem in harvest.problems] == [
        ("A", "The tag is longer than 60 characters and was cut.")
    ]


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Hyv&#228; &#55357;&#56832;&#xD83D; &#55203;", "Hyvä 😀 힣"),
        ("&amp;#xD83D;&amp;#xDE00; kahdesti", "😀 kahdesti"),
        ("T&K & kunnat", "T&K & kunnat"),
        ("R&D; ja A&amp;B", "R&D; ja A&B"),
        ("1&nbsp;000&euro; &kunta; &#8211;", "1 000€ &kunta; –"),
    ],
)
def test_reference_costs_nothing_but_itself(written: str, title: str) -> None:
    """Halves of a character are that character, a raw ampersand is one, and the feed is not broken for it."""
    harvest = read(rss(f"<title>{written}</title><pubDate>1.2.2017</pubDate>"))
    assert ([article.title for article in harvest.articles], harvest.problems) == ([title], ())


def test_entities_of_a_feed_are_refused_by_name() -> None:
    """Its keeper hears which words of the text mean nothing to us."""
    harvest = read(rss("<title>&kunta; kasvaa</title>", head='<!DOCTYPE rss [<!ENTITY kunta "Forssa">]>'))
    assert harvest.articles[0].title == "&kunta; kasvaa"
    assert not harvest.is_cut
    assert "The feed declares entities of its own, which are not read: kunta." in messages(harvest)


def test_list_of_feeds_is_named() -> None:
    """An OPML file is told from a feed that is empty."""
    with pytest.raises(SourceError, match=r"is a list of feeds \(OPML\), and no feed itself"):
        read(
            f'<?xml version="1.0"?><!-- {"x" * 1000} --><opml><body><outline xmlUrl="https://a.example/"/></body></opml>'
        )


def test_line_of_a_broken_feed_is_told_though_nothing_of_it_can_be_read() -> None:
    """Its keeper finds the sign that is wrong."""
    with pytest.raises(SourceError, match="holds no entry") as caught:
        read("<rss>\n<channel>\n<item")
    assert [str(fault) for fault in caught.value.faults] == ["syote:3: Unclosed token."]

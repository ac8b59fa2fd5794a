from dataclasses import replace
from datetime import date, datetime

import pytest

from newsletter.collect.archive import pack
from newsletter.collect.identity import key_for
from newsletter.collect.kinds.folder import parse
from newsletter.domain.content import (
    Article,
    Event,
    EventStatus,
    Harvest,
    Language,
    Precision,
    Problem,
    ProblemGrade,
    SegmentId,
    SourceId,
    SourceKind,
    TopicId,
)
from newsletter.errors import SourceError
from tests.collect.samples import HELSINKI, a_snapshot, a_source

ID = SourceId("esimerkki")
SOURCE = replace(
    a_source(SourceKind.FOLDER, "/kansio"), segments=(SegmentId("managers"),), topics=(TopicId("verkostot"),)
)


def one_item(*, title: str, text: str, day: date) -> bytes:
    """Give a folder of one article."""
    return pack({"a.md": f"---\ntitle: '{title}'\npublished: {day}\n---\n{text}\n".encode()})


def read(**files: str | bytes) -> Harvest:
    """Parse a folder; `_md` in a name stands for `.md`."""
    bodies = {f"{name}.md": body.encode() if isinstance(body, str) else body for name, body in files.items()}
    return parse(a_snapshot(pack(bodies)), SOURCE)


def problems(harvest: Harvest) -> list[tuple[str, str | None, int | None, str]]:
    """Give grade, file, line and message of every problem."""
    return [(problem.grade.value, problem.item, problem.line, problem.message) for problem in harvest.problems]


def test_file_becomes_an_article() -> None:
    """Front matter and Markdown give everything an article has."""
    text = (
        '---\ntitle: "Neuvojat: näin toimitaan"\npublished: 17.11.2017\nupdated: 2017-11-20 9:00\n'
        "author: Aino Kallio\nlanguage: sv\nsummary: Lyhyesti\n  näin.\n"
        "link: https://kunta.example/a?utm_campaign=x\nsegments: [advisers, managers]\n"
        'topics: rahoitus, verkostot\ntags: ["#kokeilut", kaupungit]\n---\n\n'
        "17. marraskuuta *kaikki* muuttui.\n\n1. Yksi\n2. Kaksi\n\n[Lue lisää](https://kunta.example/b)\n"
    )
    title = "Neuvojat: näin toimitaan"
    assert read(neuvojat=text) == Harvest(
        source_id=ID,
        articles=(
            Article(
                key=key_for(ID, "neuvojat.md", title),
                source_id=ID,
                identity="neuvojat.md",
                title=title,
                url="https://kunta.example/a",
                published=date(2017, 11, 17),
                updated=datetime(2017, 11, 20, 9, 0, tzinfo=HELSINKI),
                author="Aino Kallio",
                language=Language("sv"),
                summary="Lyhyesti näin.",
                body_html=(
                    "<p>17. marraskuuta <em>kaikki</em> muuttui.</p> <ol> <li>Yksi</li> <li>Kaksi</li> </ol>"
                    '<p><a href="https://kunta.example/b">Lue lisää</a></p>'
                ),
                links=("https://kunta.example/b",),
                tags=("kokeilut", "kaupungit"),
                segments=(SegmentId("managers"), SegmentId("advisers")),
                topics=(TopicId("verkostot"), TopicId("rahoitus")),
            ),
        ),
    )


def test_file_becomes_an_event() -> None:
    """`kind: event` makes an event; its text is its summary."""
    text = (
        "---\nkind: event\ntitle: Pajapäivä\nstart: 5.12.2017 klo 9.00\nend: 15.00\nplace: Kaupungintalo, Salo\n"
        "organiser: Verkosto\nstatus: postponed\nlink: https://kunta.example/\n---\nTule mukaan.\n\n- kahvia\n"
    )
    assert read(paja=text) == Harvest(
        source_id=ID,
        events=(
            Event(
                key=key_for(ID, "paja.md", "Pajapäivä"),
                source_id=ID,
                identity="paja.md",
                title="Pajapäivä",
                start=datetime(2017, 12, 5, 9, 0, tzinfo=HELSINKI),
                end=datetime(2017, 12, 5, 15, 0, tzinfo=HELSINKI),
                precision=Precision.TIME,
                status=EventStatus.POSTPONED,
                place="Kaupungintalo, Salo",
                url="https://kunta.example/",
                organiser="Verkosto",
                language=Language("fi"),
                summary="Tule mukaan. • kahvia",
                segments=(SegmentId("managers"),),
                topics=(TopicId("verkostot"),),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("lines", "start", "end"),
    [
        ("start: 2018-05-16\nend: 17.5.2018", date(2018, 5, 16), date(2018, 5, 17)),
        ("start: 2018-05-16\nend: 2018-05-16", date(2018, 5, 16), None),
        ("start: 16.5.2018", date(2018, 5, 16), None),
        (
            "start: 2018-05-16 09:00\nend: 2018-05-17 12:00",
            datetime(2018, 5, 16, 9, 0, tzinfo=HELSINKI),
            datetime(2018, 5, 17, 12, 0, tzinfo=HELSINKI),
        ),
    ],
)
def test_event_is_of_days_or_of_times(lines: str, start: date | datetime, end: date | datetime | None) -> None:
    """Ends are inclusive, and one day needs none."""
    (event,) = read(a=f"---\nkind: event\ntitle: A\n{lines}\n---\n").events
    assert (event.start, event.end) == (start, end)
    assert event.precision == (Precision.TIME if isinstance(start, datetime) else Precision.DAY)


@pytest.mark.parametrize(
    ("matter", "line", "message"),
    [
        ("published: 1.2.2017", None, "The file has no title."),
        ("title: A\npublished: ensi viikolla", 3, "published: 'ensi viikolla' is no date."),
        ("title: A\nupdated: 31.2.2017", 3, "updated: '31.2.2017' is no date."),
        ("title: A\nkind: juttu", 3, "kind: 'juttu' is not known here."),
        ("title: A\nlanguage: se", 3, "language: 'se' is no language we write."),
        ("title: A\nlink: www.kunta.example", 3, "link: 'www.kunta.example' is no public web address."),
        ("title: A\nkind: event", None, "An event needs a start."),
        ("title: A\nkind: event\nstart: pian", 4, "start: 'pian' is no date."),
        ("title: A\nkind: event\nstart: 5.12.2017\nend: 1.12.2017", 5, "end: The event ends before it begins."),
        (
            "title: A\nkind: event\nstart: 5.12.2017 klo 9.00\nend: 6.12.2017",
            5,
            "end: Start and end are not both days, or both times.",
        ),
        ("title: A\nkind: event\nstart: 5.12.2017 klo 9.00\nend: 25.00", 5, "end: '25.00' is no date."),
        ("title: A\nkind: event\nstart: 5.12.2017\nstatus: cancled", 5, "status: 'cancled' is not known here."),
        ("title: A\nimage: ../k.png\nimage_alt: x", 3, "image: '../k.png' is no picture of the publication."),
        ("title: A: b", 2, "The front matter is no YAML: mapping values are not allowed here."),
    ],
)
def test_file_with_a_wrong_value_is_left_out_and_the_others_are_read(
    matter: str, line: int | None, message: str
) -> None:
    """A wrong value is never guessed at: it is named with its file and line, and can be mended."""
    harvest = read(huono=f"---\n{matter}\n---\nTeksti.\n", hyvä="---\ntitle: Hyvä\npublished: 1.2.2017\n---\n")
    assert [article.title for article in harvest.articles] == ["Hyvä"]
    assert harvest.events == ()
    assert ("failed", "huono.md", line, message) in problems(harvest)
    assert all(
        problem.hint for problem in harvest.problems if problem.message != "end: The event ends before it begins."
    )


def test_all_faults_of_a_file_are_told_together() -> None:
    """Nobody mends a file four times."""
    harvest = read(a="---\nkind: event\nlanguage: se\nlink: x\nstart: pian\n---\n")
    assert [problem.message for problem in harvest.problems] == [
        "The file has no title.",
        "language: 'se' is no language we write.",
        "link: 'x' is no public web address.",
        "start: 'pian' is no date.",
    ]


def test_unknown_key_is_told_with_what_was_probably_meant() -> None:
    """A misspelt key would send an article to the wrong people without a word."""
    harvest = read(a="---\ntitle: A\npublished: 1.2.2017\nsegmnets: advisers\nplace: Salo\n---\n")
    assert len(harvest.articles) == 1
    assert harvest.problems[0] == Problem(
        source_id=ID,
        grade=ProblemGrade.WARNING,
        message="The key 'segmnets' is not known here.",
        item="a.md",
        line=4,
        hint="Did you mean 'segments'?",
    )
    assert problems(harvest)[1:] == [("warning", "a.md", 5, "The key 'place' is not known here.")]


def test_value_lost_to_a_comment_is_told() -> None:
    """`tags: #kokeilut` says nothing to YAML."""
    harvest = read(a="---\ntitle: A\npublished: 1.2.2017\ntags: #kokeilut\n---\n")
    assert problems(harvest) == [("warning", "a.md", 4, "The key 'tags' has no value.")]


def test_article_without_a_date_is_taken_with_a_warning() -> None:
    """It belongs to no month, and its writer should know."""
    harvest = read(a="---\ntitle: A\n---\n")
    assert problems(harvest) == [("warning", "a.md", None, "The article has no date.")]


def test_picture_that_the_editor_chose_goes_with_its_item() -> None:
    """An article and an event name a picture of the publication and what it says; one without is told."""
    chosen = "image: content/images/k.png\nimage_alt: Halli"
    harvest = read(
        a=f"---\ntitle: A\ndate: 1.2.2017\n{chosen}\n---\n",
        b=f"---\nkind: event\ntitle: B\nstart: 5.12.2017\n{chosen}\n---\n",
    )
    silent = read(a="---\ntitle: A\ndate: 1.2.2017\nimage: k.png\n---\n")

    assert [(item.image, item.image_alt) for item in harvest.items] == [("content/images/k.png", "Halli")] * 2
    assert problems(harvest) == []
    assert problems(silent) == [("warning", "a.md", 4, "A picture needs its image_alt.")]


def test_picture_is_left_out_with_a_warning() -> None:
    """A mail of this service carries no pictures from content."""
    harvest = read(a="---\ntitle: A\ndate: 1.2.2017\n---\n![Kuva](https://kunta.example/k.png) ja tekstiä\n")
    assert harvest.articles[0].body_html == "<p>ja tekstiä</p>"
    assert problems(harvest) == [
        ("warning", "a.md", None, "Pictures are not taken into a mail; this one was left out.")
    ]


def test_markup_in_markdown_is_text() -> None:
    """HTML, template and MJML signs in an article are shown as they are."""
    (article,) = read(a="---\ntitle: A\ndate: 1.2.2017\n---\n<b>x</b> {{ y }} <mj-raw>\n").articles
    assert article.body_html == "<p>&lt;b&gt;x&lt;/b&gt; {{ y }} &lt;mj-raw&gt;</p>"


def test_endless_article_is_left_out() -> None:
    """An article longer than any article is named."""
    harvest = read(a=f"---\ntitle: A\ndate: 1.2.2017\n---\n{'sana ' * 50_000}")
    assert problems(harvest) == [("failed", "a.md", None, "The text is longer than 200000 characters.")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_file_is_read_in_whatever_its_editor_writes(encoding: str) -> None:
    """A byte order mark does not make the front matter vanish, and Notepad's letters come out right."""
    harvest = read(a="---\r\ntitle: Äijälä\r\npublished: 1.2.2017\r\n---\r\nTeksti.\r\n".encode(encoding))
    assert [(article.title, article.body_html) for article in harvest.articles] == [("Äijälä", "<p>Teksti.</p>")]


def test_file_that_is_no_text_is_named() -> None:
    """A picture called .md costs itself."""
    assert problems(read(a=b"\x81\x8d\x00\xff")) == [("failed", "a.md", None, "The file is no text.")]


def test_items_stand_in_the_order_of_their_files() -> None:
    """The same folder always gives the same order."""
    harvest = read(**{name: f"---\ntitle: {name}\ndate: 1.2.2017\n---\n" for name in ("c", "a", "b")})
    assert [article.title for article in harvest.articles] == ["a", "b", "c"]


def test_what_is_no_archive_is_refused() -> None:
    """Only what `fetch` packed can be read."""
    with pytest.raises(SourceError, match="is no folder's archive"):
        parse(a_snapshot(b"jotain muuta" * 100), SOURCE)


def test_files_of_one_name_are_translations_of_each_other() -> None:
    """The language stands in the file's name, unless the text itself names another, and each knows the others."""
    body = "---\ntitle: A\npublished: 1.11.2017\n---\n"
    happening = "---\nkind: event\ntitle: A\nstart: 1.12.2017\n---\n"
    files = {
        "paja": body,
        "paja.sv": body,
        "paja.en": body.replace("title", "language: fi\ntitle"),
        "paja.v2": body,
        "paiva.sv": happening,
        "paiva.fi": happening,
    }

    harvest = read(**files)

    assert {item.identity: (item.language, item.alternates) for item in harvest.items} == {
        "paja.md": ("fi", ("paja.en.md", "paja.sv.md")),
        "paja.sv.md": ("sv", ("paja.en.md", "paja.md")),
        "paja.en.md": ("fi", ("paja.md", "paja.sv.md")),
        "paja.v2.md": ("fi", ()),
        "paiva.sv.md": ("sv", ("paiva.fi.md",)),
        "paiva.fi.md": ("fi", ("paiva.sv.md",)),
    }


@pytest.mark.parametrize("line", ["title: !oma A", "!oma title: A", "title: !oma {A: B}"])
def test_yaml_tag_leaves_the_file_out_by_name(line: str) -> None:
    """A value that asks for an object is refused with its line, and not read as if the tag were not there."""
    harvest = read(a=f"---\n{line}\npublished: 1.2.2017\n---\n")
    assert problems(harvest) == [
        ("failed", "a.md", 2, "The value of 'title' has the YAML tag '!oma', which is not read.")
    ]

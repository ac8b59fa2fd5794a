"""What a text is about: the longest keyword owns its letters."""

import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.content import Language, Topic, TopicGrade, TopicHit, TopicId
from newsletter.language.topics import TopicMatcher

FI = Language("fi")


def find_topics(title: str, text: str, topics: Sequence[Topic], language: Language) -> tuple[TopicHit, ...]:
    """Find the topics of one text."""
    return TopicMatcher(topics, language).find(title, text)


def topic(name: str, *keywords: str, blocked: tuple[str, ...] = ()) -> Topic:
    """Give a topic with Finnish words."""
    return Topic(id=TopicId(name), names={FI: name}, keywords={FI: keywords}, blocked={FI: blocked})


PROCUREMENT = topic("hankinnat", "hankinta", "hankinna", blocked=("alihankinta", "alihankinna"))
MUNICIPALITY = topic("kunta", "kunta", "kunna", blocked=("maakun", "paikkakun", "valtakun", "lautakun"))
SUBCONTRACTING = topic("alihankinta", "alihankin")
FINANCE = topic("rahoitus", "rahoit")
EU = topic("eu", "EU")
PUBLIC_BUYING = topic("julkinen", "julkis hankin")
TOPICS = (PROCUREMENT, MUNICIPALITY, FINANCE, EU)


def primary(name: str, *words: str) -> TopicHit:
    """Give a hit of the higher grade."""
    return TopicHit(topic_id=TopicId(name), grade=TopicGrade.PRIMARY, words=words)


def mention(name: str, *words: str) -> TopicHit:
    """Give a hit of the lower grade."""
    return TopicHit(topic_id=TopicId(name), grade=TopicGrade.MENTION, words=words)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kaupungin hankinnat uudistuvat.", (mention("hankinnat", "hankinnat"),)),
        ("Uusi hankintapäivä tulee.", (mention("hankinnat", "hankintapäivä"),)),
        ("Telakan alihankinta kasvaa.", ()),
        ("Alihankinnasta puhuttiin.", ()),
        ("Ensin alihankinta, sitten hankinta.", (mention("hankinnat", "hankinta"),)),
        ("Maakunta ja paikkakunnat", ()),
        ("Valtakunnallinen lautakunta", ()),
        ("Peruskunta päätti.", (mention("kunta", "Peruskunta"),)),
        ("Maakunta tukee kuntaa.", (mention("kunta", "kuntaa"),)),
        ("HANKINTA ISOLLA", (mention("hankinnat", "HANKINTA"),)),
        ("Hankerahoituksen haku alkaa", (mention("rahoitus", "Hankerahoituksen"),)),
        ("Nopea verkosto-hankinta", (mention("hankinnat", "verkosto-hankinta"),)),
        ("Ra\u00adhoi\u00adtus tavutettuna", (mention("rahoitus", "Rahoitus"),)),
        (unicodedata.normalize("NFD", "Hankintapäivä hajotettuna"), (mention("hankinnat", "Hankintapäivä"),)),
        ("Tästä ei puhuta mitään.", ()),
        ("", ()),
    ],
)
def test_finds_keywords_inside_words_but_not_inside_longer_claims(text: str, expected: tuple[TopicHit, ...]) -> None:
    """A keyword counts anywhere in a word, in any case, unless a longer keyword or blocked word claims its letters."""
    assert find_topics("", text, TOPICS, FI) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EU rahoittaa", ("EU",)),
        ("EU:n tuki", ("EU:n",)),
        ("EU-tuki", ("EU-tuki",)),
        ("eu ja Seutu, SEUTU, EUR", ()),
    ],
)
def test_an_acronym_stands_for_itself(text: str, expected: tuple[str, ...]) -> None:
    """A keyword of capitals is found as a word of its own with its case ending, never inside another word."""
    found = find_topics("", text, [EU], FI)
    assert tuple(word for hit in found for word in hit.words) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Julkisten hankintojen neuvonta", ("Julkisten hankintojen",)),
        ("julkisia\n  hankintoja", ("julkisia hankintoja",)),
        ("Julkiset\u00a0hankinnat", ("Julkiset hankinnat",)),
        ("Julkiset isot hankinnat", ()),
        ("julkishankinta", ()),
    ],
)
def test_a_phrase_is_found_in_a_row_with_any_endings(text: str, expected: tuple[str, ...]) -> None:
    """The words of a phrase follow each other directly, and all but the last may go on."""
    found = find_topics("", text, [PUBLIC_BUYING], FI)
    assert tuple(word for hit in found for word in hit.words) == expected


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Rahoitus", "", (primary("rahoitus", "Rahoitus"),)),
        ("", "rahoitus rahoituksen", (mention("rahoitus", "rahoitus", "rahoituksen"),)),
        ("", "rahoitus, rahoitus, rahoitus", (primary("rahoitus", "rahoitus"),)),
        (
            "Rahoitusta haussa",
            "Kunta auttaa, kunta neuvoo, EU maksaa.",
            (primary("rahoitus", "Rahoitusta"), mention("kunta", "Kunta", "kunta"), mention("eu", "EU")),
        ),
        ("", f"rahoitus rahoitus rahoitus {'sana ' * 296}", (primary("rahoitus", "rahoitus"),)),
        ("", f"rahoitus rahoitus rahoitus {'sana ' * 400}", (mention("rahoitus", "rahoitus"),)),
        ("", f"{'rahoitus ' * 5}{'sana ' * 495}", (primary("rahoitus", "rahoitus"),)),
        (
            "Kunta ja rahoitus",
            "",
            (primary("kunta", "Kunta"), primary("rahoitus", "rahoitus")),
        ),
    ],
)
def test_grades_by_weight_and_gives_the_weightiest_first(title: str, text: str, expected: tuple[TopicHit, ...]) -> None:
    """One title word or three in the text make a primary topic, in a long text one in a hundred."""
    assert find_topics(title, text, TOPICS, FI) == expected


def test_another_topic_owns_what_one_topic_blocks() -> None:
    """A word that one topic blocks can be another topic's keyword: both claims have the same letters."""
    blocking = topic("hankinnat", "hankin", blocked=("alihankin",))
    assert find_topics("Alihankinta", "", [blocking, SUBCONTRACTING], FI) == (primary("alihankinta", "Alihankinta"),)


def test_the_same_keyword_speaks_of_both_its_topics() -> None:
    """Two topics that list the same keyword share its letters."""
    found = find_topics("Rahoitus", "", [FINANCE, topic("hankkeet", "rahoit")], FI)
    assert found == (primary("rahoitus", "Rahoitus"), primary("hankkeet", "Rahoitus"))


def test_the_earlier_of_two_equally_long_claims_wins() -> None:
    """Of two claims of one length that overlap, the first letters decide."""
    found = find_topics("abcd", "", [topic("b", "bcd"), topic("a", "abc")], FI)
    assert found == (primary("a", "abcd"),)


def test_letters_that_grow_when_folded_keep_their_word() -> None:
    """A letter whose folded form is longer does not shift the words after it."""
    assert find_topics("", "Straße ja ẞß, rahoitus", [FINANCE, topic("katu", "strass")], FI) == (
        mention("rahoitus", "rahoitus"),
        mention("katu", "Straße"),
    )


@pytest.mark.parametrize("text", ["++ on ++", "a++"])
def test_a_keyword_of_punctuation_is_reported_as_it_stands(text: str) -> None:
    """A keyword that is no word is found too, and reported as its own letters."""
    found = find_topics("", text, [topic("merkit", "++")], FI)
    assert {word for hit in found for word in hit.words} == {"++"}


def test_other_languages_have_their_own_keywords() -> None:
    """Keywords of one language are not looked for in a text of another; an empty keyword finds nothing."""
    both = Topic(
        id=TopicId("rahoitus"), names={}, keywords={FI: ("rahoit", " "), Language("sv"): ("finansier",)}, blocked={}
    )
    assert find_topics("Rahoitus", "", [both], Language("sv")) == ()
    assert find_topics("Finansiering", "", [both], Language("sv")) == (primary("rahoitus", "Finansiering"),)


WORDS = st.sampled_from(["hankinta", "alihankinta", "Kunta", "maakunnan", "rahoituksen", "EU:n", "ja", "x\u00ady", "."])


@given(st.lists(WORDS).map(" ".join), st.lists(WORDS).map(" ".join))
def test_every_reported_word_stands_in_the_text(title: str, text: str) -> None:
    """Reported words are whole words of what was read, each once, and the matcher gives the same answer twice."""
    matcher = TopicMatcher(TOPICS, FI)
    found = matcher.find(title, text)
    words = [word for hit in found for word in hit.words]
    assert set(words) <= set(f"{title} {text}".split())
    assert all(len(set(hit.words)) == len(hit.words) for hit in found)
    assert matcher.find(title, text) == found


@pytest.mark.parametrize("text", ["julkis" * 30_000, "julkis " * 30_000, "hankinta" * 30_000, "julkis" + " " * 200_000])
def test_an_endless_text_is_read_in_time(text: str) -> None:
    """A hostile source cannot keep the matcher busy: the time grows with the length, not with its square."""
    assert {hit.topic_id for hit in find_topics("", text, [*TOPICS, PUBLIC_BUYING], FI)} <= {"hankinnat"}

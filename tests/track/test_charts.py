"""Drawings that stand inside a page, told in shapes and in words."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from newsletter.track.charts import WIDTH, Group, Growth, Part, draw_growth, draw_shares

NOON = datetime(2017, 11, 24, 10, tzinfo=UTC)
HELSINKI = ZoneInfo("Europe/Helsinki")
GOOD, BAD = Part(name="good", colour="#0b5d3b"), Part(name="bad", colour="#e6b450")


def drawn(svg: str) -> etree._Element:
    """Parse a drawing, which must be well-formed by itself."""
    return etree.fromstring(svg)


def words(svg: str) -> list[str]:
    """Give every text that is drawn, in order."""
    return [str(text) for text in drawn(svg).xpath("//text/text()")]


def bars(svg: str) -> list[tuple[float, float, str]]:
    """Give left edge, width and colour of every bar, without the legend."""
    boxes = [box.attrib for box in drawn(svg).iter("rect") if box.get("height") == "18"]
    return [(float(box["x"]), float(box["width"]), box["fill"]) for box in boxes]


def path_of(svg: str, colour: str) -> str:
    """Give the line of a colour, without its sample in the legend."""
    [line, _sample] = drawn(svg).xpath("//path[@stroke=$colour]/@d", colour=colour)
    return str(line)


def a_growth(*additions: tuple[float, int], part: Part = GOOD) -> Growth:
    """Give a count that grew at these seconds after noon."""
    return Growth(part=part, additions=[(NOON + timedelta(seconds=seconds), count) for seconds, count in additions])


def test_each_bar_is_as_long_as_its_group_is_large() -> None:
    """The largest group fills the room, the others keep its scale, and parts lie side by side in their order."""
    groups = [Group(name="many", counts={"bad": 25, "good": 75}), Group(name="few", counts={"good": 50})]

    svg = draw_shares(groups, [GOOD, BAD], key="shares", title="Outcomes")

    assert bars(svg) == [(190, 352.5, GOOD.colour), (542.5, 117.5, BAD.colour), (190, 235, GOOD.colour)]
    assert words(svg) == ["good", "bad", "many", "100", "few", "50"]


def test_a_drawing_says_everything_in_words() -> None:
    """Whoever cannot see it hears its title and every number."""
    groups = [Group(name="many", counts={"bad": 25, "good": 75}), Group(name="none of them", counts={})]

    svg = drawn(draw_shares(groups, [GOOD, BAD], key="shares", title="Outcomes"))

    assert (svg.get("role"), svg.get("aria-labelledby")) == ("img", "shares-title shares-description")
    assert [(part.get("id"), part.text) for part in svg[:2]] == [
        ("shares-title", "Outcomes"),
        ("shares-description", "many: 75 good, 25 bad; none of them: none"),
    ]


def test_what_nobody_has_stands_in_no_legend() -> None:
    """The legend names only what is drawn; groups of nothing have no bar and divide by nothing."""
    svg = draw_shares([Group(name="nobody", counts={"good": 0})], [GOOD, BAD], key="s", title="t")

    assert (bars(svg), words(svg)) == ([], ["nobody", "0"])


def test_a_long_legend_goes_on_in_the_next_row() -> None:
    """Nothing is drawn outside of the drawing, and bars begin below the legend."""
    parts = [Part(name=f"outcome number {number}", colour="#000000") for number in range(9)]
    svg = drawn(draw_shares([Group(name="x", counts={part.name: 1 for part in parts})], parts, key="s", title="t"))

    rows = {box.get("y") for box in svg.iter("rect") if box.get("height") == "12"}
    lowest = max(float(y) for y in rows if y is not None)
    assert len(rows) > 1
    assert all(float(box.get("y") or 0) > lowest for box in svg.iter("rect") if box.get("height") == "18")
    assert all(float(text.get("x") or 0) < WIDTH for text in svg.iter("text"))


def test_markup_in_a_name_is_text() -> None:
    """A name that looks like markup changes nothing, and one that is too long is cut."""
    svg = draw_shares(
        [Group(name="<script>&", counts={}), Group(name="n" * 40, counts={})], [GOOD], key="s", title="</title>"
    )

    assert words(svg)[::2] == ["<script>&", "n" * 27 + "…"]
    assert drawn(svg)[0].text == "</title>"


def test_a_line_rises_at_each_addition_and_stays() -> None:
    """It begins at nothing when the first came, and runs to the right end at its whole."""
    svg = draw_growth([a_growth((0, 2), (60, 2))], zone=HELSINKI, key="g", title="Over time")

    assert path_of(svg, GOOD.colour) == "M64.0,220 H64.0 V116.0 H704.0 V12.0 H704"


def test_lines_differ_without_colours() -> None:
    """One may be broken, and each is named beside a piece of itself."""
    broken = Growth(part=BAD, additions=a_growth((30, 1)).additions, is_dashed=True)
    svg = draw_growth([a_growth((0, 4)), broken], zone=HELSINKI, key="g", title="Over time")

    patterns = drawn(svg).xpath("//path[@stroke-dasharray]/@stroke-dasharray")
    assert [str(pattern) for pattern in patterns] == ["none", "none", "6 4", "6 4"]
    assert words(svg)[-2:] == ["good", "bad"]


def test_a_growth_is_told_in_words_in_the_zone() -> None:
    """How much, from when to when; of what never came, that it did not."""
    svg = drawn(
        draw_growth([a_growth((0, 1500), (7200, 1)), Growth(part=BAD, additions=[])], zone=HELSINKI, key="g", title="t")
    )

    assert svg[1].text == "good: 1,501 from 2017-11-24 12:00 to 2017-11-24 14:00; bad: none"


@pytest.mark.parametrize(
    ("seconds", "marks"),
    [
        (0, ["12:00:00", "12:00:01"]),
        (5, ["12:00:00", "12:00:01", "12:00:02", "12:00:03", "12:00:04", "12:00:05"]),
        (300, ["12:00", "12:01", "12:02", "12:03", "12:04", "12:05"]),
        (3600 * 10, ["12:00", "14:00", "16:00", "18:00", "20:00", "22:00"]),
        (86_400 * 3, ["2017-11-25", "2017-11-26", "2017-11-27"]),
        (86_400 * 30, ["2017-11-29", "2017-12-04", "2017-12-09", "2017-12-14", "2017-12-19", "2017-12-24"]),
    ],
)
def test_the_axis_marks_round_moments(seconds: int, marks: list[str]) -> None:
    """Few enough to be read, from seconds to weeks, in the zone of the publication."""
    svg = draw_growth([a_growth((0, 1), (seconds, 1))], zone=HELSINKI, key="g", title="t")

    found = [word for word in words(svg) if re.fullmatch(r"\d\d:\d\d(:\d\d)?|\d{4}-\d\d-\d\d", word)]
    assert found == marks
    assert "from 2017-11-24 12:00 EET" in words(svg)


@pytest.mark.parametrize(
    ("highest", "marks"),
    [
        (1, ["0", "1"]),
        (7, ["0", "2", "4", "6"]),
        (31, ["0", "10", "20", "30"]),
        (1200, ["0", "200", "400", "600", "800", "1,000", "1,200"]),
    ],
)
def test_the_axis_marks_round_counts(highest: int, marks: list[str]) -> None:
    """Steps of 1, 2, 5, 10 and so on."""
    svg = draw_growth([a_growth((0, highest))], zone=HELSINKI, key="g", title="t")

    assert words(svg)[: len(marks)] == marks


@given(
    additions=st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 10**6)), min_size=1, max_size=50),
    counts=st.lists(st.integers(0, 10**7), max_size=5),
)
def test_any_numbers_can_be_drawn(additions: list[tuple[int, int]], counts: list[int]) -> None:
    """Whatever was counted, the drawing is well-formed, within its frame and of bounded size."""
    growth = draw_growth([a_growth(*sorted(additions))], zone=HELSINKI, key="g", title="t")
    groups = [Group(name=str(number), counts={"good": count}) for number, count in enumerate(counts)]
    shares = draw_shares(groups, [GOOD], key="s", title="t")

    places = [float(place) for place in re.findall(r"[HMV](-?[\d.]+)", path_of(growth, GOOD.colour))]
    assert all(0 <= place <= WIDTH for place in places)
    assert all(x + width <= WIDTH for x, width, _ in bars(shares))
    assert len(growth) < 40_000


def test_many_additions_give_one_point_a_column() -> None:
    """A million notifications make no page of a million points."""
    svg = draw_growth([a_growth(*((second, 1) for second in range(20_000)))], zone=UTC, key="g", title="t")

    assert path_of(svg, GOOD.colour).count("V") <= WIDTH
    assert path_of(svg, GOOD.colour).endswith("V12.0 H704")

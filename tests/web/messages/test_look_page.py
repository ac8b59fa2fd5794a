"""Letters side by side on one page."""

from lxml import html as lxml_html

from newsletter.web.messages.look_page import side_by_side


def test_each_letter_stands_in_a_frame_of_its_own_light() -> None:
    """Whatever a letter holds stays in its frame, in which nothing runs; a dark one is shown as in the dark."""
    letter = '<html><head></head><body><p title="x">&amp; <b>A</b></p></body></html>'
    page = lxml_html.fromstring(side_by_side("Ilme & muoto", [("light", letter, False), ("dark", letter, True)]))

    frames = page.xpath("//iframe")
    assert page.findtext(".//title") == "Ilme & muoto"
    assert [frame.get("title") for frame in frames] == ["light", "dark"]
    assert [frame.get("sandbox") for frame in frames] == ["", ""]
    assert ["color-scheme:dark" in frame.get("srcdoc") for frame in frames] == [False, True]
    assert all('<p title="x">&amp; <b>A</b></p>' in frame.get("srcdoc") for frame in frames)

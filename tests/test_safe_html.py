import time

import pytest

from newsletter.safe_html import clean


def keep(_tag: str, _name: str, value: str) -> str | None:
    """Keep every attribute that may stand there."""
    return value


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("<div><p>a <b>b", "<p>a <b>b</b></p>"),
        ("<script>x</script><style>y</style><select>v</select>a", "va"),
        ("<p class=x onclick=y>a<img src=x>", "<p>a</p>"),
        ('<a href="javascript:x" title="t">a</a>', '<a title="t">a</a>'),
        ('<a href="mailto:a@example.org" target=_blank>a</a>', '<a href="mailto:a@example.org">a</a>'),
    ],
)
def test_only_harmless_tags_attributes_and_schemes_stay(written: str, cleaned: str) -> None:
    """Text stays; no attribute runs code, and no link leads to a script."""
    assert clean(written, keep, depth_max=10) == cleaned


def test_text_that_was_never_meant_to_be_read_goes_where_asked() -> None:
    """What fields of a form hold is no text of an article."""
    assert clean("<select>v</select>a", keep, depth_max=10, removed={"select"}) == "a"


@pytest.mark.parametrize(("depth", "cleaned"), [(3, "<b><i><b>a &amp; b</b></i></b>"), (2, "a &amp; b")])
def test_what_is_nested_too_deep_keeps_only_its_words(depth: int, cleaned: str) -> None:
    """The limit is what is allowed; beyond it the tags go and the words stay."""
    assert clean("<b><i><b>a &amp; b</b></i></b>", keep, depth_max=depth).strip() == cleaned


def test_deep_nesting_costs_no_time() -> None:
    """50,000 levels would hold the sanitiser for 13 s."""
    begun = time.process_time()
    assert clean("<b>" * 50_000 + "a", keep, depth_max=200).strip() == "a"
    assert time.process_time() - begun < 3


def test_many_paragraphs_that_are_never_closed_are_no_nesting() -> None:
    """Old HTML leaves `<p>` and `<li>` open; that is no attack."""
    assert clean("<p>a" * 300, keep, depth_max=10) == "<p>a</p>" * 300

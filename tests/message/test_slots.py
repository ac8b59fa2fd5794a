import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.issue import Slot
from newsletter.errors import UsageError
from newsletter.message.slots import cut, fill_text, fit_values, split

TOKENS = {Slot.NAME: "SLOT7f3aname", Slot.UNSUBSCRIBE: "https://slot.invalid/7f3a/unsubscribe"}


def test_text_without_tokens_stays_one_piece() -> None:
    """A body without slots is given back as it is."""
    assert cut("Hei vain!", {}) == ["Hei vain!"]
    assert split("Hei vain!", TOKENS).fill({}) == b"Hei vain!"


def test_each_occurrence_of_a_token_is_filled() -> None:
    """A slot may stand in a body as often as it likes, at its edges too."""
    body = f"{TOKENS[Slot.NAME]}, {TOKENS[Slot.UNSUBSCRIBE]} ja {TOKENS[Slot.NAME]}"
    values = {Slot.NAME: b"Aino", Slot.UNSUBSCRIBE: b"https://example.org/u?t=1"}

    assert split(body, TOKENS).fill(values) == b"Aino, https://example.org/u?t=1 ja Aino"


def test_value_that_is_a_token_is_not_filled_again() -> None:
    """A reader whose name is the text of a token keeps that name."""
    values = {Slot.NAME: TOKENS[Slot.UNSUBSCRIBE], Slot.UNSUBSCRIBE: "https://example.org/u"}

    filled = fill_text(f"Hei {TOKENS[Slot.NAME]}!", TOKENS, values, is_html=False)

    assert filled == f"Hei {TOKENS[Slot.UNSUBSCRIBE]}!"


def test_value_is_escaped_for_html_only() -> None:
    """A name can bring neither a tag nor an attribute into HTML, and stays as it is in text."""
    for_html, for_text = fit_values({Slot.NAME: """ <b onclick="x">A & 'B'"""})

    assert for_html == {Slot.NAME: b" &lt;b onclick=&quot;x&quot;&gt;A &amp; &#x27;B&#x27;"}
    assert for_text == {Slot.NAME: b""" <b onclick="x">A & 'B'"""}


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("Aino\r\nBcc:\u2028x\x85", "Aino  Bcc: x "),
        (" Åke Öst\u00a0– Café", " Åke Öst\u00a0– Café"),
        ("a\x7fb\u2029<", "a b <"),
    ],
)
def test_value_stays_on_its_line(value: str, line: str) -> None:
    """A line break or control in a value becomes a space, so no reader writes a line of the mail."""
    for_html, for_text = fit_values({Slot.NAME: value})

    assert for_text == {Slot.NAME: line.encode()}
    assert for_html == {Slot.NAME: line.replace("<", "&lt;").encode()}


def test_forgotten_slot_is_refused() -> None:
    """A mail with a hole in it is never made."""
    with pytest.raises(UsageError, match=re.escape("the slot 'unsubscribe'")):
        split(TOKENS[Slot.UNSUBSCRIBE], TOKENS).fill({Slot.NAME: b"Aino"})


@given(st.lists(st.sampled_from([*Slot][:2]) | st.text(max_size=20), max_size=8), st.text(max_size=20))
def test_splitting_and_filling_is_replacing(parts: list[str], name: str) -> None:
    """Filling puts each value where its token stood and changes nothing else."""
    values = {Slot.NAME: name.encode("utf-8", "replace"), Slot.UNSUBSCRIBE: b"x"}
    body = "".join(TOKENS[part] if isinstance(part, Slot) else part for part in parts)
    expected = b"".join(values[part] if isinstance(part, Slot) else part.encode() for part in parts)

    assert split(body, TOKENS).fill(values) == expected

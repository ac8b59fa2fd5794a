"""What is kept and shown of other people's words."""

import pytest

from newsletter.message.privacy import REASON_LENGTH_MAX, without_private


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 5.1.1 <aino@yritys.example>: User unknown", "550 5.1.1 <(hidden)>: User unknown"),
        ("found [Aino.V@yritys.example] twice", "found [(hidden)] twice"),
        ("blocked https://kirje.example/u/TOKEN here", "blocked (hidden) here"),
        ("see mailto:x@y.example?subject=TOKEN", "see (hidden)"),
        ("one\r\ntwo\x1b[31m\u2028three", "one two [31m three"),
        ("", ""),
        ("x" * 1000, "x" * REASON_LENGTH_MAX),
        ("(a@b.example)c@d.example", "((hidden))(hidden)"),
        ("550 " + "x" * 200_000, "550 (hidden)"),
        ("x" * 200_000, "(hidden)"),
        ("550 aino" + " " * 5_000 + "@yritys.example", "550 (hidden)"),
        (" ".join(["a@b.example"] * 1_000), " ".join(["(hidden)"] * 100)[:REASON_LENGTH_MAX]),
    ],
)
def test_a_providers_words_keep_no_address_and_no_link(said: str, kept: str) -> None:
    """What goes into ledger, report and log is one line without an address or a person's link."""
    assert without_private(said) == kept

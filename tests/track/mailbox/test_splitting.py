"""The mails in a file."""

from io import BytesIO

import pytest

from newsletter.errors import ContentError
from newsletter.track.mailbox import split_mails

ONE, OTHER = b"Subject: one\n\nHei!\n", b"Subject: other\n\nFrom here on 2017 it is text.\n"
RULE = b"From MAILER-DAEMON Tue Nov 28 09:00:00 2017\n"
THUNDERBIRD = b"From - Tue Nov 28 09:00:00 2017\r\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (ONE, [ONE]),
        (RULE + ONE, [ONE]),
        (RULE + ONE + b"\n" + RULE + OTHER, [ONE + b"\n", OTHER]),
        (THUNDERBIRD + ONE + b"\r\n" + THUNDERBIRD + OTHER, [ONE + b"\r\n", OTHER]),
        (RULE + OTHER + RULE, [OTHER + RULE]),
        (b"19 \n" + ONE, [ONE]),
    ],
    ids=["eml", "mbox of one", "mbox", "Thunderbird", "no empty line above", "Apple"],
)
def test_a_file_holds_one_mail_or_many(content: bytes, expected: list[bytes]) -> None:
    """An mbox begins with a line of its own, and so does each of its mails, below an empty one."""
    assert list(split_mails(BytesIO(content), "mails")) == expected


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "mails is a file of Outlook's own kind."),
        (b"!BDNrest", "mails is a file of Outlook's own kind."),
        (b"PK\x03\x04rest", "mails is an archive."),
        (b"%PDF-1.7", "mails is a PDF."),
        (b"", "mails is empty."),
    ],
)
def test_another_kind_of_file_is_refused_with_a_word(content: bytes, said: str) -> None:
    """It says what the file is and how to save the mails instead."""
    with pytest.raises(ContentError) as caught:
        list(split_mails(BytesIO(content), "mails"))

    assert (caught.value.message, caught.value.hint is not None) == (said, True)
